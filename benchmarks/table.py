"""The figures as a table for people."""

from collections.abc import Iterable
from itertools import groupby

from rich.table import Table

from benchmarks.figure import Figure

_VERDICTS = {True: "[green]met", False: "[red]missed", None: ""}


def render(figures: Iterable[Figure]) -> Table:
    """Return a table of figures, each next to its bar, and whether the bar is met."""
    table = Table("Part", "Figure", box=None, pad_edge=False)
    table.add_column("Measured", justify="right")
    table.add_column("Bar", justify="right")
    table.add_column("")
    table.add_column("Goal", justify="right")
    for part, of_part in groupby(figures, key=lambda figure: figure.part):
        title = part
        for figure in of_part:
            table.add_row(
                title,
                figure.name,
                _amount(figure.value, figure.unit),
                _limit(figure, figure.bar),
                _VERDICTS[figure.met],
                _limit(figure, figure.goal),
            )
            title = ""
        table.add_row()
    return table


def _limit(figure: Figure, limit: float | None) -> str:
    if limit is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {_amount(limit, figure.unit)}"


def _amount(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if unit else f"{value:.2f}"
