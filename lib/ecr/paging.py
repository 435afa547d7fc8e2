"""Paged operations and the members that hold their items, from botocore's paginators."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from lib.ecr.model import service_data


def items_member(operation: str) -> str | None:
    """Return the member of an operation's result that holds a page's items, such as ``imageIds``.

    None for an operation whose result is never split into pages. Where there are pages,
    ``nextToken`` leads from one to the next.
    """
    member: str | None = _paginators().get(operation, {}).get("result_key")
    return member


@cache
def _paginators() -> Mapping[str, Any]:
    paginators: Mapping[str, Any] = service_data("ecr", "paginators-1")["pagination"]
    return paginators
