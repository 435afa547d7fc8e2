"""A measured figure and its bar."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Args:
        part: The part of the benchmarks that it is from.
        name: What was measured.
        value: How much it was.
        unit: ``µs``, ``ms`` or ``MiB``; empty for a ratio.
        bar: The most that it should be; None where it is there to compare with.
    """

    part: str
    name: str
    value: float
    unit: str = ""
    bar: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without one."""
        return None if self.bar is None else self.value <= self.bar
