"""An HTTP server on a loopback port that records its requests and fails on demand."""

import json
import re
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """A request, and the status of its response.

    Args:
        method: ``GET``, ``POST``, …
        path: The path, with the query.
        headers: The headers as they were sent.
        content: The body.
        status: The status of the response.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes
    status: int

    @property
    def json(self) -> Any:
        """The value of a JSON body; None without a body."""
        return json.loads(self.content) if self.content else None


@dataclass(frozen=True)
class Answer:
    """A response.

    Args:
        status: The HTTP status.
        content: The body: bytes as they are, None for an empty one, any other value as JSON.
    """

    status: int
    content: Any = None

    def encoded(self) -> tuple[str, bytes]:
        """Return the content type and the bytes of the body."""
        if isinstance(self.content, bytes):
            return "application/octet-stream", self.content
        return "application/json", b"" if self.content is None else json.dumps(
            self.content
        ).encode()


@dataclass
class Fault:
    """A fault for the next requests.

    Args:
        status: The status of the response; None for the regular response, only delayed.
        times: The number of requests that fail.
        delay: Seconds to wait before responding.
        method: The method of requests that fail; None for any.
        path: A regular expression; requests whose path contains a match fail.
    """

    status: int | None
    times: int = 1
    delay: float = 0
    method: str | None = None
    path: str = ""


@dataclass
class HttpServer(ABC):
    """A server that records its requests; subclasses answer them.

    Its methods are safe to call from any thread.

    Args:
        port: The port to listen on; 0 for a free one.

    Attributes:
        requests: The requests that were answered, in that order.
        pending: The number of requests that are not answered yet.
    """

    port: int = field(default=0, kw_only=True)
    requests: list[Request] = field(default_factory=list, init=False)
    pending: int = field(default=0, init=False)
    _faults: list[Fault] = field(default_factory=list, init=False)
    _server: "_Server | None" = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @abstractmethod
    def answer(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Return the regular response to a request; one request at a time."""

    @property
    def url(self) -> str:
        """The address of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def fail(
        self,
        status: int | None,
        *,
        times: int = 1,
        delay: float = 0,
        method: str | None = None,
        path: str = "",
    ) -> None:
        """Let the next requests fail; faults for the same requests take effect one after another.

        Args:
            status: The status of the response; None for the regular response, only delayed.
            times: The number of requests that fail.
            delay: Seconds to wait before responding.
            method: The method of requests that fail; None for any.
            path: A regular expression; requests whose path contains a match fail.
        """
        self._faults.append(Fault(status, times, delay, method, path))

    def up(self) -> Self:
        """Start listening; after ``down``, on the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def down(self) -> None:
        """Stop listening, and close all open connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut()
            self._server = None

    def __enter__(self) -> Self:
        return self.up()

    def __exit__(self, *_: object) -> None:
        self.down()

    def asked(self, method: str, path: str = "") -> list[Request]:
        """Return the requests of a method whose path contains a match of a regular expression."""
        return [
            request
            for request in list(self.requests)
            if request.method == method and re.search(path, request.path)
        ]

    def handle(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Answer a request, or let it fail if a fault was set for it."""
        fault = self._next_fault(method, path)
        with self._lock:
            self.pending += 1
        if fault is not None and fault.delay:
            time.sleep(fault.delay)
        if fault is not None and fault.status is not None:
            answer = Answer(fault.status, {"error": "scripted"})
        else:
            with self._lock:
                answer = self.answer(method, path, headers, content)
        with self._lock:
            self.pending -= 1
            self.requests.append(Request(method, path, headers, content, answer.status))
        return answer

    def _next_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if (
                    fault.times > 0
                    and fault.method in (None, method)
                    and re.search(fault.path, path)
                ):
                    fault.times -= 1
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], owner: HttpServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: clients may close a connection at any time."""

    def cut(self) -> None:
        for opened in list(self._open):
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client has closed it already


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        content = self._content()
        answer = self.server.owner.handle(self.command, self.path, dict(self.headers), content)
        content_type, encoded = answer.encoded()
        self.send_response(answer.status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names http.server calls

    def _content(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Print nothing: ``HttpServer.requests`` has them."""
