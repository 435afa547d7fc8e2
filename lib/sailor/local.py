"""One run of an action or a trigger without a broker: what it emits goes to a stream."""

import logging
from typing import Any, BinaryIO

import orjson

from lib.sailor.component import Component
from lib.sailor.settings import Settings
from lib.sailor.step import EVENTS, Message, Step, describe_error, handle

EXIT_ERROR = 1
EXIT_REBOUND = 75  # EX_TEMPFAIL of sysexits.h: try again later


def run(
    component: Component,
    function: str,
    message: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],
    output: BinaryIO,
    message_size_limit: int = Settings.outgoing_message_size_limit,
) -> int:
    """Run one action; each event is a line of JSON, ``{"event": ..., "payload": ...}``.

    Args:
        component: The component that has the action.
        function: The action's or trigger's name.
        message: The incoming message: ``body``, ``headers``, ``attachments``, ``metadata``.
        cfg: The step's configuration: the credentials and the action's fields.
        snapshot: What the step kept of its last run.
        output: Where the lines go.
        message_size_limit: How many bytes the action may put into a message.

    Returns:
        0; 1 when an error was emitted; 75 when it was a rebound.

    Raises:
        ComponentError: There is no such action, or its module can't be used.
    """
    process = component.process(function)
    emitted = set()

    def emit(event: str, payload: Any = None) -> None:
        if event not in EVENTS:
            raise ValueError(f"there is no event {event!r}; known are {', '.join(EVENTS)}")
        emitted.add(event)
        shown = describe_error(payload) if event == "error" else payload
        output.write(orjson.dumps({"event": event, "payload": shown}, default=str) + b"\n")
        output.flush()

    logger = logging.getLogger("component")
    step = Step(emit, logger, message_size_limit=message_size_limit)
    handle(process, step, message, cfg, snapshot)
    if "error" in emitted:
        return EXIT_ERROR
    return EXIT_REBOUND if "rebound" in emitted else 0
