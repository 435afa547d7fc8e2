"""Processes of runtimes: their logs, and their ends."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib.platform import Runtime
from lib.platform.errors import DeadlineExceededError, UnreadableLogError
from lib.platform.waiting import until

Start = Callable[[str], Runtime]


@pytest.fixture
def python(tmp_path: Path) -> Iterator[Start]:
    """Return what starts a Python script in place of a runtime."""
    started: list[Runtime] = []

    def start(script: str) -> Runtime:
        started.append(Runtime([sys.executable, "-c", script], {}, tmp_path / "log"))
        return started[-1]

    yield start
    for runtime in started:
        runtime.kill()


def test_a_log_is_read_line_by_line(python: Start) -> None:
    runtime = python("""print('{"level": 30}', '{"level": 40}', '{"lev', sep=chr(10), end='')""")

    assert runtime.wait() == 0
    assert runtime.lines == [{"level": 30}, {"level": 40}]


@pytest.mark.parametrize("line", ["Traceback", "[1]"])
def test_a_line_that_is_not_a_json_object_is_an_error(python: Start, line: str) -> None:
    runtime = python(f"print({line!r})")
    runtime.wait()

    with pytest.raises(UnreadableLogError) as unreadable:
        _ = runtime.lines
    assert str(unreadable.value) == f"not a JSON object: {line}"


def test_a_process_that_does_not_end_in_time_is_an_error(python: Start) -> None:
    runtime = python("import time; time.sleep(60)")

    with pytest.raises(DeadlineExceededError) as late:
        runtime.wait(within=0.05)
    assert str(late.value) == "still running after 0.05 s"
    assert runtime.running


def test_a_process_that_does_not_end_in_time_is_killed_if_asked_for(python: Start) -> None:
    runtime = python("import time; time.sleep(60)")

    runtime.wait_or_kill(within=0.05)

    assert not runtime.running


def test_what_does_not_happen_in_time_is_an_error_that_names_it() -> None:
    with pytest.raises(DeadlineExceededError) as late:
        until(lambda: False, "the impossible", within=0.01)
    assert str(late.value) == "the impossible: not within 0.01 s"
