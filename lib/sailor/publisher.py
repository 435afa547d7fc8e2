"""The connection that publishes, with confirms and repeated attempts."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from typing import Self

from pika import BasicProperties
from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelClosedByBroker, ConnectionClosedByBroker
from pika.frame import Method
from pika.spec import FRAME_MAX_SIZE, Basic

from lib.sailor import amqp_table, backoff
from lib.sailor.amqp import Connection, Loop, describe
from lib.sailor.errors import PublishError, PublishInterruptedError, UnsendableMessageError
from lib.sailor.logs import TRACE
from lib.sailor.settings import Settings

_WATCH_INTERVAL = 1  # seconds between looks at the messages in flight
_DELIVERY_MODES = {False: 1, True: 2}
_LONGEST_ROUTING_KEY = 255  # bytes
_LARGEST_HEADER = FRAME_MAX_SIZE - 20  # bytes; 20 are the frame's own
_SHOWN_CHARACTERS = 200
_FIRST_ERROR_OF_OURS = 500  # reply codes from here on say that we sent something wrong

log = logging.getLogger("sailor")


@dataclass(frozen=True)
class Patience:
    """How long a publisher tries what hardly succeeds; times are in seconds.

    Args:
        refusals: How many attempts a message gets that the broker refuses for good. They take some
            3 seconds in all: a queue or an exchange that is made again is back by then.
        refusal_pause: The pause after the first of them; it doubles each time.
        longest_refusal_pause: The longest of these pauses.
        grace: Once the step stops, how long output is tried before its input returns to its queue.
        stopping_pause: The longest pause between two attempts then.
    """

    refusals: int = 5
    refusal_pause: float = 0.2
    longest_refusal_pause: float = 2
    grace: float = 10
    stopping_pause: float = 1


@dataclass(frozen=True)
class Failure:
    """An attempt that failed.

    Args:
        reason: What happened.
        is_refusal: Whether it was about this very message, so that another attempt hardly helps.
    """

    reason: str
    is_refusal: bool = False


@dataclass
class Publication:
    """A message on its way to the broker.

    Args:
        routing_key: Where it goes.
        content: Its payload.
        properties: Its AMQP properties.
        created: When it was made, by the publisher's clock.
        is_suspect: Whether it was in flight when the broker closed the channel for an error. It is
            sent with no other in flight then, so that the one that is at fault is known.
    """

    routing_key: str
    content: bytes
    properties: "_EncodedProperties"
    created: float
    is_suspect: bool = False
    sent: float = 0.0
    returned: str | None = None  # why the broker could not route it
    outcome: SimpleQueue[Failure | None] = field(default_factory=SimpleQueue)

    @classmethod
    def of(
        cls, routing_key: str, content: bytes, properties: BasicProperties, created: float
    ) -> Self:
        """Return a message that AMQP can carry.

        Raises:
            UnsendableMessageError: It cannot carry this one.
        """
        if not isinstance(routing_key, str) or not routing_key:
            raise UnsendableMessageError(f"the routing key: got {routing_key!r:.60}, expected text")
        size = len(routing_key.encode("utf-8", "replace"))
        if size > _LONGEST_ROUTING_KEY:
            raise UnsendableMessageError(
                f"the routing key: got {size} bytes, expected at most {_LONGEST_ROUTING_KEY}"
            )
        try:
            encoded = _EncodedProperties(properties)
        except Exception as error:
            raise UnsendableMessageError(
                f"AMQP cannot carry {_faulty(properties)}: {error!r:.{_SHOWN_CHARACTERS}}"
            ) from error
        if encoded.size > _LARGEST_HEADER:
            raise UnsendableMessageError(
                f"the AMQP headers: got {encoded.size} bytes, expected at most {_LARGEST_HEADER}"
            )
        return cls(routing_key, content, encoded, created)

    def again(self, attempt: int) -> Self:
        """Return the message for another attempt, which its headers count."""
        headers = {**(self.properties.headers or {}), "retry": attempt}
        properties = BasicProperties(**{**self.properties.members, "headers": headers})
        return replace(
            self, properties=_EncodedProperties(properties), returned=None, outcome=SimpleQueue()
        )


class _EncodedProperties(BasicProperties):
    """AMQP properties that are encoded once, on the thread that makes them.

    Attributes:
        size: Their size in bytes.
        members: The properties by name.
    """

    def __init__(self, properties: BasicProperties) -> None:
        self.members = vars(properties).copy()
        vars(self).update(self.members)
        self._encoded = b"".join(properties.encode())
        self.size = len(self._encoded)

    def encode(self) -> list[bytes]:
        return [self._encoded]


_PATIENCE = Patience()


class Publisher(Connection):
    """Publishes to the flow's exchange.

    ``publish`` and ``stop_soon`` are safe from any thread; all else is the loop's.

    Args:
        settings: The step's settings.
        loop: The thread to live on.
        patience: How long to try what hardly succeeds.
        clock: Returns seconds that pass evenly.
    """

    def __init__(
        self,
        settings: Settings,
        loop: Loop,
        patience: Patience = _PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(settings, "write", loop)
        self._patience = patience
        self._clock = clock
        self._waiting: deque[Publication] = deque()
        self._unconfirmed: dict[int, Publication] = {}  # by delivery tag, in their order
        self._published = 0  # on this channel
        self._blocked = False
        self._stopping = threading.Event()
        self._stopped_at = 0.0

    def start(self) -> None:
        """Start to connect."""
        super().start()
        self.loop.call(self._watch)

    def publish(
        self,
        routing_key: str,
        content: bytes,
        properties: BasicProperties,
        attempts: int | None = None,
    ) -> None:
        """Publish a message, and return when the broker has confirmed it.

        What was lost with a connection or not confirmed in time is published again, after growing
        pauses, as often as the settings say; what the broker refuses or cannot route, five times
        at most.

        Args:
            routing_key: The routing key.
            content: The payload.
            properties: The AMQP properties; the delivery mode is set here.
            attempts: How often to try; None for the settings' number.

        Raises:
            UnsendableMessageError: AMQP cannot carry the message.
            PublishError: The last attempt failed.
            PublishInterruptedError: The step stops, and no attempt succeeded in time.
        """
        properties.delivery_mode = _DELIVERY_MODES[self.settings.amqp_persistent_messages]
        limit = attempts or self.settings.amqp_publish_retry_attempts
        publication = Publication.of(routing_key, content, properties, self._clock())
        attempt = refusals = 0
        while True:
            self.loop.call(self._publish, publication)
            failure = publication.outcome.get()
            if failure is None:
                return
            attempt += 1
            refusals += failure.is_refusal
            text = f"Publishing to {routing_key!r} failed: {failure.reason}"
            if attempt >= limit or refusals >= self._patience.refusals:
                raise PublishError(f"{text} (attempt {attempt})")
            if self._is_out_of_time(publication):
                raise PublishInterruptedError(f"{text}, and the step stops")
            pause = self._pause(attempt, failure)
            log.warning("%s; attempt %d in %.1f s", text, attempt + 1, pause)
            if self._stopping.wait(pause):
                time.sleep(min(pause, self._patience.stopping_pause))
            publication = publication.again(attempt)

    def stop_soon(self) -> None:
        """Note that the step stops: from now on no message is tried for long."""
        self._stopped_at = self._clock()
        self._stopping.set()

    def on_channel(self, channel: Channel) -> None:
        """Ask for confirms, and for the return of unroutable messages."""
        self._published = 0
        # An abandoned channel may still confirm: that must not meet the new channel's tags.
        unconfirmed: dict[int, Publication] = {}
        self._unconfirmed = unconfirmed
        channel.add_on_return_callback(partial(_on_return, unconfirmed))
        connection = channel.connection
        connection.add_on_connection_blocked_callback(lambda *_: self._on_blocked())
        connection.add_on_connection_unblocked_callback(lambda *_: self._on_unblocked())
        channel.confirm_delivery(
            partial(self._on_confirm, unconfirmed), callback=lambda _: self.opened(channel)
        )

    def opened(self, channel: Channel) -> None:
        """Publish what is waiting for the channel."""
        super().opened(channel)
        self._publish_waiting()

    def on_lost(self, cause: str | BaseException) -> None:
        """Fail what is in flight: whether the broker has it is unknown."""
        self._blocked = False
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        reason = f"lost before the broker confirmed: {describe(cause)}"
        is_error_of_ours = _is_error_of_ours(cause)
        for publication in unconfirmed.values():
            publication.is_suspect = is_error_of_ours
            # Of several in flight, one is at fault; sent alone, it shows.
            publication.outcome.put(Failure(reason, is_error_of_ours and len(unconfirmed) == 1))

    def _pause(self, attempt: int, failure: Failure) -> float:
        if failure.is_refusal:
            patience = self._patience
            return backoff.delay(
                patience.refusal_pause, attempt - 1, patience.longest_refusal_pause
            )
        initial = self.settings.amqp_publish_retry_delay
        longest = self.settings.amqp_publish_max_retry_delay
        return backoff.delay(initial, attempt - 1, longest) / 1000

    def _publish(self, publication: Publication) -> None:
        self._waiting.append(publication)
        self._publish_waiting()

    def _publish_waiting(self) -> None:
        while self._waiting and self.channel is not None and not self._blocked:
            if self._unconfirmed and (self._waiting[0].is_suspect or self._sends_a_suspect()):
                return  # a suspect is sent alone; the confirm of the other one comes back here
            publication = self._waiting.popleft()
            publication.sent = self._clock()
            try:
                self.channel.basic_publish(
                    self.settings.publish_messages_to,
                    publication.routing_key,
                    publication.content,
                    publication.properties,
                    mandatory=True,
                )
            except (AMQPError, ValueError, TypeError) as error:
                # Such as a channel that is about to close.
                publication.outcome.put(Failure(f"{type(error).__name__}: {error}"))
                continue
            log.log(TRACE, "%d bytes to %r", len(publication.content), publication.routing_key)
            self._published += 1
            self._unconfirmed[self._published] = publication

    def _sends_a_suspect(self) -> bool:
        return any(publication.is_suspect for publication in self._unconfirmed.values())

    def _on_confirm(
        self, unconfirmed: dict[int, Publication], frame: Method[Basic.Ack | Basic.Nack]
    ) -> None:
        confirm = frame.method
        tags = [confirm.delivery_tag]
        if confirm.multiple:
            tags = [tag for tag in unconfirmed if tag <= confirm.delivery_tag]
        for tag in tags:
            publication = unconfirmed.pop(tag)
            if isinstance(confirm, Basic.Nack):
                publication.outcome.put(Failure("the broker refused it", is_refusal=True))
            elif publication.returned:
                publication.outcome.put(Failure(publication.returned, is_refusal=True))
            else:
                publication.outcome.put(None)
        if self._waiting:
            self._publish_waiting()

    def _on_blocked(self) -> None:
        self._blocked = True
        log.warning("AMQP write connection: blocked; the broker is short of memory or disk")

    def _on_unblocked(self) -> None:
        self._blocked = False
        log.info("AMQP write connection: no longer blocked")
        now = self._clock()
        for publication in self._unconfirmed.values():
            publication.sent = now
        self._publish_waiting()

    def _watch(self) -> None:
        """Look for messages that have been in flight for too long."""
        self.loop.io.call_later(_WATCH_INTERVAL, self._watch)
        limit = self.settings.amqp_publish_confirm_timeout / 1000
        for oldest in list(self._unconfirmed.values())[:1]:
            age = self._clock() - oldest.sent
            late = age > limit and not self._blocked
            if late or self._is_out_of_time(oldest):
                self.fail(TimeoutError(f"no confirm after {age:.0f} s"))
        while self._waiting and self._is_out_of_time(self._waiting[0]):
            self._waiting.popleft().outcome.put(Failure("there is no connection"))

    def _is_out_of_time(self, publication: Publication) -> bool:
        if not self._stopping.is_set():
            return False
        return self._clock() - max(self._stopped_at, publication.created) > self._patience.grace


def _faulty(properties: BasicProperties) -> str:
    """Return the name of what AMQP cannot carry."""
    for name, value in (properties.headers or {}).items():
        try:
            amqp_table.encode_table([], {name: value})
        except Exception:  # noqa: BLE001 - whatever it is, it is this header
            return f"the header {name!r:.60}"
    return "the properties"


def _on_return(
    unconfirmed: dict[int, Publication],
    _: Channel,
    method: Basic.Return,
    __: BasicProperties,
    content: bytes,
) -> None:
    """Mark the message that came back. The broker confirms it right after, all the same.

    Of two with the same routing key and content, either will do: both come back.
    """
    for publication in unconfirmed.values():
        if (
            publication.returned is None
            and publication.routing_key == method.routing_key
            and publication.content == content
        ):
            publication.returned = f"{method.reply_code} {method.reply_text}"
            return


def _is_error_of_ours(cause: str | BaseException) -> bool:
    """Return whether the broker closed the channel or the connection for what we sent."""
    if isinstance(cause, ConnectionClosedByBroker):
        return cause.reply_code > _FIRST_ERROR_OF_OURS
    return isinstance(cause, ChannelClosedByBroker)
