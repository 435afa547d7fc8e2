"""The image, built and run: by the container engine of this machine, or else by buildah.

buildah needs no daemon, and no image from a registry: as root on Debian, it builds on a stand-in
for the Dockerfile's base that debootstrap makes from the machine's own package sources. It mounts
the machine's configuration of apt and pip while it builds, and nothing of it remains.

``python -m tests.support.image`` builds the image; it is what ``make image`` runs.
"""

import json
import os
import platform
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from lib.platform import Runtime, until
from tests.support.repository import ROOT

NAME = "ecr-connector"

_MISSING = (
    "no container engine answers, and without one the image is built as root on Debian only; "
    "install Docker or Podman"
)
_MB = 1_000_000


class MissingEngineError(Exception):
    """Neither a container engine nor buildah is available; the text says how to get one."""


@dataclass(frozen=True)
class Container:
    """A container at work.

    Args:
        runtime: The command on this machine that lasts as long as the container.
        process_1: The id that process 1 of the container has on this machine.
        terminate: Sends SIGTERM to that process.
    """

    runtime: Runtime
    process_1: int
    terminate: Callable[[], None]


class Image(Protocol):
    """The image, as built by an engine."""

    @property
    def growth(self) -> float:
        """The size of the image over that of its base, in MB."""

    def run(self, script: str) -> str:
        """Run a shell script in a container as the image's user, and return its output."""

    def serve(self, environment: Mapping[str, str], log: Path) -> Container:
        """Start a container with the image's entry point and command.

        Args:
            environment: The ELASTICIO_ variables.
            log: The file that its output is written to.
        """


@contextmanager
def built(install: Callable[..., bool]) -> Iterator[Image]:
    """Build the image, and yield it for as long as the block lasts.

    Args:
        install: Installs Debian packages, and returns whether that was possible.

    Raises:
        MissingEngineError: Nothing on this machine can build it.
        subprocess.CalledProcessError: The build failed.
    """
    for engine in ("docker", "podman"):
        if _answers(engine):
            yield _EngineImage.build(engine)
            return
    if not _can_bootstrap(install):
        raise MissingEngineError(_MISSING)
    with TemporaryDirectory() as folder:
        buildah = _Buildah()
        image = buildah.build(Path(folder))
        try:
            yield image
        finally:
            image.remove()


def _answers(engine: str) -> bool:
    """Return whether a container engine is installed, and its daemon, if it has one, runs."""
    if shutil.which(engine) is None:
        return False
    return subprocess.run([engine, "info"], capture_output=True, check=False).returncode == 0


def _can_bootstrap(install: Callable[..., bool]) -> bool:
    if os.geteuid() != 0 or platform.freedesktop_os_release().get("ID") != "debian":
        return False
    return all(map(shutil.which, ("buildah", "debootstrap"))) or install("buildah", "debootstrap")


def _output(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command, and return its output; the standard error is this process's."""
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment, cwd=ROOT
    )
    return ended.stdout.strip()


@dataclass(frozen=True)
class _EngineImage:
    """The image of Docker or Podman."""

    engine: str
    base: str

    @classmethod
    def build(cls, engine: str) -> "_EngineImage":
        _output(engine, "build", "--tag", NAME, ".")
        [base] = [
            line.partition("=")[2]
            for line in (ROOT / "Dockerfile").read_text().splitlines()
            if line.startswith("ARG BASE=")
        ]
        _output(engine, "pull", "--quiet", base)  # BuildKit keeps bases to itself
        return cls(engine, base)

    @property
    def growth(self) -> float:
        size = [
            int(_output(self.engine, "image", "inspect", "--format", "{{.Size}}", name))
            for name in (NAME, self.base)
        ]
        return (size[0] - size[1]) / _MB

    def run(self, script: str) -> str:
        return _output(self.engine, "run", "--rm", "--entrypoint", "sh", NAME, "-c", script)

    def serve(self, environment: Mapping[str, str], log: Path) -> Container:
        id_file = log.with_suffix(".id")
        variables = [f"--env={name}" for name in environment]  # the values stay out of ``ps``
        options = ["--rm", "--network=host", f"--cidfile={id_file}"]
        runtime = Runtime([self.engine, "run", *options, *variables, NAME], environment, log)
        process_1 = until(lambda: self._process_1(id_file), "process 1 of the container")
        # The command passes signals on.
        return Container(runtime, process_1, partial(runtime.signal, signal.SIGTERM))

    def _process_1(self, id_file: Path) -> int:
        """Return the id of process 1; 0 while there is none."""
        if not (container := id_file.read_text() if id_file.exists() else ""):
            return 0
        return int(_output(self.engine, "inspect", "--format={{.State.Pid}}", container))


class _Buildah:
    """buildah, without a daemon, namespaces and overlays: it runs where no container does."""

    _SETTINGS: Mapping[str, str] = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}

    def __call__(self, *arguments: str | Path) -> str:
        return _output("buildah", *arguments, environment={**os.environ, **self._SETTINGS})

    def build(self, folder: Path) -> "_BuildahImage":
        """Build the image.

        Args:
            folder: A folder for the time of the build.
        """
        base = self._base(folder)
        mounts = [f"--volume={path}:{path}:ro" for path in _configuration()]
        options = ["--quiet", f"--build-arg=BASE={base}", f"--tag={NAME}"]
        self("build", *options, *mounts, ".")
        return _BuildahImage(self, self("from", NAME), self("from", base))

    def _base(self, folder: Path) -> str:
        """Return the name of the stand-in for the base, which is made if it is not there yet."""
        release = platform.freedesktop_os_release()["VERSION_CODENAME"]
        name = f"localhost/{NAME}-base:{release}"
        if self("images", "--quiet", "--filter", f"reference={name}"):
            return name
        root = folder / "root"
        packages = "--include=ca-certificates,python3,python3-venv"
        mirror = _mirror(release)
        _output("debootstrap", "--variant=minbase", packages, release, root, *mirror)
        # As in the Dockerfile's base.
        (root / "usr/bin/python").symlink_to("python3")
        for emptied in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / emptied)
        container = self("from", "scratch")
        self("add", "--quiet", container, root, "/")
        self("commit", "--quiet", "--rm", container, name)
        return name


def _mirror(release: str) -> Sequence[str]:
    """Return the address from which apt gets a release of Debian; empty if apt does not say."""
    columns = "$(CODENAME) $(REPO_URI)"
    targets = _output("apt-get", "indextargets", "--format", columns, "Created-By: Packages")
    return [line.split()[1] for line in targets.splitlines() if line.split()[0] == release][:1]


def _configuration() -> Iterator[Path]:
    """Yield the files and folders with which apt and pip on this machine find packages."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    paths = [*map(Path, ("/etc/apt", "/etc/pip.conf", "/etc/ssl/certs")), home / ".config/pip"]
    yield from (path for path in paths if path.exists())


@dataclass(frozen=True)
class _BuildahImage:
    """The image of buildah, and its base, each as a container whose file system is mounted.

    A container that runs is a process in its own namespace of process ids, with that file system
    as its root.
    """

    buildah: _Buildah
    container: str
    base: str

    @property
    def growth(self) -> float:
        size = [
            int(_output("du", "--bytes", "--summarize", "--one-file-system", root).split()[0])
            for root in map(self._root, (self.container, self.base))
        ]
        return (size[0] - size[1]) / _MB

    def run(self, script: str) -> str:
        return _output(*self._command(["sh", "-c", script], {}))

    def serve(self, environment: Mapping[str, str], log: Path) -> Container:
        config = self._config
        command = self._command([*config["Entrypoint"], *config["Cmd"]], environment)
        runtime = Runtime(command, {}, log)
        [process_1] = until(lambda: _children(runtime.pid), "process 1 of the container")
        return Container(runtime, process_1, partial(os.kill, process_1, signal.SIGTERM))

    def remove(self) -> None:
        self.buildah("rm", self.container, self.base)

    def _command(self, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """Return the command that runs another one in a container."""
        config, root = self._config, self._root(self.container)
        return [
            *("unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc"),
            *("chroot", f"--userspec={config['User']}", root),
            *("env", "--ignore-environment", f"--chdir={config['WorkingDir']}"),
            *config["Env"],
            *(f"{name}={value}" for name, value in environment.items()),
            *command,
        ]

    def _root(self, container: str) -> str:
        """Return the folder with a container's file system."""
        return self.buildah("mount", container)

    @property
    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self.buildah("inspect", self.container))["OCIv1"][
            "config"
        ]
        return config


def _children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def main() -> None:
    """Build the image, and print its size over that of its base."""
    try:
        with built(lambda *_: False) as image:
            print(f"The image {NAME} has {image.growth:.0f} MB over its base.")  # noqa: T201
    except MissingEngineError as reason:
        sys.exit(f"{reason}.")


if __name__ == "__main__":
    main()
