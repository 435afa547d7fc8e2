"""What a handler may emit with an event, over a broker or in one process.

docs/platform.md, "Events".
"""

from collections.abc import Mapping
from typing import Any

from lib.sailor.errors import InvalidEventError, UnsendableMessageError
from lib.sailor.step import EVENTS

REBOUND_LIMIT_EXCEEDED = "Rebound limit exceeded"


def unknown_event(event: str) -> InvalidEventError:
    """Return the error of an event that does not exist."""
    return InvalidEventError(f"got the event {event!r}, expected {' or '.join(EVENTS)}")


def check_message(payload: Any) -> None:
    """Check the payload of ``data``.

    Raises:
        UnsendableMessageError: It is no object.
    """
    if not isinstance(payload, Mapping):
        raise UnsendableMessageError(
            f"got {type(payload).__name__} as a message, expected an object with a body"
        )


def check_reply(reply: Any) -> None:
    """Check the payload of ``httpReply``.

    Raises:
        InvalidEventError: It is no object.
    """
    if not isinstance(reply, Mapping):
        raise InvalidEventError(
            f"httpReply: got {type(reply).__name__}, expected an object with a body"
        )


def check_size(content: bytes, limit: int) -> None:
    """Check the size of an outgoing message, in bytes as it leaves.

    Raises:
        UnsendableMessageError: It is larger than the limit.
    """
    if len(content) > limit:
        raise UnsendableMessageError(
            f"The outgoing message has {len(content)} bytes, more than the limit of {limit}"
        )
