"""Simple Trigger: starts a flow with the time of this run and of the one before."""

import re
from datetime import UTC, datetime
from typing import Any

from lib.platform.standard.evaluation import FieldError, new_message
from lib.sailor.step import Message, Step

_BEGINNING = "1970-01-01T00:00:00.000Z"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def process(
    step: Step,
    msg: Message,  # noqa: ARG001 - the timer sends an empty one
    cfg: dict[str, Any],
    snapshot: dict[str, Any],
) -> None:
    """Emit ``fireTime`` and ``lastPoll``, unless it is too early or too late.

    Args:
        step: The running step.
        msg: Not used.
        cfg: ``startTime`` and ``endTime``, both optional, such as ``2026-01-15T02:00:00.000Z``.
        snapshot: ``lastPoll``, the time of the run before.

    Raises:
        FieldError: A time is malformed, or they are in the wrong order.
    """
    start, end = (_time(cfg, *field) for field in (("startTime", "Start"), ("endTime", "End")))
    if start and end and start > end:
        raise FieldError(f"Start Time ({start}) is after End Time ({end})")
    # Texts of this format have the order of the times.
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if (start and now < start) or (end and now > end):
        step.logger.info("The time is not between Start Time and End Time; nothing is emitted")
        return
    last = snapshot.get("lastPoll") or start or _BEGINNING
    step.emit("data", new_message({"fireTime": now, "lastPoll": last}))
    step.emit("snapshot", {"lastPoll": now})


def _time(cfg: dict[str, Any], key: str, label: str) -> str:
    text = str(cfg.get(key) or "")
    if text and not _TIME.fullmatch(text):
        raise FieldError(
            f'{label} Time ({key}): got "{text}", expected a time such as {_BEGINNING}'
        )
    return text
