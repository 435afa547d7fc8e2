"""One container image lives its whole life through the actions, in the sandbox.

What is shown is real: the actions run as the platform runs them, their requests go over HTTP with
signatures that are checked, and what comes back is compared with what has to.
"""

import json
import sys
from base64 import b64encode
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lib.demo.flow import Body, Flow, SurpriseError
from lib.demo.image import MIB, Blob, Image
from lib.demo.screen import progress_bar, show
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

# The sandbox does not implement these; the tests hold them against AWS's service model.
NOT_IN_SANDBOX = frozenset(
    {"GetDownloadUrlForLayer", "GetLifecyclePolicyPreview", "StartLifecyclePolicyPreview"}
)

_PART_SIZE = 5 * MIB  # Amazon ECR takes no smaller part but the last
_PIPED_WIDTH = 100


def demo() -> int:
    """Show an image's life and two mistakes on stdout; progress on stderr if it is a terminal.

    Returns:
        0 if all went as it has to, else 1; what went wrong is shown then.
    """
    out = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)
    trouble: Exception | None = None
    try:
        component = Component.load(ROOT)
        operations = set(component.descriptor["actions"]) - NOT_IN_SANDBOX
        with Sandbox() as sandbox, progress_bar(len(operations)) as progress:
            flow = Flow(component, sandbox.cfg, progress)
            try:
                live(flow)
                make_mistakes(flow)
                missing = operations - flow.succeeded
                flow.expect(not missing, f"all is shown; it lacks {', '.join(sorted(missing))}")
            except (ComponentError, SurpriseError) as error:
                trouble = error
            show(out, flow, sandbox.cfg["endpoint"], NOT_IN_SANDBOX)
    except (ComponentError, SandboxError) as error:
        trouble = error
    if trouble:
        out.print(Text(f"Something went wrong. {trouble}", "bold red"))
    return 1 if trouble else 0


def live(flow: Flow) -> None:
    """Let an image live, from the making of its repository to the end of both.

    Raises:
        SurpriseError: An action did not do what it has to.
    """
    image = Image()
    repository = {"repositoryName": REPOSITORY}
    tagged = {**repository, "imageIds": [{"imageTag": TAG}]}
    digests = [blob.digest for blob in image.blobs.values()]

    flow.chapter("Create")
    created = flow.call(
        "CreateRepository",
        {**repository, "tags": [{"Key": "team", "Value": "payments"}]},
        lambda it: it["repository"]["repositoryUri"],
    )
    arn = {"resourceArn": created["repository"]["repositoryArn"]}

    flow.chapter("Push")
    for name, blob in image.blobs.items():
        upload(flow, name, blob)
    checked = flow.call(
        "BatchCheckLayerAvailability",
        {**repository, "layerDigests": digests},
        lambda it: ", ".join(layer["layerAvailability"] for layer in it["layers"]),
    )
    flow.expect([layer["layerDigest"] for layer in checked["layers"]] == digests, "all are there")
    put = flow.call(
        "PutImage",
        {
            **repository,
            "imageManifest": image.manifest,
            "imageDigest": image.digest,
            "imageTag": TAG,
        },
        lambda it: f"{it['image']['imageId']['imageTag']} is {_short(image.digest)}",
    )
    flow.expect(put["image"]["imageId"]["imageDigest"] == image.digest, "the digest is ours")

    flow.chapter("Look")
    flow.call(
        "DescribeRepositories",
        {"repositoryNames": [REPOSITORY]},
        lambda it: f"{REPOSITORY}, created {it['repositories'][0]['createdAt']}",
    )
    flow.call(
        "DescribeImages",
        repository,
        lambda it: (
            f"{len(it['imageDetails'])} image, pushed {it['imageDetails'][0]['imagePushedAt']}"
        ),
    )
    flow.call(
        "ListImages",
        {**repository, "filter": {"tagStatus": "TAGGED"}},
        lambda it: f"{len(it['imageIds'])} tag: {it['imageIds'][0]['imageTag']}",
    )
    got = flow.call(
        "BatchGetImage",
        tagged,
        lambda it: f"the manifest, {len(it['images'][0]['imageManifest'])} bytes, as it was put",
    )
    flow.expect(got["images"][0]["imageManifest"] == image.manifest, "the manifest is ours")

    flow.chapter("Share")
    flow.call("SetRepositoryPolicy", {**repository, "policyText": PULL_POLICY}, _statement)
    got = flow.call("GetRepositoryPolicy", repository, _statement)
    flow.expect(json.loads(got["policyText"]) == PULL_POLICY, "the policy is ours")
    flow.call("DeleteRepositoryPolicy", repository, _statement)

    flow.chapter("Expire")
    policy = {**repository, "lifecyclePolicyText": LIFECYCLE_POLICY}
    flow.call("PutLifecyclePolicy", policy, _rule)
    got = flow.call("GetLifecyclePolicy", repository, _rule)
    flow.expect(json.loads(got["lifecyclePolicyText"]) == LIFECYCLE_POLICY, "the policy is ours")
    flow.call("DeleteLifecyclePolicy", repository, _rule)

    flow.chapter("Tag")
    flow.call("TagResource", {**arn, "tags": [{"Key": "stage", "Value": "test"}]}, _nothing)
    flow.call("ListTagsForResource", arn, _tags)
    flow.call("UntagResource", {**arn, "tagKeys": ["stage"]}, _nothing)

    flow.chapter("Login")
    flow.call("GetAuthorizationToken", {}, _token)

    flow.chapter("Delete")
    flow.call(
        "BatchDeleteImage",
        tagged,
        lambda it: f"{TAG} was {_short(it['imageIds'][0]['imageDigest'])}",
    )
    flow.call(
        "DeleteRepository", repository, lambda it: f"{it['repository']['repositoryName']} is gone"
    )


def upload(flow: Flow, name: str, blob: Blob) -> None:
    """Push a layer, or an image's configuration, in parts.

    Raises:
        SurpriseError: An action did not do what it has to.
    """
    repository = {"repositoryName": REPOSITORY}
    begun = flow.call(
        "InitiateLayerUpload",
        repository,
        lambda it: f"upload {it['uploadId'][:8]}… for the {name}, {_size(len(blob.content))}",
    )
    upload_id = {"uploadId": begun["uploadId"]}
    for first in range(0, len(blob.content), _PART_SIZE):
        part = blob.content[first : first + _PART_SIZE]
        last = first + len(part) - 1
        taken = flow.call(
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
        flow.expect(taken["lastByteReceived"] == last, "all bytes are received")
    done = flow.call(
        "CompleteLayerUpload",
        {**repository, **upload_id, "layerDigests": [blob.digest]},
        lambda it: f"the {name} is {_short(it['layerDigest'])}",
    )
    flow.expect(done["layerDigest"] == blob.digest, "the digest is ours")


def make_mistakes(flow: Flow) -> None:
    """Make two mistakes that designers make.

    Raises:
        SurpriseError: A mistake was not told as it has to be.
    """
    flow.mistake(
        "a misspelt member", "DescribeImages", {"repositoryNam": REPOSITORY}, "InvalidMessage"
    )
    flow.mistake(
        "a repository that does not exist",
        "DescribeImages",
        {"repositoryName": "helo"},
        "RepositoryNotFoundException",
    )


def _short(digest: str) -> str:
    """Return enough of a digest to know it by."""
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
    return "an empty object, as it should be" if not answer else f"{len(answer)} members"


def _token(answer: Body) -> str:
    """Tell of a token without showing it."""
    return f"a token of {len(answer['authorizationData'][0]['authorizationToken'])} characters"
