"""A server that does what HTTP servers don't, for tests of hostile answers."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Script = Callable[[socket.socket], None]


class Wire:
    """A server that does what HTTP servers don't: each connection is in the hands of a script.

    Args:
        scripts: What becomes of the connections, in order; all later ones get the last.

    Attributes:
        port: Where it listens on 127.0.0.1.
        connections: How many were accepted.
    """

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = ExitStack()
        self._thread = threading.Thread(target=self._accept)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._open.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                script = self._scripts[min(self.connections, len(self._scripts) - 1)]
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(script, connection))
                thread.start()
                self._open.callback(thread.join)
                self._open.callback(hang_up, connection)

    @staticmethod
    def _serve(script: Script, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            script(connection)


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> None:
    """Read a request whole, so that closing the connection afterwards is no reset."""
    received = b""
    while (head := received.partition(b"\r\n\r\n"))[1] == b"":
        received += connection.recv(1 << 16)
    length = re.search(rb"(?i)content-length: (\d+)", head[0])
    missing = int(length[1]) - len(head[2]) if length else 0
    while missing > 0:
        missing -= len(connection.recv(missing))


def answering(content: bytes) -> Script:
    """Return a script that answers one request with bytes, and hangs up."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(content)

    return script
