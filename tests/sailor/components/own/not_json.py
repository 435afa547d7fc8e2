"""Emits what is no JSON."""

from typing import Any


def process(_step: Any, _msg: Any, _cfg: Any, _snapshot: Any) -> Any:
    """Return a message with an object of Python's in it."""
    return {"body": {"a": object()}}
