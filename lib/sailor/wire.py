"""Messages as they travel: JSON, encrypted, with AMQP headers.

See PLATFORM's "Messages on the wire".
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from lib.sailor.cipher import Cipher, CipherError, largest_plain
from lib.sailor.settings import UNBOUNDED, Settings
from lib.sailor.step import Message

OBJECT_ID_HEADER = "x-ipaas-object-storage-id"

_META_PREFIX = "x-eio-meta-"
_FIRST_BINARY_VERSION = 2


class WireError(Exception):
    """What was received is no message of the platform."""


def parse(text: bytes | str) -> Any:
    """Return the value of a JSON text.

    Raises:
        WireError: It is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _parse_leniently(text)


def dump(value: Any) -> bytes:
    """Return a value as JSON text.

    Raises:
        TypeError: JSON can't express it.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return _dump_leniently(value)


def decode(
    content: bytes, headers: Mapping[str, Any], cipher: Cipher, *, is_error: bool = False
) -> Message:
    """Return the message behind an AMQP payload.

    Args:
        content: The payload.
        headers: The AMQP headers; ``protocolVersion`` tells how the payload is written.
        cipher: The flow's cipher.
        is_error: The payload is that of the error queue: plain JSON with encrypted members.

    Raises:
        WireError: The payload is damaged, encrypted with another password, or no message.
    """
    if is_error:
        message = _decode_error(content, headers, cipher)
    elif version_of(headers) < _FIRST_BINARY_VERSION:
        message = _decrypt64(content, cipher)
    else:
        message = _decrypt(content, cipher)
    if not isinstance(message, dict):
        raise WireError("the payload is no JSON object")
    own = message.get("headers")
    message["headers"] = own if isinstance(own, dict) else {}
    if headers.get("reply_to"):
        message["headers"]["reply_to"] = headers["reply_to"]
    return message


def encode(value: Any, cipher: Cipher, version: int = 1) -> bytes:
    """Return the payload that carries a message or another JSON value.

    Args:
        value: What to send.
        cipher: The flow's cipher.
        version: The protocol version: base64 text in 1, raw ciphertext from 2 on.

    Raises:
        TypeError: JSON can't express the value.
    """
    encrypted = cipher.encrypt(dump(value))
    return encrypted if version >= _FIRST_BINARY_VERSION else b64encode(encrypted)


def largest_message(settings: Settings) -> int:
    """Return how many bytes of JSON fit into a message, whatever it carries of the steps before."""
    if settings.emit_lightweight_message:
        return UNBOUNDED  # what is large goes into the object storage
    limit = settings.outgoing_message_size_limit
    encrypted = limit if settings.protocol_version >= _FIRST_BINARY_VERSION else limit // 4 * 3
    return largest_plain(encrypted)


def encode_error(
    encrypted_error: bytes, content: bytes | None, version: int, cipher: Cipher, *, is_error: bool
) -> bytes:
    """Return the payload for the error queue.

    Args:
        encrypted_error: The error's description as :func:`encode` gives it in version 1.
        content: The payload of the message that failed, if there was one.
        version: The protocol version of that payload.
        cipher: The flow's cipher.
        is_error: That payload came from an error queue itself, and is plain text therefore.
    """
    payload = {"error": encrypted_error.decode()}
    if content is not None:
        if is_error:
            content = b64encode(cipher.encrypt(content))
        elif version >= _FIRST_BINARY_VERSION:
            content = b64encode(content)
        payload["errorInput"] = content.decode("ascii", "ignore")
    return orjson.dumps(payload)


def version_of(headers: Mapping[str, Any]) -> int:
    """Return the protocol version that a message's AMQP headers tell: 1 unless said otherwise.

    Raises:
        WireError: It is not a number.
    """
    try:
        return int(headers.get("protocolVersion") or 1)
    except (TypeError, ValueError) as error:
        raise WireError("the header protocolVersion is no number") from error


@dataclass(frozen=True)
class Origin:
    """What the headers of an incoming message tell about where it comes from."""

    thread_id: str
    message_id: str | None
    parent_message_id: str | None
    step_id: str | None
    reply_to: str | None
    meta: Mapping[str, Any]

    @classmethod
    def read(cls, headers: Mapping[str, Any]) -> "Origin":
        """Read the AMQP headers of an incoming message."""
        meta = {
            name.lower(): value
            for name, value in headers.items()
            if name.lower().startswith(_META_PREFIX)
        }
        return cls(
            thread_id=headers.get("threadId") or meta.get(f"{_META_PREFIX}trace-id") or new_id(),
            message_id=headers.get("messageId"),
            parent_message_id=headers.get("parentMessageId"),
            step_id=headers.get("stepId"),
            reply_to=headers.get("reply_to"),
            meta=meta,
        )

    def log_context(self) -> dict[str, str]:
        """Return the members of a component's log lines."""
        context = {
            "threadId": self.thread_id,
            "messageId": self.message_id,
            "parentMessageId": self.parent_message_id,
        }
        return {name: value for name, value in context.items() if value is not None}

    def outgoing_headers(self, settings: Settings) -> dict[str, Any]:
        """Return the AMQP headers of what is emitted for the message, all but the message's id."""
        headers = {
            **self.meta,
            "threadId": self.thread_id,
            "reply_to": self.reply_to,
            "parentMessageId": self.message_id,
            **step_headers(settings),
        }
        return {name: value for name, value in headers.items() if value is not None}


def step_headers(settings: Settings) -> dict[str, Any]:
    """Return the AMQP headers that tell which step a message comes from."""
    return {
        **settings.additional_headers,
        "execId": settings.exec_id,
        "taskId": settings.flow_id,
        "workspaceId": settings.workspace_id,
        "containerId": settings.container_id,
        "userId": settings.user_id,
        "stepId": settings.step_id,
        "compId": settings.comp_id,
        "function": settings.function,
    }


def new_id() -> str:
    """Return a new id for a message or a thread."""
    return str(uuid4())


def _decode_error(content: bytes, headers: Mapping[str, Any], cipher: Cipher) -> Any:
    body = parse(content)
    if not isinstance(body, dict):
        raise WireError("the payload is no JSON object")
    for name in ("error", "errorInput"):
        if body.get(name):
            body[name] = _decrypt64(str(body[name]).encode(), cipher)
    return {"body": body, "headers": dict(headers)}


def _decrypt64(content: bytes, cipher: Cipher) -> Any:
    try:
        return _decrypt(b64decode(content), cipher)
    except binascii.Error as error:
        raise WireError(f"the payload is no base64 text: {error}") from error


def _decrypt(encrypted: bytes, cipher: Cipher) -> Any:
    try:
        return parse(cipher.decrypt(encrypted))
    except CipherError as error:
        raise WireError(f"the payload can't be decrypted: {error}") from error


def _parse_leniently(text: bytes | str) -> Any:
    """Parse what orjson refuses but Node writes: half of a surrogate pair, from a cut-off text."""
    import json  # noqa: PLC0415 - rarely needed

    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise WireError(f"the text is no JSON: {type(error).__name__}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _dump_leniently(value: Any) -> bytes:
    """Write what orjson refuses: lone surrogates, integers past 64 bits, keys that are no text."""
    import json  # noqa: PLC0415 - rarely needed

    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:
        raise TypeError(f"JSON can't express it: {error}") from error
