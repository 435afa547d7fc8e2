"""Tags of a repository, for the drop-downs of the design screens."""

from collections.abc import Iterator, Mapping
from heapq import nlargest
from typing import Any

from lib.component.connection import client_of
from lib.component.operation.paging import pages

_MOST_TAGS = 1000
_PAGE_SIZE = 1000  # the maximum of DescribeImages


def tags(cfg: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of the chosen repository as a SelectView's model: ``{tag: tag}``.

    Those of the newest image come first; of more than 1,000 tags, these are the first 1,000. It
    needs the permission ``ecr:DescribeImages``.

    Args:
        cfg: The fields of the credentials, and ``repositoryName``.

    Raises:
        EcrError: As :meth:`lib.ecr.Client.call` does.
    """
    newest = nlargest(_MOST_TAGS, _pushes(cfg))
    return {tag: tag for _, tag in newest}


def _pushes(cfg: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """Yield each tag of the repository, after the time at which its image was pushed."""
    client = client_of(cfg)
    members = {
        "repositoryName": cfg.get("repositoryName"),
        "filter": {"tagStatus": "TAGGED"},
        "maxResults": _PAGE_SIZE,
    }
    for page in pages(lambda payload: client.call("DescribeImages", payload), members):
        for image in page.members.get("imageDetails") or []:
            for tag in image.get("imageTags") or []:
                yield image["imagePushedAt"], tag
