"""What tests share: an Amazon ECR of their own, and a machine whose AWS settings are a trap."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lib.component.connection import client_of
from lib.sandbox import Sandbox
from tests.support import decoys

pytest_plugins = [
    "tests.support.random_examples",
    "tests.support.provision",
    "tests.support.fixtures",
]


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers: more than cores, because many tests wait for a process."""
    return (os.cpu_count() or 1) * 2


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
def aws_settings_of_the_machine(decoy_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the environment and ``~/.aws`` hold credentials and settings that nobody may use."""
    monkeypatch.setenv("HOME", str(decoy_home))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in decoys.VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def decoy_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with ``.aws/credentials`` and ``.aws/config``."""
    home = tmp_path_factory.mktemp("home")
    decoys.write_home(home)
    return home


@pytest.fixture
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 in the test itself, not the connector, do without the decoys' profile."""
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_USE_FIPS_ENDPOINT"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "false")
    monkeypatch.setenv("HOME", "/nonexistent")
