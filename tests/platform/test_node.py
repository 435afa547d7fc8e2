"""The npm packages of the platform's own runtime: installed once, by an npm that stands in."""

import os
from pathlib import Path

import pytest

from lib.platform import node
from lib.platform.errors import MissingSoftwareError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a lock file, for npm packages."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    return folder


def put_on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, npm: str) -> None:
    """Let ``node`` and ``npm`` be shell scripts of the test."""
    programs = folder / "programs"
    programs.mkdir()
    for name, script in {"node": "exit 0", "npm": npm}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")


def test_packages_are_installed_once_and_again_when_the_lock_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    # Given
    put_on_path(monkeypatch, tmp_path, 'echo "$@" >> calls; mkdir -p node_modules')

    # When
    installed = node.packages(folder)
    node.packages(folder)

    # Then
    install = "ci --ignore-scripts --no-audit --no-fund\n"
    assert installed == folder / "node_modules"
    assert (folder / "calls").read_text() == install

    # And when the lock is newer than what is installed
    newer = (installed / ".package-lock.json").stat().st_mtime + 10
    os.utime(folder / "package-lock.json", (newer, newer))
    node.packages(folder)
    assert (folder / "calls").read_text() == install * 2


def test_a_failure_of_npm_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    put_on_path(monkeypatch, tmp_path, "echo no network >&2; exit 1")

    with pytest.raises(MissingSoftwareError) as missing:
        node.packages(folder)

    assert str(missing.value) == (
        "`npm ci --ignore-scripts --no-audit --no-fund` fails in packages: no network; "
        "check the network and npm's registry"
    )


def test_without_node_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingSoftwareError) as missing:
        node.packages(folder)

    assert str(missing.value) == (
        "Node.js and npm are not installed; Debian, Ubuntu: sudo apt install nodejs npm"
    )
