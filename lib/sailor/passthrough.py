"""What a message carries: the messages of earlier steps, and references to large bodies.

The functions take messages and return new ones; what fetches or stores a body is passed in.
docs/platform.md, "Passthrough" and "Large messages".
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from lib.sailor import json_text
from lib.sailor.errors import InvalidPayloadError
from lib.sailor.step import Message

OBJECT_ID_HEADER = "x-ipaas-object-storage-id"

# From an object's id to the body stored under it, and from a body's JSON text to its new id.
Fetch = Callable[[Any], Any]
Store = Callable[[bytes], str]

log = logging.getLogger("sailor")


def with_bodies(message: Message, fetch: Fetch) -> Message:
    """Return an incoming message with its stored bodies, and those of its passthrough, fetched.

    Raises:
        InvalidPayloadError: Its passthrough is not an object of messages.
    """
    if passthrough := _passthrough(message):
        parts = {step: _with_body(part, fetch) for step, part in passthrough.items()}
        message = {**message, "passthrough": parts}
    return _with_body(message, fetch)


def carried(message: Message, sender: str | None) -> dict[str, Message]:
    """Return what an incoming message passes on, as a copy that its handler cannot change.

    Args:
        message: The incoming message.
        sender: The id of the step that emitted it, if that message itself is to be passed on.

    Raises:
        InvalidPayloadError: Its passthrough is not an object of messages.
    """
    parts = dict(_passthrough(message))
    if sender:
        parts[sender] = without_passthrough(message)
    copy: dict[str, Message] = json_text.parse(json_text.dump(parts)) if parts else {}
    return copy


def with_missing_bodies(message: Message, fetch: Fetch) -> Message:
    """Return an outgoing message with the stored bodies of its passthrough that are empty here."""
    if not message.get("passthrough"):
        return message
    parts = {
        step: part if part.get("body") else _with_body(part, fetch)
        for step, part in message["passthrough"].items()
    }
    return {**message, "passthrough": parts}


def with_large_bodies_stored(message: Message, threshold: int, store: Store) -> Message:
    """Return an outgoing message whose bodies are in the object storage, if they are large.

    Args:
        message: The message, with its passthrough.
        threshold: How many bytes all bodies together may have, as JSON, to stay in the message.
        store: Stores a body.
    """
    passthrough = message.get("passthrough") or {}
    body = json_text.dump(message.get("body"))
    bodies = {step: json_text.dump(part.get("body")) for step, part in passthrough.items()}
    size = len(body) + sum(map(len, bodies.values()))
    if size <= threshold:
        return message
    log.info("Bodies of %d bytes exceed the threshold of %d; storing them", size, threshold)
    light = _reference(message, store(body))
    if "passthrough" in message:
        light["passthrough"] = {
            step: _reference(part, _object_id(part) or store(bodies[step]))
            for step, part in passthrough.items()
        }
    return light


def with_own_part(message: Message, step_id: str) -> Message:
    """Return an outgoing message that passes itself on too, under the id of its step."""
    parts = {**message.get("passthrough", {}), step_id: without_passthrough(message)}
    return {**message, "passthrough": parts}


def without_passthrough(message: Mapping[str, Any]) -> Message:
    """Return a message alone."""
    return {name: value for name, value in message.items() if name != "passthrough"}


def _passthrough(message: Message) -> dict[str, Message]:
    """Return the passthrough of an incoming message.

    Raises:
        InvalidPayloadError: It is not an object of messages.
    """
    parts = message.get("passthrough") or {}
    if isinstance(parts, dict) and all(isinstance(part, dict) for part in parts.values()):
        return parts
    raise InvalidPayloadError("the passthrough is not an object of messages by their step")


def _with_body(part: Message, fetch: Fetch) -> Message:
    object_id = _object_id(part)
    return {**part, "body": fetch(object_id)} if object_id else part


def _reference(part: Message, object_id: str) -> Message:
    headers = {**(part.get("headers") or {}), OBJECT_ID_HEADER: object_id}
    return {**part, "body": {}, "headers": headers}


def _object_id(part: Message) -> Any:
    return (part.get("headers") or {}).get(OBJECT_ID_HEADER)
