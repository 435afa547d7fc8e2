"""What tests need from the machine: a broker, and Node with the platform's own runtime.

What is not there is installed where that is possible; otherwise the test run stops and says
what to do. Nothing is skipped.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.platform import private_broker
from lib.platform.broker import Broker
from lib.platform.private_broker import PrivateBroker

WELL_KNOWN = Broker(port=5672)


def broker(folder: Path) -> tuple[Broker, PrivateBroker | None]:
    """Return a broker for tests, and the node behind it if it was started for them.

    Args:
        folder: Where such a node may live.
    """
    if WELL_KNOWN.answers:
        return WELL_KNOWN, None
    need_rabbitmq()
    if WELL_KNOWN.answers:  # Debian's package starts the service where it can
        return WELL_KNOWN, None
    node = PrivateBroker(folder)
    try:
        node.start()
    except BaseException:
        node.remove()
        raise
    return node.broker, node


def need_rabbitmq() -> None:
    """See to it that RabbitMQ is installed."""
    if not private_broker.installed():
        _install("RabbitMQ", "rabbitmq-server")


def need_node(folder: Path) -> Path:
    """See to it that a folder's locked npm packages are installed, once per checkout.

    Returns:
        The folder of the packages.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("CI") == "true":
            _stop("Node.js and npm are needed, and this CI machine has none: add nodejs and npm")
        _install("Node.js and npm", "nodejs", "npm")
    packages = folder / "node_modules"
    lock = folder / "package-lock.json"
    installed = packages / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            _stop(f"`{' '.join(command)}` failed in {folder.name}:\n{ended.stderr[-2000:]}")
        installed.touch()
    return packages


def _install(what: str, *debian_packages: str) -> None:
    """Install Debian packages, or stop the test run with what to do."""
    names = " ".join(debian_packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        _stop(f"The tests need {what}. Install it (Debian, Ubuntu: `sudo apt install {names}`)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *debian_packages],
    ):
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
    if ended.returncode != 0:
        _stop(f"The tests need {what}, and `apt-get install {names}` failed:\n{ended.stderr}")


def _stop(reason: str) -> None:
    pytest.exit(reason, returncode=1)
