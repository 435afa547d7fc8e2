"""Emits messages with a number."""

from typing import Any


def process(step: Any, _msg: Any, cfg: dict[str, Any], _snapshot: Any) -> None:
    """Emit ``cfg.messages`` messages."""
    for number in range(cfg["messages"]):
        step.emit("data", {"body": {"number": number}})
