"""Software that some tests need: RabbitMQ, Node.js, skopeo and Chromium.

What is missing is installed where that is possible. Otherwise the tests that need it are skipped,
and the last lines of a run say which were left out and how to run them too. In CI a skipped test
is a failure.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lib.platform import node, private_broker
from lib.platform.broker import DEFAULT_BROKER, Broker
from lib.platform.errors import MissingSoftwareError


def _install_with_apt(*packages: str) -> bool:
    """Install Debian packages, and return whether that was possible."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-qq"], install):
        ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    return ended.returncode == 0


def _find_browser() -> str | None:
    """Return the path of Chromium, whose name differs between systems; None if it is missing."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@dataclass(frozen=True)
class Machine:
    """The machine that the tests run on.

    Args:
        broker: The broker that answers, if one does.
        has_rabbitmq: Returns whether RabbitMQ is installed.
        has_node: Returns whether Node.js and npm are installed.
        install: Installs Debian packages, and returns whether that was possible.
        browser: Returns the path of Chromium; None if it is not installed.
    """

    broker: Broker = DEFAULT_BROKER
    has_rabbitmq: Callable[[], bool] = private_broker.is_installed
    has_node: Callable[[], bool] = node.is_installed
    install: Callable[..., bool] = _install_with_apt
    browser: Callable[[], str | None] = _find_browser

    def need_broker(self) -> None:
        """Skip the test unless a broker answers or can be started."""
        if not self.broker.answers:
            self.need_rabbitmq()

    def need_rabbitmq(self) -> None:
        """Skip the test unless RabbitMQ is installed, or can be."""
        self._need("RabbitMQ is", self.has_rabbitmq, "rabbitmq-server")

    def need_node(self, folder: Path) -> Path:
        """Skip the test unless Node.js and a folder's npm packages are installed, or can be.

        Returns:
            The folder of the packages.
        """
        if os.environ.get("CI") == "true" and not self.has_node():
            pytest.skip("Node.js and npm are missing: add nodejs and npm to the CI machine")
        self._need("Node.js and npm are", self.has_node, "nodejs", "npm")
        try:
            with one_process_at_a_time("installation"):
                return node.packages(folder)
        except MissingSoftwareError as error:
            pytest.skip(f"the Node.js runtime is missing: {error}")

    def need_skopeo(self) -> None:
        """Skip the test unless skopeo, a client of registries, is installed, or can be."""
        self._need("skopeo is", lambda: shutil.which("skopeo") is not None, "skopeo")

    def need_browser(self) -> str:
        """Skip the test unless Chromium is installed, or can be.

        Returns:
            The path of the program.
        """
        self._need("Chromium is", lambda: self.browser() is not None, "chromium")
        return str(self.browser())

    def _need(self, what: str, has: Callable[[], bool], *packages: str) -> None:
        with one_process_at_a_time("installation"):
            if not has() and not (self.install(*packages) and has()):
                command = f"sudo apt install {' '.join(packages)}"
                pytest.skip(f"{what} missing; on Debian or Ubuntu: {command}")


@contextmanager
def one_process_at_a_time(doing: str) -> Iterator[None]:
    """Keep the processes of parallel test runs from doing something at the same time."""
    with (Path(tempfile.gettempdir()) / f"ecr-connector-tests-{doing}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that ask the machine for software, before ``-m`` selects."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "browser" in fixtures:
            item.add_marker("browser")
        elif "machine" in fixtures:
            item.add_marker("broker")
        if "private_broker" in fixtures:
            item.add_marker("long")  # it restarts the broker, or fills it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail in CI, where everything must be there."""
    report = yield
    is_skipped = report.skipped and not hasattr(report, "wasxfail")
    if is_skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True, trylast=True)  # so that it ends before pytest-cov's own
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Require no coverage of a run that left tests out."""
    result = yield
    manager = session.config.pluginmanager
    terminal, coverage = manager.getplugin("terminalreporter"), manager.getplugin("_cov")
    if coverage and terminal and terminal.stats.get("skipped"):
        coverage.options.cov_fail_under = None
    return result


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests were left out, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(map(_reason, skipped)).items():
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"Left out {tests}: {reason}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped."""
    if not isinstance(report.longrepr, tuple):
        return str(report.longrepr)
    return report.longrepr[2].removeprefix("Skipped: ")
