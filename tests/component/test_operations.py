"""Each of the 25 operations, asked through its action.

22 are asked of the sandbox, which checks the signature of each request. The requests and answers of
the other three are held against botocore's model of the service.
"""

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from tests.support.aws_model import (
    KEYS,
    OPERATIONS,
    REGION,
    answers,
    as_emitted,
    as_message,
    ask_action,
    operation_model,
    parameters,
)
from tests.support.random_examples import tries

URL = f"https://api.ecr.{REGION}.amazonaws.com/"
ASKED_OF_MOTO = {
    "BatchCheckLayerAvailability",
    "BatchDeleteImage",
    "BatchGetImage",
    "CompleteLayerUpload",
    "CreateRepository",
    "DeleteLifecyclePolicy",
    "DeleteRepository",
    "DeleteRepositoryPolicy",
    "DescribeImages",
    "DescribeRepositories",
    "GetAuthorizationToken",
    "GetLifecyclePolicy",
    "GetRepositoryPolicy",
    "InitiateLayerUpload",
    "ListImages",
    "ListTagsForResource",
    "PutImage",
    "PutLifecyclePolicy",
    "SetRepositoryPolicy",
    "TagResource",
    "UntagResource",
    "UploadLayerPart",
}
HELD_AGAINST_THE_MODEL = {
    "GetDownloadUrlForLayer",
    "GetLifecyclePolicyPreview",
    "StartLifecyclePolicyPreview",
}

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
REPOSITORY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Pull",
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
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": 10,
            },
            "action": {"type": "expire"},
        }
    ]
}


@dataclass(frozen=True)
class Image:
    """An image as container tools build it, with the two blobs next to its manifest."""

    layer: bytes
    config: bytes
    manifest: str


class Ecr:
    """Amazon ECR as a flow sees it: an action's name and its message's body."""

    def __init__(self, cfg: dict[str, str]) -> None:
        self.cfg: dict[str, Any] = dict(cfg)

    def ask(self, operation: str, **body: Any) -> dict[str, Any]:
        """Return the body that the action emits."""
        emitted: dict[str, Any] = ask_action(operation, body, self.cfg)["body"]
        return emitted

    def upload(self, repository: str, blob: bytes) -> str:
        """Upload a layer in two parts and return the digest that the registry found."""
        upload_id = self.ask("InitiateLayerUpload", repositoryName=repository)["uploadId"]
        middle = len(blob) // 2
        for first, part in ((0, blob[:middle]), (middle, blob[middle:])):
            self.ask(
                "UploadLayerPart",
                repositoryName=repository,
                uploadId=upload_id,
                partFirstByte=first,
                partLastByte=first + len(part) - 1,
                layerPartBlob=base64.b64encode(part).decode(),
            )
        completed = self.ask(
            "CompleteLayerUpload",
            repositoryName=repository,
            uploadId=upload_id,
            layerDigests=[digest(blob)],
        )
        return str(completed["layerDigest"])

    def push(self, repository: str, image: Image, tag: str) -> dict[str, Any]:
        """Upload an image's blobs, put its manifest, and return what PutImage emits."""
        for blob in (image.layer, image.config):
            self.upload(repository, blob)
        return self.ask(
            "PutImage",
            repositoryName=repository,
            imageManifest=image.manifest,
            imageManifestMediaType=OCI_MANIFEST,
            imageDigest=digest(image.manifest.encode()),
            imageTag=tag,
        )


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def build(text: str) -> Image:
    """Build an image whose one layer holds one file."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        content = text.encode() * 1000
        member = tarfile.TarInfo("greeting.txt")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    layer = gzip.compress(archive.getvalue(), mtime=0)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["cat", "/greeting.txt"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(archive.getvalue())]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest(config),
            "size": len(config),
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": digest(layer),
                "size": len(layer),
            }
        ],
    }
    return Image(layer, config, json.dumps(manifest))


@pytest.fixture(scope="module")
def image() -> Image:
    return build("hello from a container\n")


@pytest.fixture
def ecr(sandbox: Sandbox) -> Ecr:
    return Ecr(sandbox.cfg)


@pytest.fixture
def described(ecr: Ecr, repository: str) -> dict[str, Any]:
    """The new repository as DescribeRepositories emits it."""
    found = ecr.ask("DescribeRepositories", repositoryNames=[repository])["repositories"]
    assert len(found) == 1
    return dict(found[0])


@pytest.fixture
def registry(described: dict[str, Any]) -> str:
    """The sandbox's account."""
    return str(described["registryId"])


def is_now(time: str) -> bool:
    """Return whether a time in RFC 3339 UTC, in milliseconds, is of the last minute."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    return abs(datetime.fromisoformat(time) - datetime.now(UTC)) < timedelta(minutes=1)


def test_each_of_the_25_operations_is_asked_here() -> None:
    assert ASKED_OF_MOTO.isdisjoint(HELD_AGAINST_THE_MODEL)
    assert sorted(ASKED_OF_MOTO | HELD_AGAINST_THE_MODEL) == list(OPERATIONS)
    assert len(OPERATIONS) == 25
    for operation in ASKED_OF_MOTO:
        subject = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
        assert any(name.startswith(f"test_{subject}_") for name in globals()), operation


def test_create_repository_emits_the_repository_with_its_settings(ecr: Ecr, registry: str) -> None:
    # When
    created = ecr.ask(
        "CreateRepository",
        repositoryName="test/created",
        tags=[{"Key": "team", "Value": "checkout"}],
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "AES256"},
    )["repository"]

    # Then
    assert is_now(created.pop("createdAt"))
    assert created == {
        "repositoryArn": f"arn:aws:ecr:{REGION}:{registry}:repository/test/created",
        "registryId": registry,
        "repositoryName": "test/created",
        "repositoryUri": f"{registry}.dkr.ecr.{REGION}.amazonaws.com/test/created",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


def test_create_repository_fails_for_a_name_that_is_taken(ecr: Ecr, repository: str) -> None:
    with pytest.raises(ServiceError, match=f"(?s)^RepositoryAlreadyExists.*{repository}"):
        ecr.ask("CreateRepository", repositoryName=repository)


def test_describe_repositories_emits_those_that_were_named(
    repository: str, described: dict[str, Any], registry: str
) -> None:
    assert re.fullmatch("[0-9]{12}", registry)
    assert is_now(described.pop("createdAt"))
    assert described == {
        "repositoryArn": f"arn:aws:ecr:{REGION}:{registry}:repository/{repository}",
        "registryId": registry,
        "repositoryName": repository,
        "repositoryUri": f"{registry}.dkr.ecr.{REGION}.amazonaws.com/{repository}",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


def test_delete_repository_emits_what_it_removed(
    ecr: Ecr, repository: str, described: dict[str, Any]
) -> None:
    assert ecr.ask("DeleteRepository", repositoryName=repository) == {"repository": described}

    with pytest.raises(ServiceError) as raised:
        ecr.ask("DescribeRepositories", repositoryNames=[repository])
    assert raised.value.error_name == "RepositoryNotFoundException"


def test_delete_repository_needs_force_while_there_are_images(
    ecr: Ecr, repository: str, image: Image
) -> None:
    # Given
    ecr.push(repository, image, "1.0.0")

    # When, then
    with pytest.raises(ServiceError, match=r"^RepositoryNotEmptyException: "):
        ecr.ask("DeleteRepository", repositoryName=repository)
    assert ecr.ask("DeleteRepository", repositoryName=repository, force=True)


def test_initiate_layer_upload_emits_an_upload_id_that_parts_can_name(
    ecr: Ecr, repository: str
) -> None:
    begun = ecr.ask("InitiateLayerUpload", repositoryName=repository)

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", begun.pop("uploadId"))
    assert begun == {"partSize": 10 * 1024 * 1024}


def test_upload_layer_part_counts_the_bytes_that_arrived(
    ecr: Ecr, repository: str, registry: str
) -> None:
    # Given
    upload_id = ecr.ask("InitiateLayerUpload", repositoryName=repository)["uploadId"]
    upload = {"repositoryName": repository, "uploadId": upload_id}

    # When
    part = bytes(range(256))
    received = ecr.ask(
        "UploadLayerPart",
        **upload,
        partFirstByte=0,
        partLastByte=255,
        layerPartBlob=base64.b64encode(part).decode(),
    )

    # Then
    assert received == {"registryId": registry, **upload, "lastByteReceived": 255}


def test_complete_layer_upload_emits_the_digest_of_the_bytes_that_were_sent(
    ecr: Ecr, repository: str, image: Image
) -> None:
    assert ecr.upload(repository, image.layer) == digest(image.layer)


def test_batch_check_layer_availability_tells_what_is_there_from_what_is_not(
    ecr: Ecr, repository: str, image: Image
) -> None:
    # Given
    ecr.upload(repository, image.layer)
    missing = digest(b"never uploaded")

    # When
    checked = ecr.ask(
        "BatchCheckLayerAvailability",
        repositoryName=repository,
        layerDigests=[digest(image.layer), missing],
    )

    # Then
    (layer,) = checked["layers"]
    assert layer.pop("mediaType")
    assert layer == {
        "layerDigest": digest(image.layer),
        "layerAvailability": "AVAILABLE",
        "layerSize": len(image.layer),
    }
    assert checked["failures"] == [
        {
            "layerDigest": missing,
            "failureCode": "MissingLayerDigest",
            "failureReason": f"Layer digest '{missing}' could not be found",
        }
    ]


def test_put_image_emits_the_image_that_was_stored(
    ecr: Ecr, repository: str, registry: str, image: Image
) -> None:
    assert ecr.push(repository, image, "1.0.0") == {
        "image": {
            "registryId": registry,
            "repositoryName": repository,
            "imageId": {"imageDigest": digest(image.manifest.encode()), "imageTag": "1.0.0"},
            "imageManifest": image.manifest,
            "imageManifestMediaType": OCI_MANIFEST,
        }
    }


def test_describe_images_emits_tags_size_and_push_time(
    ecr: Ecr, repository: str, registry: str, image: Image
) -> None:
    # Given
    ecr.push(repository, image, "1.0.0")

    # When
    (detail,) = ecr.ask(
        "DescribeImages", repositoryName=repository, imageIds=[{"imageTag": "1.0.0"}]
    )["imageDetails"]

    # Then
    assert is_now(detail.pop("imagePushedAt"))
    assert detail == {
        "registryId": registry,
        "repositoryName": repository,
        "imageDigest": digest(image.manifest.encode()),
        "imageTags": ["1.0.0"],
        "imageSizeInBytes": len(image.config),  # moto's notion of an image's size
        "imageManifestMediaType": OCI_MANIFEST,
    }


def test_list_images_emits_what_passes_its_filter(ecr: Ecr, repository: str, image: Image) -> None:
    # Given
    ecr.push(repository, image, "1.0.0")

    # When, then
    tagged = {"imageDigest": digest(image.manifest.encode()), "imageTag": "1.0.0"}
    for status, listed in (("TAGGED", [tagged]), ("UNTAGGED", [])):
        found = ecr.ask("ListImages", repositoryName=repository, filter={"tagStatus": status})
        assert found == {"imageIds": listed}


def test_batch_get_image_emits_the_manifest_byte_for_byte(
    ecr: Ecr, repository: str, image: Image
) -> None:
    # Given
    stored = ecr.push(repository, image, "1.0.0")["image"]

    # When
    got = ecr.ask(
        "BatchGetImage",
        repositoryName=repository,
        imageIds=[{"imageTag": "1.0.0"}, {"imageTag": "2.0.0"}],
        acceptedMediaTypes=[OCI_MANIFEST],
    )

    # Then
    assert got["images"] == [stored]
    assert got["images"][0]["imageManifest"] == image.manifest
    assert got["failures"] == [
        {
            "imageId": {"imageTag": "2.0.0"},
            "failureCode": "ImageNotFound",
            "failureReason": "Requested image not found",
        }
    ]


def test_batch_delete_image_emits_what_is_gone(ecr: Ecr, repository: str, image: Image) -> None:
    # Given
    ecr.push(repository, image, "1.0.0")
    gone = {"imageDigest": digest(image.manifest.encode()), "imageTag": "1.0.0"}

    # When
    deleted = ecr.ask("BatchDeleteImage", repositoryName=repository, imageIds=[gone])

    # Then
    assert deleted == {"imageIds": [gone], "failures": []}
    assert ecr.ask("ListImages", repositoryName=repository) == {"imageIds": []}


def test_set_repository_policy_takes_an_object_and_emits_its_text(
    ecr: Ecr, repository: str, registry: str
) -> None:
    was_set = ecr.ask(
        "SetRepositoryPolicy", repositoryName=repository, policyText=REPOSITORY_POLICY
    )

    assert json.loads(was_set.pop("policyText")) == REPOSITORY_POLICY
    assert was_set == {"registryId": registry, "repositoryName": repository}


def test_get_repository_policy_emits_the_text_that_was_set(
    ecr: Ecr, repository: str, registry: str
) -> None:
    # Given
    text = json.dumps(REPOSITORY_POLICY, indent=1)
    ecr.ask("SetRepositoryPolicy", repositoryName=repository, policyText=text)

    # When, then
    assert ecr.ask("GetRepositoryPolicy", repositoryName=repository) == {
        "registryId": registry,
        "repositoryName": repository,
        "policyText": text,
    }


def test_delete_repository_policy_emits_the_policy_that_is_gone(
    ecr: Ecr, repository: str, registry: str
) -> None:
    # Given
    text = json.dumps(REPOSITORY_POLICY)
    ecr.ask("SetRepositoryPolicy", repositoryName=repository, policyText=text)

    # When, then
    assert ecr.ask("DeleteRepositoryPolicy", repositoryName=repository) == {
        "registryId": registry,
        "repositoryName": repository,
        "policyText": text,
    }
    with pytest.raises(ServiceError, match=r"^RepositoryPolicyNotFoundException: "):
        ecr.ask("GetRepositoryPolicy", repositoryName=repository)


def test_put_lifecycle_policy_takes_an_object_and_emits_its_text(
    ecr: Ecr, repository: str, registry: str
) -> None:
    put = ecr.ask(
        "PutLifecyclePolicy", repositoryName=repository, lifecyclePolicyText=LIFECYCLE_POLICY
    )

    assert json.loads(put.pop("lifecyclePolicyText")) == LIFECYCLE_POLICY
    assert put == {"registryId": registry, "repositoryName": repository}


def test_get_lifecycle_policy_emits_the_text_and_when_it_was_evaluated(
    ecr: Ecr, repository: str, registry: str
) -> None:
    # Given
    text = json.dumps(LIFECYCLE_POLICY)
    ecr.ask("PutLifecyclePolicy", repositoryName=repository, lifecyclePolicyText=text)

    # When
    got = ecr.ask("GetLifecyclePolicy", repositoryName=repository)

    # Then
    assert is_now(got.pop("lastEvaluatedAt"))
    assert got == {
        "registryId": registry,
        "repositoryName": repository,
        "lifecyclePolicyText": text,
    }


def test_delete_lifecycle_policy_emits_the_policy_that_is_gone(
    ecr: Ecr, repository: str, registry: str
) -> None:
    # Given
    text = json.dumps(LIFECYCLE_POLICY)
    ecr.ask("PutLifecyclePolicy", repositoryName=repository, lifecyclePolicyText=text)

    # When
    deleted = ecr.ask("DeleteLifecyclePolicy", repositoryName=repository)

    # Then
    assert is_now(deleted.pop("lastEvaluatedAt"))
    assert deleted == {
        "registryId": registry,
        "repositoryName": repository,
        "lifecyclePolicyText": text,
    }
    with pytest.raises(ServiceError, match=r"^LifecyclePolicyNotFoundException: "):
        ecr.ask("GetLifecyclePolicy", repositoryName=repository)


def test_tag_resource_emits_an_empty_object(ecr: Ecr, described: dict[str, Any]) -> None:
    tags = [{"Key": "team", "Value": "checkout"}]

    assert ecr.ask("TagResource", resourceArn=described["repositoryArn"], tags=tags) == {}


def test_list_tags_for_resource_emits_the_tags_that_were_set(
    ecr: Ecr, described: dict[str, Any]
) -> None:
    # Given
    arn = described["repositoryArn"]
    tags = [{"Key": "team", "Value": "checkout"}, {"Key": "cost centre", "Value": "4711 ä"}]
    ecr.ask("TagResource", resourceArn=arn, tags=tags)

    # When, then
    assert ecr.ask("ListTagsForResource", resourceArn=arn) == {"tags": tags}


def test_untag_resource_removes_the_tags_that_were_named(
    ecr: Ecr, described: dict[str, Any]
) -> None:
    # Given
    arn = described["repositoryArn"]
    tags = [{"Key": "team", "Value": "checkout"}, {"Key": "stage", "Value": "live"}]
    ecr.ask("TagResource", resourceArn=arn, tags=tags)

    # When, then
    assert ecr.ask("UntagResource", resourceArn=arn, tagKeys=["team"]) == {}
    assert ecr.ask("ListTagsForResource", resourceArn=arn) == {"tags": tags[1:]}


def test_get_authorization_token_emits_what_container_tools_log_in_with(
    ecr: Ecr, registry: str
) -> None:
    (authorization,) = ecr.ask("GetAuthorizationToken")["authorizationData"]

    user, _, password = (
        base64.b64decode(authorization.pop("authorizationToken")).decode().partition(":")
    )
    assert (user, password) == ("AWS", f"{registry}-auth-token")
    assert authorization == {
        "expiresAt": "2015-01-01T00:00:00.000Z",
        "proxyEndpoint": f"https://{registry}.dkr.ecr.{REGION}.amazonaws.com",
    }


def test_a_wrong_secret_is_told_as_a_signature_that_does_not_match(ecr: Ecr) -> None:
    ecr.cfg["secretAccessKey"] = KEYS["secretAccessKey"]

    with pytest.raises(ServiceError) as raised:
        ecr.ask("DescribeRepositories")

    assert raised.value.error_name == "SignatureDoesNotMatch"
    assert re.fullmatch(
        "SignatureDoesNotMatch: The request signature we calculated does not match the signature"
        " you provided. Check your AWS Secret Access Key and signing method. .*"
        rf" \(DescribeRepositories, {REGION}, HTTP 403, request id \w+\)",
        str(raised.value),
    )


def test_a_key_that_aws_does_not_know_is_told_as_an_invalid_token(ecr: Ecr) -> None:
    ecr.cfg.update(KEYS)

    with pytest.raises(ServiceError) as raised:
        ecr.ask("DescribeRepositories")

    assert raised.value.error_name == "InvalidClientTokenId"
    assert re.fullmatch(
        "InvalidClientTokenId: The security token included in the request is invalid."
        rf" \(DescribeRepositories, {REGION}, HTTP 403, request id \w+\)",
        str(raised.value),
    )


@pytest.mark.parametrize("operation", sorted(HELD_AGAINST_THE_MODEL))
@tries(8)
@given(data=st.data())
def test_request_and_answer_are_those_of_the_model(operation: str, data: st.DataObject) -> None:
    # Given
    body = as_message(data.draw(parameters(operation)))
    answer = data.draw(answers(operation))
    with responses.RequestsMock() as aws:
        aws.post(URL, json=answer, headers={"x-amzn-requestid": "1b2c"})

        # When
        emitted = ask_action(operation, body, {**KEYS, "region": REGION})

        # Then
        (call,) = aws.calls
    model = operation_model(operation)
    assert call.request.headers["X-Amz-Target"] == (
        f"AmazonEC2ContainerRegistry_V20150921.{operation}"
    )
    sent = json.loads(call.request.body or b"")
    assert sent == body
    assert not ParamValidator().validate(sent, model.input_shape).has_errors()
    assert emitted["headers"] == {"x-amzn-requestid": "1b2c"}
    assert not ParamValidator().validate(emitted["body"], model.output_shape).has_errors()
    parsed = create_parser("json").parse(
        {"status_code": 200, "headers": {}, "body": json.dumps(answer).encode()}, model.output_shape
    )
    assert emitted["body"] == as_emitted(parsed)
