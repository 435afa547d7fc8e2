"""Splitter, Re-assemble Messages: one message for each group of messages."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import orjson

from lib.platform.standard.evaluation import FieldError, new_message
from lib.sailor.step import Message, Step

FIXED_SIZE = "groupSize"
LARGEST_GROUP = 5 << 20  # bytes of messageData as JSON; a larger group is emitted unfinished

_TIMED = {
    "timeout": "Group on timeout",
    "groupSize&timeout": "Group on amount of messages or timeout",
}


class GroupError(Exception):
    """A message does not say which group it belongs to, or how large the group is."""


@dataclass
class _Group:
    messages: list[tuple[str, Any]] = field(default_factory=list)  # ids and data
    size: int = 0  # bytes of the data

    def add(self, message_id: str, data: Any) -> None:
        self.messages.append((message_id, data))
        self.size += len(orjson.dumps(data))

    def body(self, group_id: str, as_array: bool) -> dict[str, Any]:
        return {
            "groupSize": len(self.messages),
            "groupId": group_id,
            "messageData": [data for _, data in self.messages] if as_array else dict(self.messages),
        }


# The groups of one step: the runtime imports this module for each step. They are kept as long as
# the step runs; the platform's component stores them for two days more.
_groups: dict[str, _Group] = {}
_lock = Lock()  # with a prefetch, several messages are in progress at once


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
) -> Message | None:
    """Add a message to its group; return the group if it is complete.

    Each message counts, also one whose ``messageId`` is there already: its data replaces the other.

    Args:
        step: The running step.
        msg: Its body has ``groupId``, ``groupSize``, and, both optional, ``messageId`` and
            ``messageData``.
        cfg: ``mode``, which is ``groupSize``, and ``emitAsArray``.
        snapshot: Not used.

    Raises:
        FieldError: The behavior is missing or not supported.
        GroupError: ``groupId`` is missing, or ``groupSize`` is not a positive number.
    """
    _check(cfg.get("mode"))
    body = msg.get("body") or {}
    group_id, expected = _text(body, "groupId"), _size(body.get("groupSize"))
    with _lock:
        group = _groups.setdefault(group_id, _Group())
        group.add(str(body.get("messageId") or uuid.uuid4()), body.get("messageData") or {})
        is_too_large = group.size > LARGEST_GROUP
        if len(group.messages) < expected and not is_too_large:
            return None
        del _groups[group_id]
    if is_too_large:
        step.logger.warning("The group exceeds %d bytes and is emitted as it is", LARGEST_GROUP)
    return new_message(group.body(group_id, bool(cfg.get("emitAsArray"))))


def _check(mode: Any) -> None:
    if mode in _TIMED:
        raise FieldError(
            f'Behavior (mode): "{_TIMED[mode]}" is not supported here, because a step emits only'
            ' while it handles a message; use "Group on fixed amount of messages"'
        )
    if mode != FIXED_SIZE:
        raise FieldError(f"Behavior (mode): got {mode!r}, expected {FIXED_SIZE}")


def _text(body: Mapping[str, Any], name: str) -> str:
    if value := body.get(name):
        return str(value)
    raise GroupError(f"{name} is missing")


def _size(value: Any) -> float:
    try:
        size = float(value)
    except (TypeError, ValueError):
        size = 0
    if size > 0:
        return size
    raise GroupError(f"groupSize: got {value!r}, expected a positive number")
