"""What is found: figures and their bars, curves, or why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass

_KB, _MB = 1_000, 1_000_000


class NotMeasuredError(Exception):
    """A part can't be measured on this machine; the text says what it lacks."""


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Args:
        part: The part of the benchmarks that it is from.
        name: What was measured.
        value: How much it was.
        unit: ``ns``, ``µs``, ``ms``, ``MiB`` or ``msg/s``; empty for a ratio.
        bar: The most that it should be; None where it is there to compare with.
        goal: What we would like it to be.
        at_least: Whether bar and goal are the least that it should be, not the most.
    """

    part: str
    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar


@dataclass(frozen=True)
class Curve:
    """How something changes: with the prefetch, with the size of bodies, with the messages so far.

    Args:
        chart: The chart that shows it, one of ``charts.CHARTS``.
        name: Whose curve it is.
        points: What it changes with, and how much it is there.
    """

    chart: str
    name: str
    points: Sequence[tuple[float, float]]


Finding = Figure | Curve


def in_bytes(size: float) -> str:
    """Return a size in KB or MB, as people say it."""
    return f"{size / _MB:.0f} MB" if size >= _MB else f"{size / _KB:.0f} KB"
