"""A step: DescribeImages under our runtime, and under the platform's Node runtime with the AWS SDK.

Each turn starts one of the two anew, on a queue that is full already. Processor time and rate count
from when the warm-up is through, which the peer's compiler needs, to the last message. What the
broker, the endpoint and this process use is counted for nobody.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pytest

from benchmarks import tree
from benchmarks.figure import Figure, NotMeasuredError
from benchmarks.images import ASKED, page
from benchmarks.rounds import interleaved, ratio
from benchmarks.server import canned
from tests.platform import Broker, Flow, RestApi, private_broker, provision, until
from tests.platform.process import OURS, Sailor, node_sailor

_NODE_FOLDER = Path(__file__).parent / "node"
_PREFETCHES = (1, 10)
_ROUNDS = 5
_WARM_UP = 500  # messages
_MEASURED = 1_000  # messages, after those
_MESSAGE = {"id": "1", "body": ASKED, "headers": {}, "attachments": {}, "metadata": {}}
_NO_LIMIT = 1_000_000  # messages in an interval
_TIMEOUT = 60  # seconds without what is waited for
_INTERVAL = 0.01  # seconds between two looks at the step's output
# Their folders, from the repository's root.
_COMPONENTS = {"python": ".", "node": "benchmarks/node"}


@dataclass(frozen=True)
class _Kind:
    """A kind of cost, with bar and goals of the ratio of ours to the peer's.

    Args:
        name: What the reader calls it.
        unit: Its unit.
        of: Returns it for a turn.
        bar: The bar at each prefetch.
        goals: The goal for each prefetch.
        at_least: Whether more is better.
    """

    name: str
    unit: str
    of: Callable[["_Turn"], float]
    bar: float | None
    goals: Mapping[int, float]
    at_least: bool = False


@dataclass(frozen=True)
class _Turn:
    """What a step showed from its start to its last message.

    Args:
        start: Milliseconds from the start to the first message out.
        cpu: Microseconds of processor time a message.
        rate: Messages a second.
        memory: MiB resident at the end.
    """

    start: float
    cpu: float
    rate: float
    memory: float


@dataclass(frozen=True)
class _Look:
    """A running step at one moment: what is out by now, and the seconds of both clocks."""

    messages: int
    time: float
    cpu: float


_KINDS = (
    _Kind("CPU a message", "µs", lambda turn: turn.cpu, 1.0, {1: 0.42, 10: 0.60}),
    _Kind("rate", "msg/s", lambda turn: turn.rate, None, {1: 2.0, 10: 1.4}, at_least=True),
    _Kind("memory", "MiB", lambda turn: turn.memory, 0.5, {1: 0.45, 10: 0.45}),
    _Kind("start to first message", "ms", lambda turn: turn.start, 0.5, {1: 0.5, 10: 0.5}),
)


def measure() -> list[Figure]:
    """Measure a step that takes one message at a time, and one that takes ten.

    Raises:
        NotMeasuredError: The machine lacks what it takes.
    """
    if not tree.known():
        raise NotMeasuredError("the processes' cost is read from /proc, which is Linux's")
    peer = _peer()
    with _broker() as broker, canned(page(1)) as cfg:
        return [
            figure
            for prefetch in _PREFETCHES
            for figure in _measure(prefetch, partial(_turn, broker, cfg, prefetch), peer)
        ]


def _measure(prefetch: int, turn: Callable[[Sailor], _Turn], peer: Sailor) -> Iterator[Figure]:
    steps = {"our step": partial(turn, OURS), "the Node peer": partial(turn, peer)}
    turns = interleaved(steps, _ROUNDS)
    figure = partial(Figure, f"A step, prefetch {prefetch}")
    for kind in _KINDS:
        costs = {name: [kind.of(turn) for turn in of_step] for name, of_step in turns.items()}
        for name, values in costs.items():
            yield figure(f"{name}, {kind.name}", median(values), kind.unit)
        yield figure(
            f"our step to the peer, {kind.name}",
            ratio(*costs.values()),
            bar=kind.bar,
            goal=kind.goals[prefetch],
            at_least=kind.at_least,
        )


def _turn(broker: Broker, cfg: Mapping[str, str], prefetch: int, sailor: Sailor) -> _Turn:
    """Start a step on a full queue, and watch it work that off."""
    with (
        RestApi() as api,
        Flow(broker, api).declared() as flow,
        broker.channel() as channel,
        TemporaryDirectory() as folder,
    ):
        flow.configure(flow.step.id, config=cfg)
        flow.publish_all([_MESSAGE] * (_WARM_UP + _MEASURED))
        environment = flow.environment(
            "DescribeImages",
            COMPONENT_PATH=_COMPONENTS[sailor.name],
            RABBITMQ_PREFETCH_SAILOR=prefetch,
            DATA_RATE_LIMIT=_NO_LIMIT,
        )
        started = time.perf_counter()
        runtime = sailor.run_step(environment, Path(folder) / "log")

        def out() -> int:
            if not runtime.running:
                raise AssertionError(f"the {sailor.name} step ended:\n{runtime.output[-2000:]}")
            return channel.queue_declare(flow.output, passive=True).method.message_count or 0

        def see(wanted: int) -> _Look:
            what = f"{wanted} messages out of the {sailor.name} step"
            until(lambda: out() >= wanted, what, within=_TIMEOUT, every=_INTERVAL)
            return _Look(out(), time.perf_counter(), tree.cpu(runtime.pid))

        try:
            first, warm, last = see(1), see(_WARM_UP), see(_WARM_UP + _MEASURED)
            memory = tree.memory(runtime.pid)
        finally:
            runtime.kill()
    messages = last.messages - warm.messages
    return _Turn(
        start=(first.time - started) * 1e3,
        cpu=(last.cpu - warm.cpu) / messages * 1e6,
        rate=messages / (last.time - warm.time),
        memory=memory,
    )


@contextmanager
def _broker() -> Iterator[Broker]:
    """Yield the broker of this machine, or one for now."""
    if not (provision.WELL_KNOWN.answers or private_broker.installed()):
        raise NotMeasuredError("there is no RabbitMQ; on Debian: sudo apt install rabbitmq-server")
    with TemporaryDirectory() as folder:
        broker, node = provision.broker(Path(folder))
        try:
            yield broker
        finally:
            if node is not None:
                node.remove()


def _peer() -> Sailor:
    """Return the Node runtime, and see to it that its packages are installed."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise NotMeasuredError("there is no Node.js with npm; on Debian: sudo apt install npm")
    try:
        return node_sailor(provision.need_node(_NODE_FOLDER))
    except pytest.exit.Exception as error:
        raise NotMeasuredError(str(error)) from error
