"""Says of credentials what they say themselves."""

from typing import Any


def verify_credentials(cfg: dict[str, Any]) -> Any:
    """Return or raise what cfg says."""
    if "raise" in cfg:
        raise RuntimeError(cfg["raise"])
    return cfg.get("answer")
