"""Can't be initialised."""

from typing import Any


def init(cfg: dict[str, Any]) -> None:
    """Fail."""
    raise RuntimeError(f"no init for {cfg['name']}")


def process(_step: Any, _msg: Any, _cfg: Any, _snapshot: Any) -> None:
    """Never be called."""
