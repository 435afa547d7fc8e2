"""Emits what nobody knows."""

from typing import Any


def process(step: Any, _msg: Any, _cfg: Any, _snapshot: Any) -> None:
    """Emit an event that the platform does not have."""
    step.emit("dance", {"body": {}})
