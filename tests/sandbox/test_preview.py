"""StartLifecyclePolicyPreview and GetLifecyclePolicyPreview in the sandbox."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from lib.sandbox.preview import LIFETIME
from tests.support.sandbox import backend_of, call, push

REPOSITORY = "team/app"
POLICY = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 7,
                "description": "Keep one image, whatever its tags",
                "selection": {
                    "tagStatus": "any",
                    "countType": "imageCountMoreThan",
                    "countNumber": 1,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)


class Registry:
    """A repository with four images, and the sandbox's clock."""

    def __init__(self, cfg: dict[str, str]) -> None:
        self.cfg = cfg
        created = call(cfg, "CreateRepository", repositoryName=REPOSITORY)["repository"]
        self.account = created["registryId"]
        self.now = time.time()
        backend_of(cfg, REPOSITORY).clock = lambda: self.now
        self.digests = [
            push(cfg, REPOSITORY, tag.encode(), tag=tag.strip("-"))
            for tag in ("1.0", "-", "1.1", "1.2")
        ]

    def start(self, **members: Any) -> dict[str, Any]:
        return call(self.cfg, "StartLifecyclePolicyPreview", repositoryName=REPOSITORY, **members)

    def get(self, **members: Any) -> dict[str, Any]:
        return call(self.cfg, "GetLifecyclePolicyPreview", repositoryName=REPOSITORY, **members)

    def complete(self) -> None:
        self.start(lifecyclePolicyText=POLICY)
        self.now += 1

    def expiring(self, **members: Any) -> list[str]:
        """The digests of a page of the results."""
        return [found["imageDigest"] for found in self.get(**members)["previewResults"]]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Sandbox() as sandbox:
        yield Registry(sandbox.cfg)


def refusal(operation: Any, **members: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        operation(**members)
    return caught.value


def test_a_preview_is_in_progress_for_a_moment_and_then_complete(registry: Registry) -> None:
    # Given
    about = {
        "registryId": registry.account,
        "repositoryName": REPOSITORY,
        "lifecyclePolicyText": POLICY,
    }

    # When
    started = registry.start(lifecyclePolicyText=POLICY)
    at_once = registry.get()
    registry.now += 1
    later = registry.get()

    # Then
    assert started == at_once == {**about, "status": "IN_PROGRESS"}
    first, second, third = later.pop("previewResults")
    assert later == {**about, "status": "COMPLETE", "summary": {"expiringImageTotalCount": 3}}
    assert [it["imageDigest"] for it in (first, second, third)] == registry.digests[:3]
    assert [it["imageTags"] for it in (first, second, third)] == [["1.0"], [], ["1.1"]]
    assert first["action"] == {"type": "EXPIRE"}
    assert first["appliedRulePriority"] == 7
    assert (
        first["imagePushedAt"]
        == call(
            registry.cfg,
            "DescribeImages",
            repositoryName=REPOSITORY,
            imageIds=[{"imageTag": "1.0"}],
        )["imageDetails"][0]["imagePushedAt"]
    )


def test_after_a_day_it_has_expired(registry: Registry) -> None:
    registry.complete()

    registry.now += LIFETIME

    assert registry.get() == {
        "registryId": registry.account,
        "repositoryName": REPOSITORY,
        "lifecyclePolicyText": POLICY,
        "status": "EXPIRED",
    }


def test_without_a_text_the_repository_s_policy_is_tried(registry: Registry) -> None:
    call(registry.cfg, "PutLifecyclePolicy", repositoryName=REPOSITORY, lifecyclePolicyText=POLICY)

    assert registry.start()["lifecyclePolicyText"] == POLICY


def test_a_preview_deletes_nothing(registry: Registry) -> None:
    registry.complete()

    listed = call(registry.cfg, "ListImages", repositoryName=REPOSITORY)["imageIds"]
    assert [it["imageDigest"] for it in listed] == registry.digests


def test_an_image_that_is_pushed_later_is_not_in_it(registry: Registry) -> None:
    registry.complete()

    push(registry.cfg, REPOSITORY, b"later", tag="later")

    assert registry.expiring() == registry.digests[:3]


def test_results_come_in_pages(registry: Registry) -> None:
    registry.complete()

    first = registry.get(maxResults=2)
    second = registry.get(maxResults=2, nextToken=first["nextToken"])

    pages = [[it["imageDigest"] for it in page["previewResults"]] for page in (first, second)]
    assert pages == [registry.digests[:2], registry.digests[2:3]]
    assert "nextToken" not in second
    assert first["summary"] == second["summary"] == {"expiringImageTotalCount": 3}


def test_a_last_page_that_is_full_has_no_token(registry: Registry) -> None:
    registry.complete()

    assert "nextToken" not in registry.get(maxResults=3)


@pytest.mark.parametrize("token", ["MA==", "Mw==", "bm8=", "é", "x"])  # 0, 3, no number, no base64
def test_a_token_of_no_page_is_refused(registry: Registry, token: str) -> None:
    registry.complete()

    assert refusal(registry.get, nextToken=token).code == "InvalidParameterException"


@pytest.mark.parametrize(
    ("status", "places"), [("TAGGED", [0, 2]), ("UNTAGGED", [1]), ("ANY", [0, 1, 2])]
)
def test_results_are_filtered_by_tag_status(
    registry: Registry, status: str, places: list[int]
) -> None:
    registry.complete()

    found = registry.expiring(filter={"tagStatus": status})

    assert found == [registry.digests[place] for place in places]


def test_results_are_filtered_by_image(registry: Registry) -> None:
    registry.complete()
    first, second, third, kept = registry.digests

    assert registry.expiring(imageIds=[{"imageDigest": second}, {"imageTag": "1.1"}]) == [
        second,
        third,
    ]
    assert registry.expiring(imageIds=[{"imageDigest": first, "imageTag": "1.1"}]) == []
    assert registry.expiring(imageIds=[{"imageDigest": kept}]) == []


def test_a_second_preview_waits_for_the_first(registry: Registry) -> None:
    registry.start(lifecyclePolicyText=POLICY)

    error = refusal(registry.start, lifecyclePolicyText=POLICY)

    assert error.code == "LifecyclePolicyPreviewInProgressException"
    assert str(error).startswith(
        "LifecyclePolicyPreviewInProgressException: The lifecycle policy preview for the"
        f" repository with name '{REPOSITORY}' in the registry with id '{registry.account}' is in"
        " progress ("
    )
    registry.now += 1
    assert registry.start(lifecyclePolicyText=POLICY)["status"] == "IN_PROGRESS"


def test_without_a_preview_there_is_nothing_to_get(registry: Registry) -> None:
    assert refusal(registry.get).code == "LifecyclePolicyPreviewNotFoundException"


def test_the_preview_of_a_deleted_repository_is_gone(registry: Registry) -> None:
    registry.complete()
    call(registry.cfg, "DeleteRepository", repositoryName=REPOSITORY, force=True)

    assert refusal(registry.get).code == "RepositoryNotFoundException"
    call(registry.cfg, "CreateRepository", repositoryName=REPOSITORY)
    assert refusal(registry.get).code == "LifecyclePolicyPreviewNotFoundException"


def test_without_any_policy_there_is_nothing_to_try(registry: Registry) -> None:
    assert refusal(registry.start).code == "LifecyclePolicyNotFoundException"


def test_what_is_no_policy_is_refused(registry: Registry) -> None:
    error = refusal(registry.start, lifecyclePolicyText='{"rules": 7}')

    assert error.code == "InvalidParameterException"
