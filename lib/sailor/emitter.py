"""What becomes of the events that a handler emits, for one message in process.

See PLATFORM's "Events a handler emits".
"""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pika import BasicProperties

from lib.sailor import wire
from lib.sailor.api import Api, ApiError
from lib.sailor.cipher import Cipher
from lib.sailor.consumer import Delivery, Verdict
from lib.sailor.publisher import Publisher, PublishError, PublishInterruptedError
from lib.sailor.rates import RateLimit
from lib.sailor.settings import Settings
from lib.sailor.snapshot import Snapshot
from lib.sailor.step import EVENTS, Message, describe_error
from lib.sailor.storage import ObjectStorage
from lib.sailor.wire import OBJECT_ID_HEADER

_ROUTING_KEY_HEADER = "x-eio-routing-key"
_ERROR_REPLY_HEADER = "x-eio-error-response"
_MAX_EXPIRATION = 315_360_000_000  # ten years in ms; RabbitMQ closes the channel on more
# A reply is a courtesy to someone who may have gone, and the error itself is safe by then.
_ERROR_REPLY_ATTEMPTS = 3

log = logging.getLogger("sailor")


class EmitError(Exception):
    """An event can't be emitted as it is."""


@dataclass(frozen=True)
class Outlets:
    """Where events go: what all messages of a step share.

    Args:
        settings: The step's settings.
        config: The step's cfg.
        is_passthrough: Whether messages carry those of the steps before.
        cipher: The flow's cipher.
        publisher: The connection to publish with.
        snapshot: The step's snapshot.
        api: The platform's API.
        storage: The object storage.
        data_rate, error_rate, snapshot_rate: The limits of the events.
    """

    settings: Settings
    config: Mapping[str, Any]
    is_passthrough: bool
    cipher: Cipher
    publisher: Publisher
    snapshot: Snapshot
    api: Api
    storage: ObjectStorage
    data_rate: RateLimit
    error_rate: RateLimit
    snapshot_rate: RateLimit

    @classmethod
    def of(
        cls,
        settings: Settings,
        cipher: Cipher,
        publisher: Publisher,
        api: Api,
        step: Mapping[str, Any],
    ) -> "Outlets":
        """Return the outlets of a step.

        Args:
            settings: The step's settings.
            cipher: The flow's cipher.
            publisher: The connection to publish with.
            api: The platform's API.
            step: The step's data, as the API returns it.
        """
        return cls(
            settings=settings,
            config=step.get("config") or {},
            is_passthrough=step.get("is_passthrough") is True,
            cipher=cipher,
            publisher=publisher,
            snapshot=Snapshot(step.get("snapshot") or {}),
            api=api,
            storage=ObjectStorage(settings, cipher),
            data_rate=RateLimit(settings.data_rate_limit, settings.rate_interval),
            error_rate=RateLimit(settings.error_rate_limit, settings.rate_interval),
            snapshot_rate=RateLimit(settings.snapshot_rate_limit, settings.rate_interval),
        )


class Emitter:
    """Emits the events of one message in process.

    Args:
        outlets: Where they go.
        delivery: The message as it was delivered.
        origin: What its headers tell.
    """

    def __init__(self, outlets: Outlets, delivery: Delivery, origin: wire.Origin) -> None:
        self._outlets = outlets
        self._settings = outlets.settings
        self._delivery = delivery
        self._origin = origin
        self._message: Message = {}
        self._passthrough: Message = {}
        self._headers = origin.outgoing_headers(outlets.settings)
        self._headers["start"] = _now()
        self._has_errors = False
        self._unpublished = False  # something that the handler was told of
        self._undelivered: PublishError | None = None  # what ends all further emits

    def carry(self, message: Message) -> None:
        """Take note of what travels on with the messages that are emitted.

        Args:
            message: The message as the handler is about to get it.
        """
        self._message = message
        if self._outlets.is_passthrough and message.get("passthrough"):
            # A copy, because handlers change what they get.
            self._passthrough = wire.parse(wire.dump(message["passthrough"]))

    def emit(self, event: str, payload: Any = None) -> None:
        """Emit an event, and return when it is delivered.

        Data that can't be sent, because it is too large for example, becomes an error event.

        Args:
            event: One of ``EVENTS``.
            payload: What PLATFORM says for the event.

        Raises:
            EmitError: There is no such event, or it can't be emitted for this message.
            PublishError: The broker did not take the event, however often we tried.
            PublishInterruptedError: The step is to stop; the message goes back to its queue.
        """
        if self._undelivered is not None:
            raise self._undelivered
        if event not in EVENTS:
            raise EmitError(f"There is no event {event!r}, only {', '.join(EVENTS)}")
        try:
            self._emitters[event](self, payload)
        except PublishInterruptedError as failure:
            self._undelivered = failure
            raise
        except PublishError:
            self._unpublished = True
            raise

    def verdict(self) -> Verdict:
        """Return what is to become of the message when its handler has ended."""
        if self._undelivered is not None:
            return Verdict.REQUEUE
        if self._has_errors:
            return Verdict.REJECT
        # A handler may make light of an event that was not published. We must not.
        return Verdict.REQUEUE if self._unpublished else Verdict.ACK

    def report(self, error: object) -> None:
        """Publish an error outside the rate limit, for a message that no handler will see."""
        self._has_errors = True
        self._publish_error(error, {**self._headers, "end": _now()})

    def _emit_data(self, payload: Any) -> None:
        try:
            self._publish_data(payload)
        except PublishInterruptedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever hinders a message is told as an error
            self._emit_error(error)

    def _publish_data(self, payload: Any) -> None:
        if not isinstance(payload, Mapping):
            raise EmitError(f"A message is an object with a body, not {type(payload).__name__}")
        headers = {
            **self._headers,
            "messageId": payload.get("id") or wire.new_id(),
            "end": _now(),
            "protocolVersion": self._settings.protocol_version,
        }
        message = self._with_passthrough({**payload, "headers": payload.get("headers") or {}})
        routing_key = self._settings.data_routing_key
        message["headers"], own_key = _without_routing_key(message["headers"])
        content = self._encode(message, self._settings.protocol_version)
        self._outlets.data_rate.wait()
        self._publish(str(own_key or routing_key), content, headers)

    def _with_passthrough(self, message: Message) -> Message:
        """Return an outgoing message with what it carries on from the steps before.

        Large bodies go to the object storage, if the settings say so, or come back from there.
        """
        if self._outlets.is_passthrough:
            message["passthrough"] = dict(self._passthrough)
            if self._settings.no_self_passtrhough and self._origin.step_id:
                message["passthrough"][self._origin.step_id] = _without_passthrough(self._message)
        if self._settings.emit_lightweight_message:
            message = self._lighten(message)
        elif message.get("passthrough"):
            message["passthrough"] = {
                step: self._with_body(part) for step, part in message["passthrough"].items()
            }
        if self._outlets.is_passthrough and not self._settings.no_self_passtrhough:
            # The parts as they are now: with the bodies that were fetched or kept.
            parts = {step: message["passthrough"][step] for step in self._passthrough}
            message["passthrough"] = {
                **parts,
                self._settings.step_id: _without_passthrough(message),
            }
        return message

    def _lighten(self, message: Message) -> Message:
        """Move the bodies of a message and of its passthrough to the object storage, if large."""
        passthrough = message.get("passthrough") or {}
        body = wire.dump(message.get("body"))
        bodies = {step: wire.dump(part.get("body")) for step, part in passthrough.items()}
        size = len(body) + sum(map(len, bodies.values()))
        if size <= self._settings.object_storage_size_threshold:
            return message
        log.info("%d bytes of bodies are past the threshold: they go to the object storage", size)
        storage = self._outlets.storage
        light = _reference(message, storage.keep(body))
        if "passthrough" in message:
            light["passthrough"] = {
                step: _reference(part, _object_id(part) or storage.keep(bodies[step]))
                for step, part in passthrough.items()
            }
        return light

    def _with_body(self, part: Message) -> Message:
        """Return a part of the passthrough with its body, fetched if need be."""
        object_id = _object_id(part)
        if part.get("body") or not object_id:
            return part
        return {**part, "body": self._outlets.storage.fetch(object_id)}

    def _emit_error(self, error: object) -> None:
        self._has_errors = True
        headers = {**self._headers, "end": _now()}
        self._outlets.error_rate.wait()
        self._publish_error(error, headers)

    def _publish_error(self, error: object, headers: dict[str, Any]) -> None:
        try:
            publish_error(
                self._outlets.publisher,
                self._outlets.cipher,
                self._settings,
                error,
                headers,
                delivery=self._delivery,
            )
        except PublishError as failure:
            self._undelivered = failure
            raise

    def _emit_rebound(self, reason: object) -> None:
        original = self._delivery.properties
        iteration = _iteration(original.headers or {})
        if iteration > self._settings.rebound_limit:
            self._publish_error("Rebound limit exceeded", dict(self._headers))
            return
        headers = {
            **(original.headers or {}),
            "end": _now(),
            "reboundReason": describe_error(reason)["message"],
            "reboundIteration": iteration,
        }
        expiration = 2 ** (iteration - 1) * self._settings.rebound_initial_expiration
        expiration = min(expiration, _MAX_EXPIRATION)
        # Without the user id: the broker refuses any but that of our own connection.
        members = {**vars(original), "user_id": None, "cluster_id": None}
        properties = BasicProperties(
            **{**members, "headers": headers, "expiration": str(expiration)}
        )
        self._outlets.publisher.publish(
            self._settings.rebound_routing_key, self._delivery.content, properties
        )

    def _emit_snapshot(self, snapshot: Any) -> None:
        self._outlets.snapshot.replace(snapshot)
        self._outlets.snapshot_rate.wait()
        self._publish_snapshot(snapshot, "snapshot")

    def _emit_snapshot_update(self, update: Any) -> None:
        if not isinstance(update, Mapping):
            log.error("updateSnapshot takes an object; this one is ignored")
        elif update.get("$set"):
            log.warning("updateSnapshot does not know $set any more; this one is ignored")
        else:
            self._outlets.snapshot.update(update)
            self._publish_snapshot(update, "updateSnapshot")

    def _publish_snapshot(self, snapshot: Any, event: str) -> None:
        headers = {**self._headers, "snapshotEvent": event, "messageId": wire.new_id()}
        self._publish(self._settings.snapshot_routing_key, wire.dump(snapshot), headers)

    def _emit_keys(self, keys: Any) -> None:
        try:
            self._outlets.api.update_keys(self._outlets.config.get("_account"), keys)
        except ApiError as error:
            self._emit_error(error)

    def _emit_http_reply(self, reply: Any) -> None:
        if not self._origin.reply_to:
            raise EmitError("There is no reply_to in the message's AMQP headers to reply to")
        if not isinstance(reply, Mapping):
            raise EmitError(f"A reply is an object with a body, not {type(reply).__name__}")
        own, _ = _without_routing_key(reply.get("headers") or {})
        headers = {**self._headers, "messageId": wire.new_id(), "protocolVersion": 1}
        content = self._encode({**reply, "headers": own}, version=1)
        self._publish(self._origin.reply_to, content, headers)

    def _encode(self, message: Message, version: int) -> bytes:
        content = wire.encode(message, self._outlets.cipher, version)
        limit = self._settings.outgoing_message_size_limit
        if len(content) > limit:
            raise EmitError(
                f"The outgoing message has {len(content)} bytes, more than the limit of {limit}"
            )
        return content

    def _publish(self, routing_key: str, content: bytes, headers: dict[str, Any]) -> None:
        self._outlets.publisher.publish(routing_key, content, properties(headers))

    # The class's: an emitter that refers to itself would keep its message until it is collected.
    _emitters: ClassVar[dict[str, Callable[["Emitter", Any], None]]] = {
        "data": _emit_data,
        "error": _emit_error,
        "rebound": _emit_rebound,
        "snapshot": _emit_snapshot,
        "updateSnapshot": _emit_snapshot_update,
        "updateKeys": _emit_keys,
        "httpReply": _emit_http_reply,
    }


def publish_error(
    publisher: Publisher,
    cipher: Cipher,
    settings: Settings,
    error: object,
    headers: dict[str, Any],
    *,
    delivery: Delivery | None = None,
    attempts: int | None = None,
) -> None:
    """Publish an error, and a reply that tells it to who waits for one.

    Args:
        publisher: The connection to publish with.
        cipher: The flow's cipher.
        settings: The step's settings.
        error: An exception, or what else describes an error.
        headers: The AMQP headers, but for the message's id.
        delivery: The message that failed, if it was one.
        attempts: How often to try; None for the settings' number.

    Raises:
        PublishError: The broker did not take the error.
    """
    encrypted = b64encode(cipher.encrypt(wire.dump(describe_error(error))))
    payload = wire.encode_error(
        encrypted,
        delivery.content if delivery else None,
        wire.version_of(delivery.properties.headers or {}) if delivery else 1,
        cipher,
        is_error=settings.input_format == "error",
    )
    headers = {**headers, "messageId": wire.new_id()}
    publisher.publish(settings.error_routing_key, payload, properties(headers), attempts)
    reply_to = headers.get("reply_to")
    if not reply_to or settings.no_error_replies:
        return
    reply = properties({**headers, _ERROR_REPLY_HEADER: True})
    try:
        publisher.publish(reply_to, encrypted, reply, attempts=_ERROR_REPLY_ATTEMPTS)
    except PublishError as failure:
        log.warning("The error is published, but the reply with it is not: %s", failure)


def properties(headers: dict[str, Any]) -> BasicProperties:
    """Return the AMQP properties of what we publish."""
    return BasicProperties(
        content_type="application/json", content_encoding="utf8", headers=headers
    )


def _reference(message: Message, object_id: str) -> Message:
    """Return a message whose body is kept in the object storage."""
    headers = {**(message.get("headers") or {}), OBJECT_ID_HEADER: object_id}
    return {**message, "body": {}, "headers": headers}


def _object_id(message: Message) -> str | None:
    return (message.get("headers") or {}).get(OBJECT_ID_HEADER)


def _without_passthrough(message: Mapping[str, Any]) -> Message:
    return {name: value for name, value in message.items() if name != "passthrough"}


def _without_routing_key(headers: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return a message's own headers without the routing key, and that."""
    kept = {}
    routing_key = None
    for name, value in headers.items():
        if name.lower() == _ROUTING_KEY_HEADER:
            routing_key = value
        else:
            kept[name] = value
    return kept, routing_key


def _iteration(headers: Mapping[str, Any]) -> int:
    """Return how often a message was rebounded, this time included."""
    before = headers.get("reboundIteration")
    is_number = isinstance(before, int | float) and not isinstance(before, bool)
    return int(before) + 1 if is_number and before else 1


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
