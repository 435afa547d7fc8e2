"""The JSON schemas of an operation's input and output, as files in ``schemas/``."""

from pathlib import Path
from typing import Any, Literal

import orjson

_FOLDER = Path(__file__).parents[2] / "schemas"


def load(operation: str, direction: Literal["in", "out"]) -> dict[str, Any]:
    """Return the schema of what an operation takes or of what it emits."""
    schema: dict[str, Any] = orjson.loads((_FOLDER / f"{operation}.{direction}.json").read_bytes())
    return schema
