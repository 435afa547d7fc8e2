"""A step at work on a full queue, measured from outside.

CPU time and rate are measured between two looks, the first of them after a warm-up. The CPU time of
the broker, the endpoint and this process is not included.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Queue

from benchmarks import tree
from benchmarks.figure import NotMeasuredError
from lib.platform import Broker, Flow, RestApi, Runtime, until
from lib.platform.errors import MissingSoftwareError, ProcessEndedError
from lib.platform.private_broker import running_broker
from lib.platform.process import OURS, Sailor

_NO_LIMIT = 1_000_000  # messages in an interval
_TIMEOUT = 60  # seconds to wait for anything
_INTERVAL = 0.01  # seconds between two looks at the step's output


@dataclass(frozen=True)
class Work:
    """The task of a step.

    Args:
        action: The name of the action in the descriptor.
        cfg: The step's cfg.
        body: The body of each message.
        messages: The number of messages in the queue when the step starts.
        prefetch: The number of messages that a container processes at once.
        containers: The number of processes that work on the queue.
        component: The folder of the component, relative to the repository's root.
    """

    action: str
    cfg: Mapping[str, str]
    body: Mapping[str, Any]
    messages: int
    prefetch: int = 1
    containers: int = 1
    component: str = "."


@dataclass(frozen=True)
class Pace:
    """The pace of a step between two looks.

    Args:
        cpu: Microseconds of CPU time per message, of all containers.
        rate: Messages per second.
    """

    cpu: float
    rate: float


@dataclass(frozen=True)
class Look:
    """A running step at one moment.

    Args:
        messages: The number of messages out so far.
        time: Seconds since the start.
        cpu: Seconds of CPU time, of all containers.
        memory: MiB resident, of all containers.
    """

    messages: int
    time: float
    cpu: float
    memory: float

    def since(self, earlier: "Look") -> Pace:
        """Return the pace since an earlier look."""
        messages = self.messages - earlier.messages
        return Pace(
            cpu=(self.cpu - earlier.cpu) / messages * 1e6,
            rate=messages / (self.time - earlier.time),
        )


class Running:
    """A started step.

    Args:
        flow: Its flow.
        channel: A channel of the flow's broker.
        containers: Its processes.
        started: The time of their start on ``time.perf_counter``.
    """

    def __init__(
        self, flow: Flow, channel: BlockingChannel, containers: Sequence[Runtime], started: float
    ) -> None:
        self._input = flow.step.input
        self._output = flow.output
        self._channel = channel
        self._containers = containers
        self._started = started

    def see(self, messages: int) -> Look:
        """Wait until a number of messages are out, and look at the step."""
        self._until(lambda: self._out() >= messages, f"{messages} messages out of the step")
        return Look(
            messages=self._out(),
            time=time.perf_counter() - self._started,
            cpu=sum(map(tree.cpu, self._pids)),
            memory=sum(map(tree.memory, self._pids)),
        )

    def until_all_consume(self) -> None:
        """Wait until all containers consume."""
        wanted = len(self._containers)
        self._until(
            lambda: self._queue(self._input).consumer_count == wanted, f"{wanted} consumers"
        )

    def peak(self) -> float:
        """Return the peak memory of the containers, in MiB."""
        return sum(map(tree.peak, self._pids))

    @property
    def _pids(self) -> list[int]:
        return [container.pid for container in self._containers]

    def _out(self) -> int:
        return self._queue(self._output).message_count or 0

    def _queue(self, name: str) -> Queue.DeclareOk:
        return self._channel.queue_declare(name, passive=True).method

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        def holds() -> bool:
            for container in self._containers:
                if not container.running:
                    raise ProcessEndedError(f"a container ended:\n{container.output[-2000:]}")
            return condition()

        until(holds, what, within=_TIMEOUT, every=_INTERVAL)


@contextmanager
def at_work(broker: Broker, work: Work, sailor: Sailor = OURS) -> Iterator[Running]:
    """Fill a queue and start a step on it, for as long as the block lasts.

    Args:
        broker: The broker of the queue.
        work: The task of the step.
        sailor: The runtime of its containers.
    """
    with (
        RestApi() as api,
        Flow(broker, api).declared() as flow,
        broker.channel() as channel,
        TemporaryDirectory() as folder,
        ExitStack() as containers,
    ):
        flow.configure(flow.step.id, config=work.cfg)
        message = flow.cipher.encode(
            {"id": "1", "body": work.body, "headers": {}, "attachments": {}, "metadata": {}}
        )
        flow.publish_all(repeat(message, work.messages))
        environment = flow.environment(
            work.action,
            COMPONENT_PATH=work.component,
            RABBITMQ_PREFETCH_SAILOR=work.prefetch,
            DATA_RATE_LIMIT=_NO_LIMIT,
        )
        started = time.perf_counter()
        running = []
        for number in range(work.containers):
            running.append(sailor.run_step(environment, Path(folder) / f"log-{number}"))
            containers.callback(running[-1].kill)
        yield Running(flow, channel, running, started)


@contextmanager
def broker() -> Iterator[Broker]:
    """Yield the broker of this machine, or a private one.

    Raises:
        NotMeasuredError: RabbitMQ is not installed, or the machine is not Linux.
    """
    if not tree.is_available():
        raise NotMeasuredError("the cost of processes is read from Linux's /proc")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        try:
            found = stack.enter_context(running_broker(folder))
        except MissingSoftwareError as error:
            raise NotMeasuredError(str(error)) from error
        yield found
