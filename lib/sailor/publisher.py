"""The connection that publishes, with confirms and repeated attempts."""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue

from pika import BasicProperties
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.frame import Method
from pika.spec import Basic

from lib.sailor import backoff
from lib.sailor.amqp import Connection, Loop
from lib.sailor.errors import PublishError, PublishInterruptedError
from lib.sailor.logs import TRACE
from lib.sailor.settings import Settings

# Once the step stops, input whose output is not published in this time returns to its queue.
_GRACE = 10  # seconds
_STOPPING_PAUSE = 1  # seconds at most between two attempts then
_WATCH_INTERVAL = 1  # seconds between looks at the messages in flight
_DELIVERY_MODES = {False: 1, True: 2}

log = logging.getLogger("sailor")


@dataclass
class Publication:
    """A message on its way to the broker.

    Args:
        routing_key: Where it goes.
        content: Its payload.
        properties: Its AMQP properties.
    """

    routing_key: str
    content: bytes
    properties: BasicProperties
    created: float = field(default_factory=time.monotonic)
    sent: float = 0.0
    returned: str | None = None  # why the broker could not route it
    outcome: SimpleQueue[str | None] = field(default_factory=SimpleQueue)  # the error, if any


class Publisher(Connection):
    """Publishes to the flow's exchange.

    ``publish`` and ``stop_soon`` are safe from any thread; all else is the loop's.

    Args:
        settings: The step's settings.
        loop: The thread to live on.
    """

    def __init__(self, settings: Settings, loop: Loop) -> None:
        super().__init__(settings, "write", loop)
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

        What is not confirmed, refused or returned as unroutable is published again, after growing
        pauses, as often as the settings say.

        Args:
            routing_key: The routing key.
            content: The payload.
            properties: The AMQP properties; the delivery mode is set here.
            attempts: How often to try; None for the settings' number.

        Raises:
            PublishError: The last attempt failed.
            PublishInterruptedError: The step stops, and no attempt succeeded in time.
        """
        properties.delivery_mode = _DELIVERY_MODES[self.settings.amqp_persistent_messages]
        limit = attempts or self.settings.amqp_publish_retry_attempts
        publication = Publication(routing_key, content, properties)
        attempt = 0
        while True:
            self.loop.call(self._publish, publication)
            error = publication.outcome.get()
            if error is None:
                return
            attempt += 1
            failure = f"Publishing to {routing_key!r} failed: {error}"
            if attempt >= limit:
                raise PublishError(f"{failure} (attempt {attempt})")
            if self._out_of_time(publication):
                raise PublishInterruptedError(f"{failure}, and the step stops")
            pause = self._pause(attempt)
            log.warning("%s; attempt %d in %.1f s", failure, attempt + 1, pause)
            if self._stopping.wait(pause):
                time.sleep(min(pause, _STOPPING_PAUSE))
            publication = _again(publication, attempt)

    def stop_soon(self) -> None:
        """Note that the step stops: from now on no message is tried for long."""
        self._stopped_at = time.monotonic()
        self._stopping.set()

    def on_channel(self, channel: Channel) -> None:
        """Ask for confirms, and for the return of unroutable messages."""
        self._published = 0
        # A channel that was given up may still confirm: that must not meet the new channel's tags.
        unconfirmed: dict[int, Publication] = {}
        self._unconfirmed = unconfirmed
        channel.add_on_return_callback(partial(_on_return, unconfirmed))
        connection = channel.connection
        connection.add_on_connection_blocked_callback(lambda *_: self._on_blocked())
        connection.add_on_connection_unblocked_callback(lambda *_: self._on_unblocked())
        channel.confirm_delivery(
            partial(_on_confirm, unconfirmed), callback=lambda _: self.opened(channel)
        )

    def opened(self, channel: Channel) -> None:
        """Publish what is waiting for the channel."""
        super().opened(channel)
        self._publish_waiting()

    def on_lost(self, reason: str) -> None:
        """Fail what is in flight: whether the broker has it is unknown."""
        self._blocked = False
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        for publication in unconfirmed.values():
            publication.outcome.put(f"lost before the broker confirmed: {reason}")

    def _pause(self, attempt: int) -> float:
        initial = self.settings.amqp_publish_retry_delay
        longest = self.settings.amqp_publish_max_retry_delay
        return backoff.delay(initial, attempt - 1, longest) / 1000

    def _publish(self, publication: Publication) -> None:
        self._waiting.append(publication)
        self._publish_waiting()

    def _publish_waiting(self) -> None:
        while self._waiting and self.channel is not None and not self._blocked:
            publication = self._waiting.popleft()
            publication.sent = time.monotonic()
            try:
                self.channel.basic_publish(
                    self.settings.publish_messages_to,
                    publication.routing_key,
                    publication.content,
                    publication.properties,
                    mandatory=True,
                )
            except (AMQPError, ValueError, TypeError) as error:
                # Such as a routing key that is too long, or a channel that is about to close.
                publication.outcome.put(f"{type(error).__name__}: {error}")
                continue
            log.log(TRACE, "%d bytes to %r", len(publication.content), publication.routing_key)
            self._published += 1
            self._unconfirmed[self._published] = publication

    def _on_blocked(self) -> None:
        self._blocked = True
        log.warning("AMQP write connection: blocked; the broker is short of memory or disk")

    def _on_unblocked(self) -> None:
        self._blocked = False
        log.info("AMQP write connection: no longer blocked")
        now = time.monotonic()
        for publication in self._unconfirmed.values():
            publication.sent = now
        self._publish_waiting()

    def _watch(self) -> None:
        """Look for messages that have been in flight for too long."""
        self.loop.io.call_later(_WATCH_INTERVAL, self._watch)
        limit = self.settings.amqp_publish_confirm_timeout / 1000
        for oldest in list(self._unconfirmed.values())[:1]:
            age = time.monotonic() - oldest.sent
            late = age > limit and not self._blocked
            if late or self._out_of_time(oldest):
                self.fail(TimeoutError(f"no confirm after {age:.0f} s"))
        while self._waiting and self._out_of_time(self._waiting[0]):
            self._waiting.popleft().outcome.put("there is no connection")

    def _out_of_time(self, publication: Publication) -> bool:
        if not self._stopping.is_set():
            return False
        return time.monotonic() - max(self._stopped_at, publication.created) > _GRACE


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


def _on_confirm(unconfirmed: dict[int, Publication], frame: Method[Basic.Ack | Basic.Nack]) -> None:
    confirm = frame.method
    tags = [confirm.delivery_tag]
    if confirm.multiple:
        tags = [tag for tag in unconfirmed if tag <= confirm.delivery_tag]
    for tag in tags:
        publication = unconfirmed.pop(tag)
        refused = isinstance(confirm, Basic.Nack)
        publication.outcome.put("the broker refused it" if refused else publication.returned)


def _again(publication: Publication, attempt: int) -> Publication:
    """Return a publication for another attempt, which its headers count."""
    headers = {**(publication.properties.headers or {}), "retry": attempt}
    properties = BasicProperties(**{**vars(publication.properties), "headers": headers})
    return replace(publication, properties=properties, returned=None)
