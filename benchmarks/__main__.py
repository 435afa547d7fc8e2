"""Measures all parts, or those that are asked for, and shows each figure beside its bar."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import call, memory, startup, step, table
from benchmarks.figure import Figure, NotMeasuredError


def main(
    *,
    one_call: Annotated[
        bool, typer.Option("--call", help="CPU time of one call: our action, boto3, the floor.")
    ] = False,
    start_up: Annotated[
        bool, typer.Option("--startup", help="Time from the command to its end, beside boto3.")
    ] = False,
    peak_memory: Annotated[
        bool, typer.Option("--memory", help="Peak memory with the largest layer part.")
    ] = False,
    one_step: Annotated[
        bool,
        typer.Option("--step", help="A step of a flow: our runtime, the Node runtime."),
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file too.")] = None,
) -> None:
    """Measure what an action costs, side by side with its peers.

    All parts are measured, or those that are named. Only the ratios carry over to other machines.
    The exit status is 0 whether the bars are met or missed.
    """
    # Memory comes first: a child's peak counts in what this process holds.
    parts = [
        ("memory", peak_memory, memory.measure),
        ("start-up", start_up, startup.measure),
        ("one call", one_call, call.measure),
        ("a step", one_step, step.measure),
    ]
    any_named = any(named for _, named, _ in parts)
    figures: list[Figure] = []
    stderr = Console(stderr=True)
    with stderr.status("") as status:
        for title, named, measure in parts:
            if named or not any_named:
                status.update(f"Measuring {title} …")
                try:
                    figures += measure()
                except NotMeasuredError as lack:
                    stderr.print(f"Not measured: {title}, because {lack}", markup=False)
    Console(width=None if sys.stdout.isatty() else 120).print(table.render(figures))
    if json:
        json.write_bytes(table.as_json(figures))


if __name__ == "__main__":
    typer.run(main)
