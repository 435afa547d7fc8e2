"""The guard before the page: it keeps out other users and other pages of this machine."""

import secrets
from collections.abc import Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION = "studio.session"  # the member of a request's scope that names the browser's session

_POLICY = (
    # NiceGUI's pages hold inline scripts, and Vue compiles templates.
    b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
    b"base-uri 'none'",
    b"form-action 'none'",
    b"frame-ancestors 'none'",
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"; ".join(_POLICY)),
)
# A redirect would not do: when another page holds the link, a browser sends no strict cookie along.
_WELCOME = b'<!doctype html><title>ECR studio</title><meta http-equiv="refresh" content="0; url=/">'


class Guard:
    """Passes on the requests of browsers that were opened with the token.

    Whoever opens ``/?token=…`` gets a cookie, and all other requests need one. A request to another
    host, or from a page of another origin, gets 403, and so does a WebSocket.

    Args:
        app: The application behind it.
        host: The host and port at which the page is, such as ``127.0.0.1:8080``.
        token: The token.
    """

    def __init__(self, app: ASGIApp, host: str, token: str) -> None:
        self.app = app
        self._host = host
        self._token = token
        # Cookies are shared by all ports of a host.
        self._cookie = f"studio-{host.rpartition(':')[2]}"
        self._sessions: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        session = self._session(headers)
        if reason := self._foreign(scope, headers):
            await _refuse(scope, receive, send, reason)
        elif self._has_token(scope):
            await self._admit(session, send)
        elif session is None:
            await _refuse(scope, receive, send, "Open the URL that ecr-connector studio printed.")
        else:
            await self.app({**scope, SESSION: session}, receive, _with_headers(send))

    def _foreign(self, scope: Scope, headers: MutableMapping[bytes, bytes]) -> str:
        """Return why a request comes from elsewhere; empty if it does not."""
        if headers.get(b"host", b"").decode("latin-1") != self._host:
            return f"This page is at http://{self._host} only."
        origin = headers.get(b"origin", b"").decode("latin-1")
        is_missing = not origin and scope["type"] == "websocket"
        if is_missing or origin not in {"", f"http://{self._host}"}:
            return "Other pages may not use this one."
        return ""

    def _session(self, headers: MutableMapping[bytes, bytes]) -> str | None:
        """Return the session that a request's cookie names, if there is such a session."""
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return None
        cookie = cookies.get(self._cookie)
        return cookie.value if cookie and cookie.value in self._sessions else None

    def _has_token(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            return False
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = query.get("token", [""])[-1]
        return secrets.compare_digest(given.encode(), self._token.encode())

    async def _admit(self, session: str | None, send: Send) -> None:
        """Give a browser its cookie, and let it open the page."""
        if session is None:
            session = secrets.token_urlsafe(32)
            self._sessions.add(session)
        cookie = f"{self._cookie}={session}; Path=/; HttpOnly; SameSite=Strict".encode()
        headers = [(b"set-cookie", cookie), (b"cache-control", b"no-store")]
        await _answer(_with_headers(send), 200, b"text/html; charset=utf-8", _WELCOME, headers)


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})  # becomes 403
        return
    await _answer(send, 403, b"text/plain; charset=utf-8", f"{reason}\n".encode())


async def _answer(
    send: Send,
    status: int,
    content_type: bytes,
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    own = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    """Return a function that sends an answer with the guard's headers."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: list[Any] = [*message.get("headers", ()), *_HEADERS]
            message = {**message, "headers": headers}
        await send(message)

    return send_with_headers
