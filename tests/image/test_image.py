"""The image that the platform builds and starts, built and started as it does."""

import re
import time
from pathlib import Path

import pytest

from lib import __version__
from lib.platform import Flow
from tests.support.aws_model import cfg_for
from tests.support.connector import is_empty, message
from tests.support.image import Image
from tests.support.loopback import Loopback, Reply
from tests.support.repository import ROOT

# Alone, because a container has a second to end; and a first build makes the base as well.
pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]

IMAGES = {"imageDetails": [{"imageTags": ["1.0.0"]}]}


def test_a_step_answers_100_messages_and_ends_within_a_second_of_sigterm(
    image: Image, flow: Flow, tmp_path: Path
) -> None:
    with Loopback() as server:
        # Given a step with messages in its queue
        server.answer(Reply(IMAGES))
        flow.configure(flow.step.id, config=cfg_for(server))
        ids = [flow.publish(message(repositoryName="shop")) for _ in range(100)]

        # When it is started as the platform starts it
        container = image.serve(flow.environment("DescribeImages"), tmp_path / "log")
        answers = flow.take(flow.output, 100, within=60)

        # Then each message is answered once
        assert [answer.body for answer in answers] == [IMAGES] * 100
        assert sorted(answer["parentMessageId"] for answer in answers) == sorted(ids)

        # And SIGTERM ends it in good order
        terminated = time.monotonic()
        container.terminate()
        assert container.runtime.wait(within=10) == 0, container.runtime.output
        assert time.monotonic() - terminated < 1
        assert is_empty(flow)


def test_process_1_is_tini_and_runs_as_an_unprivileged_user(
    image: Image, flow: Flow, tmp_path: Path
) -> None:
    # Given a step that consumes, and so has started its own process
    container = image.serve(flow.environment("DescribeImages"), tmp_path / "log")
    flow.until_consumed()

    # Then
    process = Path(f"/proc/{container.process_1}")
    status = dict(
        line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if line
    )
    assert status["Name"] == "tini"
    assert status["NSpid"].split()[-1] == "1"
    assert image.run("id --user --name") == "step"
    assert image.run("id --user") == status["Uid"].split()[0] != "0"

    container.terminate()
    assert container.runtime.wait() == 0


def test_nothing_is_writable_but_tmp(image: Image) -> None:
    # Devices and links apart: a link's target counts
    found = image.run("find / -xdev -writable ! -type l ! -type c 2>/dev/null || true")

    assert found.splitlines() == ["/tmp"]  # noqa: S108 - the container's


def test_the_folder_of_the_step_holds_what_the_platform_reads_and_no_test(image: Image) -> None:
    assert sorted(image.run("ls -A /app").splitlines()) == [
        ".venv",
        "LICENSE",
        "README.md",
        "__pycache__",
        "actions",
        "component.json",
        "lib",
        "logo.png",
        "pyproject.toml",
        "requirements.txt",
        "schemas",
        "triggers",
        "verify_credentials.py",
    ]
    assert image.run("ecr-connector --version") == f"ecr-connector {__version__}"


def test_the_packages_are_those_of_the_lock_without_an_installer(image: Image) -> None:
    # When
    command = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    installed = image.run(f"python -c '{command}'").split()

    # Then
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    expected = {*locked, "amazonaws-com-ecr-connector"} - {"setuptools"}
    assert set(map(canonical, installed)) == set(map(canonical, expected))
    assert image.run("command -v pip || true") == ""


def canonical(name: str) -> str:
    """Return a package's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_it_has_the_data_of_the_services_that_the_connector_calls(image: Image) -> None:
    folder = "/app/.venv/lib/python3*/site-packages/botocore/data"

    assert image.run(f"cd {folder} && ls -d */").split() == ["ecr/", "sts/"]


def test_it_has_at_most_60_mb_over_its_base(image: Image) -> None:
    assert 40 < image.growth <= 60
