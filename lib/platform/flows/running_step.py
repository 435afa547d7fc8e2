"""A step that runs over a broker: its process, its log, and what its messages are up to."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lib.platform.errors import MissingSoftwareError
from lib.platform.flows.components import Function
from lib.platform.flows.plan import PlannedStep
from lib.platform.process import OURS, ROOT, Runtime, Sailor, node_sailor
from lib.platform.topology import Flow, FlowStep


@dataclass
class RunningStep:
    """A step and its process.

    Args:
        step: Its queues.
        runtime: Its process; None if somebody starts it by hand.
        log: The file that the process writes its log to.

    Attributes:
        is_ending: Whether it was asked to end.
        unanswered: The ids of the messages that it got and that have no event yet.
        last_event: When the last message went to it, or its last event came.
        last: The message to which its last event belongs, and when that event was emitted, in
            milliseconds since 1970.
        why: Why it could not start, if it said so.
    """

    step: FlowStep
    runtime: Runtime | None = None
    log: Path | None = None
    is_ending: bool = field(default=False, init=False)
    unanswered: set[str] = field(default_factory=set, init=False)
    last_event: float = field(default=0, init=False)
    last: tuple[str, float] = field(default=("", 0), init=False)
    why: str = field(default="", init=False)
    _shown: int = field(default=0, init=False)  # bytes of the log
    _last_line: str = field(default="no log", init=False)

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody else starts and ends it."""
        return self.runtime is None

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return self.runtime is not None and self.runtime.running

    @property
    def has_ended_early(self) -> bool:
        """Whether its process has ended though it was not asked to."""
        return not (self.is_ending or self.is_by_hand or self.is_running)

    def end(self) -> None:
        """Ask the process to finish what it has begun, and to end."""
        self.is_ending = True
        if self.runtime and self.runtime.running:
            self.runtime.signal(signal.SIGTERM)

    def wait_or_kill(self, *, within: float) -> None:
        """Wait until the process ends; kill it if it is still running after so many seconds."""
        if self.runtime:
            self.runtime.wait_or_kill(within=within)

    def show_log(self, write: Callable[[str], None]) -> None:
        """Hand on the complete lines that the process has logged since the last time."""
        if self.log is None or self.log.stat().st_size == self._shown:
            return
        with self.log.open("rb") as opened:
            opened.seek(self._shown)
            complete = opened.read().rpartition(b"\n")[0]
        if complete:
            self._shown += len(complete) + 1
            for line in complete.decode(errors="replace").split("\n"):
                write(line)
                self._last_line = line

    def how_it_ended(self) -> str:
        """Return why its process has ended, as far as it said so."""
        if self.why:
            return f"{self.step.id} cannot start: {self.why}"
        status = self.runtime.wait() if self.runtime else None
        return f"{self.step.id} ended with exit status {status}: {self._last_line}"


def step_environment(planned: PlannedStep, flow: Flow, **settings: str | int) -> dict[str, str]:
    """Return the ELASTICIO_ variables of a step.

    Args:
        planned: The step.
        flow: The topology of its flow.
        settings: More variables, without their prefix.
    """
    function = planned.function
    [step] = [step for step in flow.steps if step.id == planned.id]
    # The Node sailor takes the path as relative to its working directory, whatever it begins with.
    path = os.path.relpath(function.component.path, ROOT)
    return flow.environment(function.name, step, COMPONENT_PATH=path, **settings)


def sailor_of(function: Function) -> Sailor:
    """Return the runtime of a function: a Node.js component brings its own.

    Raises:
        MissingSoftwareError: It is not installed in the component's folder.
    """
    if not function.is_node:
        return OURS
    folder = function.component.path
    if not (folder / "node_modules/elasticio-sailor-nodejs").is_dir():
        raise MissingSoftwareError(
            f"{folder.name} needs its npm packages, elasticio-sailor-nodejs among them",
            f"npm install --prefix {folder}",
        )
    return node_sailor(folder / "node_modules")
