"""A step: DescribeImages under our runtime, under the platform's, and in a bare loop, the floor.

The platform's runtime calls the AWS SDK for Node.js; ``benchmarks.floor`` is the bare loop. Each
turn starts one of the three on a full queue. CPU time and rate are measured from the end of the
warm-up, which the peer's compiler needs, to the last message.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.figure import Curve, Figure, Finding, NotMeasuredError
from benchmarks.images import ASKED, page
from benchmarks.rounds import interleaved, ratio
from benchmarks.running import Work, at_work, broker
from benchmarks.server import canned
from lib.platform import Broker, node
from lib.platform.errors import MissingSoftwareError
from lib.platform.process import OURS, Sailor, node_sailor

PREFETCHES = (1, 5, 10, 20)
LEAST_AND_USUAL = (1, 10)

_NODE_FOLDER = Path(__file__).parent / "node"
_FLOOR = Sailor("floor", (sys.executable, "-m", "benchmarks.floor"), ())
_ROUNDS = 5
_WARM_UP = 500  # messages
_MEASURED = 1_000  # messages, after those


@dataclass(frozen=True)
class _Turn:
    """The figures of a step from its start to its last message.

    Args:
        start: Milliseconds from the start to the first message out.
        cpu: Microseconds of CPU time per message.
        rate: Messages per second.
        memory: MiB resident at the end.
    """

    start: float
    cpu: float
    rate: float
    memory: float


@dataclass(frozen=True)
class _Kind:
    """A kind of cost, with bar and goals for the ratio of ours to the peer's.

    Args:
        name: Its name in the table.
        unit: Its unit.
        of: Returns the cost of a turn.
        chart: The chart that shows it.
        bar: The bar for every prefetch.
        goals: The goals by prefetch.
        at_least: Whether bar and goals are lower limits.
        to_floor: Whether ours is compared with the floor's too.
    """

    name: str
    unit: str
    of: Callable[[_Turn], float]
    chart: str
    bar: float | None
    goals: Mapping[int, float]
    at_least: bool = False
    to_floor: bool = False


_KINDS = (
    _Kind(
        "CPU per message",
        "µs",
        lambda turn: turn.cpu,
        "step-cpu",
        1.0,
        {1: 0.42, 10: 0.60},
        to_floor=True,
    ),
    _Kind(
        "rate",
        "msg/s",
        lambda turn: turn.rate,
        "step-rate",
        None,
        {1: 2.0, 10: 1.4},
        at_least=True,
        to_floor=True,
    ),
    _Kind("memory", "MiB", lambda turn: turn.memory, "step-memory", 0.5, {1: 0.45, 10: 0.45}),
    _Kind(
        "start to first message",
        "ms",
        lambda turn: turn.start,
        "step-start",
        0.5,
        {1: 0.5, 10: 0.5},
    ),
)


def measure(prefetches: Sequence[int] = PREFETCHES) -> list[Finding]:
    """Measure a step with each prefetch.

    Raises:
        NotMeasuredError: The machine lacks a broker or Node.js, or is not Linux.
    """
    peer = _peer()
    with broker() as running_broker, canned(page(1)) as cfg:
        work = Work("DescribeImages", cfg, ASKED, _WARM_UP + _MEASURED)
        turns = {
            prefetch: _take_turns(running_broker, replace(work, prefetch=prefetch), peer)
            for prefetch in prefetches
        }
    return [*_figures(turns), *_curves(turns)]


# The turns of each contestant.
_Turns = Mapping[str, Sequence[_Turn]]


def _take_turns(on: Broker, work: Work, peer: Sailor) -> _Turns:
    steps = {
        "our step": partial(_turn, on, work, OURS),
        "the Node peer": partial(_turn, on, replace(work, component="benchmarks/node"), peer),
        "the floor": partial(_turn, on, work, _FLOOR),
    }
    return interleaved(steps, _ROUNDS)


def _turn(on: Broker, work: Work, sailor: Sailor) -> _Turn:
    """Start a step on a full queue, and measure it until the queue is empty."""
    with at_work(on, work, sailor) as step:
        first, warm, last = step.see(1), step.see(_WARM_UP), step.see(work.messages)
    pace = last.since(warm)
    return _Turn(first.time * 1e3, pace.cpu, pace.rate, last.memory)


def _figures(turns: Mapping[int, _Turns]) -> Iterator[Figure]:
    for prefetch, of_prefetch in turns.items():
        figure = partial(Figure, f"A step, prefetch {prefetch}")
        for kind in _KINDS:
            costs = {name: list(map(kind.of, taken)) for name, taken in of_prefetch.items()}
            for name, values in costs.items():
                yield figure(f"{name}, {kind.name}", median(values), kind.unit)
            yield figure(
                f"our step to the peer, {kind.name}",
                ratio(costs["our step"], costs["the Node peer"]),
                bar=kind.bar,
                goal=kind.goals.get(prefetch),
                at_least=kind.at_least,
            )
            if kind.to_floor:
                yield figure(
                    f"our step to the floor, {kind.name}",
                    ratio(costs["our step"], costs["the floor"]),
                )


def _curves(turns: Mapping[int, _Turns]) -> Iterator[Curve]:
    for kind in _KINDS:
        for name in next(iter(turns.values())):
            yield Curve(
                kind.chart,
                name,
                [(prefetch, median(map(kind.of, of[name]))) for prefetch, of in turns.items()],
            )


def _peer() -> Sailor:
    """Return the Node.js runtime, whose packages are installed if they are not yet."""
    try:
        return node_sailor(node.packages(_NODE_FOLDER))
    except MissingSoftwareError as error:
        raise NotMeasuredError(str(error)) from error
