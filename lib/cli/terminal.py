"""What a terminal shows: events for a person to read, log lines, a spinner."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from lib.sailor.local import WriteEvent
from lib.sailor.step import describe_error

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_LARGE = 1 << 20  # characters; coloring them takes two seconds


def event_writer(*, debug: bool) -> WriteEvent:
    """Return a function that writes events on standard output for a person to read.

    Args:
        debug: Whether the traceback of an error is shown.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)

    def heading(event: str, style: str, detail: str = "") -> None:
        console.print(Text.assemble((event, f"bold {style}"), "  ", detail), soft_wrap=True)

    def write(event: str, payload: Any) -> None:
        if event == "error":
            error = describe_error(payload)
            heading(event, "red", error["name"])
            console.print(Text(visible(error["message"].removeprefix(f"{error['name']}: "))))
            if debug:
                console.print(Text(visible(error["stack"].rstrip()), "dim"), soft_wrap=True)
        elif event == "rebound":
            heading(event, "yellow", "a transient error, try again later")
            console.print(Text(visible(describe_error(payload)["message"])))
        elif isinstance(payload, Mapping) and "body" in payload:
            headers = payload.get("headers") or {}
            heading(event, "green", ", ".join(f"{name}: {headers[name]}" for name in headers))
            write_json(payload["body"])
        else:
            heading(event, "green")
            write_json(payload)

    def write_json(content: Any) -> None:
        text = json_text(content)
        if len(text) > _LARGE:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        else:
            console.print(colored_json(text), soft_wrap=True)

    return write


def json_text(content: Any) -> str:
    """Return a value as JSON for a person to read."""
    try:
        return orjson.dumps(content, default=str, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # half a surrogate pair, or an integer of more than 64 bits
        return json.dumps(content, default=str, indent=2, skipkeys=True)


def colored_json(text: str) -> "Text":
    """Return JSON in colors."""
    from rich.highlighter import JSONHighlighter

    return JSONHighlighter()(text)


def visible(text: str) -> str:
    """Return a text without the codes with which it could move the cursor or change colors."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)


@contextmanager
def spinner(action: str) -> Iterator[Callable[[], None]]:
    """Show on standard error that an action runs, if that is a terminal.

    Log lines are then written for a person to read. The first of them stops the spinner, so that
    it never mixes with other output.

    Yields:
        A function that stops the spinner.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    status = console.status(f"{action} …")

    write_logs(console, before=status.stop)
    with status:
        yield status.stop


def write_logs(
    console: "Console", *, before: Callable[[], None] = lambda: None, end: str = "\n"
) -> None:
    """Write log lines on a console, for a person to read.

    Args:
        console: The console.
        before: Called before each line.
        end: What follows each line.
    """

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            from rich.text import Text

            before()
            level = record.levelname.lower()
            style = "red" if record.levelno >= logging.ERROR else "yellow"
            style = style if record.levelno >= logging.WARNING else "dim"
            console.print(
                Text.assemble((level, f"bold {style}"), "  ", self.format(record)), end=end
            )

    for name in ("sailor", "component"):
        logging.getLogger(name).handlers = [Handler()]
