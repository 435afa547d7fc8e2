"""``ecr-connector flow``: a flow on this machine, shown to a person or written for a program."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from lib.platform.broker import Broker
from lib.platform.flows.components import Connector
from lib.platform.flows.observer import Tally
from lib.platform.flows.plan import Plan, prepare
from lib.platform.flows.runner import Runner
from lib.sailor import logs
from lib.sailor.local import json_line
from lib.sailor.passthrough import without_passthrough
from lib.sailor.step import Message, describe_error

if TYPE_CHECKING:
    from lib.cli.flow_screen import FlowScreen

EXIT_INTERRUPTED = 130  # as shells report a command that Ctrl-C ended

CONNECTOR = Connector("amazonaws-com-ecr-connector", Path(__file__).parents[2])


@dataclass(frozen=True)
class Options:
    """How a flow runs.

    Args:
        cfg: The credentials; None lets it play in a sandbox.
        broker: The broker to run over, with a process per step; None to run in this process.
        by_hand: The step that the person starts; None for none.
        repeat: The seconds between two runs; None for one run.
        rebound_delay: The seconds that a rebounded message waits.
        message_size_limit: How many bytes of JSON a message may have.
        for_a_person: Whether events are shown on the terminal, rather than as lines of JSON.
        debug: Whether a person is shown tracebacks.
        log_level: How much is logged.
    """

    cfg: Mapping[str, Any] | None
    broker: Broker | None
    by_hand: str | None
    repeat: float | None
    rebound_delay: float
    message_size_limit: int
    for_a_person: bool
    debug: bool
    log_level: str


def load(path: Path, *, runs_node: bool) -> Plan:
    """Return a flow that is ready to run.

    Args:
        path: Its file.
        runs_node: Whether its steps may be written for Node.js.

    Raises:
        InvalidFlowError: It cannot run.
    """
    return prepare(path, CONNECTOR, runs_node=runs_node)


def run(plan: Plan, message: Message, options: Options) -> int:
    """Run a flow, and return the exit status.

    Args:
        plan: The flow.
        message: The message that it begins with.
        options: How it runs.

    Raises:
        SandboxError: There is no sandbox for it.
        ComponentError: A step cannot start.
        PlatformError: The broker cannot be used, or a step cannot run over it.
    """
    run_it = partial(_run_over_broker, options.broker) if options.broker else _run_here
    with _output(plan, options) as output, _credentials(plan, options) as credentials:
        try:
            is_complete = run_it(plan, message, options, credentials, output)
        except KeyboardInterrupt:
            is_complete = False
    # Nothing but Ctrl-C ends a flow that is repeated.
    if is_complete or options.repeat is not None:
        return output.exit_status
    return EXIT_INTERRUPTED


def _run_here(
    plan: Plan,
    message: Message,
    options: Options,
    credentials: Mapping[str, Any],
    output: "FlowScreen | _JsonLines",
) -> bool:
    """Run a flow in this process, and return whether it ran to its end."""
    runner = Runner(
        plan,
        credentials,
        output,
        rebound_delay=options.rebound_delay,
        message_size_limit=options.message_size_limit,
    )
    runner.run(message)
    while options.repeat is not None:
        output.end_round()
        time.sleep(options.repeat)
        runner.run(message)
    return True


def _run_over_broker(
    broker: Broker,
    plan: Plan,
    message: Message,
    options: Options,
    credentials: Mapping[str, Any],
    output: "FlowScreen | _JsonLines",
) -> bool:
    """Run a flow over a broker, and return whether it ran to its end."""
    from lib.platform.flows.over_broker import BrokerRunner

    with (
        _interrupts() as interrupted,
        BrokerRunner(
            plan,
            credentials,
            output,
            broker,
            is_interrupted=interrupted.is_set,
            rebound_delay=options.rebound_delay,
            message_size_limit=options.message_size_limit,
            by_hand=options.by_hand,
            log_level=options.log_level,
            write_log=logs.log_again if options.for_a_person else _write_log,
        ) as runner,
    ):
        runner.publish(message)
        while options.repeat is not None and not interrupted.is_set():
            runner.run_for(options.repeat)
            output.end_round()
            if not interrupted.is_set():
                runner.publish(message)
        runner.finish()
        return not interrupted.is_set()


def _write_log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a step's line is written as it came


@contextmanager
def _interrupts() -> Iterator[Event]:
    """Yield an event that a signal sets, instead of ending this process.

    So no signal can keep the steps from being stopped, or their queues from being deleted.
    """
    interrupted = Event()
    before = {
        number: signal.signal(number, lambda *_: interrupted.set())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _output(plan: Plan, options: Options) -> "FlowScreen | _JsonLines":
    if not options.for_a_person:
        return _JsonLines(plan, sys.stdout.buffer)
    from lib.cli.flow_screen import FlowScreen

    in_sandbox = plan.takes_credentials and options.cfg is None
    place = "Plays in a sandbox that is made for it." if in_sandbox else "Runs in this process."
    if options.broker is not None:
        where = ", in a sandbox that is made for it" if in_sandbox else ""
        place = f"Runs over the broker at {options.broker.address}{where}."
    return FlowScreen(plan, place, debug=options.debug)


@contextmanager
def _credentials(plan: Plan, options: Options) -> Iterator[Mapping[str, Any]]:
    """Yield the credentials: those given, or else those of a sandbox if the flow needs any."""
    if options.cfg is not None or not plan.takes_credentials:
        yield options.cfg or {}
        return
    from lib.sandbox import Sandbox

    with Sandbox(for_flows=True) as sandbox:
        yield sandbox.cfg


class _JsonLines(Tally):
    """Writes each event as a line of JSON.

    Args:
        plan: The flow.
        output: Gets the lines: ``{"step": ..., "event": ..., "payload": ...}``.
    """

    def __init__(self, plan: Plan, output: BinaryIO) -> None:
        super().__init__(plan)
        self._output = output
        self._prints = redirect_stdout(sys.stderr)  # those of components, as under serve

    def __enter__(self) -> Self:
        self._prints.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._prints.__exit__(None, None, None)

    def end_round(self) -> None:
        """Do nothing: each line is written at once."""

    def emitted(self, step: str, event: str, payload: Any) -> None:
        """See :meth:`lib.platform.flows.observer.Observer.emitted`."""
        super().emitted(step, event, payload)
        content = payload
        if event == "error":
            content = describe_error(payload)
        elif event == "data":
            content = without_passthrough(payload)
        line = json_line({"step": step, "event": event, "payload": content})
        try:
            self._output.write(line)
            self._output.flush()
        except BrokenPipeError:
            # The reader, such as head, has seen enough. Handlers let only Ctrl-C pass.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._output.fileno())
            raise KeyboardInterrupt from None
