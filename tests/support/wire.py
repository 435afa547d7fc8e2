"""A server that does what HTTP servers don't, for tests of hostile answers."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Script = Callable[[socket.socket], None]


class Wire:
    """A server that does what HTTP servers don't: each connection is in the hands of a script.

    Args:
        scripts: What becomes of the connections, in order; all later ones get the last.
        address: Where it listens.
        port: Where it listens; 0 for any free port.

    Attributes:
        port: Where it listens.
        connections: How many were accepted.
    """

    def __init__(self, *scripts: Script, address: str = "127.0.0.1", port: int = 0) -> None:
        self._scripts = scripts
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family)
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
    """Read a request whole, so that closing the connection afterwards is no reset.

    Raises:
        ConnectionError: The client has hung up.
    """
    received = b""
    while (head := received.partition(b"\r\n\r\n"))[1] == b"":
        if not (piece := connection.recv(1 << 16)):
            raise ConnectionError
        received += piece
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


@contextmanager
def deaf(address: str, port: int = 0) -> Iterator[int]:
    """Listen at an address and accept no connection; yield the port."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server((address, port), backlog=0))
        for _ in range(4):  # they fill the queue that a listener without backlog still has
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
