"""Steps started by tests, and the messages that say what the test component does."""

import signal
from pathlib import Path
from typing import Any

from lib.platform import Flow, FlowStep, Runtime
from lib.platform.process import OURS, Sailor

TWINS = "tests/sailor/components/twins"


def script(*instructions: list[Any], label: str = "", **parts: Any) -> dict[str, Any]:
    """Return a message that tells the twins' ``script`` what to do.

    Args:
        instructions: Each a list: its name, and what it needs.
        label: What the handler writes into ``cfg.journal``.
        parts: Other members of the message.
    """
    body = {"script": list(instructions), **({"label": label} if label else {})}
    return {"id": "in-1", "body": body, "headers": {}, "attachments": {}, "metadata": {}, **parts}


class Starter:
    """Starts runtimes on flows, and ends what is left of them.

    Args:
        folder: Where their logs go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[tuple[str, Runtime]] = []

    def __call__(
        self,
        flow: Flow,
        function: str = "script",
        *,
        sailor: Sailor = OURS,
        step: FlowStep | None = None,
        consumers: int = 1,
        log_level: str = "info",
        **settings: str | int | None,
    ) -> Runtime:
        """Start a step, and return once it consumes.

        Args:
            flow: The step's flow.
            function: The component's action.
            sailor: Ours, or the Node sailor.
            step: Which; by default the flow's first.
            consumers: How many consumers the step's input has then; 0 for not to wait.
            log_level: LOG_LEVEL.
            settings: ELASTICIO_ variables without the prefix; None to leave one out.
        """
        settings = {"COMPONENT_PATH": TWINS, **settings}
        environment = flow.environment(function, step, **settings)
        runtime = self._keep(
            sailor.name,
            sailor.run_step({**environment, "LOG_LEVEL": log_level}, self._next_log(sailor)),
        )
        if consumers:
            flow.until_consumed(step, by=consumers, unless=lambda: not runtime.running)
            assert runtime.running, "the runtime ended before it consumed"
        return runtime

    def ask(self, method: str, *, sailor: Sailor = OURS, **settings: str | int | None) -> Runtime:
        """Start a design-time service."""
        settings = {"COMPONENT_PATH": TWINS, **settings}
        environment = {f"ELASTICIO_{k}": str(v) for k, v in settings.items() if v is not None}
        return self._keep(sailor.name, sailor.ask(method, environment, self._next_log(sailor)))

    def _next_log(self, sailor: Sailor) -> Path:
        return self._folder / f"{len(self._started)}-{sailor.name}.log"

    def _keep(self, name: str, runtime: Runtime) -> Runtime:
        self._started.append((name, runtime))
        return runtime

    def end(self) -> None:
        """End what still runs, and print all logs for the report of a failure."""
        for name, runtime in self._started:
            if name == OURS.name and runtime.running:
                runtime.signal(signal.SIGTERM)  # a good end writes what it knows of coverage
        for name, runtime in self._started:
            if name == OURS.name:
                runtime.wait_or_kill(within=5)
            runtime.kill()
            print(f"--- log of {name} {runtime.pid}\n{runtime.output[-6000:]}")  # noqa: T201
