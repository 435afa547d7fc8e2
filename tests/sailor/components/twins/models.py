"""Answers design-time questions out of its cfg."""

from typing import Any


def get_meta_model(cfg: dict[str, Any]) -> dict[str, Any]:
    """Return a schema."""
    return {"in": {"type": "object", "title": cfg["name"]}, "out": {}}


def regions(cfg: dict[str, Any]) -> dict[str, Any]:
    """Return a model for a SelectView."""
    return {"one": cfg["name"], "two": "Zürich"}


def fails(cfg: dict[str, Any]) -> None:
    """Fail."""
    raise RuntimeError(f"no model for {cfg['name']}")
