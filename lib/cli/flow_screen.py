"""What ``flow`` shows on a terminal: a line for each step that fills up, and what comes out."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.rule import Rule
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from lib.cli.terminal import colored_json, json_text, visible, write_logs
from lib.platform.flows.observer import Count, Tally
from lib.platform.flows.plan import Plan
from lib.sailor.step import describe_error, shortened

_WIDEST = 88  # columns of prose; longer lines are hard to read
_NARROW, _WIDE = 72, 100  # columns; below and above, the table has fewer and more columns
_BAR = 16  # columns of the longest bar
_REFRESHES = 12  # per second
_MOST_NOTES = 5  # errors of a step that are shown, and rebounds; the table counts them all
_MOST_MESSAGES = 5  # messages of a last step that are shown
_LONGEST_TEXT = 240  # characters of a text in a message
_LONGEST_BODY = 60  # lines of a message


@dataclass
class _Output:
    """What a last step has emitted and the screen has not shown yet.

    Args:
        count: The number of messages.
        first: The first few of them.
    """

    count: int = 0
    first: list[Any] = field(default_factory=list)

    def add(self, message: Any) -> None:
        self.count += 1
        if len(self.first) < _MOST_MESSAGES:
            self.first.append(message)


class FlowScreen(Tally):
    """Shows a flow while it runs, and then what its last steps emitted.

    Args:
        plan: The flow.
        place: Where it runs, for the heading.
        debug: Whether the tracebacks of errors are shown.
        clock: Returns the time in seconds, from any beginning.
    """

    def __init__(
        self,
        plan: Plan,
        place: str,
        *,
        debug: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(plan)
        self._place = place
        self._debug = debug
        self._clock = clock
        self._began: float | None = None
        self._latest: str | None = None  # the step that did something last; None once all is over
        self._notes: Counter[tuple[str, str]] = Counter()
        self._outputs = {step.id: _Output() for step in plan.steps.values() if not step.branches}
        self._guides = dict(_guides(plan))
        self._console = Console(highlight=False)
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            console=self._console, get_renderable=self._progress, refresh_per_second=_REFRESHES
        )

    def __enter__(self) -> Self:
        self._print_heading()
        if sys.stderr.isatty():  # else they go to a file, and stay as they are
            write_logs(self._console, end="\n\n")
        self._latest = self.plan.first.id  # what comes before it, such as a sandbox, counts for it
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._latest = None
        self._live.stop()
        self.end_round()
        if error is None:
            self._explain_silence()

    def received(self, step: str) -> None:
        """See :meth:`lib.platform.flows.observer.Observer.received`."""
        super().received(step)
        self._latest = step
        self._began = self._began or self._clock()

    def emitted(self, step: str, event: str, payload: Any) -> None:
        """See :meth:`lib.platform.flows.observer.Observer.emitted`."""
        super().emitted(step, event, payload)
        self._latest = step
        match event:
            case "data" if step in self._outputs:
                self._outputs[step].add(payload)
            case "error":
                self._show_error(step, payload)
            case "rebound":
                self._note(step, event, "yellow", payload)
            case "httpReply":
                self._note(step, event, "green", json_text(payload.get("body")))
            case "updateKeys":
                self._note(step, event, "cyan", "The step has new credentials.")

    def _name(self, step: str) -> Text:
        return Text.assemble((visible(self.plan.steps[step].title), "bold"), "  ", (step, "dim"))

    # Above the table

    def _print_heading(self) -> None:
        flow = self.plan.file
        self._console.print()
        self._console.print(Text(visible(flow.name or flow.path.name), "bold"))
        self._console.print(Text(self._place, "dim"))
        if flow.description:
            self._console.print()
            width = min(self._console.width, _WIDEST)
            self._console.print(Text(visible(flow.description)), width=width)
        self._console.print()

    def _show_error(self, step: str, payload: Any) -> None:
        error = describe_error(payload)
        text = error["message"].removeprefix(f"{error['name']}: ")
        handlers = [branch.target for branch in self.plan.branches_for_errors(step)]
        detail = f"handled by {', '.join(handlers)}" if handlers else ""
        lines = f"{error['name']}: {text}" if text else error["name"]
        if self._debug:
            lines += f"\n{error['stack'].rstrip()}"
        self._note(step, "error", self._error_style(step), lines, detail)

    def _note(self, step: str, event: str, style: str, text: str, detail: str = "") -> None:
        """Show an event above the table, unless the step has had many of its kind."""
        self._notes[step, event] += 1
        if self._notes[step, event] > _MOST_NOTES:
            return
        heading = Text.assemble((event, style), "  ", self._name(step), (f"  {detail}", "dim"))
        self._console.print(heading)
        self._console.print(Text(visible(text)), width=min(self._console.width, _WIDEST))
        if self._notes[step, event] == _MOST_NOTES:
            self._console.print(Text("More of these are only counted.", "dim"))
        self._console.print()

    # The table

    def _progress(self) -> RenderableType:
        """Return a line for each step, and how the flow as a whole is doing."""
        narrow, wide = self._console.width < _NARROW, self._console.width >= _WIDE
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(width=1)
        if not narrow:
            table.add_column(style="dim", no_wrap=True)
        table.add_column()  # the only column that may be cut
        for heading in ("in", "out"):
            table.add_column(heading, justify="right", no_wrap=True)
        if wide:
            table.add_column(width=_BAR)
        for heading in ("err", "reb", "ms") if narrow else ("errors", "rebounds", "ms each"):
            table.add_column(heading, justify="right", no_wrap=True)
        most = max(1, *(count.emitted for count in self.steps.values()))
        for step, count in self.steps.items():
            title = Text(self._guides[step], "dim", no_wrap=True, overflow="ellipsis")
            title.append(visible(self.plan.steps[step].title), "not dim" if count.received else "")
            table.add_row(
                self._mark(step),
                *([] if narrow else [step]),
                title,
                _number(count.received),
                _number(count.emitted),
                *([Text("━" * ceil(_BAR * count.emitted / most), "cyan")] if wide else []),
                _number(count.errors, self._error_style(step)),
                _number(count.rebounds, "yellow"),
                _milliseconds(count),
            )
        return Group(table, "", self._summary())

    def _mark(self, step: str) -> RenderableType:
        """Return what begins a step's line."""
        count = self.steps[step]
        if step == self._latest:
            return self._spinner
        if not count.received:
            return Text("○", "dim")
        if count.errors:
            return Text("✗", self._error_style(step))
        return Text("✓" if self._latest is None else "●", "green")

    def _error_style(self, step: str) -> str:
        return "yellow" if self.plan.branches_for_errors(step) else "bold red"

    def _summary(self) -> Text:
        received = sum(count.received for count in self.steps.values())
        seconds = self._clock() - self._began if self._began else 0
        text = f"{_counted(received, 'message')} in {seconds:.1f} s"
        if not self.unhandled:
            return Text(text, "dim")
        errors = f"{_counted(self.unhandled, 'error')} without error handling"
        return Text.assemble((errors, "bold red"), (f", {text}", "dim"))

    # Under the table

    def end_round(self) -> None:
        """Show what the last steps have emitted since the last round."""
        for step, output in self._outputs.items():
            if not output.count:
                continue
            title = self._name(step).append(f"  {_counted(output.count, 'message')}", "dim")
            self._console.print()
            self._console.print(Rule(title, align="left", style="dim"))
            for message in output.first:
                self._print_body(message.get("body"))
            if output.count > len(output.first):
                rest = output.count - len(output.first)
                self._console.print(Text(f"… and {_counted(rest, 'more message')}", "dim"))
            self._outputs[step] = _Output()

    def _print_body(self, body: Any) -> None:
        lines = json_text(_with_short_texts(body)).splitlines()
        for line in colored_json("\n".join(lines[:_LONGEST_BODY])).split():
            self._print_line(line)
        if len(lines) > _LONGEST_BODY:
            rest = _counted(len(lines) - _LONGEST_BODY, "more line")
            self._console.print(Text(f"… and {rest}; --json shows all", "dim"))

    def _print_line(self, line: Text) -> None:
        """Print a line of JSON; what does not fit continues below its beginning."""
        hanging = len(line.plain) - len(line.plain.lstrip()) + 4
        first, *rest = line.wrap(self._console, self._console.width - hanging)
        self._console.print(first)
        for part in rest:
            self._console.print(Padding(part, (0, 0, 0, hanging)))

    def _explain_silence(self) -> None:
        """Say where the messages ended, if none came out of the last steps."""
        if any(self.steps[step].emitted for step in self._outputs):
            return
        silent = [
            f"{self.plan.steps[step].title} ({step})"
            for step, count in self.steps.items()
            if count.received and not count.emitted and not count.errors
        ]
        text = "\nNo message came out of the flow."
        if silent:
            text += f" {' and '.join(silent)} emitted none."
        self._console.print(Text(visible(text)))


def _guides(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield for each step the lines in front of its title, which show the branches."""
    drawn: set[str] = set()

    def draw(step: str, own: str, below: str) -> Iterator[tuple[str, str]]:
        if step in drawn:
            return
        drawn.add(step)
        yield step, own
        targets = [branch.target for branch in plan.steps[step].branches]
        for target in targets:
            if len(targets) == 1:
                yield from draw(target, below, below)
            elif target == targets[-1]:
                yield from draw(target, f"{below}└ ", f"{below}  ")
            else:
                yield from draw(target, f"{below}├ ", f"{below}│ ")

    yield from draw(plan.first.id, "", "")
    for branch in plan.error_branches:
        yield from draw(branch.target, "on error  ", "          ")


def _number(number: int, style: str = "") -> Text:
    return Text(f"{number:,}", style) if number else Text("·", "dim")


def _milliseconds(count: Count) -> str:
    """Return the time per message; nothing before the first is done."""
    if not count.milliseconds:
        return ""
    each = count.milliseconds / count.received
    return f"{each:,.1f}" if each < 10 else f"{each:,.0f}"  # noqa: PLR2004 - two digits do


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _with_short_texts(value: Any) -> Any:
    """Return a value with its long texts cut."""
    if isinstance(value, str):
        return shortened(value, _LONGEST_TEXT)
    if isinstance(value, list):
        return [_with_short_texts(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_short_texts(item) for name, item in value.items()}
    return value
