"""Leaves garbage that refers to itself, which only the collector of cycles can free."""

import weakref
from typing import Any


class _Litter:
    def __init__(self) -> None:
        self.itself = self


def process(_step: Any, msg: dict[str, Any], _cfg: Any, _snapshot: Any) -> Any:
    """Return how many of the pieces of garbage that the message asks for are gone already."""
    gone: list[int] = []
    for number in range(msg["body"]["pieces"]):
        weakref.finalize(_Litter(), gone.append, number).atexit = False
    return {"body": {"gone": len(gone)}}
