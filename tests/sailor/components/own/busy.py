"""Computes."""

import time
from pathlib import Path
from typing import Any


def process(_step: Any, msg: dict[str, Any], cfg: dict[str, Any], _snapshot: Any) -> Any:
    """Keep the processor busy for ``body.seconds``, without ever waiting for anything."""
    with Path(cfg["journal"]).open("a") as journal:
        journal.write("busy\n")
    end = time.monotonic() + msg["body"]["seconds"]
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
    return {"body": "done"}
