"""Does nothing."""

from typing import Any


def process(_step: Any, msg: dict[str, Any], _cfg: Any, _snapshot: Any) -> Any:
    """Return the body."""
    return {"body": msg["body"]}
