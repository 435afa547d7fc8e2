"""The contract with a component's handler: what it gets, and what follows from its end.

docs/platform.md, "Events".
"""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import current_thread, main_thread
from typing import Any

from lib.sailor.settings import Settings

EVENTS = ("data", "error", "rebound", "snapshot", "updateSnapshot", "updateKeys", "httpReply")

_NOT_AVAILABLE = "Not Available"
_LONGEST_TEXT = 16_000  # characters of an error's message, and of its stack

Message = dict[str, Any]
Process = Callable[["Step", Message, dict[str, Any], dict[str, Any]], Message | None]


@dataclass(frozen=True)
class Step:
    """The running step, as the first argument of a component's ``process``.

    Args:
        emit: ``emit(event, payload)`` sends one of ``EVENTS`` and returns once the broker has
            confirmed it. The payload is a message for ``data`` and ``httpReply``, an exception for
            ``error``, the reason for ``rebound``, a plain object for the others.
        logger: Logs one line with the context of the message in progress.
        variables: The flow's variables.
        message_size_limit: How many bytes of JSON a message may have, its passthrough included.
    """

    emit: Callable[[str, Any], None]
    logger: logging.Logger | logging.LoggerAdapter[logging.Logger]
    variables: Mapping[str, Any] = field(default_factory=dict)
    message_size_limit: int = Settings.outgoing_message_size_limit


def handle(
    process: Process,
    step: Step,
    message: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],
) -> None:
    """Run a handler: what it returns is emitted as data, what it raises as an error."""
    try:
        result = process(step, message, cfg, snapshot)
        if result is not None:
            step.emit("data", result)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and current_thread() is main_thread():
            raise  # Ctrl-C in a shell
        step.emit("error", error)


def describe_error(error: object) -> dict[str, str]:
    """Return an error as the platform shows it: ``name``, ``message`` and ``stack``.

    Args:
        error: An exception, which may give its own name in the attribute ``error_name``; a plain
            object with a ``message``; or anything else, whose text is the message. Texts of more
            than 16,000 characters are cut.
    """
    if isinstance(error, BaseException):
        texts = {
            "name": getattr(error, "error_name", type(error).__name__),
            "message": error,
            "stack": "".join(traceback.format_exception(error)),
        }
    else:
        members = error if isinstance(error, Mapping) and "message" in error else {"message": error}
        texts = {
            "name": members.get("name") or "Error",
            "message": members["message"] or _NOT_AVAILABLE,
            "stack": members.get("stack") or _NOT_AVAILABLE,
        }
    return {name: shortened(_text(part), _LONGEST_TEXT) for name, part in texts.items()}


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a component's own __str__ may raise anything
        return f"<its text fails: {type(error).__name__}>"


def shortened(text: str, most: int) -> str:
    """Return a text, cut to so many characters and marked as cut if it has more."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
