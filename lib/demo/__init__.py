"""The demo: the whole life of one container image, in a sandbox.

Everything in it is real: the actions run as the platform runs them, their requests go over HTTP
with signatures that are checked, and the results are compared with what they should be.
"""

import json
import sys
from base64 import b64encode
from pathlib import Path

import requests
from rich.console import Console
from rich.text import Text

from lib.demo.caller import Body, Caller, UnexpectedResultError
from lib.demo.image import MIB, Blob, Image
from lib.demo.screen import progress_bar, show
from lib.generator import model
from lib.sailor import Component, ComponentError
from lib.sandbox import Sandbox, SandboxError

ROOT = Path(__file__).parents[2]
REPOSITORY = "hello"
TAG = "1.0.0"
PULL_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "PullFromAnotherAccount",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}
LIFECYCLE_POLICY = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "Keep the last 10 images",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": 10,
            },
            "action": {"type": "expire"},
        }
    ]
}

_PART_SIZE = 5 * MIB  # Amazon ECR accepts smaller parts only at the end
_PIPED_WIDTH = 100
_DOWNLOAD_TIMEOUT = 30  # seconds


def demo() -> int:
    """Show an image's life and two mistakes on stdout; progress on stderr if it is a terminal.

    Returns:
        0 if everything went as expected, else 1 after showing what went wrong.
    """
    out = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)
    trouble: Exception | None = None
    try:
        component = Component.load(ROOT)
        operations = {operation.name for operation in model.operations()}
        with Sandbox() as sandbox:
            with progress_bar(len(operations)) as progress:
                caller = Caller(component, sandbox.cfg, progress)
                try:
                    live(caller)
                    make_mistakes(caller)
                    check_complete(caller, operations)
                except (ComponentError, UnexpectedResultError) as error:
                    trouble = error
            show(out, caller, sandbox.cfg["endpoint"])
    except (ComponentError, SandboxError) as error:
        trouble = error
    if trouble:
        out.print(Text(f"Something went wrong. {trouble}", "bold red"))
    return 1 if trouble else 0


def live(caller: Caller) -> None:
    """Take an image from the creation of its repository to the deletion of both.

    Raises:
        UnexpectedResultError: An action did not do what it should.
    """
    image = Image()
    repository = {"repositoryName": REPOSITORY}
    tagged = {**repository, "imageIds": [{"imageTag": TAG}]}
    digests = [blob.digest for blob in image.blobs.values()]

    caller.chapter("Create")
    created = caller.call(
        "CreateRepository",
        {**repository, "tags": [{"Key": "team", "Value": "payments"}]},
        lambda it: it["repository"]["repositoryUri"],
    )
    arn = {"resourceArn": created["repository"]["repositoryArn"]}

    caller.chapter("Push")
    for name, blob in image.blobs.items():
        upload(caller, name, blob)
    checked = caller.call(
        "BatchCheckLayerAvailability",
        {**repository, "layerDigests": digests},
        lambda it: ", ".join(layer["layerAvailability"] for layer in it["layers"]),
    )
    caller.expect(
        [layer["layerDigest"] for layer in checked["layers"]] == digests, "all three digests"
    )
    put = caller.call(
        "PutImage",
        {
            **repository,
            "imageManifest": image.manifest,
            "imageDigest": image.digest,
            "imageTag": TAG,
        },
        lambda it: f"{it['image']['imageId']['imageTag']} is {_short(image.digest)}",
    )
    caller.expect(
        put["image"]["imageId"]["imageDigest"] == image.digest, f"the digest {image.digest}"
    )

    caller.chapter("Look")
    caller.call(
        "DescribeRepositories",
        {"repositoryNames": [REPOSITORY]},
        lambda it: f"created {it['repositories'][0]['createdAt']}",
    )
    caller.call(
        "DescribeImages",
        repository,
        lambda it: f"pushed {it['imageDetails'][0]['imagePushedAt']}",
    )
    caller.call(
        "ListImages",
        {**repository, "filter": {"tagStatus": "TAGGED"}},
        lambda it: f"{len(it['imageIds'])} tag: {it['imageIds'][0]['imageTag']}",
    )
    got = caller.call(
        "BatchGetImage",
        tagged,
        lambda it: f"the same manifest, {len(it['images'][0]['imageManifest'])} bytes",
    )
    caller.expect(got["images"][0]["imageManifest"] == image.manifest, "the manifest that was put")

    download(caller, image.blobs["first layer"])

    caller.chapter("Share")
    caller.call("SetRepositoryPolicy", {**repository, "policyText": PULL_POLICY}, _statement)
    got = caller.call("GetRepositoryPolicy", repository, _statement)
    caller.expect(json.loads(got["policyText"]) == PULL_POLICY, "the policy that was set")
    caller.call("DeleteRepositoryPolicy", repository, _statement)

    caller.chapter("Expire")
    policy = {**repository, "lifecyclePolicyText": LIFECYCLE_POLICY}
    caller.call("PutLifecyclePolicy", policy, _rule)
    got = caller.call("GetLifecyclePolicy", repository, _rule)
    caller.expect(
        json.loads(got["lifecyclePolicyText"]) == LIFECYCLE_POLICY, "the policy that was put"
    )
    caller.call("StartLifecyclePolicyPreview", repository, lambda it: it["status"])
    caller.call(
        "GetLifecyclePolicyPreview",
        repository,
        lambda it: f"{it['summary']['expiringImageTotalCount']} images would expire",
        is_done=lambda it: it["status"] != "IN_PROGRESS",
    )
    caller.call("DeleteLifecyclePolicy", repository, _rule)

    caller.chapter("Tag")
    caller.call("TagResource", {**arn, "tags": [{"Key": "stage", "Value": "test"}]}, _nothing)
    caller.call("ListTagsForResource", arn, _tags)
    caller.call("UntagResource", {**arn, "tagKeys": ["stage"]}, _nothing)

    caller.chapter("Login")
    caller.call("GetAuthorizationToken", {}, _token)

    caller.chapter("Delete")
    caller.call(
        "BatchDeleteImage",
        tagged,
        lambda it: f"{TAG} was {_short(it['imageIds'][0]['imageDigest'])}",
    )
    caller.call(
        "DeleteRepository", repository, lambda it: f"{it['repository']['repositoryName']} is gone"
    )


def upload(caller: Caller, name: str, blob: Blob) -> None:
    """Push a layer, or an image's configuration, in parts.

    Raises:
        UnexpectedResultError: An action did not do what it should.
    """
    repository = {"repositoryName": REPOSITORY}
    begun = caller.call(
        "InitiateLayerUpload",
        repository,
        lambda it: f"upload {it['uploadId'][:8]}… of {_size(len(blob.content))}",
    )
    upload_id = {"uploadId": begun["uploadId"]}
    for first in range(0, len(blob.content), _PART_SIZE):
        part = blob.content[first : first + _PART_SIZE]
        last = first + len(part) - 1
        taken = caller.call(
            "UploadLayerPart",
            {
                **repository,
                **upload_id,
                "partFirstByte": first,
                "partLastByte": last,
                "layerPartBlob": b64encode(part).decode(),
            },
            lambda it: f"{_size(it['lastByteReceived'] + 1)} received",
        )
        caller.expect(taken["lastByteReceived"] == last, f"lastByteReceived to be {last}")
    done = caller.call(
        "CompleteLayerUpload",
        {**repository, **upload_id, "layerDigests": [blob.digest]},
        lambda it: f"{name} {_short(it['layerDigest'])}",
    )
    caller.expect(done["layerDigest"] == blob.digest, f"the digest {blob.digest}")


def download(caller: Caller, layer: Blob) -> None:
    """Download a layer, as a REST API step does.

    Raises:
        UnexpectedResultError: The layer is not the one that was pushed.
    """
    got = caller.call(
        "GetDownloadUrlForLayer",
        {"repositoryName": REPOSITORY, "layerDigest": layer.digest},
        lambda it: f"a URL of {_short(it['layerDigest'])}",
    )
    try:
        content = requests.get(got["downloadUrl"], timeout=_DOWNLOAD_TIMEOUT).content
    except requests.RequestException as error:
        raise UnexpectedResultError(f"The download URL does not work: {error}") from error
    caller.expect(content == layer.content, "a URL of the layer that was pushed")


def make_mistakes(caller: Caller) -> None:
    """Make two mistakes that designers make.

    Raises:
        UnexpectedResultError: A mistake did not lead to the error that it should.
    """
    caller.mistake(
        "a misspelled member", "DescribeImages", {"repositoryNam": REPOSITORY}, "InvalidMessage"
    )
    caller.mistake(
        "a repository that does not exist",
        "DescribeImages",
        {"repositoryName": "helo"},
        "RepositoryNotFoundException",
    )


def check_complete(caller: Caller, operations: set[str]) -> None:
    """Check that every operation succeeded.

    Raises:
        UnexpectedResultError: Some were not called.
    """
    if missing := operations - caller.succeeded:
        raise UnexpectedResultError(f"The demo does not call {', '.join(sorted(missing))}")


def _short(digest: str) -> str:
    """Return enough of a digest to recognize it."""
    return f"{digest[:19]}…"


def _size(size: int) -> str:
    return f"{size / MIB:.1f} MiB" if size >= MIB else f"{size} bytes"


def _statement(answer: Body) -> str:
    return f"the policy {json.loads(answer['policyText'])['Statement'][0]['Sid']}"


def _rule(answer: Body) -> str:
    return f"the rule “{json.loads(answer['lifecyclePolicyText'])['rules'][0]['description']}”"


def _tags(answer: Body) -> str:
    return ", ".join(f"{tag['Key']}={tag['Value']}" for tag in answer["tags"])


def _nothing(answer: Body) -> str:
    return "an empty object, as expected" if not answer else f"{len(answer)} members"


def _token(answer: Body) -> str:
    """Describe a token without showing it."""
    return f"a token of {len(answer['authorizationData'][0]['authorizationToken'])} characters"
