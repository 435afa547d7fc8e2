"""Runs of a flow, or of one of its steps, seen from the studio."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from lib.platform.flows.components import Connector
from lib.platform.flows.observer import Count
from lib.sailor.step import Message
from lib.studio.child import ChildProcess
from lib.studio.step_results import LogLine, StepEvent, StepResults


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        state: ``finished``, ``stopped`` by a person, or ``failed``: it could not begin, or was
            cut off.
        faults: Why it failed, a sentence without a full stop each.
    """

    state: Literal["finished", "stopped", "failed"]
    faults: tuple[str, ...] = ()


class Execution:
    """A run in a child process; it belongs to the event loop.

    Credentials reach the child through a pipe, never a file or a command line.

    Attributes:
        steps: What the steps have done so far, by the steps' ids.
    """

    def __init__(self, child: ChildProcess, on_change: Callable[[set[str]], None]) -> None:
        self.steps: dict[str, StepResults] = defaultdict(StepResults)
        self._child = child
        self._on_change = on_change
        self._is_stopped = False
        self._following = asyncio.create_task(self._follow())

    @classmethod
    async def start(
        cls,
        content: Mapping[str, Any],
        path: Path,
        connector: Connector,
        credentials: Mapping[str, Any],
        *,
        on_change: Callable[[set[str]], None],
        step: str | None = None,
        message: Message | None = None,
    ) -> Self:
        """Start a run.

        Args:
            content: The flow, as the JSON of its file.
            path: The flow's file; it need not exist.
            connector: The component that gets the credentials.
            credentials: The credentials.
            on_change: Called with the ids of the steps that have done something, at most ten times
                a second. An empty id stands for the log lines that belong to no step.
            step: The step that runs alone; None for the whole flow.
            message: The whole message that the flow, or the step alone, begins with, mapped
                already. None stands for an empty message; for a webhook, for the sample in its
                field ``payload``.
        """
        child = await ChildProcess.start("lib.studio.flow_child")
        execution = cls(child, on_change)
        await child.send(
            {
                "content": content,
                "path": str(path),
                "connector": {"name": connector.name, "folder": str(connector.folder)},
                "credentials": credentials,
                "step": step,
                "message": message,
            }
        )
        return execution

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self._following.done()

    def stop(self) -> None:
        """End it at once, whatever its steps are doing."""
        self._is_stopped = True
        self._child.kill()

    async def finished(self) -> Outcome:
        """Wait until it has ended, and return how."""
        return await asyncio.shield(self._following)

    async def _follow(self) -> Outcome:
        """Take what the child sends until it ends."""
        try:
            while "steps" in (content := await self._child.receive()):
                self._take(content["steps"])
        except EOFError:
            status = await self._child.wait()
            if self._is_stopped:
                return Outcome("stopped")
            return Outcome("failed", (f"the run has ended with exit status {status}",))
        await self._child.wait()
        faults = tuple(content["faults"])
        return Outcome("failed" if faults else "finished", faults)

    def _take(self, steps: Mapping[str, Any]) -> None:
        for step, change in steps.items():
            results = self.steps[step]
            if change["count"] is not None:
                results.count = Count(**change["count"])
            results.events += [StepEvent(**event) for event in change["events"]]
            results.lines += [LogLine(*line) for line in change["lines"]]
        self._on_change(set(steps))
