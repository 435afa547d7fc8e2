"""Passes on what it gets, in its own words."""

from typing import Any


def process(step: Any, msg: dict[str, Any], _cfg: Any, _snapshot: Any) -> Any:
    """Return the body with a mark of this step."""
    return {"body": {**msg["body"], "python": True, "variables": dict(step.variables)}}
