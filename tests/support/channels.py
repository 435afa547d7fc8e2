"""Stand-ins for pika's channel, the connections' thread and time, for tests without a broker."""

import os
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from pika import BasicProperties, URLParameters
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic

from lib.platform import until
from lib.sailor.amqp import Loop

# Seconds for another thread to do its part; mutants, of which many don't, are given fewer.
WAIT = float(os.environ.get("TEST_WAIT_SECONDS", "5"))


class HandClock:
    """A clock for what measures time; a test moves its hand.

    Attributes:
        now: What it shows, in seconds.
    """

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return what the clock shows."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        assert seconds > 0
        self.now += seconds


class Timers:
    """The calls for later; a test makes them."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, function: Callable[[], None]) -> None:
        """Keep a call."""
        self.calls.append((delay, function))

    def run(self) -> list[float]:
        """Make all calls that were kept, and return after how many seconds they were due."""
        calls, self.calls = self.calls, []
        for _, function in calls:
            function()
        return [delay for delay, _ in calls]


class DirectLoop:
    """A loop whose calls are made at once and one at a time, by whoever hands them over.

    Attributes:
        io: The calls for later.
        connections: The connections that were opened, in order.
    """

    def __init__(self) -> None:
        self.io = Timers()
        self.connections: list[RecordingConnection] = []
        self._lock = threading.RLock()

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Make a call."""
        with self._lock:
            function(*arguments)

    def connect(
        self,
        parameters: URLParameters,
        on_open: Callable[[Any], None],
        on_closed: Callable[[Any, BaseException], None],
    ) -> "RecordingConnection":
        """Begin a connection; a test says what becomes of it."""
        self.connections.append(RecordingConnection(self, parameters, on_open, on_closed))
        return self.connections[-1]

    @property
    def loop(self) -> Loop:
        """This object under the type of what it stands for."""
        return cast("Loop", self)


class RecordingConnection:
    """A connection; a test speaks for the broker.

    Args:
        loop: Its loop.
        parameters: How it is opened.
        on_open: Called when it is open.
        on_closed: Called when it is not, or no longer.

    Attributes:
        parameters: How it is opened.
        is_open: Whether it is open.
        closed_with: The texts it was closed with, in order.
        channels: The channels that were opened on it, in order.
    """

    def __init__(
        self,
        loop: DirectLoop,
        parameters: URLParameters,
        on_open: Callable[[Any], None],
        on_closed: Callable[[Any, BaseException], None],
    ) -> None:
        self.parameters = parameters
        self.is_open = False
        self.closed_with: list[str] = []
        self.channels: list[RecordingChannel] = []
        self._loop = loop
        self._on_open = on_open
        self._on_closed = on_closed

    def channel(self, on_open_callback: Callable[[Any], None]) -> None:
        """Open a channel."""
        self.channels.append(RecordingChannel(self._loop))
        on_open_callback(self.channels[-1])

    def close(self, reply_text: str = "") -> None:
        """Close the connection; the answer is the broker's, thus the test's."""
        self.closed_with.append(reply_text)
        self.is_open = False

    def open(self) -> "RecordingChannel":
        """Let the broker open the connection, and return its channel."""
        self.is_open = True
        self._loop.call(self._on_open, self)
        return self.channels[-1]

    def end(self, cause: BaseException) -> None:
        """Let the connection be closed, or fail to open."""
        self.is_open = False
        self._loop.call(self._on_closed, self, cause)


class RecordingChannel:
    """A channel that records what is sent on it; a test speaks for the broker.

    Args:
        loop: The loop of the connection.

    Attributes:
        published: The routing key, content and properties of each message.
        verdicts: ``("ack", tag)``, ``("reject", tag)`` or ``("requeue", tag)``.
        cancelled: The tags of consumers that were cancelled.
        consumed: The queues that are consumed.
        is_open: Whether it can be used.
        answers: Whether the broker answers what a consumer asks.
        refusal: What ``basic_publish`` raises.
    """

    def __init__(self, loop: DirectLoop) -> None:
        self._loop = loop
        self.published: list[tuple[str, bytes, BasicProperties]] = []
        self.verdicts: list[tuple[str, int]] = []
        self.cancelled: list[str] = []
        self.consumed: list[str] = []
        self.prefetch = 0
        self.is_open = True
        self.answers = True
        self.refusal: Exception | None = None
        self._listeners: dict[str, Callable[..., Any]] = {}
        self.connection = SimpleNamespace(
            add_on_connection_blocked_callback=self._listener("blocked"),
            add_on_connection_unblocked_callback=self._listener("unblocked"),
        )
        self.add_on_return_callback = self._listener("return")
        self.add_on_cancel_callback = self._listener("cancel")
        self.add_on_close_callback = self._listener("close")

    @property
    def channel(self) -> Channel:
        """This object under the type of what it stands for."""
        return cast("Channel", self)

    # What a publisher does

    def confirm_delivery(
        self, on_confirm: Callable[..., Any], callback: Callable[[Any], None]
    ) -> None:
        self._listeners["confirm"] = on_confirm
        callback(None)

    def basic_publish(
        self,
        exchange: str,  # noqa: ARG002 - pika's parameter
        routing_key: str,
        content: bytes,
        properties: BasicProperties,
        *,
        mandatory: bool,
    ) -> None:
        assert mandatory
        if self.refusal is not None:
            raise self.refusal
        self.published.append((routing_key, content, properties))

    # What a consumer does

    def basic_qos(self, prefetch_count: int, callback: Callable[[Any], None]) -> None:
        self.prefetch = prefetch_count
        callback(None)

    def basic_consume(
        self, queue: str, on_message: Callable[..., Any], callback: Callable[[Any], None]
    ) -> str:
        self.consumed.append(queue)
        self._listeners["message"] = on_message
        if self.answers:
            callback(None)
        return f"consumer-{len(self.consumed)}"

    def basic_ack(self, tag: int) -> None:
        self.verdicts.append(("ack", tag))

    def basic_reject(self, tag: int, *, requeue: bool) -> None:
        self.verdicts.append(("requeue" if requeue else "reject", tag))

    def basic_cancel(self, consumer_tag: str, callback: Callable[[Any], None]) -> None:
        self.cancelled.append(consumer_tag)
        if self.answers:
            callback(None)

    # What a broker does

    def until_published(self, count: int) -> None:
        """Wait until so many messages were published."""
        until(
            lambda: len(self.published) >= count,
            f"{count} messages are published",
            within=WAIT,
            every=0.002,
        )

    def confirm(self, tag: int, *, multiple: bool = False) -> None:
        """Confirm a message, and those before it if the confirm is for multiple."""
        self._say("confirm", Method(1, Basic.Ack(tag, multiple)))

    def refuse(self, tag: int) -> None:
        """Refuse a message."""
        self._say("confirm", Method(1, Basic.Nack(tag)))

    def hand_back(self, routing_key: str, content: bytes) -> None:
        """Return a message that cannot be routed."""
        method = Basic.Return(312, "NO_ROUTE", "exchange", routing_key)
        self._say("return", self, method, BasicProperties(), content)

    def block(self) -> None:
        """Say that the broker is short of memory."""
        self._say("blocked", None, None)

    def unblock(self) -> None:
        """Say that it no longer is."""
        self._say("unblocked", None, None)

    def deliver(
        self,
        tag: int,
        content: bytes = b"content",
        *,
        redelivered: bool = False,
        headers: dict[str, Any] | None = None,
    ) -> None:
        """Deliver a message."""
        method = Basic.Deliver("consumer", tag, redelivered)
        properties = BasicProperties(headers={"messageId": "m", **(headers or {})})
        self._say("message", self, method, properties, content)

    def close(self, cause: BaseException) -> None:
        """Close the channel, as a broker does for an error."""
        self.is_open = False
        self._say("close", self, cause)

    def cancel(self) -> None:
        """Cancel the consumer, as a broker does whose queue is deleted."""
        self._say("cancel", None)

    def _say(self, event: str, *arguments: Any) -> None:
        self._loop.call(self._listeners[event], *arguments)

    def _listener(self, event: str) -> Callable[[Callable[..., Any]], None]:
        def listen(listener: Callable[..., Any]) -> None:
            self._listeners[event] = listener

        return listen
