"""The connection that consumes, and that recognises what it gets a second time.

When a connection is lost, RabbitMQ delivers again what was not acked on it, in process or not. The
ledger below tells such a redelivery from a message that we have not seen: the handler must not run
twice, and the ack has to name the new delivery.
"""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from functools import partial
from hashlib import sha256
from typing import Any

from pika import BasicProperties
from pika.channel import Channel
from pika.spec import Basic

from lib.sailor.amqp import AmqpUnavailableError, Connection, Loop
from lib.sailor.logs import TRACE
from lib.sailor.settings import Settings

# Quorum queues count in these how often they delivered a message.
_COUNTS = ("x-delivery-count", "x-acquired-count")

log = logging.getLogger("sailor")


class Verdict(Enum):
    """What becomes of a message at the broker."""

    ACK = "acked"
    REJECT = "rejected"  # dropped, or dead-lettered if the queue says so
    REQUEUE = "put back into the queue"


@dataclass(eq=False)
class Delivery:
    """A message that the broker delivered: once, or again after a connection was lost.

    Args:
        content: The payload.
        properties: The AMQP properties.
        key: What identifies the message: its id and a hash of its content. Not the id alone,
            because what a step emits without an id may share one.
        tag: The delivery tag of the latest delivery.
        epoch: The channel of that delivery, counted.
    """

    content: bytes
    properties: BasicProperties
    key: tuple[str, bytes]
    tag: int
    epoch: int
    verdict: Verdict | None = None  # None while it is in process


class Ledger:
    """The messages in process, and the last ones that were settled. For one thread's use.

    With a prefetch of n the broker delivers only while fewer than n messages are unsettled in its
    eyes, so at most n acks get lost with a connection. Remembering several times as many covers
    connections that are lost in a row.

    Args:
        memory: How many settled messages to remember.
    """

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._known: defaultdict[tuple[str, bytes], list[Delivery]] = defaultdict(list)
        self._settled: deque[Delivery] = deque()

    def enter(self, delivery: Delivery) -> None:
        """Note a message that is taken into process."""
        self._known[delivery.key].append(delivery)

    def recognise(
        self, key: tuple[str, bytes], properties: BasicProperties, epoch: int
    ) -> Delivery | None:
        """Return the known message that a redelivery must be, if there is one.

        What came through the present channel is out of question: it is not redelivered. Nor is it
        a message with other headers: one that was rebounded keeps its id and its content, but is
        another message than the one that was acked when it was rebounded.
        """
        headers = _lasting_headers(properties)
        same = [
            delivery
            for delivery in self._known.get(key, ())
            if delivery.epoch < epoch and _lasting_headers(delivery.properties) == headers
        ]
        # What is in process first: of two that are the same, to ack that one too early loses it.
        return min(same, key=lambda delivery: delivery.verdict is not None, default=None)

    def settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Note what becomes of a message, and forget its content."""
        delivery.verdict = verdict
        delivery.content = b""
        self._settled.append(delivery)
        if len(self._settled) > self._memory:
            self.forget(self._settled.popleft())

    def forget(self, delivery: Delivery) -> None:
        """Note that a message, if it comes again, is a new one."""
        known = self._known[delivery.key]
        known.remove(delivery)
        if not known:
            del self._known[delivery.key]

    def in_process(self) -> list[Delivery]:
        """Return the messages that are not settled."""
        return [each for known in self._known.values() for each in known if each.verdict is None]


class Consumer(Connection):
    """Consumes the step's queue.

    Args:
        settings: The step's settings.
        deliver: Called for each new message, on the loop's thread.
        loop: The thread to live on.
    """

    def __init__(self, settings: Settings, deliver: Callable[[Delivery], None], loop: Loop) -> None:
        super().__init__(settings, "read", loop)
        self._deliver = deliver
        self._prefetch = settings.rabbitmq_prefetch_sailor
        self._ledger = Ledger(memory=10 * self._prefetch)
        self._epoch = 0
        self._consumer_tag: str | None = None
        self._consuming: Future[None] | None = None
        self._awaited: set[Delivery] | None = None  # when stopping: what is still to be settled
        self._stopped = threading.Event()
        self._settled = threading.Event()

    def consume(self) -> None:
        """Start to consume, and return when the broker has agreed.

        Raises:
            AmqpUnavailableError: It refuses: there is no such queue, for example.
        """
        consuming: Future[None] = Future()
        self.loop.call(self._start_consuming, consuming)
        consuming.result()

    def settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Tell the broker what becomes of a message, at once or when it delivers it again."""
        self.loop.call(self._settle, delivery, verdict)

    def is_live(self, delivery: Delivery) -> bool:
        """Tell whether the channel that a message came through still stands."""
        return delivery.epoch == self._epoch

    def abandon(self, delivery: Delivery) -> None:
        """Forget a message that was not begun before its channel was lost."""
        self.loop.call(self._abandon, delivery)

    def stop(self) -> None:
        """Take no more messages, and return when that is certain."""
        self.loop.call(self._stop)
        self._stopped.wait()

    def wait_until_settled(self, timeout: float) -> bool:
        """Wait until all that was in process at the stop is settled at the broker.

        Args:
            timeout: In seconds.

        Returns:
            False if messages whose channel was lost did not come again in this time.
        """
        return self._settled.wait(timeout)

    def on_channel(self, channel: Channel) -> None:
        """Set the prefetch, and go on consuming if we did before."""
        channel.add_on_cancel_callback(
            lambda _: self.fail(AmqpUnavailableError("the broker cancelled the consumer"))
        )
        channel.basic_qos(
            prefetch_count=self._prefetch, callback=lambda _: self._on_prefetch(channel)
        )

    def on_lost(self, reason: str) -> None:
        """Note that what came through the channel will come again."""
        self._epoch += 1
        self._consumer_tag = None
        if self._consuming is not None and not self._consuming.done():
            queue = self.settings.listen_messages_on
            self._consuming.set_exception(
                AmqpUnavailableError(f"the queue {queue!r} can't be consumed: {reason}")
            )
            self._consuming = None
        if self._awaited is not None:
            self._stopped.set()

    def _start_consuming(self, consuming: "Future[None]") -> None:
        self._consuming = consuming
        if self.channel is not None:
            self._consume(self.channel)

    def _on_prefetch(self, channel: Channel) -> None:
        if self._consuming is None:
            self.opened(channel)
        elif self._awaited is None or self._awaited:
            self._consume(channel)

    def _consume(self, channel: Channel) -> None:
        if not channel.is_open:
            return  # It is closing; the next one consumes.
        self._consumer_tag = channel.basic_consume(
            self.settings.listen_messages_on,
            partial(self._on_delivery, self._epoch),
            callback=lambda _: self._on_consuming(channel),
        )

    def _on_consuming(self, channel: Channel) -> None:
        self.opened(channel)
        if self._consuming is not None and not self._consuming.done():
            self._consuming.set_result(None)

    def _on_delivery(
        self,
        epoch: int,
        channel: Channel,
        method: Basic.Deliver,
        properties: BasicProperties,
        content: bytes,
    ) -> None:
        if epoch != self._epoch:
            return  # of a channel that was given up
        tag = method.delivery_tag or 0  # never 0, but for the types
        message_id = (properties.headers or {}).get("messageId")
        log.log(TRACE, "Message %r comes with %d bytes", message_id, len(content))
        key = (repr(message_id), sha256(content).digest())
        if method.redelivered:
            known = self._ledger.recognise(key, properties, epoch)
            if known is not None:
                log.info("Message %s came again; it was in process already", message_id)
                known.tag, known.epoch = tag, epoch
                if known.verdict is not None:
                    self._tell(channel, known, known.verdict)
                return
        if self._awaited is not None:
            return  # The step stops: the message stays with the broker, unacked until we close.
        delivery = Delivery(content, properties, key, tag, epoch)
        self._ledger.enter(delivery)
        self._deliver(delivery)

    def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        if verdict is Verdict.REQUEUE:
            self._ledger.forget(delivery)
            self._finished(delivery)
        else:
            self._ledger.settle(delivery, verdict)
        if self.channel is not None and self.is_live(delivery):
            self._tell(self.channel, delivery, verdict)

    def _tell(self, channel: Channel, delivery: Delivery, verdict: Verdict) -> None:
        if not channel.is_open:
            return  # The loss is about to be told; then the message comes again.
        if verdict is Verdict.ACK:
            channel.basic_ack(delivery.tag)
        else:
            channel.basic_reject(delivery.tag, requeue=verdict is Verdict.REQUEUE)
        self._finished(delivery)

    def _abandon(self, delivery: Delivery) -> None:
        if self.is_live(delivery):
            self._deliver(delivery)  # It came again in the meantime.
        else:
            self._ledger.forget(delivery)
            self._finished(delivery)

    def _stop(self) -> None:
        self._awaited = set(self._ledger.in_process())
        if not self._awaited:
            self._settled.set()
        # What was in process and lost its channel is about to come again: go on consuming for it.
        live = all(self.is_live(delivery) for delivery in self._awaited)
        if live and self._consumer_tag and self.channel is not None and self.channel.is_open:
            self.channel.basic_cancel(self._consumer_tag, callback=lambda _: self._stopped.set())
        else:
            self._stopped.set()

    def _finished(self, delivery: Delivery) -> None:
        if self._awaited is not None:
            self._awaited.discard(delivery)
            if not self._awaited:
                self._settled.set()


def _lasting_headers(properties: BasicProperties) -> dict[str, Any]:
    """Return the headers that a message has each time it is delivered."""
    headers = properties.headers or {}
    return {name: value for name, value in headers.items() if name not in _COUNTS}
