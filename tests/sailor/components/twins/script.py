"""Does what its message says: ``body.script``, else ``cfg.script``, is a list of instructions."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class NamedError(Exception):
    """An error with a name of the test's choice."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.error_name = name


def process(step: Any, msg: dict[str, Any], cfg: dict[str, Any], snapshot: dict[str, Any]) -> Any:
    """Follow the instructions, each a list of its name and what it needs."""
    body = msg.get("body") or {}
    if "journal" in cfg:
        with Path(cfg["journal"]).open("a") as journal:
            journal.write(f"{body.get('label')}\n")
    for name, *rest in body.get("script") or cfg.get("script") or []:
        if name == "return":
            return rest[0]
        if name == "see":
            seen = {"msg": msg, "cfg": cfg, "snapshot": snapshot, "variables": step.variables}
            step.emit("data", {"body": json.loads(json.dumps(seen))})
        else:
            INSTRUCTIONS[name](step, *rest)
    return None


def _emit(step: Any, event: str, payload: Any) -> None:
    if event == "error" and isinstance(payload, dict):
        payload = NamedError(payload["name"], payload["message"])
    step.emit(event, payload)


def _fail(_step: Any, name: str, message: str) -> None:
    raise NamedError(name, message)


def _log(step: Any, text: str) -> None:
    step.logger.info(text)


def _wait(_step: Any, file: str) -> None:
    """Wait until the test makes a file."""
    while not Path(file).exists():
        time.sleep(0.01)


INSTRUCTIONS: dict[str, Callable[..., None]] = {
    "emit": _emit,
    "fail": _fail,
    "log": _log,
    "wait": _wait,
}
