"""Runs of a workspace's flow, or of one of its steps, with what the pages show of them."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal

from lib.platform.errors import InvalidFlowError, MappingError
from lib.platform.flows.input import first_message
from lib.platform.flows.plan import Plan
from lib.sailor.step import Message
from lib.studio.execution import Execution
from lib.studio.step_results import StepResults
from lib.studio.workspace import Workspace

_INTERVAL = 1  # seconds between two looks at the samples of a run, which mappers evaluate

State = Literal["idle", "running", "finished", "stopped", "failed"]


class Player:
    """Runs the flow of a workspace; one run at a time.

    It publishes ``run`` whenever there is something new, and ``samples`` once a second and at the
    end.

    Args:
        workspace: The workspace.

    Attributes:
        state: Whether a run is in progress, or how the last one ended.
        step: The step that runs, or ran, alone; None for the whole flow.
        results: What each step did when it ran last, by the step's id.
        faults: Why the last run failed, a sentence without a full stop each.
        seconds: How long the last run took.
        input: The body that the flow begins with; None for the one that its trigger suggests.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.state: State = "idle"
        self.step: str | None = None
        self.results: dict[str, StepResults] = {}
        self.faults: tuple[str, ...] = ()
        self.seconds = 0.0
        self.input: Any = None
        self._workspace = workspace
        self._execution: Execution | None = None
        self._plan: Plan | None = None  # of the whole flow, while and after it ran
        self._begun = 0.0  # when the last run began
        self._is_stopped = False
        self._last_samples = 0.0  # when they were published

    @property
    def is_running(self) -> bool:
        """Whether a run is in progress."""
        return self.state == "running"

    @property
    def failed(self) -> list[str]:
        """The steps that emitted errors in the last run which no error handling takes."""
        steps = [*self.results] if self.step is None else [self.step]
        return [step for step in steps if self._unhandled(step)]

    @property
    def errors(self) -> int:
        """How many errors of the last run no error handling takes."""
        return sum(self.results[step].count.errors for step in self.failed)

    def reset(self) -> None:
        """Forget everything, since there is another flow."""
        self.stop()
        self._execution = None
        self.state, self.step, self.faults, self.input = "idle", None, (), None
        self.results = {}
        self._workspace.samples.clear()
        self._workspace.publish("run")

    def stop(self) -> None:
        """End the run in progress at once."""
        self._is_stopped = True
        if self._execution:
            self._execution.stop()

    async def run_flow(self) -> None:
        """Run the whole flow, and return when it has ended."""
        self.results = {}
        self._workspace.samples.clear()
        self._begin(None)
        try:
            self._plan = await asyncio.to_thread(self._workspace.plan)
            message = first_message(self._plan, self.input)
        except InvalidFlowError as error:
            self._end("failed", error.faults)
        else:
            await self._run(message)

    async def run_step(self, step: str) -> None:
        """Run one step on the message that the step before emitted last, until it has ended.

        Args:
            step: The step.
        """
        self.results.pop(step, None)
        self._begin(step)
        message = self.input_of(step)
        try:
            if message and self._workspace.document.edge_to(step):
                message = self._workspace.mapped(step, message)
        except MappingError as error:
            self._end("failed", [f"the input of {step}: {error}"])
        else:
            await self._run(message)

    def input_of(self, step: str) -> Message | None:
        """Return the message that a step gets, before it is mapped.

        Returns:
            The message; for a step after one that has no sample, an empty one; None for what the
            trigger suggests.
        """
        if self._workspace.document.edge_to(step) is None:
            return None if self.input is None else _message(self.input)
        return self._workspace.input_sample(step) or _message({})

    def _unhandled(self, step: str) -> bool:
        """Return whether a step emitted errors that no error handling takes."""
        results = self.results.get(step)
        if results is None or not results.count.errors:
            return False
        return self._plan is None or not self._plan.branches_for_errors(step)

    def _begin(self, step: str | None) -> None:
        self.state, self.step, self.faults, self._plan = "running", step, (), None
        self._begun, self._is_stopped = time.monotonic(), False
        self._workspace.publish("run")

    def _end(self, state: State, faults: Sequence[str]) -> None:
        self.state, self.faults = state, tuple(faults)
        self.seconds = time.monotonic() - self._begun
        self._workspace.publish("run")
        self._workspace.publish("samples")

    async def _run(self, message: Message | None) -> None:
        """Run what has begun.

        Args:
            message: As for :meth:`lib.studio.execution.Execution.start`.
        """
        document = self._workspace.document
        self._execution = execution = await Execution.start(
            document.dump(),
            document.path,
            self._workspace.connector,
            self._workspace.credentials,
            on_change=self._take,
            step=self.step,
            message=message,
        )
        if self._is_stopped:  # before there was something to stop
            execution.stop()
        outcome = await execution.finished()
        if self._execution is execution:  # else another flow was opened meanwhile
            self._execution = None
            self._end(outcome.state, outcome.faults)

    def _take(self, steps: set[str]) -> None:
        """Take over what some steps have done."""
        if self._execution is None:
            return
        for step in steps:
            self.results[step] = results = self._execution.steps[step]
            if messages := results.messages:
                self._workspace.samples[step] = messages
        self._workspace.publish("run")
        if time.monotonic() >= self._last_samples + _INTERVAL:
            self._last_samples = time.monotonic()
            self._workspace.publish("samples")


def _message(body: Any) -> Message:
    """Return a message with a body."""
    return {"body": body, "headers": {}, "attachments": {}, "metadata": {}}
