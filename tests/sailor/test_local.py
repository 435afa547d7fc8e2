"""One run of an action without a broker: lines of JSON, and an exit status."""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from lib.sailor import EVENTS, Component, ComponentError, local

DESCRIPTOR = {"actions": {"do": {"main": "./do.py"}}}


@dataclass(frozen=True)
class Outcome:
    """The exit status of a run, and the events that it wrote."""

    code: int
    events: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.events]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = list(sys.path)
    (tmp_path / "component.json").write_bytes(orjson.dumps(DESCRIPTOR))
    yield tmp_path
    sys.path[:] = before


def run(folder: Path, body: str, message: dict[str, Any] | None = None) -> Outcome:
    """Run an action whose ``process`` has the given body; ``emit`` in it is the step's."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    head = "def process(step, msg, cfg, snapshot):\n    emit = step.emit\n"
    (folder / "do.py").write_text(head + indented)
    output = io.BytesIO()
    component = Component.load(folder)
    write = local.json_lines(output)
    code = local.run(component, "do", message or {}, {"c": 1}, {"s": 2}, write)
    return Outcome(code, [orjson.loads(line) for line in output.getvalue().splitlines()])


def test_what_process_returns_is_data(folder: Path) -> None:
    outcome = run(folder, "return {'body': [msg, cfg, snapshot]}", {"body": {"b": 0}})

    assert outcome.code == 0
    assert outcome.events == [
        {"event": "data", "payload": {"body": [{"body": {"b": 0}}, {"c": 1}, {"s": 2}]}}
    ]


def test_what_process_returns_as_nothing_is_no_event(folder: Path) -> None:
    assert run(folder, "return None") == Outcome(0, [])


def test_what_process_raises_is_an_error(folder: Path) -> None:
    # When
    outcome = run(folder, "raise KeyError('shop')")

    # Then
    assert outcome.code == 1
    assert outcome.names == ["error"]
    payload = outcome.events[0]["payload"]
    assert (payload["name"], payload["message"]) == ("KeyError", "'shop'")
    assert payload["stack"].startswith("Traceback (most recent call last):")
    assert payload["stack"].endswith("KeyError: 'shop'\n")


def test_an_error_may_say_its_own_name(folder: Path) -> None:
    body = "error = ValueError('no')\nerror.error_name = 'AccessDenied'\nraise error"

    assert run(folder, body).events[0]["payload"]["name"] == "AccessDenied"


def test_an_error_may_be_a_text(folder: Path) -> None:
    outcome = run(folder, "emit('error', 'no luck')")

    assert outcome.code == 1
    assert outcome.events == [
        {
            "event": "error",
            "payload": {"name": "Error", "message": "no luck", "stack": "Not Available"},
        }
    ]


def test_a_rebound_ends_with_75(folder: Path) -> None:
    outcome = run(folder, "emit('rebound', 'busy')")

    assert outcome == Outcome(75, [{"event": "rebound", "payload": "busy"}])


def test_an_error_outweighs_a_rebound(folder: Path) -> None:
    assert run(folder, "emit('error', 'no')\nemit('rebound', 'busy')").code == 1
    assert run(folder, "emit('rebound', 'busy')\nemit('error', 'no')").code == 1


def test_events_are_printed_in_the_order_they_are_emitted(folder: Path) -> None:
    # When
    outcome = run(folder, f"for event in {EVENTS!r}:\n    emit(event, {{'n': event}})")

    # Then
    assert outcome.names == list(EVENTS)
    assert outcome.events[3] == {"event": "snapshot", "payload": {"n": "snapshot"}}


def test_emit_returns_once_the_line_is_out(folder: Path) -> None:
    # Given
    class Stream(io.BytesIO):
        flushed = b""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    stream = Stream()
    (folder / "do.py").write_text(
        "def process(step, msg, cfg, snapshot):\n"
        "    step.emit('data', {'n': 1})\n"
        "    assert msg['stream'].flushed.endswith(b'\\n')\n"
    )

    # When
    write = local.json_lines(stream)
    code = local.run(Component.load(folder), "do", {"stream": stream}, {}, {}, write)

    # Then
    assert code == 0, stream.getvalue()


def test_an_event_that_the_platform_does_not_know_is_an_error_of_the_action(folder: Path) -> None:
    outcome = run(folder, "emit('date', {})")

    assert outcome.code == 1
    assert outcome.events[0]["payload"]["message"] == (
        "unknown event 'date', expected one of data, error, rebound, snapshot, updateSnapshot,"
        " updateKeys, httpReply"
    )


def test_an_action_that_cannot_be_loaded_is_an_error_of_the_caller(folder: Path) -> None:
    component = Component.load(folder)

    with pytest.raises(ComponentError):
        local.run(component, "missing", {}, {}, {}, local.json_lines(io.BytesIO()))
