"""One run of an action or a trigger without a broker."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import orjson

from lib.sailor.component import Component
from lib.sailor.settings import Settings
from lib.sailor.step import EVENTS, Message, Step, describe_error, handle

EXIT_ERROR = 1
EXIT_REBOUND = 75  # EX_TEMPFAIL of sysexits.h: try again later

WriteEvent = Callable[[str, Any], None]


def run(
    component: Component,
    function: str,
    message: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],
    write: WriteEvent,
    message_size_limit: int = Settings.outgoing_message_size_limit,
) -> int:
    """Run an action or a trigger on one message.

    Args:
        component: The component that has the action.
        function: The action's or trigger's name.
        message: The incoming message: ``body``, ``headers``, ``attachments``, ``metadata``.
        cfg: The step's configuration: the credentials and the action's fields.
        snapshot: The snapshot that the step's last run left.
        write: Called with the name and the payload of each event as it is emitted. The payload of
            an error may be an exception.
        message_size_limit: The size limit of an emitted message, in bytes.

    Returns:
        The exit status: 0, 1 if an error was emitted, or 75 if it was a rebound.

    Raises:
        ComponentError: There is no such action, or its module cannot be loaded.
    """
    process = component.process(function)
    emitted = set()

    def emit(event: str, payload: Any = None) -> None:
        if event not in EVENTS:
            raise ValueError(f"unknown event {event!r}, expected one of {', '.join(EVENTS)}")
        emitted.add(event)
        write(event, payload)

    logger = logging.getLogger("component")
    step = Step(emit, logger, message_size_limit=message_size_limit)
    handle(process, step, message, cfg, snapshot)
    if "error" in emitted:
        return EXIT_ERROR
    return EXIT_REBOUND if "rebound" in emitted else 0


def json_lines(output: BinaryIO) -> WriteEvent:
    """Return a function that writes each event as a line of JSON.

    Args:
        output: Gets the lines: ``{"event": ..., "payload": ...}``. It is flushed after each.
    """

    def write(event: str, payload: Any) -> None:
        content = describe_error(payload) if event == "error" else payload
        output.write(json_line({"event": event, "payload": content}))
        output.flush()

    return write


def json_line(content: Mapping[str, Any]) -> bytes:
    """Return an object as a line of JSON; what JSON cannot express is written as text."""
    try:
        return orjson.dumps(content, default=str, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a surrogate pair, or an integer of more than 64 bits
        return json.dumps(content, default=str, skipkeys=True).encode() + b"\n"
