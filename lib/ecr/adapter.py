"""How requests reach an endpoint: requests' adapter over connections that do no more than we need.

urllib3 opens the connections, keeps them, and says what went wrong with one. What it does beyond
that for any request and any answer costs three times as much as the exchange itself, so ours write
a request in one piece, and read an answer whole, with httptools' parser.

A read timeout is a limit between two pieces of an answer; one that drips would never end. Here it
is the limit for the whole answer, head and all.
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
    """An adapter for one endpoint, whose read timeout, in seconds, is a whole answer's."""

    _pool: ConnectionPool | None = None
    _target: str | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """Look the endpoint's connections up once, not at each request."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def request_url(self, *args: Any, **kwargs: Any) -> str:
        """Take the endpoint's URL apart once, not at each request."""
        if self._target is None:
            self._target = super().request_url(*args, **kwargs)
        return self._target

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return what a client of a JSON service reads; requests collects cookies too."""
        response = Response()
        response.status_code = resp.status
        response.headers = resp.headers
        response.raw = resp
        response.request = req
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Take our connections for those without a proxy."""
        super().init_poolmanager(*args, **kwargs)
        _time(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Take our connections for those through a proxy."""
        return _time(super().proxy_manager_for(proxy, **proxy_kwargs))


def _time(pools: PoolManager) -> PoolManager:
    pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return pools


class _Connection(HTTPConnection):
    """A connection as urllib3's pools use it: a request, then its answer."""

    timeout: float  # seconds; our requests always have one

    def request(  # type: ignore[override] # as in urllib3
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], **_: Any
    ) -> None:
        """Send a request whose headers are complete; a body that is large is not copied."""
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
        """Read an answer to its end, within the connection's timeout.

        Raises:
            ProtocolError: It ends too early, or is not HTTP.
            TimeoutError: It is not whole by then.
        """
        response = _Response()
        deadline = time.monotonic() + self.timeout
        while not response.is_whole:
            # A timeout of zero would mean: don't wait, and say so with another error.
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
    """An answer, with as much of urllib3's response as its pools and requests ask for.

    The methods that begin with ``on_`` are the parser's.

    Attributes:
        status: The HTTP status.
        headers: By their names in lower case.
        is_whole: Whether it has come to its end.
        keeps_alive: Whether the connection can take another request then.
    """

    version_string = "HTTP/1.1"
    length_remaining = 0
    retries: Any = None
    _connection: _Connection | None = None
    _pool: Any = None

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_whole = False
        self.keeps_alive = True
        self._pieces: list[bytes] = []
        self._ends_with_connection = False
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take the next bytes; none mean that the connection has ended.

        Raises:
            HttpParserError: They are not HTTP.
            ProtocolError: There should be more.
        """
        if data:
            try:
                self._parser.feed_data(data)
            except HttpParserError:
                if not self.is_whole:
                    raise
                self.keeps_alive = False
        elif self._ends_with_connection:
            self.is_whole, self.keeps_alive = True, False
        else:
            raise ProtocolError("The connection was closed before the answer was whole")
        if self.is_whole:
            del self._parser  # It refers to this object, which would stay until it is collected.

    def on_message_begin(self) -> None:
        if self.is_whole:
            raise ProtocolError("There is more than one answer")
        self.headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        length_is_told = self.headers.keys() & {"content-length", "transfer-encoding"}
        self._ends_with_connection = self.status >= _FIRST_FINAL_STATUS and not length_is_told

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        # Before the answer there may be news of it, such as 100 Continue.
        if self.status >= _FIRST_FINAL_STATUS:
            self.is_whole = True
            self.keeps_alive = self._parser.should_keep_alive()

    def read(self, *, decode_content: bool) -> bytes:
        """Return the body, unpacked if it came compressed and that is wanted."""
        content = b"".join(self._pieces)
        if not decode_content or "content-encoding" not in self.headers:
            return content
        packed = HTTPResponse(io.BytesIO(content), self.headers, preload_content=False)
        return packed.read(decode_content=True)

    def close(self) -> None:
        """Do nothing: there is nothing left to read."""

    def release_conn(self) -> None:
        """Give the connection back to its pool."""
        if self._connection is not None:
            self._pool._put_conn(self._connection)  # noqa: SLF001 - as urllib3's own response does
            self._connection = None
