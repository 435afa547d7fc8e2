"""The connection that consumes the step's queue and settles what came from it."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from hashlib import sha256

from pika import BasicProperties
from pika.channel import Channel
from pika.spec import Basic

from lib.sailor.amqp import Connection, Loop, describe
from lib.sailor.delivery import Delivery, Ledger, Verdict
from lib.sailor.errors import BrokerUnavailableError
from lib.sailor.logs import TRACE
from lib.sailor.settings import Settings

_MOST_RETURNS = 3
_RETURNS_REMEMBERED = 10_000

log = logging.getLogger("sailor")


class Consumer(Connection):
    """Consumes the step's queue. Public methods are safe from any thread; the rest is the loop's.

    Args:
        settings: The step's settings.
        deliver: Called for each new message, on the loop's thread.
        loop: The thread to live on.
    """

    def __init__(self, settings: Settings, deliver: Callable[[Delivery], None], loop: Loop) -> None:
        super().__init__(settings, "read", loop)
        self._deliver = deliver
        self._prefetch = settings.rabbitmq_prefetch_sailor
        self._ledger = Ledger(self._prefetch)
        self._returns: dict[tuple[str, bytes], int] = {}  # by key of what returned to the queue
        self._channel_number = 0
        self._consumer_tag: str | None = None
        self._consuming: Future[None] | None = None
        self._unfinished: set[Delivery] | None = None  # once stopping: what is still to be settled
        self._stopped = threading.Event()
        self._settled = threading.Event()

    def consume(self) -> None:
        """Start to consume, and return when the broker has agreed.

        Raises:
            BrokerUnavailableError: It refuses: there is no such queue, for example.
        """
        consuming: Future[None] = Future()
        self.loop.call(self._start_consuming, consuming)
        consuming.result()

    def settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Settle a message at the broker, now or when it is delivered again."""
        self.loop.call(self._settle, delivery, verdict)

    def is_live(self, delivery: Delivery) -> bool:
        """Return whether the channel that a message came through is still open."""
        return delivery.channel_number == self._channel_number

    def abandon(self, delivery: Delivery) -> None:
        """Drop a message whose handler had not started when its channel was lost."""
        self.loop.call(self._abandon, delivery)

    def stop(self) -> None:
        """Stop taking messages, and return when none can come any more."""
        self.loop.call(self._stop)
        self._stopped.wait()

    def wait_until_settled(self, timeout: float) -> bool:
        """Wait until all that was in progress at the stop is settled at the broker.

        Args:
            timeout: In seconds.

        Returns:
            False if messages whose channel was lost were not delivered again in this time.
        """
        return self._settled.wait(timeout)

    def on_channel(self, channel: Channel) -> None:
        """Set the prefetch, and consume again if we did before."""
        channel.add_on_cancel_callback(
            lambda _: self.fail(BrokerUnavailableError("the broker cancelled the consumer"))
        )
        channel.basic_qos(
            prefetch_count=self._prefetch, callback=lambda _: self._on_prefetch(channel)
        )

    def on_lost(self, cause: str | BaseException) -> None:
        """Note that what came through the channel will be delivered again."""
        self._ledger.lose_channel(self._channel_number)
        self._channel_number += 1
        self._consumer_tag = None
        if self._consuming is not None and not self._consuming.done():
            queue = self.settings.listen_messages_on
            self._consuming.set_exception(
                BrokerUnavailableError(f"the queue {queue!r} cannot be consumed: {describe(cause)}")
            )
            self._consuming = None
        if self._unfinished is not None:
            self._stopped.set()

    def _start_consuming(self, consuming: "Future[None]") -> None:
        self._consuming = consuming
        if self.channel is not None:
            self._consume(self.channel)

    def _on_prefetch(self, channel: Channel) -> None:
        if self._consuming is None:
            self.opened(channel)
        elif self._unfinished is None or self._unfinished:
            self._consume(channel)

    def _consume(self, channel: Channel) -> None:
        if not channel.is_open:
            return  # It is closing; the next one consumes.
        self._consumer_tag = channel.basic_consume(
            self.settings.listen_messages_on,
            partial(self._on_delivery, self._channel_number),
            callback=lambda _: self._on_consuming(channel),
        )

    def _on_consuming(self, channel: Channel) -> None:
        self.opened(channel)
        if self._consuming is not None and not self._consuming.done():
            self._consuming.set_result(None)

    def _on_delivery(
        self,
        channel_number: int,
        channel: Channel,
        method: Basic.Deliver,
        properties: BasicProperties,
        content: bytes,
    ) -> None:
        if channel_number != self._channel_number:
            return  # from an abandoned channel
        self._ledger.count_delivery()
        tag = method.delivery_tag or 0  # never 0, but for the types
        message_id = (properties.headers or {}).get("messageId")
        log.log(TRACE, "Message %r delivered, %d bytes", message_id, len(content))
        key = (repr(message_id), sha256(content).digest())
        if method.redelivered:
            known = self._ledger.recognize(key, properties, channel_number)
            if known is not None:
                log.info("Message %s was redelivered; its handler has already started", message_id)
                known.tag, known.channel_number = tag, channel_number
                if known.verdict is not None:
                    self._send_verdict(channel, known, known.verdict)
                return
        if self._unfinished is not None:
            return  # Stopping: the message stays with the broker, unacked until we close.
        delivery = Delivery(content, properties, key, tag, channel_number)
        self._ledger.enter(delivery)
        self._deliver(delivery)

    def _settle(self, delivery: Delivery, verdict: Verdict) -> None:
        if verdict is Verdict.REQUEUE and self._returns_too_often(delivery):
            verdict = Verdict.REJECT
        self._ledger.settle(delivery, verdict)
        if verdict is Verdict.REQUEUE:
            self._ledger.forget(delivery)
            self._finish(delivery)
        else:
            self._returns.pop(delivery.key, None)
        if self.channel is not None and self.is_live(delivery):
            self._send_verdict(self.channel, delivery, verdict)

    def _send_verdict(self, channel: Channel, delivery: Delivery, verdict: Verdict) -> None:
        if not channel.is_open:
            return  # It is about to be reported lost; then the message comes again.
        if verdict is Verdict.ACK:
            channel.basic_ack(delivery.tag)
        else:
            channel.basic_reject(delivery.tag, requeue=verdict is Verdict.REQUEUE)
        self._ledger.count_verdict(delivery)
        self._finish(delivery)

    def _returns_too_often(self, delivery: Delivery) -> bool:
        returns = self._returns.pop(delivery.key, 0)
        if returns >= _MOST_RETURNS:
            log.critical(
                "Message %s is rejected: it returned to its queue %d times in a row, and neither "
                "its events nor an error about it can be published",
                delivery.key[0],
                returns,
            )
            return True
        self._returns[delivery.key] = returns + 1
        if len(self._returns) > _RETURNS_REMEMBERED:
            del self._returns[next(iter(self._returns))]
        return False

    def _abandon(self, delivery: Delivery) -> None:
        if self.is_live(delivery):
            self._deliver(delivery)  # It was redelivered in the meantime.
        else:
            self._ledger.forget(delivery)
            self._finish(delivery)

    def _stop(self) -> None:
        self._unfinished = set(self._ledger.in_progress())
        if not self._unfinished:
            self._settled.set()
        # What is in progress and lost its channel is about to come again: consume on for its sake.
        live = all(self.is_live(delivery) for delivery in self._unfinished)
        if live and self._consumer_tag and self.channel is not None and self.channel.is_open:
            self.channel.basic_cancel(self._consumer_tag, callback=lambda _: self._stopped.set())
        else:
            self._stopped.set()

    def _finish(self, delivery: Delivery) -> None:
        if self._unfinished is not None:
            self._unfinished.discard(delivery)
            if not self._unfinished:
                self._settled.set()
