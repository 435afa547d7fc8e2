"""Findings: figures with their bars, curves, or the reason why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass

_KB, _MB = 1_000, 1_000_000


class NotMeasuredError(Exception):
    """A part cannot be measured on this machine; the text gives the reason."""


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Args:
        part: The part of the benchmarks.
        name: The name of the measure.
        value: Its value.
        unit: ``ns``, ``µs``, ``ms``, ``MiB``, ``MiB/s`` or ``msg/s``; empty for a ratio.
        bar: The highest acceptable value; None if the figure is only for comparison.
        goal: The value that we aim for.
        at_least: Whether bar and goal are lower limits.
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
    """A measure over the prefetch, the size of bodies, or another quantity.

    Args:
        chart: The chart that shows it, one of ``charts.CHARTS``.
        name: The label of the curve.
        points: Pairs of the quantity and the measure.
    """

    chart: str
    name: str
    points: Sequence[tuple[float, float]]


Finding = Figure | Curve


def in_bytes(size: float) -> str:
    """Return a size in KB or MB."""
    return f"{size / _MB:.0f} MB" if size >= _MB else f"{size / _KB:.0f} KB"
