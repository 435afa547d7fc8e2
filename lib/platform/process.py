"""Runtimes, and the processes that run a step or answer a design-time question."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.platform.errors import DeadlineExceededError, UnreadableLogError
from lib.platform.waiting import until

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Sailor:
    """A runtime of the platform, as commands.

    Args:
        name: Its name, for logs.
        serve: The command that runs a step.
        service: The command that answers a design-time question, to which the question's name
            is appended.
    """

    name: str
    serve: Sequence[str]
    service: Sequence[str]

    def run_step(self, environment: Mapping[str, str], log: Path) -> "Runtime":
        """Start a step.

        Args:
            environment: Its ELASTICIO_ variables.
            log: The file that its output is written to.
        """
        return Runtime(self.serve, environment, log)

    def ask(self, method: str, environment: Mapping[str, str], log: Path) -> "Runtime":
        """Start a design-time service.

        Args:
            method: ``verifyCredentials``, ``selectModel`` or ``getMetaModel``.
            environment: Its ELASTICIO_ variables.
            log: The file that its output is written to.
        """
        return Runtime([*self.service, method], environment, log)


# The command that the image starts.
_COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
OURS = Sailor("python", (_COMMAND, "serve"), (_COMMAND, "service"))


def node_sailor(packages: Path) -> Sailor:
    """Return the platform's own runtime.

    Args:
        packages: The folder of npm packages that it is installed in.
    """
    home = packages / "elasticio-sailor-nodejs"
    return Sailor("node", ("node", str(home / "run.js")), ("node", str(home / "runService.js")))


class Runtime:
    """A process of a runtime, started in the repository's root.

    Args:
        command: The command.
        environment: Its ELASTICIO_ variables, and others; ELASTICIO_ variables and LOG_LEVEL of
            this process are not passed on.
        log: The file that its output is written to.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ELASTICIO_")}
        inherited.pop("LOG_LEVEL", None)
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**inherited, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C in a shell is for us, who stop it in good order
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is still running."""
        return self._process.poll() is None

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that the process has used, in seconds; whole seconds on most systems."""
        days, _, clock = self._ps("cputime").rpartition("-")
        seconds = 0.0
        for part in clock.split(":"):
            seconds = seconds * 60 + float(part)
        return seconds + 86400 * int(days or 0)

    @property
    def resident_kib(self) -> int:
        """The resident memory of the process, in KiB."""
        return int(self._ps("rss"))

    def _ps(self, column: str) -> str:
        command = ["ps", "-o", f"{column}=", "-p", str(self.pid)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    @property
    def output(self) -> str:
        """The output so far, of stdout and stderr."""
        return self._log.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The complete lines of the log so far.

        Raises:
            UnreadableLogError: A line is not a JSON object.
        """
        complete = self.output.rpartition("\n")[0].splitlines()
        return [_parsed(line) for line in complete]

    def until_logged(self, text: str, *, within: float = 20) -> None:
        """Wait until the output contains a text.

        Raises:
            DeadlineExceededError: It does not within so many seconds.
        """
        until(lambda: text in self.output, f"{text!r} in the log", within=within)

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self._process.send_signal(number)

    def wait(self, *, within: float = 20) -> int:
        """Wait until the process ends, and return its exit status.

        Raises:
            DeadlineExceededError: It is still running after so many seconds.
        """
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise DeadlineExceededError(f"still running after {within} s") from None

    def stop(self, *, within: float = 20) -> int:
        """Send the process SIGTERM, wait until it ends, and return its exit status.

        Raises:
            DeadlineExceededError: It is still running after so many seconds.
        """
        self.signal(signal.SIGTERM)
        return self.wait(within=within)

    def wait_or_kill(self, *, within: float) -> None:
        """Wait until the process ends; kill it if it is still running after so many seconds."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the process if it is running."""
        if self.running:
            self._process.kill()
            self._process.wait(10)


def _parsed(line: str) -> dict[str, Any]:
    """Return the JSON object in a line of a log."""
    try:
        parsed = json.loads(line)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise UnreadableLogError(f"not a JSON object: {line}")
    return parsed
