"""The repository's folder and its descriptor."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DESCRIPTOR: dict[str, Any] = json.loads((ROOT / "component.json").read_bytes())


def named(field: str) -> str:
    """Return how errors name a field of the credentials: ``Access Key ID (accessKeyId)``."""
    return f"{DESCRIPTOR['credentials']['fields'][field]['label']} ({field})"
