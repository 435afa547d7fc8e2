"""GetDownloadUrlForLayer in the sandbox, and the URLs that it returns."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import requests

from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from lib.sandbox.presigned import ExpiredError, InvalidSignatureError, Presigner
from tests.support.sandbox import backend_of, call, digest, push, upload

LAYER = bytes(range(256)) * 1000
PATH = "/layers/eu-central-1/team/app/sha256:00"
NOON = 1_800_000_000.5


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose clock may be set."""
    with Sandbox() as running:
        yield running


def url_of(sandbox: Sandbox, repository: str, layer: bytes) -> str:
    members = {"repositoryName": repository, "layerDigest": digest(layer)}
    answer = call(sandbox.cfg, "GetDownloadUrlForLayer", **members)
    assert answer == {"downloadUrl": answer["downloadUrl"], "layerDigest": digest(layer)}
    return str(answer["downloadUrl"])


@pytest.fixture
def url(sandbox: Sandbox, repository: str) -> str:
    """The URL of a layer of an image."""
    push(sandbox.cfg, repository, LAYER, tag="1.4.2")
    return url_of(sandbox, repository, LAYER)


def test_the_url_yields_the_layer_without_credentials(sandbox: Sandbox, url: str) -> None:
    answer = requests.get(url, timeout=5)

    assert url.startswith(f"{sandbox.cfg['endpoint']}/layers/")
    assert answer.status_code == 200
    assert answer.content == LAYER
    assert answer.headers["Content-Length"] == str(len(LAYER))
    assert requests.head(url, timeout=5).headers["Content-Length"] == str(len(LAYER))


def test_the_configuration_is_downloaded_like_a_layer(
    sandbox: Sandbox, repository: str, url: str
) -> None:
    assert url

    assert requests.get(url_of(sandbox, repository, b"{}"), timeout=5).content == b"{}"


@pytest.mark.parametrize("name", ["X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"])
def test_a_changed_url_is_refused(url: str, name: str) -> None:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    changes = {"X-Amz-Date": "20990101T000000Z", "X-Amz-Expires": "9999"}
    changes["X-Amz-Signature"] = query["X-Amz-Signature"][::-1]
    changed = urlencode({**query, name: changes[name]})

    answer = requests.get(urlunsplit(parts._replace(query=changed)), timeout=5)

    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text


def test_the_signature_of_one_layer_opens_no_other(
    sandbox: Sandbox, repository: str, url: str
) -> None:
    other = urlsplit(url_of(sandbox, repository, b"{}"))

    answer = requests.get(urlunsplit(other._replace(query=urlsplit(url).query)), timeout=5)

    assert answer.status_code == 403


def test_a_url_without_a_query_or_for_nothing_is_refused(sandbox: Sandbox, url: str) -> None:
    for wrong in (url.partition("?")[0], f"{sandbox.cfg['endpoint']}/layers/nowhere/x/y"):
        assert requests.get(wrong, timeout=5).status_code == 403


def test_the_url_lets_no_one_write(url: str) -> None:
    assert requests.put(url, data=b"other", timeout=5).status_code == 403
    assert requests.get(url, timeout=5).content == LAYER


def test_a_url_expires_after_an_hour(sandbox: Sandbox, repository: str, url: str) -> None:
    assert requests.get(url, timeout=5).status_code == 200
    backend_of(sandbox.cfg, repository).clock = lambda: time.time() + 3600

    answer = requests.get(url, timeout=5)

    assert answer.status_code == 403
    assert "<Message>Request has expired</Message>" in answer.text


def test_a_layer_that_was_deleted_is_gone(sandbox: Sandbox, repository: str, url: str) -> None:
    call(sandbox.cfg, "DeleteRepository", repositoryName=repository, force=True)

    answer = requests.get(url, timeout=5)

    assert answer.status_code == 404
    assert "<Code>NoSuchKey</Code>" in answer.text


def test_a_layer_that_was_never_uploaded_is_not_found(sandbox: Sandbox, repository: str) -> None:
    with pytest.raises(ServiceError) as caught:
        url_of(sandbox, repository, LAYER)

    assert caught.value.code == "LayersNotFoundException"
    assert str(caught.value).startswith(
        f"LayersNotFoundException: The layer with digest '{digest(LAYER)}' does not exist within"
        f" the repository with name '{repository}' in the registry with id "
    )


def test_a_layer_of_no_image_is_inaccessible(sandbox: Sandbox, repository: str) -> None:
    upload(sandbox.cfg, repository, LAYER)

    with pytest.raises(ServiceError) as caught:
        url_of(sandbox, repository, LAYER)

    assert caught.value.code == "LayerInaccessibleException"
    assert str(caught.value).startswith(
        "LayerInaccessibleException: The specified layer is not available because it is not"
        " associated with an image. Unassociated image layers may be cleaned up at any time. ("
    )


class TestPresigner:
    """Signatures by themselves, at any time."""

    def test_a_url_is_valid_for_an_hour(self) -> None:
        presigner = Presigner()
        path, _, query = presigner.sign(PATH, NOON).partition("?")

        presigner.check(path, dict(parse_qsl(query)), NOON + 3599)
        with pytest.raises(ExpiredError):
            presigner.check(path, dict(parse_qsl(query)), NOON + 3600)

    def test_each_sandbox_has_its_own_key(self) -> None:
        path, _, query = Presigner().sign(PATH, NOON).partition("?")

        with pytest.raises(InvalidSignatureError):
            Presigner().check(path, dict(parse_qsl(query)), NOON)

    def test_a_signature_that_is_not_ascii_is_refused(self) -> None:
        with pytest.raises(InvalidSignatureError):
            Presigner().check(PATH, {"X-Amz-Signature": "é"}, NOON)
