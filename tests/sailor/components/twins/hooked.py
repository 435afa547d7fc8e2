"""Notes in ``cfg.journal`` when its hooks are called, and with what."""

import json
from pathlib import Path
from typing import Any


def _note(cfg: dict[str, Any], hook: str, data: Any = None) -> None:
    with Path(cfg["journal"]).open("a") as journal:
        journal.write(json.dumps([hook, cfg["name"], data]) + "\n")


def startup(cfg: dict[str, Any]) -> Any:
    """Return what cfg says."""
    _note(cfg, "startup")
    return cfg.get("startup")


def init(cfg: dict[str, Any]) -> None:
    """Only note it."""
    _note(cfg, "init")


def shutdown(cfg: dict[str, Any], startup_data: Any) -> None:
    """Note what startup left."""
    _note(cfg, "shutdown", startup_data)


def process(_step: Any, _msg: dict[str, Any], cfg: dict[str, Any], _snapshot: Any) -> Any:
    """Only note it."""
    _note(cfg, "process")
    return {"body": {}}
