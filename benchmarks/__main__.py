"""Measurement of all parts, or of those that are named, with each figure next to its bar."""

import compileall
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    call,
    containers,
    copying,
    endurance,
    flow,
    growth,
    memory,
    results,
    startup,
    step,
    table,
    throttling,
)
from benchmarks.figure import Figure, Finding, NotMeasuredError

_ROOT = Path(__file__).parents[1]

_Measure = Callable[[], Sequence[Finding]]


@dataclass(frozen=True)
class Part:
    """A part of the benchmarks.

    Args:
        title: Its title in the table.
        named: Whether its option is set.
        measure: Measures it in full.
        brief: Measures the share of the default run; None if that leaves the part out.
    """

    title: str
    named: bool
    measure: _Measure
    brief: _Measure | None


def main(
    *,
    one_call: Annotated[
        bool, typer.Option("--call", help="CPU time of one call: our action, boto3, the floor.")
    ] = False,
    start_up: Annotated[
        bool,
        typer.Option("--startup", help="Start-up: one action from command to exit, next to boto3."),
    ] = False,
    peak_memory: Annotated[
        bool, typer.Option("--memory", help="Peak memory with the largest layer part.")
    ] = False,
    one_copy: Annotated[
        bool,
        typer.Option(
            "--copy",
            help="Copy Image with a layer of 2 GiB, next to a plain loop; by default 256 MiB.",
        ),
    ] = False,
    one_step: Annotated[
        bool,
        typer.Option(
            "--step",
            help="A step under our runtime and the Node.js runtime, with a prefetch of 1, 5, 10 "
            "and 20; by default 1 and 10.",
        ),
    ] = False,
    one_flow: Annotated[
        bool, typer.Option("--flow", help="10,000 messages through a flow without a broker.")
    ] = False,
    throttled: Annotated[
        bool,
        typer.Option(
            "--throttling",
            help="An account that is granted 5 and 50 requests per second, with and without the "
            "rate limiter; by default 50.",
        ),
    ] = False,
    growing: Annotated[
        bool,
        typer.Option(
            "--growth",
            help="Bodies of 1 KB to 5 MB, pages of 10 to 1,000 images, 1 to 4 containers; "
            "not by default.",
        ),
    ] = False,
    enduring: Annotated[
        bool,
        typer.Option("--endurance", help="100,000 messages through a step; not by default."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="All of these, in full: about fourteen minutes.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Also write the figures to this file.")] = None,
) -> None:
    """Measure the cost of an action, side by side with its peers.

    Named parts are measured in full. Without any, a run takes less than five minutes and leaves out
    the longer parts. Only ratios are comparable between machines. The exit status is 0 whether the
    bars are met or missed.

    The charts of a run are drawn from its JSON: python -m benchmarks.charts.
    """
    # A throttled client warns of each attempt, which is what is measured.
    logging.getLogger().addHandler(logging.NullHandler())
    # Memory comes first: the peak of a child process includes the memory of this one.
    parts = [
        Part("memory", peak_memory, memory.measure, memory.measure),
        Part("a copy", one_copy, copying.measure, partial(copying.measure, copying.BRIEF)),
        Part("start-up", start_up, startup.measure, startup.measure),
        Part("one call", one_call, call.measure, call.measure),
        Part("a step", one_step, step.measure, partial(step.measure, step.LEAST_AND_USUAL)),
        Part("a flow", one_flow, flow.measure, flow.measure),
        Part(
            "throttling",
            throttled,
            throttling.measure,
            partial(throttling.measure, throttling.BRIEF),
        ),
        Part("growth of a step", growing, growth.measure, None),
        Part("containers on one queue", growing, containers.measure, None),
        Part("endurance", enduring, endurance.measure, None),
    ]
    # As in the image: otherwise each start may compile the modules again.
    for folder in ("lib", "actions", "triggers"):
        compileall.compile_dir(_ROOT / folder, quiet=1)
    found = _measure(_wanted(parts, everything=everything))
    figures = [finding for finding in found if isinstance(finding, Figure)]
    Console(width=None if sys.stdout.isatty() else 120).print(table.render(figures))
    if json:
        json.write_bytes(results.as_json(found))


def _wanted(parts: Sequence[Part], *, everything: bool) -> dict[str, _Measure]:
    """Return the measurements to take, by the title of their part."""
    if everything or any(part.named for part in parts):
        return {part.title: part.measure for part in parts if everything or part.named}
    return {part.title: part.brief for part in parts if part.brief is not None}


def _measure(wanted: dict[str, _Measure]) -> list[Finding]:
    """Measure part after part, and report those that could not be measured."""
    found: list[Finding] = []
    stderr = Console(stderr=True)
    with stderr.status("") as status:
        for title, measure in wanted.items():
            status.update(f"Measuring {title} …")
            try:
                found += measure()
            except NotMeasuredError as reason:
                stderr.print(f"Not measured: {title}, because {reason}", markup=False)
    return found


if __name__ == "__main__":
    typer.run(main)
