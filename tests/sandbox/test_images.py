"""PutImage in the sandbox: the digest, and what a manifest refers to."""

import pytest

from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from tests.support.sandbox import call, digest, index, manifest, push, put, upload

CONFIG = b"{}"
LAYER = b"a layer"
MISSING = digest(b"not uploaded")


@pytest.fixture
def account(sandbox: Sandbox, repository: str) -> str:
    [found] = call(sandbox.cfg, "DescribeRepositories", repositoryNames=[repository])[
        "repositories"
    ]
    return str(found["registryId"])


def test_the_digest_is_that_of_the_manifest_s_bytes(sandbox: Sandbox, repository: str) -> None:
    spaced = manifest(CONFIG, LAYER).replace(",", ",\n  ")
    compact = push(sandbox.cfg, repository, LAYER, tag="compact")

    assert compact == digest(manifest(CONFIG, LAYER).encode())
    assert put(sandbox.cfg, repository, spaced, "spaced") == digest(spaced.encode()) != compact


def test_the_same_manifest_under_another_tag_is_the_same_image(
    sandbox: Sandbox, repository: str
) -> None:
    first = push(sandbox.cfg, repository, LAYER, tag="one")

    assert put(sandbox.cfg, repository, manifest(CONFIG, LAYER), "two") == first
    [image] = call(sandbox.cfg, "DescribeImages", repositoryName=repository)["imageDetails"]
    assert image["imageTags"] == ["one", "two"]


def test_an_image_whose_tag_moves_to_another_one_stays(sandbox: Sandbox, repository: str) -> None:
    old = push(sandbox.cfg, repository, LAYER, tag="latest")
    new = push(sandbox.cfg, repository, b"newer", tag="latest")

    where = {"repositoryName": repository}
    assert call(sandbox.cfg, "ListImages", **where)["imageIds"] == [
        {"imageDigest": old},
        {"imageDigest": new, "imageTag": "latest"},
    ]
    # And back: the image is there already
    assert put(sandbox.cfg, repository, manifest(CONFIG, LAYER), "latest") == old
    [image] = call(sandbox.cfg, "BatchGetImage", **where, imageIds=[{"imageDigest": new}])["images"]
    assert image["imageId"] == {"imageDigest": new}


def test_a_digest_of_something_else_is_refused(sandbox: Sandbox, repository: str) -> None:
    text = manifest(CONFIG, LAYER)
    for blob in (CONFIG, LAYER):
        upload(sandbox.cfg, repository, blob)

    with pytest.raises(ServiceError) as caught:
        call(
            sandbox.cfg,
            "PutImage",
            repositoryName=repository,
            imageManifest=text,
            imageDigest=MISSING,
        )

    assert caught.value.code == "ImageDigestDoesNotMatchException"
    assert str(caught.value).startswith(
        f"ImageDigestDoesNotMatchException: The specified image digest '{MISSING}' does not match"
        f" the digest that Amazon ECR calculated for the image: '{digest(text.encode())}' ("
    )
    assert call(sandbox.cfg, "ListImages", repositoryName=repository) == {"imageIds": []}


@pytest.mark.parametrize(
    ("uploaded", "missing"),
    [((CONFIG,), (LAYER,)), ((LAYER,), (CONFIG,)), ((), (CONFIG, LAYER))],
)
def test_an_image_without_its_layers_or_configuration_is_refused(
    sandbox: Sandbox,
    repository: str,
    account: str,
    uploaded: tuple[bytes, ...],
    missing: tuple[bytes, ...],
) -> None:
    for blob in uploaded:
        upload(sandbox.cfg, repository, blob)

    with pytest.raises(ServiceError) as caught:
        put(sandbox.cfg, repository, manifest(CONFIG, LAYER), "latest")

    digests = ", ".join(digest(blob) for blob in missing)
    assert caught.value.code == "LayersNotFoundException"
    assert str(caught.value).startswith(
        f"LayersNotFoundException: Layers with digests '[{digests}]' required for pushing image"
        f" into repository with name '{repository}' in the registry with id '{account}' do not"
        " exist ("
    )


def test_a_multi_platform_image_needs_its_images(sandbox: Sandbox, repository: str) -> None:
    push(sandbox.cfg, repository, LAYER, tag="amd64")
    here, gone = manifest(CONFIG, LAYER), manifest(CONFIG, b"another layer")

    with pytest.raises(ServiceError) as caught:
        put(sandbox.cfg, repository, index(amd64=here, arm64=gone), "latest")

    assert caught.value.code == "ReferencedImagesNotFoundException"
    assert f"'[{digest(gone.encode())}]'" in str(caught.value)
    text = index(amd64=here)
    assert put(sandbox.cfg, repository, text, "latest") == digest(text.encode())


@pytest.mark.parametrize("text", ["{", "[]", "null", '"text"'])
def test_what_is_no_manifest_is_refused(sandbox: Sandbox, repository: str, text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        put(sandbox.cfg, repository, text)

    assert caught.value.code == "InvalidParameterException"
    assert "'Invalid JSON syntax'" in str(caught.value)


@pytest.mark.parametrize("members", ['"layers": 7', '"config": 7', '"layers": [7, {"digest": 7}]'])
def test_a_strange_manifest_refers_to_nothing(
    sandbox: Sandbox, repository: str, members: str
) -> None:
    text = f'{{"mediaType": "application/x-strange", {members}}}'

    assert put(sandbox.cfg, repository, text) == digest(text.encode())


def test_a_missing_repository_is_reported(sandbox: Sandbox) -> None:
    with pytest.raises(ServiceError) as caught:
        put(sandbox.cfg, "no/such", manifest(CONFIG))

    assert caught.value.code == "RepositoryNotFoundException"


def test_what_is_deleted_is_named_with_a_tag_or_without(sandbox: Sandbox, repository: str) -> None:
    untagged = push(sandbox.cfg, repository, LAYER)
    tagged = push(sandbox.cfg, repository, b"another layer", tag="latest")
    ids = [{"imageDigest": it} for it in (untagged, tagged, MISSING)]

    answer = call(sandbox.cfg, "BatchDeleteImage", repositoryName=repository, imageIds=ids)

    assert answer["imageIds"] == [
        {"imageDigest": tagged, "imageTag": "latest"},
        {"imageDigest": untagged},
    ]
    assert [failure["imageId"] for failure in answer["failures"]] == [{"imageDigest": MISSING}]
    assert call(sandbox.cfg, "ListImages", repositoryName=repository) == {"imageIds": []}
