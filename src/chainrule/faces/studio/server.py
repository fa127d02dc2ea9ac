"""The server of the studio: the page, its few files, and one socket for each session; no training logic."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chainrule.faces.studio.desk import Desk
from chainrule.faces.studio.messages import is_training
from chainrule.faces.studio.subject import Subject

T = TypeVar("T")
SESSIONS = 60  # at once; then the one that was idle for longest is closed
TOO_MANY = 4429
_STATIC = Path(__file__).parent / "static"
FILES = {
    "index.html": "text/html; charset=utf-8",
    "studio.mjs": "text/javascript; charset=utf-8",
    "studio.css": "text/css; charset=utf-8",
    "maths.woff2": "font/woff2",
}


class Rooms:
    """The sessions that are open, the one that spoke last at the end."""

    def __init__(self, subject: Subject | None = None) -> None:
        self.subject = subject
        self.open: dict[WebSocket, Desk] = {}
        self._is_busy = False
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._turns = count()
        self.worker = ThreadPoolExecutor(
            1, "studio"
        )  # NumPy's bits and everybody's turn, one after the other

    async def enter(self, socket: WebSocket) -> Desk:
        while len(self.open) >= SESSIONS:
            idle = next(iter(self.open))
            del self.open[idle]
            await idle.close(TOO_MANY, "too many pages are open; this one was idle for longest")
        desk = await self.work(partial(Desk, self.subject))
        self.open[socket] = desk
        return desk

    def spoke(self, socket: WebSocket) -> None:
        self.open[socket] = self.open.pop(socket)

    async def work(self, task: Callable[[], T], *, is_patient: bool = False) -> T:
        """What a task gives, done in the one worker, so that the page's events never wait for numbers.

        One after the other as they came; those that are patient, trainings, after those that are not.
        """
        loop = asyncio.get_running_loop()
        if self._is_busy:
            turn = loop.create_future()
            heappush(self._waiting, (is_patient, next(self._turns), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():  # it was to be now
                    self._pass_on()
                raise
        self._is_busy = True
        try:
            return await loop.run_in_executor(self.worker, task)
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        """The worker is free for whoever waits and has not gone meanwhile."""
        self._is_busy = False
        while self._waiting and not self._is_busy:
            turn = heappop(self._waiting)[-1]
            if not turn.done():
                turn.set_result(None)
                self._is_busy = True


def application(subject: Subject | None = None) -> Starlette:
    """The studio as an ASGI application, not yet guarded."""
    rooms = Rooms(subject)

    async def session(socket: WebSocket) -> None:
        await socket.accept()
        desk = await rooms.enter(socket)
        try:
            while True:
                question = await socket.receive_text()
                if socket not in rooms.open:
                    return
                rooms.spoke(socket)
                for answer in await rooms.work(
                    partial(desk.answer, question), is_patient=is_training(question)
                ):
                    await socket.send_text(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        except (WebSocketDisconnect, RuntimeError, KeyError):
            return  # the page has gone, and its session with it
        finally:
            rooms.open.pop(socket, None)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        yield
        rooms.worker.shutdown(wait=False, cancel_futures=True)

    routes = [
        Route("/", _file, name="index.html"),
        *(Route(f"/{name}", _file, name=name) for name in FILES if name != "index.html"),
        WebSocketRoute("/session", session),
    ]
    return Starlette(routes=routes, lifespan=life)


async def _file(request: Request) -> Response:
    name = request.url.path.lstrip("/") or "index.html"
    path = _STATIC / name
    if name not in FILES or not path.exists():
        return Response(status_code=404)
    return Response(path.read_bytes(), media_type=FILES[name])
