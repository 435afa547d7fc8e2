"""The command line, run in this process or in one of its own."""

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from typer.testing import CliRunner

from lib.cli import app

COMMAND = str(Path(sys.executable).with_name("ecr-connector"))

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_FRAMES = re.compile(r"[─-╿\s]+")


@dataclass(frozen=True)
class Ran:
    """A command that has ended.

    Args:
        code: Its exit status.
        stdout: Its standard output.
        stderr: Its standard error.
    """

    code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that ``run`` wrote."""
        return _objects(self.stdout)

    @property
    def event(self) -> dict[str, Any]:
        """The one event that ``run`` wrote."""
        (event,) = self.events
        return event

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log lines."""
        return _objects(self.stderr)

    @property
    def words(self) -> str:
        """Everything that was written, without colors, frames and line breaks."""
        return _FRAMES.sub(" ", _COLORS.sub("", self.stdout + self.stderr)).strip()


def command(*arguments: str, given: str | bytes | None = None) -> Ran:
    """Run a command, with ``given`` on its standard input."""
    with kept_loggers():
        result = CliRunner().invoke(app, arguments, input=given, catch_exceptions=False)
    return Ran(result.exit_code, result.stdout, result.stderr)


def run(action: str, body: Any, cfg: dict[str, Any]) -> Ran:
    """Run an action on the body of a message."""
    options = {"--body": body, "--cfg": cfg}
    texts = (text for name, value in options.items() for text in (name, _json(value)))
    return command("run", action, *texts)


@contextmanager
def kept_loggers() -> Iterator[None]:
    """Restore the loggers at the end."""
    known = [logging.getLogger(name) for name in (None, "sailor", "component")]
    before = [(logger, logger.handlers, logger.level, logger.propagate) for logger in known]
    try:
        yield
    finally:
        for logger, handlers, level, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _objects(text: str) -> list[dict[str, Any]]:
    *lines, rest = text.split("\n")
    assert not rest, "the last line has no end"
    return [orjson.loads(line) for line in lines]


def start(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """Start a command in a process that heeds Ctrl-C even if the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [COMMAND, *arguments],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def started(*arguments: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a command as ``start`` does; if it still runs when the block ends, end it."""
    with start(*arguments, **variables) as process:
        try:
            yield process
        finally:
            process.terminate()  # it ends what it has started
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
