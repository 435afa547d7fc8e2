"""Output of the demo: a progress bar on stderr, a table and texts on stdout."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from lib.demo.caller import Call, Caller

_PULL = """\
Registry clients can pull from a sandbox too. PASSWORD is in the token of GetAuthorizationToken:
skopeo copy --src-tls-verify=false --src-creds AWS:PASSWORD \\
  docker://127.0.0.1:PORT/REPOSITORY:TAG dir:image"""


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[str], None]]:
    """Show on stderr, if it is a terminal, how many of the operations are done."""
    console = Console(stderr=True)
    seen: set[str] = set()
    with Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=total)

        def begin(action: str) -> None:
            bar.update(task, description=action, completed=len(seen))
            seen.add(action)

        yield begin


def show(out: Console, caller: Caller, endpoint: str) -> None:
    """Print the calls, how many there were, the mistakes, and how a client pulls an image."""
    out.print("[bold]One container image, from its first byte to its last[/]")
    out.print(
        f"The sandbox at {endpoint} stands in for Amazon ECR. It checks the signature of every"
        " request.\n"
    )
    out.print(_table(caller.calls))
    operations, calls = len(caller.succeeded), len(caller.calls)
    total = sum(call.milliseconds for call in caller.calls)
    out.print(f"\n[bold]{operations} operations[/] in {calls} calls, {total:.0f} ms.")
    for mistake in caller.mistakes:
        out.print()
        out.print(f"[bold]A mistake: {mistake.title}[/]")
        out.print(Text.assemble((f"{mistake.action} ", "cyan"), json.dumps(mistake.body)))
        out.print(Text(mistake.error, "red"))
    out.print(f"\n{_PULL}")


def _table(calls: list[Call]) -> Table:
    """Return the calls as a table, with a gap between chapters."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("", style="bold", no_wrap=True)
    table.add_column("Action", style="cyan", no_wrap=True)
    table.add_column("Result", overflow="fold")
    table.add_column("ms", justify="right", style="dim")
    for chapter, group in groupby(calls, key=lambda call: call.chapter):
        for number, call in enumerate(group):
            table.add_row(
                "" if number else chapter,
                call.action,
                Text(call.result),
                f"{call.milliseconds:.0f}",
            )
        table.add_section()
    return table
