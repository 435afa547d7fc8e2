"""Metadata of Copy Image and Scan Image, true for the fields of one step.

An image is named by its tag or its digest, so neither has a star: the mapper would insist on it.
"""

from collections.abc import Mapping
from typing import Any

from lib.component import schemas
from lib.component.cfg import Cfg, text
from lib.component.images import request, scanning
from lib.component.images.findings import FAILS_AT
from lib.component.screens.metadata import Schema, add_help

_NAMING_THE_IMAGE = ("repositoryName", "imageTag")


def copy_metadata(cfg: Cfg) -> dict[str, Schema]:
    """Return the metadata of Copy Image's messages: ``{"in": schema, "out": schema}``.

    Args:
        cfg: The step's cfg.

    Raises:
        InvalidFieldError: A field holds an invalid value.
    """
    region = text(cfg, "region").strip()
    defaults = {
        "platform": request.ALL_PLATFORMS,
        **({"targetRegion": region} if region else {}),
        **request.chosen(cfg),
    }
    return {
        "in": _input(request.FUNCTION, defaults),
        "out": _explained(request.FUNCTION, schemas.load(request.FUNCTION, "out")),
    }


def scan_metadata(cfg: Cfg) -> dict[str, Schema]:
    """Return the metadata of Scan Image's messages: ``{"in": schema, "out": schema}``.

    Args:
        cfg: The step's cfg.

    Raises:
        InvalidFieldError: A field holds an invalid value.
    """
    defaults = {name: value for name in _NAMING_THE_IMAGE if (value := text(cfg, name))}
    fails_at, most = FAILS_AT[scanning.fails_at(cfg)], scanning.most_findings(cfg)
    found = schemas.load(scanning.FUNCTION, "out")
    found["properties"]["passed"]["description"] += f' In this step it says "{fails_at}".'
    found["properties"]["findings"]["description"] += f" In this step, at most {most} are."
    return {
        "in": _input(scanning.FUNCTION, defaults),
        "out": _explained(scanning.FUNCTION, found),
    }


def _input(function: str, defaults: Mapping[str, Any]) -> Schema:
    schema = schemas.load(function, "in")
    del schema["extends"]
    if "repositoryName" not in defaults:
        schema["properties"]["repositoryName"]["required"] = True
    return _explained(function, schema, defaults)


def _explained(function: str, schema: Schema, defaults: Mapping[str, Any] | None = None) -> Schema:
    add_help(function, schema["properties"], defaults or {})
    return schema
