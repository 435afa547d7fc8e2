"""Where the tests get their broker and the Node sailor from, and what is said when they can't."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lib.platform import Broker
from lib.platform.errors import MissingSoftwareError
from lib.platform.private_broker import running_broker
from tests.support.provision import Machine
from tests.support.repository import ROOT

pytestmark = pytest.mark.usefixtures("no_ci")

# The plugins that this repository's tests/conftest.py loads, on a machine that has nothing.
CONFTEST = """
import pytest

from lib.platform import Broker
from tests.support.provision import Machine

pytest_plugins = ["tests.support.provision", "tests.support.fixtures"]

@pytest.fixture(scope="session")
def machine():
    return Machine(Broker(port={port}), lambda: False, lambda: False, lambda *_: False)
"""
TESTS = """
import half_covered

def test_without_a_broker():
    half_covered.run(True)

def test_with_a_broker(broker):
    half_covered.run(False)

def test_with_a_broker_of_its_own(private_broker):
    pass

def test_with_node(node):
    pass
"""
HALF_COVERED = """
def run(first):
    if first:
        return 1
    return 2
"""


def nobody() -> Broker:
    """Return an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        return Broker(port=closed_soon.getsockname()[1])


def poor_machine() -> Machine:
    """Return a machine where nothing answers, nothing is installed, and nothing can be."""
    return Machine(nobody(), lambda: False, lambda: False, lambda *_: False)


@pytest.fixture
def no_ci(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("CI", raising=False)
    return monkeypatch


def test_a_machine_without_chromium_skips_a_test_and_says_what_to_do() -> None:
    poor = Machine(install=lambda *_: False, browser=lambda: None)
    with pytest.raises(pytest.skip.Exception) as skipped:
        poor.need_browser()
    assert (
        str(skipped.value) == "Chromium is missing; on Debian or Ubuntu: sudo apt install chromium"
    )


def test_a_machine_without_a_broker_skips_a_test_and_says_what_to_do() -> None:
    with pytest.raises(pytest.skip.Exception) as skipped:
        poor_machine().need_broker()
    assert str(skipped.value) == (
        "RabbitMQ is missing; on Debian or Ubuntu: sudo apt install rabbitmq-server"
    )


def test_a_machine_without_node_skips_a_test_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception) as skipped:
        poor_machine().need_node(tmp_path)
    assert str(skipped.value) == (
        "Node.js and npm are missing; on Debian or Ubuntu: sudo apt install nodejs npm"
    )


def test_a_ci_machine_without_node_skips_a_test_and_installs_nothing(
    no_ci: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed: list[str] = []

    def install(*packages: str) -> bool:
        installed.extend(packages)
        return True

    no_ci.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match="Node"):
        Machine(has_node=lambda: False, install=install).need_node(tmp_path)
    assert installed == []


@pytest.mark.parametrize(
    ("need", "packages"),
    [(Machine.need_broker, ["rabbitmq-server"]), (Machine.need_rabbitmq, ["rabbitmq-server"])],
)
def test_what_is_missing_is_installed(need: Callable[[Machine], None], packages: list[str]) -> None:
    installed: list[str] = []

    def install(*names: str) -> bool:
        installed.extend(names)
        return True

    need(Machine(nobody(), has_rabbitmq=lambda: bool(installed), install=install))

    assert installed == packages


@pytest.mark.long
def test_a_broker_is_started_when_none_answers(machine: Machine, tmp_path: Path) -> None:
    # Given RabbitMQ's package, and no broker that answers
    machine.need_rabbitmq()
    silent = nobody()

    # When a broker is asked for
    with running_broker(tmp_path, silent) as broker:
        # Then one is started, under a port of its own
        assert broker.answers
        assert broker.port not in (5672, silent.port)

    # And it ends with the block
    assert not broker.answers


def test_without_rabbitmq_a_broker_cannot_be_started(tmp_path: Path) -> None:
    silent = nobody()

    with (
        pytest.raises(MissingSoftwareError) as missing,
        running_broker(tmp_path, silent, has_rabbitmq=lambda: False),
    ):
        pass

    assert str(missing.value) == (
        f"no RabbitMQ answers on 127.0.0.1:{silent.port}, and none is installed; "
        "Debian, Ubuntu: sudo apt install rabbitmq-server"
    )


# A whole run of pytest on a machine that has nothing


def run_on_a_poor_machine(
    folder: Path, *options: str, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run four tests, of which two need RabbitMQ and one Node.js, with the coverage of a module."""
    (folder / "conftest.py").write_text(CONFTEST.format(port=nobody().port))
    (folder / "test_four.py").write_text(TESTS)
    (folder / "half_covered.py").write_text(HALF_COVERED)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = broker\n")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    paths = os.pathsep.join([str(ROOT), str(folder)])
    coverage = ["--cov=half_covered", "--cov-report="]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *coverage, *options],
        cwd=folder,
        env={**inherited, "PYTHONPATH": paths, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_run_passes_and_says_what_it_left_out(tmp_path: Path) -> None:
    ended = run_on_a_poor_machine(tmp_path, "--cov-fail-under=100", "-n", "2")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    left_out = [line for line in ended.stdout.splitlines() if line.startswith("Left out")]
    assert left_out == [
        (
            "Left out 2 tests: RabbitMQ is missing; on Debian or Ubuntu: "
            "sudo apt install rabbitmq-server"
        ),
        (
            "Left out 1 test: Node.js and npm are missing; on Debian or Ubuntu: "
            "sudo apt install nodejs npm"
        ),
    ]
    assert "1 passed, 3 skipped" in ended.stdout


@pytest.mark.slow
def test_a_run_that_leaves_nothing_out_needs_its_coverage(tmp_path: Path) -> None:
    ended = run_on_a_poor_machine(tmp_path, "--cov-fail-under=100", "-m", "not broker")

    assert ended.returncode == 1
    assert "1 passed, 3 deselected" in ended.stdout
    assert "Coverage failure" in ended.stdout


@pytest.mark.slow
def test_in_ci_what_is_left_out_fails(tmp_path: Path) -> None:
    ended = run_on_a_poor_machine(tmp_path, variables={"CI": "true"})

    assert ended.returncode == 1
    assert "3 errors" in ended.stdout
    assert "Left out" not in ended.stdout
    assert ended.stdout.count("\nskipped in CI: RabbitMQ is missing") == 2
    assert ended.stdout.count("\nskipped in CI: Node.js and npm are missing") == 1
