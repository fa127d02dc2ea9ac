"""The guard: what is not this machine's own page with its token is refused, requests and sockets alike."""

import asyncio
import itertools
import json
import threading
from functools import partial
from typing import Any

import pytest
from starlette.routing import Route

from chainrule.faces.studio import messages, server
from chainrule.faces.studio.guard import HEADERS, LARGEST, REFUSED, Guard

PORT = 8400
OWN = f"127.0.0.1:{PORT}"
FOREIGN = [
    "evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", "", f"127.0.0.1.evil:{PORT}",
    f"0.0.0.0:{PORT}",
]  # fmt: skip
ORIGINS = [
    "null", "http://evil.example", f"https://{OWN}", "http://127.0.0.1:1", f"http://{OWN}/",
    f"http://localhost:{PORT}",
]  # fmt: skip


def guard() -> Guard:
    return Guard(server.application(), PORT)


def call(
    app: Guard, method: str = "GET", path: str = "/", query: str = "", *, socket: bool = False, **headers: str
) -> list[dict[str, Any]]:
    """Everything that is sent in answer to a request, or to a socket that wants to open."""
    scope = {
        "type": "websocket" if socket else "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "ws" if socket else "http",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", PORT),
        "http_version": "1.1",
        "subprotocols": [],
        "extensions": {},
    }
    sent: list[dict[str, Any]] = []
    incoming = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
        if socket
        else [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def status(sent: list[dict[str, Any]]) -> int:
    return int(sent[0].get("status") or sent[0].get("code") or 0)


def header(sent: list[dict[str, Any]], name: str) -> str:
    return next((value.decode() for key, value in sent[0]["headers"] if key.decode() == name), "")


def cookie(app: Guard, token: str | None = None) -> str:
    return f"{app.cookie}={app.token if token is None else token}"


def paths() -> list[str]:
    return [route.path for route in server.application().routes if isinstance(route, Route)]


def test_the_token_is_long_and_differs() -> None:
    assert len({guard().token for _ in range(50)}) == 50
    assert len(guard().token) * 6 >= 128
    assert guard().token not in repr(guard())


def test_the_way_in() -> None:
    app = guard()
    sent = call(app, query=f"token={app.token}", host=OWN)
    assert (status(sent), header(sent, "location")) == (303, "/")
    text = header(sent, "set-cookie")
    assert text.startswith(f"chainrule_{PORT}={app.token};")
    assert "HttpOnly" in text
    assert "SameSite=strict" in text
    assert status(call(app, host=OWN, cookie=cookie(app))) == 200


def test_every_page_of_it_is_served_with_its_policy() -> None:
    app = guard()
    for path in paths():
        sent = call(app, path=path, host=OWN, cookie=cookie(app))
        assert status(sent) == 200, path
        assert {name: header(sent, name) for name in HEADERS} == HEADERS
        assert app.token not in "".join(str(message) for message in sent)


def test_strangers_are_refused_everywhere() -> None:
    app = guard()
    cookies = ["", cookie(app, ""), cookie(app, "x" * 43), f"chainrule_1={app.token}", cookie(app)]
    methods, hosts, origins = (
        ["GET", "HEAD", "OPTIONS", "POST"],
        [OWN, *FOREIGN],
        ["", f"http://{OWN}", *ORIGINS],
    )
    for path, method, host, origin, shown in itertools.product(
        [*paths(), "/x"], methods, hosts, origins, cookies
    ):
        is_own = host == OWN and origin in ("", f"http://{OWN}") and shown == cookies[-1]
        if not is_own:
            headers = {"host": host, "cookie": shown} | ({"origin": origin} if origin else {})
            sent = call(app, method, path, **headers)
            assert status(sent) == 403, (path, method, host, origin, shown)
            assert header(sent, "content-security-policy")
            assert not header(sent, "access-control-allow-origin")


def test_a_token_in_the_wrong_place_opens_nothing() -> None:
    app = guard()
    for path, method, query in [
        ("/studio.mjs", "GET", f"token={app.token}"),
        ("/", "POST", f"token={app.token}"),
        ("/", "GET", "token="),
        ("/", "GET", f"token={app.token}&token=x"),
        ("/", "GET", f"token={app.token[:-1]}"),
        ("/session", "GET", f"token={app.token}"),
    ]:
        assert status(call(app, method, path, query=query, host=OWN)) == 403
    assert status(call(app, query=f"token={app.token}", host=f"evil.example:{PORT}")) == 403
    assert status(call(app, query=f"token={app.token}", host=OWN, origin="http://evil.example")) == 403


def test_a_socket_needs_its_own_origin() -> None:
    app = guard()
    for host, origin, shown in itertools.product(
        [OWN, *FOREIGN], ["", f"http://{OWN}", *ORIGINS], ["", cookie(app)]
    ):
        headers = {"host": host, "cookie": shown} | ({"origin": origin} if origin else {})
        sent = call(app, path="/session", socket=True, **headers)
        if (host, origin, shown) == (OWN, f"http://{OWN}", cookie(app)):
            assert sent[0]["type"] == "websocket.accept"
        else:
            assert (sent[0]["type"], status(sent)) == ("websocket.close", REFUSED)


def test_what_is_too_large_is_not_read() -> None:
    app = guard()
    for length in (str(LARGEST + 1), "9" * 30, "-1", "many"):
        sent = call(app, "POST", "/", host=OWN, cookie=cookie(app), content_length=length)
        assert status(sent) == 413
    assert status(call(app, "POST", "/", host=OWN, cookie=cookie(app), content_length="3")) == 405


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/static/index.html", "/maths.LICENSE.txt", "/index", "//etc/passwd", "/%2e%2e/x"],
)
def test_files_are_those_of_the_table(path: str) -> None:
    app = guard()
    assert status(call(app, path=path, host=OWN, cookie=cookie(app))) == 404


def test_everybodys_address_takes_numbers_for_hosts_and_no_names() -> None:
    app = Guard(server.application(), PORT, "0.0.0.0")
    query = f"token={app.token}"
    assert status(call(app, query=query, host=f"192.168.1.7:{PORT}")) == 303
    assert status(call(app, query=query, host=f"rebound.example:{PORT}")) == 403


def test_the_one_idle_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SESSIONS", 2)
    rooms = server.Rooms()
    closed: list[tuple[str, int]] = []

    class Socket:
        def __init__(self, name: str) -> None:
            self.name = name

        async def close(self, code: int, reason: str) -> None:
            assert reason
            closed.append((self.name, code))

    async def enter() -> None:
        a, b, c = (Socket(name) for name in "abc")
        for socket in (a, b):
            await rooms.enter(socket)  # type: ignore[arg-type]
        rooms.spoke(a)  # type: ignore[arg-type]
        await rooms.enter(c)  # type: ignore[arg-type]

    asyncio.run(enter())
    assert closed == [("b", server.TOO_MANY)]
    rooms.worker.shutdown()


def test_sessions_are_apart() -> None:
    rooms = server.Rooms()
    first, second = server.Desk(), server.Desk()
    first.answer(json.dumps({"kind": "edit", "quantity": "w1", "value": "9"}))
    (frame,) = second.answer(json.dumps({"kind": "seek", "updates": 0}))
    assert frame["values"]["w1"][0] == "0.15"
    rooms.worker.shutdown()


def test_who_asks_comes_before_who_trains() -> None:
    rooms, order = server.Rooms(), list[str]()
    gate = threading.Event()

    async def all_at_once() -> None:
        first = asyncio.create_task(rooms.work(lambda: gate.wait(20)))
        await asyncio.sleep(0)
        trains = [
            asyncio.create_task(rooms.work(partial(order.append, f"train {k}"), is_patient=True))
            for k in range(3)
        ]
        await asyncio.sleep(0)
        gone = asyncio.create_task(rooms.work(partial(order.append, "gone")))
        await asyncio.sleep(0)
        gone.cancel()
        asks = asyncio.create_task(rooms.work(partial(order.append, "ask")))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *trains, asks)

    asyncio.run(all_at_once())
    assert order == ["ask", "train 0", "train 1", "train 2"]
    rooms.worker.shutdown()


def test_only_a_training_is_patient() -> None:
    training = {"kind": "advance", "updates": 100_000, "milliseconds": 12}
    assert messages.is_training(json.dumps(training))
    for other in ({"kind": "advance", "updates": 1}, {"kind": "ask", "quantity": "E"}, [], {"kind": "x"}):
        assert not messages.is_training(json.dumps(other))
