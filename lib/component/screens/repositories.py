"""Repositories of a registry, for the drop-downs of the design screens."""

from collections.abc import Iterator, Mapping
from heapq import nsmallest
from typing import Any

from lib.component.connection import client_of
from lib.component.operation.paging import pages

_MOST_NAMES = 1000
_PAGE_SIZE = 1000  # the maximum of DescribeRepositories


def repositories(cfg: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of a registry's repositories as a SelectView's model: ``{name: name}``.

    The names are sorted; of more than 1,000 repositories, these are the first 1,000. It needs the
    permission ``ecr:DescribeRepositories``.

    Args:
        cfg: The fields of the credentials.

    Raises:
        EcrError: As :meth:`lib.ecr.Client.call` does.
    """
    names = (repository["repositoryName"] for repository in _all(cfg))
    return {name: name for name in nsmallest(_MOST_NAMES, names)}


def repository_arns(cfg: Mapping[str, Any]) -> dict[str, str]:
    """Return the same repositories for actions that take an ARN: ``{ARN: name}``.

    Parameters and errors are those of :func:`repositories`.
    """
    found = ((one["repositoryName"], one["repositoryArn"]) for one in _all(cfg))
    return {arn: name for name, arn in nsmallest(_MOST_NAMES, found)}


def _all(cfg: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    client = client_of(cfg)
    for page in pages(
        lambda payload: client.call("DescribeRepositories", payload),
        {"maxResults": _PAGE_SIZE},
    ):
        yield from page.members.get("repositories") or []
