"""A requests adapter for one endpoint, over connections that do only what we need.

urllib3 opens the connections, keeps them alive, and reports what went wrong with them. But its
handling of requests and answers, made for every purpose, costs three times as much as the exchange
itself. So our connections write a request in one piece and read the whole answer with httptools'
parser.

A read timeout of urllib3 limits the time between two pieces of an answer, so one that drips might
never end. Here it limits the time for the whole answer, headers included.
"""

import io
import time
from collections.abc import Mapping
from typing import Any

from httptools import HttpParserError, HttpResponseParser
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ProtocolError

_LARGEST_PIECE = 1 << 16  # bytes
_FIRST_FINAL_STATUS = 200


class TimedAdapter(HTTPAdapter):
    """An adapter for one endpoint, whose read timeout, in seconds, covers a whole answer."""

    _pool: ConnectionPool | None = None
    _target: str | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """Look up the endpoint's connections once, not for each request."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def request_url(self, *args: Any, **kwargs: Any) -> str:
        """Parse the endpoint's URL once, not for each request."""
        if self._target is None:
            self._target = super().request_url(*args, **kwargs)
        return self._target

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return what a client of a JSON service reads; requests would collect cookies too."""
        response = Response()
        response.status_code = resp.status
        response.headers = resp.headers
        response.raw = resp
        response.request = req
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our connections where there is no proxy."""
        super().init_poolmanager(*args, **kwargs)
        _use_our_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Use our connections through a proxy."""
        return _use_our_connections(super().proxy_manager_for(proxy, **proxy_kwargs))


def _use_our_connections(pools: PoolManager) -> PoolManager:
    pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return pools


class _Connection(HTTPConnection):
    """A connection as urllib3's pools use it: a request, then its answer."""

    timeout: float  # seconds; our requests always have one

    def request(  # type: ignore[override] # as in urllib3
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], **_: Any
    ) -> None:
        """Send a request whose headers are complete; a large body is not copied."""
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.timeout)
        head = _head(method, url, headers)
        if len(body) > _LARGEST_PIECE:
            self.sock.sendall(head)
            self.sock.sendall(body)
        else:
            self.sock.sendall(head + body)

    def getresponse(self) -> "_Response":  # type: ignore[override]
        """Read a whole answer, within the connection's timeout.

        Raises:
            ProtocolError: The answer ends too early, or is not HTTP.
            TimeoutError: The answer is not complete by then.
        """
        response = _Response()
        deadline = time.monotonic() + self.timeout
        while not response.is_complete:
            # A timeout of zero would mean non-blocking, with an error of another kind.
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                response.feed(self.sock.recv(_LARGEST_PIECE))
            except HttpParserError as error:
                raise ProtocolError(f"The answer is not HTTP: {error}") from error
        if not response.keeps_alive:
            self.close()
        return response


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Connection  # type: ignore[assignment] # its answer is not urllib3's


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection  # type: ignore[assignment]


def _head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    fields = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"{method} {url} HTTP/1.1", *fields, "Accept-Encoding: identity", "", ""])
    if head.count("\n") != len(fields) + 3:
        raise ValueError("a header holds a line break")
    return head.encode("latin-1")


class _Response:
    """An answer, with the part of urllib3's response that its pools and requests use.

    The parser calls the methods whose names begin with ``on_``.

    Attributes:
        status: The HTTP status.
        headers: By their names in lower case.
        is_complete: Whether all of it has arrived.
        keeps_alive: Whether the connection can be used for another request.
    """

    version_string = "HTTP/1.1"
    length_remaining = 0
    retries: Any = None
    _connection: _Connection | None = None
    _pool: Any = None

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_complete = False
        self.keeps_alive = True
        self._pieces: list[bytes] = []
        self._ends_with_connection = False
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take the next bytes; none means that the connection has ended.

        Raises:
            HttpParserError: The bytes are not HTTP.
            ProtocolError: The connection ended too early.
        """
        if data:
            try:
                self._parser.feed_data(data)
            except HttpParserError:
                if not self.is_complete:
                    raise
                self.keeps_alive = False
        elif self._ends_with_connection:
            self.is_complete, self.keeps_alive = True, False
        else:
            raise ProtocolError("The connection was closed before the answer was complete")
        if self.is_complete:
            del self._parser  # breaks the cycle of references between it and this object

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise ProtocolError("There is more than one answer")
        self.headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        has_length = self.headers.keys() & {"content-length", "transfer-encoding"}
        self._ends_with_connection = self.status >= _FIRST_FINAL_STATUS and not has_length

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        # Interim answers may come first, such as 100 Continue.
        if self.status >= _FIRST_FINAL_STATUS:
            self.is_complete = True
            self.keeps_alive = self._parser.should_keep_alive()

    def read(self, *, decode_content: bool) -> bytes:
        """Return the body; on request decompressed, if it came compressed."""
        content = b"".join(self._pieces)
        if not decode_content or "content-encoding" not in self.headers:
            return content
        compressed = HTTPResponse(io.BytesIO(content), self.headers, preload_content=False)
        return compressed.read(decode_content=True)

    def close(self) -> None:
        """Do nothing: there is nothing left to read."""

    def release_conn(self) -> None:
        """Return the connection to its pool."""
        if self._connection is not None:
            self._pool._put_conn(self._connection)  # noqa: SLF001 - as urllib3's own response does
            self._connection = None
