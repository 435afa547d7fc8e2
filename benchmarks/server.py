"""Endpoints on loopback in a separate process, such as one with one canned answer.

Their CPU time does not count, and they are quick enough that no client waits long.
"""

import asyncio
import multiprocessing
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import ClassVar, cast

_HOST = "127.0.0.1"
# The key is not checked.
_CFG = {
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "region": "eu-central-1",
}
# The headers that Amazon ECR sends.
_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
    b"Content-Type: application/x-amz-json-1.1\r\n"
    b"Content-Length: %d\r\n"
    b"Connection: keep-alive\r\n"
    b"x-amzn-RequestId: 8e1f9a3c-0c47-4a0c-9a43-6d3f3c0e5a11\r\n\r\n"
)
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint.

    Args:
        cfg: The connector's cfg for it.
        pid: Its process id.
    """

    cfg: dict[str, str]
    pid: int


@contextmanager
def canned(content: bytes) -> Iterator[dict[str, str]]:
    """Run an ``endpoint``, and yield the connector's cfg for it."""
    with endpoint(content) as running:
        yield running.cfg


@contextmanager
def endpoint(content: bytes) -> Iterator[Endpoint]:
    """Answer every POST with the same content.

    A GET is answered with the head of the POST before it.
    """
    with served(partial(_Exchange, _HEAD % len(content) + content)) as running:
        yield running


@contextmanager
def served(exchange: Callable[[], asyncio.Protocol]) -> Iterator[Endpoint]:
    """Let a protocol answer the connections to an endpoint.

    Args:
        exchange: Makes the protocol of a connection; the other process gets a copy.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    server = context.Process(target=_serve, args=(exchange, sender), daemon=True)
    server.start()
    sender.close()
    try:
        address = f"http://{_HOST}:{receiver.recv()}"
        yield Endpoint(_CFG | {"endpoint": address}, cast("int", server.pid))
    finally:
        server.terminate()
        server.join()


def _serve(exchange: Callable[[], asyncio.Protocol], port: Connection) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C ends the benchmarks, which end this process
    asyncio.run(_listen(exchange, port))


async def _listen(exchange: Callable[[], asyncio.Protocol], port: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(exchange, _HOST, 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Exchange(asyncio.Protocol):
    """A connection; answers each request as soon as its last byte has arrived."""

    # The head of the latest POST, on whichever connection.
    latest_head: ClassVar[bytes] = b""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._head = b""
        self._left = 0  # bytes of the body still to come

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = b""
            if head.startswith(b"GET"):
                latest = _Exchange.latest_head
                self._transport.write(_HEAD % len(latest) + latest)
                return
            _Exchange.latest_head = head + end
            length = _CONTENT_LENGTH.search(head)
            self._left = int(length[1]) - len(body) if length else 0
        if not self._left:
            self._transport.write(self._answer)
