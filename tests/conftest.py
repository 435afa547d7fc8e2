"""What tests share: an Amazon ECR of their own, and a machine whose AWS settings are a trap."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lib.component.connection import client_of
from lib.sandbox import Sandbox
from tests.support.decoys import DECOY

# Port 9 discards: what goes there gets no answer.
_NOWHERE = f"http://127.0.0.1:9/{DECOY}"
_VARIABLES = {
    "AWS_ACCESS_KEY_ID": f"AKIA{DECOY}ENVIRONMENT",
    "AWS_SECRET_ACCESS_KEY": f"{DECOY}-secret-of-the-environment",
    "AWS_SESSION_TOKEN": f"{DECOY}-token-of-the-environment",
    "AWS_PROFILE": DECOY,
    "AWS_REGION": f"xx-{DECOY}-1",
    "AWS_DEFAULT_REGION": f"xx-{DECOY}-1",
    "AWS_CA_BUNDLE": f"/{DECOY}/ca-bundle.pem",
    "AWS_ENDPOINT_URL": _NOWHERE,
    "AWS_ENDPOINT_URL_ECR": _NOWHERE,
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": _NOWHERE,
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": _NOWHERE,
}
_KEYS = f"""
aws_access_key_id = AKIA{DECOY}FILE
aws_secret_access_key = {DECOY}-secret-of-the-file
aws_session_token = {DECOY}-token-of-the-file
"""
_SETTINGS = f"""
region = xx-{DECOY}-1
endpoint_url = {_NOWHERE}
use_fips_endpoint = true
"""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """An Amazon ECR that checks signatures, shared by all tests: see ``repository``."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def repository(sandbox: Sandbox) -> str:
    """The name of a repository in the sandbox that is new, empty and nobody else's."""
    name = f"test/{uuid.uuid4().hex}"
    client = client_of(sandbox.cfg)
    client.call("CreateRepository", orjson.dumps({"repositoryName": name}))
    return name


@pytest.fixture(autouse=True)
def decoys(decoy_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment and ``~/.aws`` hold credentials and settings that nobody may use."""
    monkeypatch.setenv("HOME", str(decoy_home))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in _VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def decoy_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with ``.aws/credentials`` and ``.aws/config``."""
    home = tmp_path_factory.mktemp("home")
    folder = home / ".aws"
    folder.mkdir()
    profile = f"[profile {DECOY}]"
    (folder / "credentials").write_text(f"[default]{_KEYS}[{DECOY}]{_KEYS}")
    (folder / "config").write_text(f"[default]{_SETTINGS}{profile}{_SETTINGS}")
    return home
