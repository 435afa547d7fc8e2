"""A measured figure and its bar, or why there is none."""

from dataclasses import dataclass


class NotMeasuredError(Exception):
    """A part can't be measured on this machine; the text says what it lacks."""


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Args:
        part: The part of the benchmarks that it is from.
        name: What was measured.
        value: How much it was.
        unit: ``µs``, ``ms``, ``MiB`` or ``msg/s``; empty for a ratio.
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
