"""Events that a handler emits for one message, and the verdict on that message.

docs/platform.md, "Events".
"""

from collections.abc import Mapping
from typing import Any

from pika import BasicProperties

from lib.sailor import json_text, passthrough, wire
from lib.sailor.context import StepContext
from lib.sailor.delivery import Delivery, Verdict
from lib.sailor.errors import InvalidEventError, PublishError, PublishInterruptedError
from lib.sailor.headers import IncomingHeaders, new_id, now, properties
from lib.sailor.payload import (
    REBOUND_LIMIT_EXCEEDED,
    check_message,
    check_reply,
    check_size,
    unknown_event,
)
from lib.sailor.step import Message, describe_error, shortened

_ROUTING_KEY_HEADER = "x-eio-routing-key"
_MAX_EXPIRATION = 315_360_000_000  # ten years in ms; RabbitMQ closes the channel on more
_MOST_REBOUNDS = 1000  # a header that says more says nothing

_LONGEST_REASON = 2000  # characters of a header


class Emitter:
    """Publishes the events of one message in progress; a handler's threads may share it.

    Args:
        context: What the messages of the step share.
        delivery: The message as it was delivered.
        headers: What its AMQP headers say.
        message: The message as its handler is about to get it.

    Attributes:
        verdict: What becomes of the message, as far as its events decide it: acked; rejected once
            an error was published; returned to its queue once something could not be published,
            the error about it included. The last is final, and nothing is emitted after it.
    """

    def __init__(
        self,
        context: StepContext,
        delivery: Delivery,
        headers: IncomingHeaders,
        message: Message,
    ) -> None:
        self.verdict = Verdict.ACK
        self._failure: PublishError | None = None  # why the message returns to its queue
        self._context = context
        self._settings = context.settings
        self._delivery = delivery
        self._incoming = headers
        self._carried: Mapping[str, Message] = {}  # by step
        if context.is_passthrough:
            sender = headers.step_id if context.settings.no_self_passtrhough else None
            self._carried = passthrough.carried(message, sender)
        self._headers = headers.outgoing(context.settings)

    def emit(self, event: str, payload: Any = None) -> None:
        """Publish an event, and return when the broker has confirmed it.

        What cannot be published, because it is too large for example, becomes an error event.

        Args:
            event: One of ``EVENTS``.
            payload: A message for ``data`` and ``httpReply``; an exception for ``error``; the
                reason for ``rebound``; a plain object for the others.

        Raises:
            InvalidEventError: There is no such event, or this message does not allow it.
            PublishError: Not even the error could be published, or the step stops; the message
                returns to its queue.
        """
        if self._failure:
            raise self._failure
        try:
            self._emit(event, payload)
        except InvalidEventError:
            raise
        except PublishInterruptedError as failure:
            self._give_up(failure)
            raise
        except Exception as error:
            if self._failure:  # the event was an error itself
                raise
            self._emit_error(error)

    def _emit(self, event: str, payload: Any) -> None:
        match event:
            case "data":
                self._emit_data(payload)
            case "error":
                self._emit_error(payload)
            case "rebound":
                self._emit_rebound(payload)
            case "snapshot":
                self._emit_snapshot(payload)
            case "updateSnapshot":
                self._emit_snapshot_update(payload)
            case "updateKeys":
                self._context.api.update_keys(self._context.account, payload)
            case "httpReply":
                self._emit_http_reply(payload)
            case _:
                raise unknown_event(event)

    def _emit_data(self, payload: Any) -> None:
        check_message(payload)
        headers = {
            **self._headers,
            "messageId": payload.get("id") or new_id(),
            "end": now(),
            "protocolVersion": self._settings.protocol_version,
        }
        own, routing_key = _without_routing_key(payload.get("headers") or {})
        message = self._with_passthrough({**payload, "headers": own})
        content = self._encode(message, self._settings.protocol_version)
        self._context.data_rate.wait()
        self._publish(routing_key or self._settings.data_routing_key, content, headers)

    def _with_passthrough(self, message: Message) -> Message:
        """Return an outgoing message with what it carries, large bodies stored or fetched."""
        settings, storage = self._settings, self._context.storage
        if self._context.is_passthrough:
            message["passthrough"] = dict(self._carried)
        if settings.emit_lightweight_message:
            threshold = settings.object_storage_size_threshold
            message = passthrough.with_large_bodies_stored(message, threshold, storage.store)
        else:
            message = passthrough.with_missing_bodies(message, storage.fetch)
        if self._context.is_passthrough and not settings.no_self_passtrhough:
            message = passthrough.with_own_part(message, settings.step_id)
        return message

    def _emit_error(self, error: object) -> None:
        self._context.error_rate.wait()
        self._report(error, {**self._headers, "end": now()})
        self.verdict = Verdict.REJECT

    def _report(self, error: object, headers: Mapping[str, Any]) -> None:
        try:
            self._context.errors.report(error, headers, self._delivery)
        except PublishError as failure:
            self._give_up(failure)
            raise
        except Exception as failure:
            self._give_up(PublishError(f"the error cannot be published: {failure}"))
            raise

    def _give_up(self, failure: PublishError) -> None:
        self.verdict, self._failure = Verdict.REQUEUE, failure

    def _emit_rebound(self, reason: object) -> None:
        original = self._delivery.properties
        iteration = _iteration(original.headers or {})
        if iteration > self._settings.rebound_limit:
            self._report(REBOUND_LIMIT_EXCEEDED, self._headers)
            return
        headers = {
            **(original.headers or {}),
            "end": now(),
            "reboundReason": _header_text(describe_error(reason)["message"]),
            "reboundIteration": iteration,
        }
        expiration = 2 ** (iteration - 1) * self._settings.rebound_initial_expiration
        rebounded = BasicProperties(
            **{
                **vars(original),
                "headers": headers,
                "expiration": str(min(expiration, _MAX_EXPIRATION)),
                # The broker refuses any user id but our connection's.
                "user_id": None,
                "cluster_id": None,
            }
        )
        self._context.errors.publisher.publish(
            self._settings.rebound_routing_key, self._delivery.content, rebounded
        )

    def _emit_snapshot(self, snapshot: Any) -> None:
        self._context.snapshot.replace(snapshot)
        self._context.snapshot_rate.wait()
        self._publish_snapshot(snapshot, "snapshot")

    def _emit_snapshot_update(self, update: Any) -> None:
        if self._context.snapshot.update(update):
            self._publish_snapshot(update, "updateSnapshot")

    def _publish_snapshot(self, snapshot: Any, event: str) -> None:
        headers = {**self._headers, "snapshotEvent": event, "messageId": new_id()}
        self._publish(self._settings.snapshot_routing_key, json_text.dump(snapshot), headers)

    def _emit_http_reply(self, reply: Any) -> None:
        if not self._incoming.reply_to:
            raise InvalidEventError("httpReply: the message's AMQP headers have no reply_to")
        check_reply(reply)
        own, _ = _without_routing_key(reply.get("headers") or {})
        headers = {**self._headers, "messageId": new_id(), "protocolVersion": 1}
        content = self._encode({**reply, "headers": own}, version=1)
        self._publish(self._incoming.reply_to, content, headers)

    def _encode(self, message: Message, version: int) -> bytes:
        content = wire.encode(message, self._context.errors.cipher, version)
        check_size(content, self._settings.outgoing_message_size_limit)
        return content

    def _publish(self, routing_key: str, content: bytes, headers: dict[str, Any]) -> None:
        self._context.errors.publisher.publish(routing_key, content, properties(headers))


def _without_routing_key(headers: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return a message's own headers without the routing key, and the routing key."""
    kept = {}
    routing_key = None
    for name, value in headers.items():
        if name.lower() == _ROUTING_KEY_HEADER:
            routing_key = value
        else:
            kept[name] = value
    return kept, routing_key


def _header_text(text: str) -> str:
    """Return a text that a header can carry: of bearable length, and without half surrogates."""
    return shortened(text, _LONGEST_REASON).encode("utf-8", "replace").decode()


def _iteration(headers: Mapping[str, Any]) -> int:
    """Return how often a message was rebounded, this time included."""
    before = headers.get("reboundIteration")
    if not isinstance(before, int | float) or not 0 < before < _MOST_REBOUNDS:
        return 1
    return int(before) + 1
