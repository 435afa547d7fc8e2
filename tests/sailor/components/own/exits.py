"""Leaves."""

import sys
from typing import Any


def process(_step: Any, _msg: Any, _cfg: Any, _snapshot: Any) -> None:
    """Try to end the process."""
    sys.exit(3)
