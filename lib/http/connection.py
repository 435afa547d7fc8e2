"""Connections as urllib3's pools use them: a request, then its answer.

urllib3 opens them, keeps them alive, and reports what went wrong with them. But its handling of
requests and answers, made for every purpose, costs three times as much as the exchange itself. So
ours write a request in one piece and read the whole answer with httptools' parser.

A timeout of urllib3 limits the time between two pieces of an answer, so one that drips might never
end. Here it is a deadline: one for the connection, with all addresses of the host, the proxy's
answer and TLS, and one for the whole exchange, from the request's first byte to the answer's last.
"""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from lib.http.errors import TransportError
from lib.http.response import LARGEST_ANSWER, Reader

_LARGEST_PIECE = 1 << 16  # bytes
_OK = 200
_SERVER_ERROR = 500


class Connection(HTTPConnection):
    """A connection without TLS.

    Args:
        largest_answer: The bytes that an answer's content may have.
    """

    timeout: float  # seconds; our requests always have one

    def __init__(self, *args: Any, largest_answer: int = LARGEST_ANSWER, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._largest_answer = largest_answer
        self._connected_by = 0.0
        self._unsent: tuple[bytes, ...] = ()

    def connect(self) -> None:
        """Connect within the timeout."""
        self._connected_by = time.monotonic() + self.timeout
        super().connect()

    def _new_conn(self) -> socket.socket:
        """Connect to the host; the names of the method and its errors are urllib3's.

        Raises:
            ConnectTimeoutError: No address accepts in time.
            NewConnectionError: The host has no address, or none that can be reached.
            TransportError: The host's name is malformed.
        """
        try:
            connected = self._first_connected()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no address accepts in time") from error
        except OSError as error:
            raise NewConnectionError(self, "no address can be reached") from error
        except UnicodeError:
            raise TransportError("the host's name is malformed", retryable=False) from None
        try:
            connected.settimeout(_left(self._connected_by))
        except TimeoutError as error:
            connected.close()
            raise ConnectTimeoutError(self, "the address accepts too late") from error
        return connected

    def _first_connected(self) -> socket.socket:
        """Try one address after another, each for its share of the time that is left."""
        addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        while True:
            (*_, (address, *_)), *addresses = addresses
            share = _left(self._connected_by) / (1 + len(addresses))
            try:
                return create_connection(
                    (str(address), self.port), share, socket_options=self.socket_options
                )
            except OSError:
                if not addresses:
                    raise

    def _tunnel(self) -> None:
        """Ask the proxy for a connection to the endpoint.

        Raises:
            TransportError: The proxy refuses. What it writes is not shown: it may repeat the login.
        """
        host = self._tunnel_host or ""
        target = f"[{host}]" if ":" in host else host
        target = f"{target}:{self._tunnel_port}"
        fields = {"Host": target, **getattr(self, "_tunnel_headers", {})}
        self.sock.sendall(_head("CONNECT", target, fields))
        answer = Reader()
        while not answer.has_head:
            self.sock.settimeout(_left(self._connected_by))
            # One byte at a time: what follows the head belongs to the endpoint.
            answer.feed(self.sock.recv(1))
        if answer.status != _OK:
            retryable = answer.status >= _SERVER_ERROR
            raise TransportError(
                f"the proxy refused it with HTTP {answer.status}", retryable=retryable
            )
        self.sock.settimeout(_left(self._connected_by))

    def request(  # type: ignore[override] # as in urllib3
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> None:
        """Connect, and keep a request whose headers are complete; a large body is not copied.

        It is sent by ``getresponse``, since until then the timeout is that of the connection.
        """
        if self.sock is None:
            self.connect()
        head = _head(method, url, headers or {})
        if body and len(body) > _LARGEST_PIECE:
            self._unsent = head, body
        else:
            self._unsent = (head + (body or b""),)

    def getresponse(self) -> "PooledResponse":  # type: ignore[override]
        """Send the request and read the whole answer, within the connection's timeout.

        Raises:
            TransportError: The answer ends too early, is not HTTP, or too large.
            TimeoutError: The answer is not complete by then.
        """
        deadline = time.monotonic() + self.timeout
        parts, self._unsent = self._unsent, ()
        with suppress(BrokenPipeError, ConnectionResetError):  # the answer may have come already
            for part in parts:
                self.sock.settimeout(_left(deadline))
                self.sock.sendall(part)
        answer = Reader(self._largest_answer)
        while not answer.is_complete:
            self.sock.settimeout(_left(deadline))
            answer.feed(self.sock.recv(_LARGEST_PIECE))
        if not answer.keeps_alive:
            self.close()
        return PooledResponse(answer)


class TlsConnection(Connection, HTTPSConnection):
    """A connection with TLS."""


class PooledResponse:
    """A complete answer, with the part of urllib3's response that its pools and requests use."""

    version_string = "HTTP/1.1"
    length_remaining = 0
    retries: Any = None
    _connection: Connection | None = None
    _pool: Any = None

    def __init__(self, answer: Reader) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.read = answer.content

    def close(self) -> None:
        """Do nothing: there is nothing left to read."""

    def release_conn(self) -> None:
        """Return the connection to its pool."""
        if self._connection is not None:
            self._pool._put_conn(self._connection)  # noqa: SLF001 - as urllib3's own response does
            self._connection = None


def _left(deadline: float) -> float:
    """Return the seconds until a deadline.

    Raises:
        TimeoutError: It has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _head(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    fields = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"{method} {url} HTTP/1.1", *fields, "Accept-Encoding: identity", "", ""])
    if head.count("\n") != len(fields) + 3:
        raise ValueError("a header holds a line break")
    return head.encode("latin-1")
