"""What a run of a flow shows of itself while it runs, wherever it runs."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from lib.platform.flows.plan import Plan
from lib.sailor.local import EXIT_ERROR, EXIT_REBOUND
from lib.sailor.payload import REBOUND_LIMIT_EXCEEDED
from lib.sailor.step import describe_error


class Observer(Protocol):
    """Sees what the steps do; called by one thread at a time."""

    def received(self, step: str) -> None:
        """A step has received a message; one that was rebounded counts once.

        Args:
            step: The step's id.
        """

    def emitted(self, step: str, event: str, payload: Any) -> None:
        """A step has emitted an event.

        Args:
            step: The step's id.
            event: One of ``lib.sailor.EVENTS``.
            payload: A message for ``data``, with its passthrough, and for ``httpReply``; an
                exception or its description for ``error``; the reason for ``rebound``; a plain
                object for the others.
        """

    def handled(self, step: str, milliseconds: float) -> None:
        """A step is done with a message, or with one attempt at it.

        Args:
            step: The step's id.
            milliseconds: How long it took, without the steps after it.
        """


@dataclass
class Count:
    """What a step has done so far.

    Args:
        received: The messages that it has received.
        emitted: The messages that it has emitted.
        errors: The errors.
        rebounds: The rebounds.
        milliseconds: The time that it took in all.
    """

    received: int = 0
    emitted: int = 0
    errors: int = 0
    rebounds: int = 0
    milliseconds: float = 0


@dataclass
class Tally:
    """Counts what the steps of a flow do.

    Args:
        plan: The flow.

    Attributes:
        steps: The counts by the steps' ids, in the plan's order.
        unhandled: The number of errors that no error handling takes.
        exit_status: 0; 1 once there was an error that no error handling takes; 75 if all such
            errors are exceeded rebound limits.
    """

    plan: Plan
    steps: dict[str, Count] = field(init=False)
    unhandled: int = field(default=0, init=False)
    exit_status: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.steps = {step: Count() for step in self.plan.steps}

    def received(self, step: str) -> None:
        """See :meth:`Observer.received`."""
        self.steps[step].received += 1

    def emitted(self, step: str, event: str, payload: Any) -> None:
        """See :meth:`Observer.emitted`."""
        count = self.steps[step]
        if event == "data":
            count.emitted += 1
        elif event == "rebound":
            count.rebounds += 1
        elif event == "error":
            count.errors += 1
            if not self.plan.branches_for_errors(step):
                self._fail(payload)

    def handled(self, step: str, milliseconds: float) -> None:
        """See :meth:`Observer.handled`."""
        self.steps[step].milliseconds += milliseconds

    def _fail(self, error: Any) -> None:
        self.unhandled += 1
        if describe_error(error)["message"] != REBOUND_LIMIT_EXCEEDED:
            self.exit_status = EXIT_ERROR
        elif not self.exit_status:
            self.exit_status = EXIT_REBOUND
