"""What a step did in a run, as far as the studio keeps it."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from lib.platform.flows.observer import Count
from lib.sailor.step import Message

MOST_EVENTS = 25  # of a step, the newest
MOST_LINES = 200  # of a step's log, the newest


@dataclass(frozen=True)
class StepEvent:
    """An event that a step emitted.

    Args:
        name: One of ``lib.sailor.EVENTS``.
        payload: A message for ``data``, with its passthrough, and for ``httpReply``; ``name``,
            ``message`` and ``stack`` for ``error``; the reason for ``rebound``; a plain object for
            the others.
    """

    name: str
    payload: Any


@dataclass(frozen=True)
class LogLine:
    """A line of a step's log.

    Args:
        time: When it was written: RFC 3339, in UTC.
        level: One of ``lib.sailor.logs.LEVELS``.
        text: What it says.
    """

    time: str
    level: str
    text: str


@dataclass
class StepResults:
    """What a step has done so far.

    Attributes:
        count: How much of each.
        events: The newest of its events, the newest last.
        lines: The newest lines of its log, the newest last.
    """

    count: Count = field(default_factory=Count)
    events: deque[StepEvent] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    lines: deque[LogLine] = field(default_factory=lambda: deque(maxlen=MOST_LINES))

    @property
    def messages(self) -> list[Message]:
        """The messages among its events, with their passthrough."""
        return [event.payload for event in self.events if event.name == "data"]

    @property
    def errors(self) -> list[dict[str, str]]:
        """The errors among its events: ``name``, ``message`` and ``stack``."""
        return [event.payload for event in self.events if event.name == "error"]
