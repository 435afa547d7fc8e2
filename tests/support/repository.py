"""The repository's folder and its descriptor."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DESCRIPTOR: dict[str, Any] = json.loads((ROOT / "component.json").read_bytes())
