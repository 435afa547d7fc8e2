"""Metadata of what actions emit, next to what they emit on the sandbox, for all their fields."""

import uuid
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from lib.component.operation.effects import Effect, effect
from lib.sandbox import Sandbox
from lib.sandbox.preview import DURATION
from tests.support.aws_model import CALL_OPERATION, Event, ask_action, own_action
from tests.support.metadata import described, forms, held, meta_model
from tests.support.repository import DESCRIPTOR
from tests.support.sandbox import backend_of, call, digest, manifest, push, upload

Json = dict[str, Any]

LAYER = b"a layer"
MISSING = f"sha256:{'0' * 64}"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}],
}
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": 1,
            },
            "action": {"type": "expire"},
        }
    ]
}
IMAGE_IDS = [{"imageTag": "1.0"}, {"imageTag": "none"}, {"imageDigest": MISSING}]
TAGS = [{"Key": "team", "Value": "checkout"}]


class Scene:
    """A new repository with all that an action may work on.

    Args:
        sandbox: Where it is.
        images: The number of its images.
    """

    def __init__(self, sandbox: Sandbox, images: int) -> None:
        self.cfg = sandbox.cfg
        self.name = f"scene/{uuid.uuid4().hex}"
        where = {"repositoryName": self.name}
        created = call(self.cfg, "CreateRepository", **where, tags=TAGS)["repository"]
        self.arn: str = created["repositoryArn"]
        for number in range(images):
            push(self.cfg, self.name, LAYER * (number + 1), tag=f"{number + 1}.0")
        call(self.cfg, "SetRepositoryPolicy", **where, policyText=orjson.dumps(POLICY).decode())
        text = orjson.dumps(LIFECYCLE).decode()
        call(self.cfg, "PutLifecyclePolicy", **where, lifecyclePolicyText=text)
        self.backend = backend_of(self.cfg, self.name)

    def part_of_an_upload(self) -> Json:
        """Start an upload, and return the members that name it with a part."""
        started = call(self.cfg, "InitiateLayerUpload", repositoryName=self.name)
        return {
            "uploadId": started["uploadId"],
            "partFirstByte": 0,
            "partLastByte": 1,
            "layerPartBlob": "aGk=",
        }

    def whole_upload(self) -> Json:
        part = self.part_of_an_upload()
        call(self.cfg, "UploadLayerPart", repositoryName=self.name, **part)
        return {"uploadId": part["uploadId"], "layerDigests": [digest(b"hi")]}

    def preview(self) -> Json:
        call(self.cfg, "StartLifecyclePolicyPreview", repositoryName=self.name)
        completed = self.backend.clock() + 2 * DURATION
        self.backend.clock = lambda: completed
        return {}

    def scan(self) -> Json:
        image = {"imageTag": "1.0"}
        call(self.cfg, "StartImageScan", repositoryName=self.name, imageId=image)
        return image

    def new_image(self) -> Json:
        upload(self.cfg, self.name, b"new")
        return {"imageManifest": manifest(b"{}", b"new"), "imageTag": "3.0"}


# What the message of each action holds, apart from the repository.
MESSAGES: dict[str, Callable[[Scene], Json]] = {
    "BatchCheckLayerAvailability": lambda _: {"layerDigests": [digest(LAYER), MISSING]},
    "BatchDeleteImage": lambda _: {"imageIds": IMAGE_IDS},
    "BatchGetImage": lambda _: {"imageIds": IMAGE_IDS},
    "CompleteLayerUpload": Scene.whole_upload,
    "CopyImage": lambda _: {"imageTag": "1.0"},
    "CreateRepository": lambda scene: {"repositoryName": f"{scene.name}/new"},
    "DeleteRepository": lambda _: {"force": True},
    "DescribeImages": lambda _: {"maxResults": 1},
    "DescribeRepositories": lambda _: {"maxResults": 1},
    "GetDownloadUrlForLayer": lambda _: {"layerDigest": digest(LAYER)},
    "GetLifecyclePolicyPreview": Scene.preview,
    "ListImages": lambda _: {"maxResults": 1},
    "PutImage": Scene.new_image,
    "PutLifecyclePolicy": lambda _: {"lifecyclePolicyText": LIFECYCLE},
    "ScanImage": Scene.scan,
    "SetRepositoryPolicy": lambda _: {"policyText": POLICY},
    "TagResource": lambda _: {"tags": TAGS},
    "UntagResource": lambda _: {"tagKeys": ["team"]},
    "UploadLayerPart": Scene.part_of_an_upload,
}
WITHOUT_A_REPOSITORY = ("CreateRepository", "DescribeRepositories", "GetAuthorizationToken")
# They leave everything as it is, so they may share a scene.
READING = {name for name in DESCRIPTOR["actions"] if effect(name) is Effect.READS}
NAMING_A_REPOSITORY = ("repositoryName", "resourceArn")
# What is described and the sandbox never emits; canned answers have it, in test_metadata.py.
NOT_EMITTED: dict[str, set[str]] = {
    "BatchGetImage": {"failures[].imageId.imageDigest"},
    "CreateRepository": {
        "repository.encryptionConfiguration.kmsKey",
        "repository.imageTagMutabilityExclusionFilters",
    },
    "DeleteRepository": {
        "repository.encryptionConfiguration.kmsKey",
        "repository.imageTagMutabilityExclusionFilters",
    },
    "DescribeImages": {
        "imageDetails[].artifactMediaType",
        "imageDetails[].imageScanFindingsSummary",
        "imageDetails[].imageScanStatus",
        "imageDetails[].imageStatus",
        "imageDetails[].lastActivatedAt",
        "imageDetails[].lastArchivedAt",
        "imageDetails[].lastRecordedPullTime",
        "imageDetails[].subjectManifestDigest",
    },
    "DescribeRepositories": {
        "repositories[].encryptionConfiguration.kmsKey",
        "repositories[].imageTagMutabilityExclusionFilters",
    },
    "GetLifecyclePolicyPreview": {
        "nextToken",
        "previewResults[].action.targetStorageClass",
        "previewResults[].storageClass",
        "summary.transitioningImageTotalCounts",
    },
    "ScanImage": {
        "findings[].description",
        "findings[].exploitAvailable",
        "findings[].fixAvailable",
        "findings[].packages[].fixedInVersion",
    },
}


def emitted(action: str, scene: Scene, form: Json) -> list[Json]:
    """Return the bodies that an action emits, with fields that name what is in the scene."""
    there = {"repositoryName": scene.name, "resourceArn": scene.arn, "imageTag": "1.0"}
    elsewhere = {"targetRepositoryName": f"{scene.name}/copy", "targetRegion": "eu-west-1"}
    form = {name: (there | elsewhere).get(name, value) for name, value in form.items()}
    body = MESSAGES[action](scene) if action in MESSAGES else {}
    fields = DESCRIPTOR["actions"][action]["fields"]
    if action not in WITHOUT_A_REPOSITORY:
        [member] = fields.keys() & set(NAMING_A_REPOSITORY)
        if member not in form:
            body[member] = there[member]
    events: list[Event] = []
    returned = ask_action(action, body, {**scene.cfg, **form}, events)
    assert {event for event, _ in events} <= {"data"}, events
    return [message["body"] for message in [*(one for _, one in events), returned] if message]


def some_forms(action: str) -> list[Json]:
    """Return each combination of fields, but of Copy Image those that need no other account."""
    if action != "CopyImage":
        return forms(own_action(action))
    target = {"createTargetRepository": True, "targetRepositoryName": "", "targetRegion": ""}
    return [{}, {"targetImageTag": "copy"}, {"platform": "linux/arm64"}, target]


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("action", sorted(DESCRIPTOR["actions"].keys() - {CALL_OPERATION}))
def test_every_member_that_the_sandbox_emits_is_described(action: str, sandbox: Sandbox) -> None:
    scene = Scene(sandbox, images=2)
    by_default: set[str] = set()
    for form in some_forms(action):
        if action not in READING:
            scene = Scene(sandbox, images=1)
        _, emits = meta_model(own_action(action), form)
        paths = {path for body in emitted(action, scene, form) for path in held(body)}

        assert paths <= set(described(emits)), form
        if not form:
            by_default = paths

    _, emits = meta_model(own_action(action), {})
    assert outermost(set(described(emits)) - by_default) == NOT_EMITTED.get(action, set())


def outermost(paths: set[str]) -> set[str]:
    """Return paths without those of members within others of them."""
    return {
        path
        for path in paths
        if not any(path.startswith((f"{other}.", f"{other}[]")) for other in paths)
    }
