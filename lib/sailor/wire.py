"""Payloads: a message as JSON, encrypted, in the two forms that protocol versions give it.

docs/platform.md, "Messages on the wire".
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from lib.sailor import json_text
from lib.sailor.cipher import Cipher, CipherError, largest_plain
from lib.sailor.errors import InvalidPayloadError, JsonError
from lib.sailor.settings import UNBOUNDED, Settings
from lib.sailor.step import Message

_FIRST_BINARY_VERSION = 2


def decode(
    content: bytes, headers: Mapping[str, Any], cipher: Cipher, *, is_error: bool = False
) -> Message:
    """Return the message in an AMQP payload.

    Args:
        content: The payload.
        headers: The AMQP headers; ``protocolVersion`` says in which form the payload is.
        cipher: The flow's cipher.
        is_error: The payload is that of an error queue: plain JSON with encrypted members.

    Raises:
        InvalidPayloadError: The payload is damaged, encrypted with another password, or not a
            message.
    """
    try:
        if is_error:
            message = _decode_error(content, headers, cipher)
        elif version_of(headers) < _FIRST_BINARY_VERSION:
            message = _decrypt64(content, cipher)
        else:
            message = _decrypt(content, cipher)
    except binascii.Error as error:
        raise InvalidPayloadError(f"the payload is not base64 text: {error}") from error
    except CipherError as error:
        raise InvalidPayloadError(f"the payload cannot be decrypted: {error}") from error
    except JsonError as error:
        raise InvalidPayloadError(str(error)) from error
    if not isinstance(message, dict):
        raise InvalidPayloadError("the payload is not a JSON object")
    own = message.get("headers")
    message["headers"] = own if isinstance(own, dict) else {}
    if headers.get("reply_to"):
        message["headers"]["reply_to"] = headers["reply_to"]
    return message


def encode(value: Any, cipher: Cipher, version: int = 1) -> bytes:
    """Return the payload that carries a message or another JSON value.

    Args:
        value: The message.
        cipher: The flow's cipher.
        version: The protocol version: base64 text in 1, raw ciphertext from 2 on.

    Raises:
        TypeError: JSON cannot express the value.
    """
    encrypted = cipher.encrypt(json_text.dump(value))
    return encrypted if version >= _FIRST_BINARY_VERSION else b64encode(encrypted)


def encode_error(
    encrypted_error: bytes, content: bytes | None, version: int, cipher: Cipher, *, is_error: bool
) -> bytes:
    """Return the payload for the error queue.

    Args:
        encrypted_error: The error's description as :func:`encode` gives it in version 1.
        content: The payload of the message that failed, if there was one.
        version: The protocol version of that payload.
        cipher: The flow's cipher.
        is_error: That payload came from an error queue itself, and is therefore plain text.
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
    """Return the protocol version in a message's AMQP headers; 1 if they name none.

    Raises:
        InvalidPayloadError: It is not a number.
    """
    try:
        return int(headers.get("protocolVersion") or 1)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidPayloadError("the header protocolVersion is not a number") from error


def largest_message(settings: Settings) -> int:
    """Return how many bytes of JSON fit into a message, its passthrough included."""
    if settings.emit_lightweight_message:
        return UNBOUNDED  # large bodies go into the object storage
    limit = settings.outgoing_message_size_limit
    encrypted = limit if settings.protocol_version >= _FIRST_BINARY_VERSION else limit // 4 * 3
    return largest_plain(encrypted)


def _decode_error(content: bytes, headers: Mapping[str, Any], cipher: Cipher) -> Any:
    body = json_text.parse(content)
    if not isinstance(body, dict):
        raise InvalidPayloadError("the payload is not a JSON object")
    for name in ("error", "errorInput"):
        if body.get(name):
            body[name] = _decrypt64(str(body[name]).encode(), cipher)
    return {"body": body, "headers": dict(headers)}


def _decrypt64(content: bytes, cipher: Cipher) -> Any:
    return _decrypt(b64decode(content), cipher)


def _decrypt(encrypted: bytes, cipher: Cipher) -> Any:
    return json_text.parse(cipher.decrypt(encrypted))
