"""A flow in this process: messages go through it one at a time, depth first.

A message that a step emits goes through all the steps after it before the step emits the next one,
so a flow holds only as many messages as it has steps in a row.
"""

import logging
import time
from collections.abc import Callable, Mapping
from itertools import count
from threading import RLock
from typing import Any

from lib.platform.errors import MappingError
from lib.platform.flows.observer import Observer
from lib.platform.flows.plan import Branch, Plan, PlannedStep
from lib.sailor import ComponentError, Step, handle, json_text, passthrough
from lib.sailor.component import process_of
from lib.sailor.errors import InvalidEventError, UnsendableMessageError
from lib.sailor.payload import (
    REBOUND_LIMIT_EXCEEDED,
    check_message,
    check_reply,
    check_size,
    unknown_event,
)
from lib.sailor.runtime import call_hook
from lib.sailor.settings import PREFIX, Settings
from lib.sailor.snapshot import Snapshot
from lib.sailor.step import Message, describe_error

REBOUND_DELAY = 0.5  # seconds

_log = logging.getLogger("component")


class Runner:
    """Runs a flow in this process; the steps keep their snapshots from one run to the next.

    Args:
        plan: The flow.
        credentials: The credentials for the steps that take them.
        observer: Sees what the steps do.
        rebound_delay: How long a rebounded message waits, in seconds.
        rebound_limit: How often a step may rebound a message.
        message_size_limit: How many bytes of JSON a message may have, its passthrough included.
        sleep: Waits a number of seconds.
        clock: Returns the time in seconds, from any beginning.

    Raises:
        ComponentError: A step cannot start.
    """

    def __init__(
        self,
        plan: Plan,
        credentials: Mapping[str, Any],
        observer: Observer,
        *,
        rebound_delay: float = REBOUND_DELAY,
        rebound_limit: int = Settings.rebound_limit,
        message_size_limit: int = Settings.outgoing_message_size_limit,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.plan = plan
        self.observer = observer
        self.rebound_delay = rebound_delay
        self.rebound_limit = rebound_limit
        self.message_size_limit = message_size_limit
        self.sleep = sleep
        self.clock = clock
        self.lock = RLock()  # handlers may emit from threads that they start
        self._steps = {step.id: _RunningStep(step, credentials) for step in plan.steps.values()}

    def run(self, message: Message) -> None:
        """Let a message go through the flow.

        Args:
            message: The input of the first step.
        """
        if self.plan.first.function.is_webhook:
            # As the runtime has it; here, replies are only shown.
            message = {**message, "headers": {**message["headers"], "reply_to": "replies"}}
        self.deliver(self.plan.first.id, message)

    def deliver(self, target: str, message: Message) -> None:
        """Let a step handle a message, again after each rebound."""
        step = self._steps[target]
        content = json_text.dump(message)  # as text, so that each attempt gets its own copy
        self.observer.received(target)
        for iteration in count(1):
            attempt = _Attempt(self, step, content, iteration)
            attempt.run()
            if not attempt.is_rebounded:
                return
            self.sleep(self.rebound_delay)

    def pass_on(self, branch: Branch, message: Message) -> None:
        """Let a message that a step emitted go to another step."""
        try:
            mapped = branch.input(message)
        except MappingError as error:
            self.observer.received(branch.target)
            self.fail(branch.target, error, message)
        else:
            self.deliver(branch.target, mapped)

    def fail(self, step: str, error: object, message: Message) -> None:
        """Let an error go to the flow's error handling.

        Args:
            step: The id of the step that failed.
            error: An exception, or what else describes an error.
            message: The message on which it failed.
        """
        self.observer.emitted(step, "error", error)
        body = {"error": describe_error(error), "errorInput": message}
        for branch in self.plan.branches_for_errors(step):
            self.pass_on(branch, {"body": body, "headers": {}})


class _RunningStep:
    """A step of a flow that runs.

    Args:
        planned: The step.
        credentials: The credentials for the steps that take them.

    Raises:
        ComponentError: It cannot start.
    """

    def __init__(self, planned: PlannedStep, credentials: Mapping[str, Any]) -> None:
        self.planned = planned
        self.snapshot = Snapshot({})
        self.logger = logging.LoggerAdapter(_log, {"context": {f"{PREFIX}STEP_ID": planned.id}})
        # A module for each step: a component may keep in it what belongs to one step.
        module = planned.function.load()
        self.process = process_of(module, planned.function.name)
        config = planned.config(credentials)
        self.config = json_text.dump(config)  # as text, so that each handler gets its own copy
        try:
            call_hook(module, "init", config)
        except Exception as error:
            raise ComponentError(f"{planned.id} cannot start: {error}") from error


class _Attempt:
    """One run of a step's handler on a message.

    Attributes:
        is_rebounded: Whether the message comes again.
    """

    def __init__(self, runner: Runner, step: _RunningStep, content: bytes, iteration: int) -> None:
        self.is_rebounded = False
        self._runner = runner
        self._step = step
        self._id = step.planned.id
        self._content = content
        self._message: Message = json_text.parse(content)
        self._carried = passthrough.carried(self._message, None)
        self._iteration = iteration
        self._elsewhere = 0.0  # seconds in the steps after this one

    def run(self) -> None:
        """Run the handler."""
        limit = self._runner.message_size_limit
        step = Step(self.emit, self._step.logger, message_size_limit=limit)
        config, snapshot = json_text.parse(self._step.config), self._step.snapshot.copy()
        begin = self._runner.clock()
        handle(self._step.process, step, self._message, config, snapshot)
        taken = self._runner.clock() - begin - self._elsewhere
        self._runner.observer.handled(self._id, taken * 1000)

    def emit(self, event: str, payload: Any = None) -> None:
        """Take an event of the handler, and return when the steps after it are done with it.

        What cannot be sent, because it is too large for example, becomes an error event.

        Raises:
            InvalidEventError: There is no such event, or this flow does not allow it.
        """
        with self._runner.lock:
            begin = self._runner.clock()
            try:
                self._emit(event, payload)
            except (MappingError, UnsendableMessageError) as error:
                self._fail(error)
            self._elsewhere += self._runner.clock() - begin

    def _emit(self, event: str, payload: Any) -> None:
        match event:
            case "data":
                self._emit_data(payload)
            case "error":
                self._fail(payload)
            case "rebound":
                self._emit_rebound(payload)
            case "snapshot":
                self._step.snapshot.replace(payload)
                self._show(event, payload)
            case "updateSnapshot":
                if self._step.snapshot.update(payload):
                    self._show(event, payload)
            case "updateKeys":
                self._show(event, payload)
            case "httpReply":
                self._check_reply(payload)
                self._show(event, payload)
            case _:
                raise unknown_event(event)

    def _show(self, event: str, payload: Any) -> None:
        self._runner.observer.emitted(self._id, event, payload)

    def _fail(self, error: object) -> None:
        self._runner.fail(self._id, error, json_text.parse(self._content))

    def _check_reply(self, reply: Any) -> None:
        if not self._runner.plan.first.function.is_webhook:
            raise InvalidEventError(
                "httpReply: nobody waits for it, since no webhook starts this flow"
            )
        check_reply(reply)

    def _emit_data(self, payload: Any) -> None:
        message = self._outgoing(payload)
        branches = self._step.planned.chosen(message)
        self._show("data", message)
        for branch in branches:
            self._runner.pass_on(branch, message)

    def _outgoing(self, payload: Any) -> Message:
        """Return a message as it leaves the step: a copy, with what it carries.

        Raises:
            UnsendableMessageError: It cannot be sent.
        """
        check_message(payload)
        message = {**payload, "headers": payload.get("headers") or {}, "passthrough": self._carried}
        try:
            content = json_text.dump(passthrough.with_own_part(message, self._id))
        except TypeError as error:
            raise UnsendableMessageError(f"The outgoing message is not JSON: {error}") from error
        check_size(content, self._runner.message_size_limit)
        outgoing: Message = json_text.parse(content)
        return outgoing

    def _emit_rebound(self, reason: object) -> None:
        if self._iteration > self._runner.rebound_limit:
            self._fail(REBOUND_LIMIT_EXCEEDED)
        else:
            self.is_rebounded = True
            self._show("rebound", describe_error(reason)["message"])
