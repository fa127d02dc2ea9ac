"""The guard before everything: only this machine's own page, with its token, is answered."""

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 1 << 20  # bytes of a request's body
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
REFUSED = 4403


@dataclass
class Guard:
    """Lets a request or a socket through to `app` if host, origin and token are right; default deny.

    Attributes:
        app: what is guarded.
        port: on which the studio listens.
        host: the address on which it listens; with one of everybody's, `0.0.0.0`, any numeric host will do.
        token: what the page has to show, 256 bits.
    """

    app: ASGIApp
    port: int
    host: str = "127.0.0.1"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie; cookies do not tell ports apart, and two studios must not share one."""
        return f"chainrule_{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        is_socket = scope["type"] == "websocket"
        is_entry = not is_socket and self._enters(scope)
        if not self._is_own(headers, needs_origin=is_socket) or not (is_entry or self._knows(headers)):
            await self._refuse(scope, receive, send, 403)
        elif is_entry:
            response = RedirectResponse("/", 303)
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
            await response(scope, receive, _with_headers(send))
        elif not is_socket and _length(headers) > LARGEST:
            await self._refuse(scope, receive, send, 413)
        else:
            await self.app(scope, receive, send if is_socket else _with_headers(send))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": REFUSED, "reason": "not for you"})
            return
        words = {403: "This page belongs to whoever started the studio: open the address that it printed.\n"}
        response = PlainTextResponse(words.get(status, "That is too large.\n"), status)
        await response(scope, receive, _with_headers(send))

    def _is_own(self, headers: Mapping[str, str], *, needs_origin: bool) -> bool:
        """Whether the request is for this host and port, and from a page of it."""
        if not self._is_host(headers.get("host", "")):
            return False
        origin = headers.get("origin")
        if origin is None:
            return not needs_origin
        parts = urlsplit(origin)
        return (
            parts.scheme == "http" and parts.netloc == headers["host"] and origin == f"http://{parts.netloc}"
        )

    def _is_host(self, host: str) -> bool:
        name, _, port = host.rpartition(":")
        if port != str(self.port):
            return False
        if name in ("127.0.0.1", "localhost", self.host):
            return True
        return self.host in ("0.0.0.0", "::") and _is_numeric(name.strip("[]"))

    def _enters(self, scope: Scope) -> bool:
        """Whether it is the first request, with the token in the address."""
        tokens = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])
        is_front = scope["method"] == "GET" and scope["path"] == "/"
        return is_front and len(tokens) == 1 and self._is_token(tokens[0])

    def _knows(self, headers: Mapping[str, str]) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return sent


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isdecimal() and len(text) < 15 else LARGEST + 1


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
