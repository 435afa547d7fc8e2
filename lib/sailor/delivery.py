"""Deliveries: messages as the broker hands them over, and the ledger that recognizes them.

When a connection is lost, RabbitMQ delivers again what was not acked on it, whether in progress or
not. The ledger distinguishes such a redelivery from a new message: the handler must not run twice,
and the ack has to name the new delivery.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pika import BasicProperties

# Quorum queues count in these how often they delivered a message.
_DELIVERY_COUNTS = ("x-delivery-count", "x-acquired-count")
_REMEMBERED_KEYS = 1000


class Verdict(Enum):
    """What becomes of a message at the broker."""

    ACK = "acked"
    REJECT = "rejected"  # dropped, or dead-lettered if the queue says so
    REQUEUE = "returned to its queue"


@dataclass(eq=False)
class Delivery:
    """A message that the broker delivered: once, or again after a connection was lost.

    Args:
        content: The payload.
        properties: The AMQP properties.
        key: What identifies the message: its id and a hash of its content. The id alone does not,
            because messages that a step emits without an id may share one.
        tag: The delivery tag of the latest delivery.
        channel_number: The channel of that delivery, counted from the process's start.
        verdict: What becomes of it; None while it is in progress.
    """

    content: bytes
    properties: BasicProperties
    key: tuple[str, bytes]
    tag: int
    channel_number: int
    verdict: Verdict | None = None


class Ledger:
    """The messages that may be delivered again although they are known. Used on one thread alone.

    Those are the messages in progress, and those whose verdict may have been lost with the channel
    that it was sent on. The broker does not confirm verdicts, but with a prefetch of n it never has
    more than n messages unsettled: when it has delivered d messages on a channel, the first d - n
    verdicts sent on it have arrived. At most n are in doubt.

    A redelivered message that equals one whose ack is in doubt may also be a copy of it, delivered
    on the lost channel and never seen here. So a key that came more than once lately is not
    recognized by such an ack: the handler runs again rather than not at all.

    Args:
        prefetch: How many messages the broker leaves unsettled.
    """

    def __init__(self, prefetch: int) -> None:
        self._prefetch = prefetch
        self._known: defaultdict[tuple[str, bytes], list[Delivery]] = defaultdict(list)
        self._delivered = 0  # on the present channel
        self._arrived = 0  # of the verdicts sent on it
        self._in_doubt: deque[Delivery] = deque()  # the others, in the order they were sent
        self._recent: dict[tuple[str, bytes], bool] = {}  # whether a key came more than once

    def __len__(self) -> int:
        """Return how many messages are known."""
        return sum(map(len, self._known.values()))

    def count_delivery(self) -> None:
        """Note that the broker delivered a message on the present channel."""
        self._delivered += 1
        while self._in_doubt and self._arrived < self._delivered - self._prefetch:
            self._arrived += 1
            self.forget(self._in_doubt.popleft())

    def enter(self, delivery: Delivery) -> None:
        """Note a message that is now in progress."""
        self._known[delivery.key].append(delivery)
        has_copies = self._recent.pop(delivery.key, None) is not None
        self._recent[delivery.key] = has_copies
        if len(self._recent) > _REMEMBERED_KEYS:
            del self._recent[next(iter(self._recent))]

    def recognize(
        self, key: tuple[str, bytes], properties: BasicProperties, channel_number: int
    ) -> Delivery | None:
        """Return the known message that a redelivery must be, if there is one.

        It cannot be one that came through the present channel: that was not redelivered. Nor can it
        be one with other headers: a message that was rebounded keeps its id and its content, but is
        another one than the message that was acked when it was rebounded.
        """
        headers = _lasting_headers(properties)
        same = [
            delivery
            for delivery in self._known.get(key, ())
            if delivery.channel_number < channel_number
            and (delivery.verdict is None or not self._recent.get(key))
            and _lasting_headers(delivery.properties) == headers
        ]
        # What is in progress first: of two that are the same, to ack that one too early loses it.
        return min(same, key=lambda delivery: delivery.verdict is not None, default=None)

    def settle(self, delivery: Delivery, verdict: Verdict) -> None:
        """Note what becomes of a message, and drop its content."""
        delivery.verdict = verdict
        delivery.content = b""

    def count_verdict(self, delivery: Delivery) -> None:
        """Note that the verdict on a message was sent on the present channel."""
        self._in_doubt.append(delivery)

    def lose_channel(self, channel_number: int) -> None:
        """Note that a channel was lost: of what is settled, only its last verdicts are in doubt."""
        for known in list(self._known.values()):
            for delivery in list(known):
                if delivery.verdict is not None and delivery.channel_number < channel_number:
                    self.forget(delivery)
        self._in_doubt.clear()
        self._delivered = self._arrived = 0

    def forget(self, delivery: Delivery) -> None:
        """Note that a message, if it comes again, is a new one."""
        known = self._known.get(delivery.key, [])
        if delivery in known:
            known.remove(delivery)
            if not known:
                del self._known[delivery.key]

    def in_progress(self) -> list[Delivery]:
        """Return the messages that are not settled."""
        return [each for known in self._known.values() for each in known if each.verdict is None]


def _lasting_headers(properties: BasicProperties) -> dict[str, Any]:
    """Return the headers that a message has each time it is delivered."""
    headers = properties.headers or {}
    return {name: value for name, value in headers.items() if name not in _DELIVERY_COUNTS}
