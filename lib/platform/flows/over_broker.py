"""A flow over a RabbitMQ broker, as on the platform: a process per step.

This process plays the platform. It declares the topology, serves the REST API and the object
storage, starts the steps, and carries what a step emits over the flow's edges to the steps after
it: it decrypts each message, maps it, and publishes it to the inputs of those steps before it
acknowledges it.
"""

import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Self

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

from lib.platform.broker import Broker
from lib.platform.errors import (
    MappingError,
    PlatformError,
    ProcessEndedError,
    UnreachableBrokerError,
)
from lib.platform.flows.observer import Observer
from lib.platform.flows.plan import Branch, Plan
from lib.platform.flows.running_step import RunningStep, sailor_of, step_environment
from lib.platform.object_storage import ObjectStorage
from lib.platform.received import Received
from lib.platform.rest_api import RestApi
from lib.platform.topology import Flow, FlowStep
from lib.sailor.amqp import describe
from lib.sailor.settings import Settings
from lib.sailor.step import Message, describe_error

_PASSED_ON = ("messageId", "threadId", "reply_to", "stepId")
_ERROR_REPLY = "x-eio-error-response"
_PREFETCH = 100  # events that wait for this process
_SHORT = 0.02  # seconds between two looks at what happens
# How long a message may be without an event before its step is asked to finish. Many messages,
# such as those that a filter stops, never have one.
_QUIET = 0.3  # seconds
_END_LIMIT = 10  # seconds for all steps to end before they are killed
_BY_HAND_LIMIT = 60  # seconds for a step that somebody else ends to finish what it has begun
API_PORT = 8000  # of a flow that a person starts a step of

log = logging.getLogger("sailor")


class BrokerRunner:
    """Runs a flow over a broker; everything happens on the caller's thread.

    It is a context manager: the block begins when all steps are ready, and when it ends, whatever
    the reason, the steps are stopped, and the queues and the exchange deleted.

    Args:
        plan: The flow.
        credentials: The credentials for the steps that take them.
        observer: Sees what the steps do.
        broker: The broker.
        is_interrupted: Returns whether the flow was interrupted, and ends at once.
        rebound_delay: How long a message waits after its first rebound, in seconds; the wait
            doubles with each further one.
        message_size_limit: How many bytes a message may have, encrypted, its passthrough included.
        protocol_version: The version in which the steps emit.
        by_hand: The id of a step that somebody else starts and ends, with the environment
            that belongs to the fixed topology; None if there is no such step.
        log_level: LOG_LEVEL of the steps.
        write_log: Called with each line that the steps log.
    """

    def __init__(
        self,
        plan: Plan,
        credentials: Mapping[str, Any],
        observer: Observer,
        broker: Broker,
        *,
        is_interrupted: Callable[[], bool] = lambda: False,
        rebound_delay: float = 0.5,
        message_size_limit: int = Settings.outgoing_message_size_limit,
        protocol_version: int = 1,
        by_hand: str | None = None,
        log_level: str = "warn",
        write_log: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._credentials = credentials
        self._observer = observer
        self._broker = broker
        self._is_interrupted = is_interrupted
        self._settings: dict[str, str | int] = {
            "OUTGOING_MESSAGE_SIZE_LIMIT": message_size_limit,
            "PROTOCOL_VERSION": protocol_version,
            "REBOUND_INITIAL_EXPIRATION": max(1, round(rebound_delay * 1000)),
        }
        self._by_hand = by_hand
        self._log_level = log_level
        self._write_log = write_log
        self._steps: dict[str, RunningStep] = {}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        self._broker.check()
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="flow-"))
            self._logs = Path(folder)
            storage = stack.enter_context(ObjectStorage())
            self._flow = topology(self._plan, self._broker, storage, is_fixed=bool(self._by_hand))
            try:
                stack.enter_context(self._flow.api)
            except OSError as error:
                raise PlatformError(
                    f"the REST API needs the port {self._flow.api.port}: {error.strerror}"
                ) from None
            stack.enter_context(self._flow.declared())
            self._channel = stack.enter_context(self._broker.channel())
            self._consume()
            stack.callback(self._end_all)
            for step in self._flow.steps:
                self._start(step)
            self._until(lambda: all(map(self._is_consumed, self._flow.steps)))
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        try:
            self._cleanup.close()
        except AMQPError as failure:
            error = error or failure
        if isinstance(error, AMQPError):
            raise UnreachableBrokerError(
                f"the connection to the broker at {self._broker.address} was lost"
                f" ({describe(error)}); what begins with {self._flow.prefix} may be left there"
            ) from None

    def publish(self, message: Message) -> None:
        """Send a message to the first step."""
        self._deliver(self._plan.first.id, message)

    def run_for(self, seconds: float) -> None:
        """Let the flow run for some time.

        Raises:
            ProcessEndedError: A step has ended by itself.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._is_interrupted():
            self._work(min(0.1, max(0, end - time.monotonic())))

    def finish(self) -> None:
        """Let the flow run until every message has gone its way; the steps end one by one then.

        A step ends once those before it have ended and its queues are empty. What it still works
        on, it finishes.

        Raises:
            ProcessEndedError: A step has ended by itself.
        """
        for step in self._in_order():
            self._finish(self._steps[step])

    def _finish(self, running: RunningStep) -> None:
        self._until(lambda: self._is_idle(running))
        running.end()
        if running.is_by_hand:
            self._until_ended_by_hand(running)
        else:
            self._until(lambda: not running.is_running)
        self._until(lambda: not self._has_emitted(running))
        step = running.step
        if self._holds_messages(step.input, step.rebounds) and not self._is_interrupted():
            self._start(step)  # its last message was rebounded meanwhile
            self._finish(self._steps[step.id])

    def _until_ended_by_hand(self, running: RunningStep) -> None:
        """Wait until a step has been ended, and has emitted what can be expected of it."""
        step = running.step
        log.warning("%s has nothing left to do: end it with Ctrl-C", step.id)
        self._until(lambda: not self._is_consumed(step))
        if running.unanswered:
            what = "%s takes no more messages; the flow waits %d seconds for what it may still emit"
            log.warning(what, step.id, _BY_HAND_LIMIT)
        limit = time.monotonic() + _BY_HAND_LIMIT

        def has_ended() -> bool:
            if self._holds_messages(step.input):
                return True  # what it had has come back
            now = time.monotonic()
            return now > limit or (not running.unanswered and now > running.last_event + _QUIET)

        self._until(has_ended)

    def _in_order(self) -> Iterator[str]:
        """Return the steps' ids, each after those whose messages it gets."""
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for step in self._plan.steps.values():
            sorter.add(step.id)
            for branch in (*step.branches, *self._plan.branches_for_errors(step.id)):
                sorter.add(branch.target, step.id)
        return iter(sorter.static_order())

    # The steps' processes

    def _start(self, step: FlowStep) -> None:
        planned = self._plan.steps[step.id]
        config = {"_account": step.id, **planned.config(self._credentials)}
        self._flow.configure(step.id, config=config, passthrough=True)
        if step.id == self._by_hand:
            log.warning("Start %s now, with the environment that --print-env prints", step.id)
            self._steps[step.id] = RunningStep(step)
            return
        environment = step_environment(planned, self._flow, **self._settings)
        environment["LOG_LEVEL"] = self._log_level
        file = self._logs / f"{step.id}.log"
        runtime = sailor_of(planned.function).run_step(environment, file)
        self._steps[step.id] = RunningStep(step, runtime, file)

    def _end_all(self) -> None:
        for running in self._steps.values():
            running.end()
        deadline = time.monotonic() + _END_LIMIT
        for running in self._steps.values():
            running.wait_or_kill(within=max(0, deadline - time.monotonic()))

    # What the steps emit

    def _consume(self) -> None:
        """Consume what the steps emit; rebounds are copies, since they return to their step."""
        self._channel.confirm_delivery()
        self._channel.basic_qos(prefetch_count=_PREFETCH)
        rebounds = f"{self._flow.prefix}:rebounded"
        self._channel.queue_declare(rebounds, exclusive=True)
        self._sources = {}
        for step in self._flow.steps:
            self._channel.queue_bind(rebounds, self._flow.exchange, step.rebounds)
            self._sources[step.rebounds] = step.id, "rebound"
            for queue, event in (
                (step.output, "data"),
                (step.errors, "error"),
                (step.snapshots, "snapshot"),
            ):
                self._sources[queue] = step.id, event
                self._channel.basic_consume(queue, self._on_message)
        for queue in (rebounds, self._flow.replies):
            self._channel.basic_consume(queue, self._on_message)

    def _on_message(
        self,
        channel: BlockingChannel,
        method: Basic.Deliver,
        properties: BasicProperties,
        content: bytes,
    ) -> None:
        if self._is_interrupted():
            return  # unacknowledged, so that the broker soon sends no more
        received = Received.of(method, properties, content, self._flow.cipher)
        headers = received.headers or {}
        if received.routing_key == self._flow.replies:
            step, event = str(headers["stepId"]), "httpReply"
        else:
            step, event = self._sources[received.routing_key]
        self._note(self._steps[step], event, headers)
        match event:
            case "data":
                self._pass_on(step, received)
            case "error":
                self._on_error(self._steps[step], received)
            case "rebound":
                self._observer.emitted(step, event, headers["reboundReason"])
            case "snapshot":
                self._observer.emitted(step, headers["snapshotEvent"], received.plain)
            case "httpReply" if not headers.get(_ERROR_REPLY):  # the error itself comes too
                self._observer.emitted(step, event, received.message)
        channel.basic_ack(method.delivery_tag or 0)

    def _note(self, running: RunningStep, event: str, headers: Mapping[str, Any]) -> None:
        """Note that a message has an event, and how long its handler took up to then."""
        running.last_event = time.monotonic()
        if event == "rebound":
            return  # the message comes again
        parent = str(headers.get("parentMessageId"))
        running.unanswered.discard(parent)
        if "end" in headers:
            last_parent, last_end = running.last
            begin = last_end if last_parent == parent else headers["start"]
            running.last = parent, headers["end"]
            self._observer.handled(running.step.id, headers["end"] - begin)

    def _pass_on(self, step: str, received: Received) -> None:
        """Carry a message to the steps after the one that emitted it."""
        message = received.message
        self._observer.emitted(step, "data", message)
        try:
            branches = self._plan.steps[step].chosen(message)
        except MappingError as error:
            self._fail(step, error, message, received)
            return
        for branch in branches:
            self._take(branch, message, received)

    def _take(self, branch: Branch, message: Message, received: Received) -> None:
        try:
            mapped = branch.input(message)
        except MappingError as error:
            self._observer.received(branch.target)
            self._fail(branch.target, error, message, received)
        else:
            self._deliver(branch.target, mapped, received)

    def _on_error(self, running: RunningStep, received: Received) -> None:
        if "parentMessageId" not in (received.headers or {}):  # it could not start
            running.why = str(received.error["message"])
            return
        self._fail(running.step.id, received.error, received.error_input, received)

    def _fail(self, step: str, error: object, message: Message, received: Received) -> None:
        self._observer.emitted(step, "error", error)
        body = {"error": describe_error(error), "errorInput": message}
        for branch in self._plan.branches_for_errors(step):
            self._take(branch, {"body": body, "headers": {}}, received)

    def _deliver(self, step: str, message: Message, cause: Received | None = None) -> None:
        """Publish a message to a step's input, and return when the broker has it."""
        self._observer.received(step)
        headers = dict((cause.headers if cause else None) or {})
        if cause is None and self._plan.first.function.is_webhook:
            headers["reply_to"] = self._flow.replies
        running = self._steps[step]
        message_id = self._flow.publish_on(
            self._channel,
            message,
            running.step,
            headers={name: headers[name] for name in headers if _is_passed_on(name)},
            version=int(headers.get("protocolVersion", 1)),
        )
        running.unanswered.add(message_id)
        running.last_event = time.monotonic()

    # Waiting

    def _is_idle(self, running: RunningStep) -> bool:
        """Return whether a step has handled all its messages, as far as this can be seen."""
        if self._holds_messages(running.step.input, running.step.rebounds):
            return False
        return not running.unanswered or time.monotonic() - running.last_event > _QUIET

    def _has_emitted(self, running: RunningStep) -> bool:
        """Return whether something that a step emitted has not been carried on yet."""
        step = running.step
        found = self._holds_messages(step.output, step.errors, step.snapshots)
        self._work(0)  # what has arrived while we asked
        return found

    def _holds_messages(self, *queues: str) -> bool:
        return any(
            self._channel.queue_declare(queue, passive=True).method.message_count
            for queue in queues
        )

    def _is_consumed(self, step: FlowStep) -> bool:
        state = self._channel.queue_declare(step.input, passive=True).method
        return bool(state.consumer_count)

    def _until(self, condition: Callable[[], bool]) -> None:
        """Carry messages on until a condition is true, or the flow is interrupted."""
        while not self._is_interrupted() and not condition():
            self._work(_SHORT)

    def _work(self, seconds: float) -> None:
        """Carry on what the steps emit for some time."""
        self._process_events(seconds)
        for running in self._steps.values():
            running.show_log(self._write_log)
            if running.has_ended_early:
                self._process_events(_QUIET)  # it may have said why
                raise ProcessEndedError(running.how_it_ended())

    def _process_events(self, seconds: float) -> None:
        self._channel.connection.process_data_events(seconds)  # type: ignore[arg-type] # any number


def topology(
    plan: Plan, broker: Broker, storage: ObjectStorage | None = None, *, is_fixed: bool
) -> Flow:
    """Return the topology of a flow that runs over a broker.

    Args:
        plan: The flow.
        broker: The broker.
        storage: The object storage, if the flow has one.
        is_fixed: Whether the names on the broker and the port of the REST API are the same each
            time, so that two commands can agree on them; then the flow runs once at a time.
    """
    prefix = f"flow-{re.sub('[^A-Za-z0-9-]', '-', plan.file.path.stem)}" if is_fixed else None
    api = RestApi(port=API_PORT if is_fixed else 0)
    return Flow(broker, api, storage=storage, steps=[*plan.steps], prefix=prefix, is_chain=False)


def _is_passed_on(header: str) -> bool:
    """Return whether a step's input has an AMQP header of the message that it was made of."""
    return header in _PASSED_ON or header.lower().startswith("x-eio-meta-")
