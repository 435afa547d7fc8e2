"""Charts of a run, drawn from its JSON: ``python -m benchmarks.charts RESULTS FOLDER``.

A chart is an SVG without scripts and without a date, the same for the same results, with colors
for light and for dark surroundings.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, log10
from operator import attrgetter
from pathlib import Path
from typing import Annotated
from xml.etree.ElementTree import Element, indent, tostring

import pygal
import typer
from pygal import PluginImportFixer

from benchmarks import results
from benchmarks.figure import Curve, in_bytes

# This finder of pygal's maps uses an interface that Python has deprecated: each later import warns.
sys.meta_path.remove(next(each for each in sys.meta_path if isinstance(each, PluginImportFixer)))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _thousands(value: float) -> str:
    return f"{value / 1_000:,.0f}k"


@dataclass(frozen=True)
class Chart:
    """A kind of chart.

    Args:
        title: The title, with the unit.
        along: The title of the x axis.
        kind: The class of pygal: bars for a few sizes, a line over a growing number.
        label: Returns the label of a point on the x axis.
        logarithmic: Whether the y axis is logarithmic.
    """

    title: str
    along: str
    kind: type = pygal.Bar
    label: Callable[[float], str] = _number
    logarithmic: bool = False


_PER_BODY = "bytes of a message's body"
_SO_FAR = "messages so far"
CHARTS = {
    "call-cpu": Chart("CPU of one call, µs", "images in the answer"),
    "step-cpu": Chart("CPU per message, µs", "prefetch"),
    "step-rate": Chart("Messages per second", "prefetch"),
    "step-memory": Chart("Memory of a step, MiB", "prefetch"),
    "step-start": Chart("Start to first message, ms", "prefetch"),
    "body-cpu": Chart("CPU per byte, ns", _PER_BODY, label=in_bytes, logarithmic=True),
    "body-memory": Chart("Peak memory of a step, MiB", _PER_BODY, label=in_bytes),
    "page-cpu": Chart("CPU per image, µs", "images in a page", logarithmic=True),
    "containers-rate": Chart("Messages per second", "containers on one queue"),
    "endurance-memory": Chart("Memory of a step, MiB", _SO_FAR, pygal.XY, _thousands),
    "endurance-rate": Chart("Messages per second", _SO_FAR, pygal.XY, _thousands),
}


@dataclass(frozen=True)
class _Palette:
    """The colors of text, guides, background and curves."""

    text: str
    guide: str
    ground: str
    curves: tuple[str, ...]


# Each color has enough contrast with the background, which is part of the chart.
_LIGHT = _Palette("#1f2328", "#d1d9e0", "#ffffff", ("#0b7285", "#d9480f", "#6e7781"))
_DARK = _Palette("#f0f6fc", "#3d444d", "#0d1117", ("#22b8cf", "#ff922b", "#9198a1"))
_LAYOUT = """
svg { font-family: system-ui, sans-serif; font-size: 12px }
.title { text-anchor: middle; font-size: 14px }
.plot_title { font-size: 16px; font-weight: 600 }
.axis.x text, .value { text-anchor: middle }
.axis.y text { text-anchor: end }
.nofill { fill: none; stroke-width: 2 }
"""


def main(
    run: Annotated[Path, typer.Argument(metavar="RESULTS", help="The file that --json wrote.")],
    folder: Annotated[Path, typer.Argument(help="The folder for the charts.")],
) -> None:
    """Draw the charts of a run, one SVG each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in draw(results.curves(run.read_bytes())).items():
        (folder / f"{name}.svg").write_bytes(svg)


def draw(curves: Iterable[Curve]) -> dict[str, bytes]:
    """Return the charts of curves, by their names."""
    ordered = sorted(curves, key=attrgetter("chart"))
    return {
        name: _svg(CHARTS[name], list(of_chart))
        for name, of_chart in groupby(ordered, key=attrgetter("chart"))
    }


def _svg(chart: Chart, curves: Sequence[Curve]) -> bytes:
    is_bar = chart.kind is pygal.Bar
    graph = chart.kind(
        title=chart.title,
        x_title=chart.along,
        width=720,
        height=400,
        explicit_size=True,
        include_x_axis=not chart.logarithmic,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(curves),
        logarithmic=chart.logarithmic,
        max_scale=8,
        print_values=is_bar,
        print_values_position="top",
        show_dots=is_bar,
        show_legend=len(curves) > 1,
        truncate_legend=-1,
        value_formatter=_number,
        x_value_formatter=chart.label,
    )
    if is_bar:
        graph.x_labels = [chart.label(along) for along, _ in curves[0].points]
    if chart.logarithmic:
        powers = _powers(max(value for curve in curves for _, value in curve.points))
        graph.y_labels, graph.zero = powers, powers[0]
    for curve in curves:
        graph.add(
            curve.name, [value if is_bar else (along, value) for along, value in curve.points]
        )
    return _tidy(graph.render_tree())


def _powers(most: float) -> list[int]:
    """Return the powers of ten from 1 to the first that is not less."""
    return [10**power for power in range(ceil(log10(most)) + 1)]


def _tidy(svg: Element) -> bytes:
    """Return pygal's drawing without its parts for scripts, in our style."""
    del svg.attrib["id"]  # differs in each run
    for parent in list(svg.iter()):
        for child in list(parent):
            tag = child.tag if isinstance(child.tag, str) else "comment"  # with the date
            if tag in ("comment", "script", "desc") or child.get("class") == "tooltip":
                parent.remove(child)
            elif tag == "style":
                child.text = _LAYOUT + _rules(_LIGHT) + _in_the_dark(_rules(_DARK))
    indent(svg, space="")
    return f"{tostring(svg, encoding='unicode')}\n".encode()


def _in_the_dark(rules: str) -> str:
    return f"@media (prefers-color-scheme: dark) {{\n{rules}}}\n"


def _rules(palette: _Palette) -> str:
    curves = "".join(
        f".color-{number} {{ fill: {color}; stroke: {color} }}\n"
        for number, color in enumerate(palette.curves)
    )
    return (
        f"{curves}text {{ fill: {palette.text}; stroke: none }}\n"
        f".background {{ fill: {palette.ground} }}\n"
        f".axis .line {{ fill: none; stroke: {palette.guide} }}\n"
    )


if __name__ == "__main__":
    typer.run(main)
