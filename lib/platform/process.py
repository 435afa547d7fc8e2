"""A started runtime, whichever: its process, exit code and log."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.platform.waiting import until

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Sailor:
    """A way to run component folders.

    Args:
        name: For the reader.
        serve: The command that runs a step.
        service: The command that answers a design-time question, but for the question.
    """

    name: str
    serve: Sequence[str]
    service: Sequence[str]

    def run_step(self, environment: Mapping[str, str], log: Path) -> "Runtime":
        """Start a step."""
        return Runtime(self.serve, environment, log)

    def ask(self, method: str, environment: Mapping[str, str], log: Path) -> "Runtime":
        """Start a design-time service."""
        return Runtime([*self.service, method], environment, log)


OURS = Sailor(
    "python",
    (sys.executable, "-m", "lib.sailor", "serve"),
    (sys.executable, "-m", "lib.sailor", "service"),
)


def node_sailor(packages: Path) -> Sailor:
    """Return the platform's Node runtime, in a folder of npm packages."""
    home = packages / "elasticio-sailor-nodejs"
    return Sailor("node", ("node", str(home / "run.js")), ("node", str(home / "runService.js")))


class Runtime:
    """A process that was started with ELASTICIO_ variables, in the repository's root.

    Args:
        command: What to run.
        environment: Its ELASTICIO_ variables; there are no others of that prefix.
        log: Where its output goes.
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
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.poll() is None

    @property
    def cpu_seconds(self) -> float:
        """How long the process has kept a core busy, in whole seconds on most systems."""
        days, _, clock = self._told_by_ps("cputime").rpartition("-")
        seconds = 0.0
        for part in clock.split(":"):
            seconds = seconds * 60 + float(part)
        return seconds + 86400 * int(days or 0)

    @property
    def resident_kib(self) -> int:
        """How much memory the process has, in KiB."""
        return int(self._told_by_ps("rss"))

    def _told_by_ps(self, column: str) -> str:
        command = ["ps", "-o", f"{column}=", "-p", str(self.pid)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    @property
    def output(self) -> str:
        """All that it has written to stdout and stderr."""
        return self._log.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it has logged; fails on a line that is not a JSON object."""
        complete = self.output.rpartition("\n")[0].splitlines()
        lines = [json.loads(line) for line in complete]
        assert all(isinstance(line, dict) for line in lines), "a line is no JSON object"
        return lines

    def until_logged(self, text: str, *, within: float = 20) -> None:
        """Wait until its output has a text."""
        until(lambda: text in self.output, f"{text!r} in the log", within=within)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self, *, within: float = 20) -> int:
        """Wait for its end, and return the exit code."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within} s") from None

    def stop(self, *, within: float = 20) -> int:
        """Send it SIGTERM, wait for its end, and return the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(within=within)

    def wait_or_kill(self, *, within: float) -> None:
        """Wait for its end, but not for ever."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it if it runs."""
        if self.running:
            self._process.kill()
            self._process.wait(10)
