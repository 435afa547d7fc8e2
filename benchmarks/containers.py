"""Containers: one, two and four of them on one queue.

Each takes one message at a time, the platform's default. Broker and endpoint run on the same cores,
and their share grows with the rate, so their CPU time is measured too. Once all cores are busy,
another container makes nothing faster.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

from benchmarks import tree
from benchmarks.figure import Curve, Figure, Finding
from benchmarks.images import ASKED, page
from benchmarks.rounds import interleaved, ratio
from benchmarks.running import Work, at_work, broker
from benchmarks.server import endpoint
from lib.platform import Broker

_CONTAINERS = (1, 2, 4)
_ROUNDS = 5
_WARM_UP = 500  # messages out, at least, before the measurement starts
_MEASURED = 2_000  # messages, after those
_TWO_BAR = 1.6


@dataclass(frozen=True)
class _Turn:
    """The figures of all containers together.

    Args:
        rate: Messages per second.
        cpu: Microseconds of CPU time per message, by who used it.
    """

    rate: float
    cpu: Mapping[str, float]

    @property
    def busy(self) -> float:
        """The number of cores that were busy."""
        return sum(self.cpu.values()) * self.rate / 1e6


def measure() -> list[Finding]:
    """Measure the rate of one container, of two and of four.

    Raises:
        NotMeasuredError: The machine lacks a broker, or is not Linux.
    """
    with broker() as on, endpoint(page(1)) as ecr:
        others = {"the endpoint": ecr.pid}
        if pid := tree.listener(on.port):
            others["the broker"] = pid
        work = Work("DescribeImages", ecr.cfg, ASKED, _WARM_UP + _MEASURED)
        turns = interleaved(
            {n: partial(_turn, on, replace(work, containers=n), others) for n in _CONTAINERS},
            _ROUNDS,
        )
    rates = {n: [turn.rate for turn in taken] for n, taken in turns.items()}
    return [
        *(figure for n, taken in turns.items() for figure in _figures(n, taken)),
        *_gains(rates),
        Curve("containers-rate", "DescribeImages", [(n, median(rates[n])) for n in rates]),
    ]


def _turn(on: Broker, work: Work, others: Mapping[str, int]) -> _Turn:
    """Let containers work, and measure them and other processes."""
    with at_work(on, work) as step:
        step.until_all_consume()
        warm = step.see(_WARM_UP)
        before = _cpu(others)
        last = step.see(work.messages)
        after = _cpu(others)
    pace = last.since(warm)
    messages = last.messages - warm.messages
    cpu = {who: (after[who] - before[who]) / messages * 1e6 for who in others}
    return _Turn(pace.rate, {"the step": pace.cpu, **cpu})


def _cpu(pids: Mapping[str, int]) -> dict[str, float]:
    return {who: tree.cpu(pid) for who, pid in pids.items()}


def _figures(containers: int, turns: Sequence[_Turn]) -> Iterator[Figure]:
    figure = partial(Figure, f"A step, {containers} container{'s' * (containers > 1)}")
    yield figure("rate", median(turn.rate for turn in turns), "msg/s")
    for who in turns[0].cpu:
        yield figure(f"{who}, CPU per message", median(turn.cpu[who] for turn in turns), "µs")
    yield figure(f"cores busy, of {os.cpu_count()}", median(turn.busy for turn in turns))


def _gains(rates: Mapping[int, Sequence[float]]) -> Iterator[Figure]:
    figure = partial(Figure, "A step, growth with containers", at_least=True)
    yield figure("two containers to one, rate", ratio(rates[2], rates[1]), bar=_TWO_BAR)
    yield figure("four containers to one, rate", ratio(rates[4], rates[1]))
