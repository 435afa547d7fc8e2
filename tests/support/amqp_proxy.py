"""A way to the broker that can lose connections, and frames of the AMQP protocol."""

import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Self

from lib.platform.broker import Broker

_METHOD, _HEADER, _BODY = 1, 2, 3
_PUBLISH, _ACK = (60, 40), (60, 80)
_PREAMBLE = 8  # "AMQP" and the protocol's version, before the first frame


@dataclass
class _Link:
    """One connection through the proxy."""

    client: socket.socket
    server: socket.socket
    name: str = ""  # the client's connection_name ends in it: -read or -write
    ended: int = 0  # of the two directions
    losing: bool = False

    def close(self) -> None:
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # that end was closed already


@dataclass
class AmqpProxy:
    """Listens on a port of its own and hands all on to a broker, unless told otherwise.

    Args:
        broker: The broker behind it.
    """

    broker: Broker
    accepted: int = 0
    lost_publishes: int = 0
    lost_confirms: int = 0
    lost_acks: int = 0
    _publishes_to_lose: int = 0
    _confirms_to_lose: int = 0
    _acks_to_lose: int = 0
    _links: list[_Link] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listener: socket.socket | None = None
    _port: int = 0

    @property
    def entry(self) -> Broker:
        """The broker as it is seen through the proxy."""
        return Broker(self._port, "127.0.0.1", self.broker.user, self.broker.password)

    def up(self) -> Self:
        """Listen, on the same port as before if there was one."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def down(self) -> None:
        """Refuse new connections, and cut those that are open."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut("")

    def __enter__(self) -> Self:
        return self.up()

    def __exit__(self, *_: object) -> None:
        self.down()

    def cut(self, ending: str) -> int:
        """Cut the connections whose name has an ending, and return how many these were."""
        cut = [link for link in self._links if link.name.endswith(ending)]
        for link in cut:
            self._links.remove(link)
            link.close()
        return len(cut)

    def lose_publishes(self, count: int) -> None:
        """Keep the next messages that a runtime publishes from the broker."""
        self._publishes_to_lose = count

    def lose_confirms(self, count: int) -> None:
        """Keep the broker's next publisher confirms from the runtime."""
        self._confirms_to_lose = count

    def lose_acks(self, count: int) -> None:
        """Keep the runtime's next acks from the broker."""
        self._acks_to_lose = count

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # the proxy is down
            try:
                server = socket.create_connection((self.broker.host, self.broker.port))
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = _Link(client, server)
            self._links.append(link)
            self.accepted += 1
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(link, source, sink), daemon=True).start()

    def _pump(self, link: _Link, source: socket.socket, sink: socket.socket) -> None:
        from_client = source is link.client
        pending = b""
        preamble = from_client
        try:
            while chunk := source.recv(65536):
                pending += chunk
                out = b""
                if preamble and len(pending) >= _PREAMBLE:
                    out, pending, preamble = pending[:_PREAMBLE], pending[_PREAMBLE:], False
                while not preamble and (size := _frame_size(pending)) is not None:
                    frame, pending = pending[:size], pending[size:]
                    lost = (
                        self._loses_of_client(link, frame)
                        if from_client
                        else self._loses_of_broker(link, frame)
                    )
                    out += b"" if lost else frame
                sink.sendall(out)
        except OSError:
            pass  # one end is gone, and so is the other now
        link.close()
        with self._lock:
            link.ended += 1
            if link.ended == 2:
                link.client.close()
                link.server.close()

    def _loses_of_client(self, link: _Link, frame: bytes) -> bool:
        kind, method = frame[0], _method(frame)
        if not link.name:
            link.name = next((n for n in ("-read", "-write") if n.encode() in frame), "")
        if link.name == "-read" and method == _ACK and self._acks_to_lose > 0:
            self._acks_to_lose -= 1
            self.lost_acks += 1
            return True
        if method == _PUBLISH:
            link.losing = self._publishes_to_lose > 0
            if link.losing:
                self._publishes_to_lose -= 1
                self.lost_publishes += 1
            return link.losing
        return link.losing and kind in (_HEADER, _BODY)

    def _loses_of_broker(self, link: _Link, frame: bytes) -> bool:
        if link.name == "-write" and _method(frame) == _ACK and self._confirms_to_lose > 0:
            self._confirms_to_lose -= 1
            self.lost_confirms += 1
            return True
        return False


def _frame_size(pending: bytes) -> int | None:
    """Return the size of the first frame with its envelope, None if it is not there in full."""
    if len(pending) < 7:
        return None
    size = int(struct.unpack(">I", pending[3:7])[0]) + 8
    return size if len(pending) >= size else None


def _method(frame: bytes) -> tuple[int, int] | None:
    if frame[0] != _METHOD:
        return None
    class_id, method_id = struct.unpack(">HH", frame[7:11])
    return class_id, method_id
