"""The repositories of a registry, for the drop-downs of the design screens."""

from collections.abc import Mapping
from heapq import nsmallest
from typing import Any

from lib.component.connection import client_of
from lib.component.operation.paging import pages

_MOST_NAMES = 1000
_PAGE_SIZE = 1000  # the most that DescribeRepositories gives at once


def repositories(cfg: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of a registry's repositories as a SelectView's model: ``{name: name}``.

    They are sorted, and the first 1,000 if there are more. It takes the permission
    ``ecr:DescribeRepositories``.

    Args:
        cfg: The flow's credentials.

    Raises:
        EcrError: The credentials can't be used, or Amazon ECR did not answer as it should.
    """
    client = client_of(cfg)
    names = (
        repository["repositoryName"]
        for page in pages(
            lambda payload: client.call("DescribeRepositories", payload),
            {"maxResults": _PAGE_SIZE},
        )
        for repository in page.members.get("repositories") or []
    )
    return {name: name for name in nsmallest(_MOST_NAMES, names)}
