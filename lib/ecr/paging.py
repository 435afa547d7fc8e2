"""Paged operations and the lists that hold their items, from botocore's paginators."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from lib.ecr.model import service_data

ItemPath = tuple[str, ...]


@cache
def item_paths(operation: str) -> tuple[ItemPath, ...]:
    """Return the paths of the lists in an operation's result that hold a page's items.

    ListImages has ``("imageIds",)`` alone; DescribeImageScanFindings has two, in
    ``imageScanFindings``. An operation whose result is never split into pages has none. Where there
    are pages, ``nextToken`` leads from one to the next.
    """
    keys = _paginators().get(operation, {}).get("result_key", [])
    return tuple(tuple(key.split(".")) for key in ([keys] if isinstance(keys, str) else keys))


@cache
def _paginators() -> Mapping[str, Any]:
    paginators: Mapping[str, Any] = service_data("ecr", "paginators-1")["pagination"]
    return paginators
