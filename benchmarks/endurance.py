"""Endurance: memory and rate of one step over 100,000 messages."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from benchmarks.figure import Curve, Figure, Finding
from benchmarks.images import ASKED, page
from benchmarks.running import Look, Work, at_work, broker
from benchmarks.server import canned

_MESSAGES = 100_000
_EVERY = 2_000  # messages between two looks
_EARLY = 10_000  # messages after which memory should not grow any more
_PREFETCH = 10
_MEMORY_BAR = 1.05
_RATE_BAR = 0.95


def measure() -> list[Finding]:
    """Measure DescribeImages, ten messages at a time, once.

    Raises:
        NotMeasuredError: The machine lacks a broker, or is not Linux.
    """
    with broker() as on, canned(page(1)) as cfg:
        work = Work("DescribeImages", cfg, ASKED, _MESSAGES, _PREFETCH)
        with at_work(on, work) as step:
            looks = [step.see(n) for n in range(_EVERY, _MESSAGES + 1, _EVERY)]
    return [*memory_figures(looks), *rate_figures(looks), *_curves(looks)]


def memory_figures(looks: Sequence[Look]) -> list[Figure]:
    """Return the growth of a step's memory since the first messages."""
    early, last = looks[_EARLY // _EVERY - 1].memory, looks[-1].memory
    figure = partial(Figure, "Endurance")
    return [
        figure(f"memory at {_EARLY:,} messages", early, "MiB"),
        figure(f"memory at {_MESSAGES:,} messages", last, "MiB"),
        figure(f"memory to that at {_EARLY:,} messages", last / early, bar=_MEMORY_BAR),
    ]


def rate_figures(looks: Sequence[Look]) -> list[Figure]:
    """Return the rates of a step in its second and last quarter; the first contains its start."""
    quarter = len(looks) // 4
    second = looks[2 * quarter - 1].since(looks[quarter - 1]).rate
    last = looks[-1].since(looks[-1 - quarter]).rate
    figure = partial(Figure, "Endurance")
    return [
        figure("rate in the second quarter", second, "msg/s"),
        figure("rate in the last quarter", last, "msg/s"),
        figure(
            "rate in the last quarter to that in the second",
            last / second,
            bar=_RATE_BAR,
            at_least=True,
        ),
    ]


def _curves(looks: Sequence[Look]) -> list[Curve]:
    memory = [(look.messages, look.memory) for look in looks]
    rate = [(look.messages, look.since(before).rate) for before, look in pairwise(looks)]
    return [
        Curve("endurance-memory", "our step", memory),
        Curve("endurance-rate", "our step", rate),
    ]
