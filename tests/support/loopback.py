"""A real HTTP server on 127.0.0.1 that records requests and answers by a script."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from types import TracebackType
from typing import Any, Self

import orjson


@dataclass(frozen=True)
class Captured:
    """A request as it came over the wire.

    Args:
        method: Such as ``POST``.
        path: The request's target, query included.
        headers: Looked up in any case; ``items()`` has them in the order sent.
        body: The content, whole.
    """

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The content, read as JSON."""
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer of the server.

    Args:
        body: The content; anything but bytes is sent as JSON.
        status: The HTTP status.
        headers: Added to Content-Length; a Date is sent only if it is here.
        delay: Seconds before the first byte.
        drip: Seconds before each byte of the content.
        cut: How many bytes of the content are sent before the connection is closed, though
            Content-Length promised them all; None for all.
        hang_up: Close the connection without an answer.
    """

    body: Any = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    drip: float = 0
    cut: int | None = None
    hang_up: bool = False

    @property
    def content(self) -> bytes:
        """The content as bytes."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


class Loopback:
    """A server that runs while the context is open; each connection has its own thread.

    Attributes:
        url: Where it listens, without a closing slash.
        requests: The requests so far, in order.

    Example:
        >>> with Loopback() as server:
        ...     server.answer(Reply({"message": "slow down"}, status=429), Reply({"images": []}))
        ...     ...  # a client that calls server.url
        ...     assert [request.method for request in server.requests] == ["POST", "POST"]
    """

    def __init__(self) -> None:
        self.requests: list[Captured] = []
        self._script = [Reply()]
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, *script: Reply) -> None:
        """Forget past requests; answer the next ones in turn, and all later ones with the last."""
        with self._lock:
            self.requests.clear()
            self._script = list(script)

    def keep(self, request: Captured) -> Reply:
        """Record a request and return its answer."""
        with self._lock:
            self.requests.append(request)
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close() then waits for the connections' threads
    request_queue_size = 128

    def __init__(self, loopback: Loopback) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.loopback = loopback
        self.closing = threading.Event()
        self._connections: set[socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing about a client that has gone away."""

    def server_close(self) -> None:
        self.closing.set()
        for connection in list(self._connections):
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:
                continue  # it is gone already
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and content leave in one packet
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = self.server.loopback.keep(Captured(self.command, self.path, self.headers, content))
        self.server.closing.wait(reply.delay)
        if reply.hang_up:
            self.close_connection = True
            return
        self._send_head(reply)
        if reply.drip:
            self._drip(reply)
        else:
            self.wfile.write(reply.content[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    do_GET = do_PUT = do_DELETE = do_HEAD = do_CONNECT = do_POST  # noqa: N815 - http.server's names

    def _send_head(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()

    def _drip(self, reply: Reply) -> None:
        for byte in reply.content[: reply.cut]:
            self.wfile.flush()
            if self.server.closing.wait(reply.drip):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing about requests."""
