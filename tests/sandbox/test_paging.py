"""The pages of lists in the sandbox."""

from typing import Any

import pytest

from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from tests.support.sandbox import call, push


def pages(cfg: dict[str, str], operation: str, **members: Any) -> list[dict[str, Any]]:
    """Return all pages of a list."""
    found = [call(cfg, operation, **members)]
    while token := found[-1].get("nextToken"):
        found.append(call(cfg, operation, **members, nextToken=token))
    return found


@pytest.mark.parametrize(
    ("operation", "member"), [("ListImages", "imageIds"), ("DescribeImages", "imageDetails")]
)
@pytest.mark.parametrize(("size", "sizes"), [(2, [2, 2, 1]), (4, [4, 1]), (5, [5]), (1000, [5])])
def test_images_come_in_pages(
    sandbox: Sandbox, repository: str, operation: str, member: str, size: int, sizes: list[int]
) -> None:
    pushed = {push(sandbox.cfg, repository, b"%d" % n, tag=f"v{n}") for n in range(5)}

    found = pages(sandbox.cfg, operation, repositoryName=repository, maxResults=size)

    assert [len(page[member]) for page in found] == sizes
    assert {image["imageDigest"] for page in found for image in page[member]} == pushed


@pytest.mark.slow
def test_repositories_come_in_pages_of_a_hundred() -> None:
    with Sandbox() as sandbox:
        for number in range(101):
            call(sandbox.cfg, "CreateRepository", repositoryName=f"r{number}")

        found = pages(sandbox.cfg, "DescribeRepositories")

    assert [len(page["repositories"]) for page in found] == [100, 1]


def test_a_token_of_no_page_is_refused(sandbox: Sandbox, repository: str) -> None:
    with pytest.raises(ServiceError, match="'nextToken'"):
        call(sandbox.cfg, "ListImages", repositoryName=repository, nextToken="x")
