"""JSON schemas of inputs and outputs, read from the files in ``schemas/``."""

from pathlib import Path
from typing import Any, Literal

import orjson

_FOLDER = Path(__file__).parents[2] / "schemas"


def load(function: str, direction: Literal["in", "out"]) -> dict[str, Any]:
    """Return the schema of what an action or trigger takes (``in``) or emits (``out``)."""
    schema: dict[str, Any] = orjson.loads((_FOLDER / f"{function}.{direction}.json").read_bytes())
    return schema
