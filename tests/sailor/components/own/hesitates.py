"""Rebounds a message when it sees it first, and then waits for a sign."""

import time
from pathlib import Path
from typing import Any


def process(step: Any, _msg: Any, cfg: dict[str, Any], _snapshot: Any) -> Any:
    """Note each run in ``cfg.journal``; the second returns when there is a file ``cfg.gate``."""
    journal, gate = Path(cfg["journal"]), Path(cfg["gate"])
    first = not journal.exists()
    with journal.open("a") as opened:
        opened.write("first\n" if first else "again\n")
    if first:
        step.emit("rebound", "not yet")
        return None
    while not gate.exists():
        time.sleep(0.01)
    return {"body": "done"}
