"""Registry clients that pull from the sandbox what was pushed through its API."""

import base64
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import requests

from lib.sandbox import Sandbox
from tests.support.provision import Machine
from tests.support.sandbox import (
    INDEX_TYPE,
    MANIFEST_TYPE,
    call,
    digest,
    index,
    manifest,
    push,
    put,
    upload,
)

LAYER = b"a layer"


@pytest.fixture
def login(sandbox: Sandbox) -> str:
    """The user and the password, as clients take them."""
    [token] = call(sandbox.cfg, "GetAuthorizationToken")["authorizationData"]
    return base64.b64decode(token["authorizationToken"]).decode()


class Client:
    """Requests of a registry client that has logged in."""

    def __init__(self, endpoint: str, login: str) -> None:
        self._endpoint = endpoint
        user, password = login.split(":")
        self._login = (user, password)

    def get(self, path: str, method: str = "GET") -> requests.Response:
        url = f"{self._endpoint}/v2/{path}"
        return requests.request(method, url, auth=self._login, timeout=5)


@pytest.fixture
def client(sandbox: Sandbox, login: str) -> Client:
    return Client(sandbox.cfg["endpoint"], login)


def code(answer: requests.Response) -> tuple[int, str]:
    [error] = answer.json()["errors"]
    return answer.status_code, error["code"]


def test_a_manifest_is_read_by_tag_and_by_digest(
    sandbox: Sandbox, repository: str, client: Client
) -> None:
    expected = push(sandbox.cfg, repository, LAYER, tag="1.0")

    for reference in ("1.0", expected):
        answer = client.get(f"{repository}/manifests/{reference}")
        assert answer.text == manifest(b"{}", LAYER)
        assert answer.headers["Content-Type"] == MANIFEST_TYPE
        assert answer.headers["Docker-Content-Digest"] == expected
        head = client.get(f"{repository}/manifests/{reference}", "HEAD")
        assert (head.content, head.headers["Docker-Content-Digest"]) == (b"", expected)


def test_a_layer_is_read_from_its_pre_signed_url(
    sandbox: Sandbox, repository: str, client: Client
) -> None:
    push(sandbox.cfg, repository, LAYER, tag="1.0")

    answer = client.get(f"{repository}/blobs/{digest(LAYER)}")

    assert answer.content == LAYER
    assert [hop.status_code for hop in answer.history] == [307]


def test_tags_are_listed(sandbox: Sandbox, repository: str, client: Client) -> None:
    push(sandbox.cfg, repository, LAYER, tag="2")
    push(sandbox.cfg, repository, b"other", tag="1")

    answer = client.get(f"{repository}/tags/list")

    assert answer.json() == {"name": repository, "tags": ["1", "2"]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("no/such/manifests/1.0", "NAME_UNKNOWN"),
        ("{repository}/manifests/9.9", "MANIFEST_UNKNOWN"),
        ("{repository}/blobs/sha256:00", "BLOB_UNKNOWN"),
        ("{repository}/referrers/sha256:00", "UNSUPPORTED"),
        ("{repository}/tags/all", "UNSUPPORTED"),
    ],
)
def test_what_is_missing_is_not_found(
    repository: str, client: Client, path: str, expected: str
) -> None:
    assert code(client.get(path.format(repository=repository))) == (404, expected)


def test_nothing_is_written(repository: str, client: Client) -> None:
    assert code(client.get(f"{repository}/blobs/uploads/", "POST")) == (405, "UNSUPPORTED")


@pytest.mark.parametrize("wrong", ["AWS:wrong", "someone:{password}"])
def test_a_wrong_login_is_refused(sandbox: Sandbox, login: str, wrong: str) -> None:
    password = login.partition(":")[2]
    stranger = Client(sandbox.cfg["endpoint"], wrong.format(password=password))

    answer = stranger.get("")

    assert code(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Amazon ECR"'


def test_a_client_logs_in_when_it_is_asked_to(sandbox: Sandbox, client: Client) -> None:
    base = f"{sandbox.cfg['endpoint']}/v2/"

    assert requests.get(base, timeout=5).status_code == 401
    bearer = requests.get(base, headers={"Authorization": "Bearer x"}, timeout=5)
    assert bearer.status_code == 401
    assert client.get("").json() == {}
    assert client.get("").headers["Docker-Distribution-Api-Version"] == "registry/2.0"


def image(architecture: str) -> tuple[bytes, bytes]:
    """The configuration and the layer of an image that a client accepts."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        file = tarfile.TarInfo("hello")
        file.size = len(architecture)
        tar.addfile(file, io.BytesIO(architecture.encode()))
    layer = archive.getvalue()
    rootfs = {"type": "layers", "diff_ids": [digest(layer)]}
    config = {"architecture": architecture, "os": "linux", "config": {}, "rootfs": rootfs}
    return json.dumps(config).encode(), layer


class Skopeo:
    """The program skopeo: https://github.com/containers/skopeo."""

    def __init__(self, sandbox: Sandbox, repository: str, login: str) -> None:
        self._source = f"{sandbox.cfg['endpoint'].removeprefix('http:')}/{repository}"
        self._login = login

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command; ``{image}`` stands for the repository."""
        command = [it.format(image=f"docker:{self._source}") for it in arguments]
        login = options.get("login", self._login)
        source = "src-" if command[0] == "copy" else ""
        command += [f"--{source}tls-verify=false", f"--{source}creds={login}"]
        program = [str(shutil.which("skopeo")), "--insecure-policy"]
        return subprocess.run(program + command, capture_output=True, text=True, check=False)


@pytest.fixture
def skopeo(machine: Machine, sandbox: Sandbox, repository: str, login: str) -> Skopeo:
    machine.need_skopeo()
    return Skopeo(sandbox, repository, login)


class TestSkopeo:
    def test_it_inspects_and_copies_an_image(
        self, sandbox: Sandbox, repository: str, skopeo: Skopeo, tmp_path: Path
    ) -> None:
        # Given
        config, layer = image("amd64")
        for blob in (config, layer):
            upload(sandbox.cfg, repository, blob)
        expected = put(sandbox.cfg, repository, manifest(config, layer), "1.0")

        # When
        inspected = skopeo.run("inspect", "{image}:1.0")
        copied = skopeo.run("copy", "{image}:1.0", f"dir:{tmp_path}")

        # Then
        assert (inspected.returncode, inspected.stderr) == (0, "")
        found = json.loads(inspected.stdout)
        assert (found["Digest"], found["Layers"]) == (expected, [digest(layer)])
        assert found["RepoTags"] == ["1.0"]
        assert copied.returncode == 0, copied.stderr
        assert digest((tmp_path / "manifest.json").read_bytes()) == expected
        for blob in (config, layer):
            assert (tmp_path / digest(blob).removeprefix("sha256:")).read_bytes() == blob

    def test_it_copies_a_multi_platform_image(
        self, sandbox: Sandbox, repository: str, skopeo: Skopeo, tmp_path: Path
    ) -> None:
        # Given
        manifests = {}
        for architecture in ("amd64", "arm64"):
            config, layer = image(architecture)
            for blob in (config, layer):
                upload(sandbox.cfg, repository, blob)
            manifests[architecture] = manifest(config, layer)
            put(sandbox.cfg, repository, manifests[architecture])
        expected = put(sandbox.cfg, repository, index(**manifests), "1.0")

        # When
        raw = skopeo.run("inspect", "--raw", "{image}:1.0")
        copied = skopeo.run("copy", "--all", "{image}:1.0", f"dir:{tmp_path}")

        # Then
        assert json.loads(raw.stdout)["mediaType"] == INDEX_TYPE
        assert copied.returncode == 0, copied.stderr
        assert digest((tmp_path / "manifest.json").read_bytes()) == expected
        for text in manifests.values():
            name = digest(text.encode()).removeprefix("sha256:")
            assert (tmp_path / f"{name}.manifest.json").read_text() == text

    def test_it_is_refused_with_a_wrong_password(
        self, sandbox: Sandbox, repository: str, skopeo: Skopeo
    ) -> None:
        push(sandbox.cfg, repository, LAYER, tag="1.0")

        refused = skopeo.run("inspect", "{image}:1.0", login="AWS:wrong")

        assert refused.returncode == 1
        assert "unauthorized" in refused.stderr.lower()
