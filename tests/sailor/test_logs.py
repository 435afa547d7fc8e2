"""Log lines in bunyan's shape, as the platform reads them."""

import io
import logging
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from lib.sailor import logs
from tests.support.command import kept_loggers


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    with kept_loggers():
        yield


class Lines(io.StringIO):
    """A stream of log lines."""

    @property
    def all(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.getvalue().split("\n")[:-1]]

    @property
    def one(self) -> dict[str, Any]:
        (line,) = self.all
        return line


def configured(level: str = "trace", **context: Any) -> Lines:
    lines = Lines()
    logs.configure(level, context, lines)
    return lines


def test_a_line_has_the_members_of_bunyan_and_no_others() -> None:
    # Given
    lines = configured()

    # When
    logging.getLogger("sailor").info("connected to %s", "broker")

    # Then
    line = lines.one
    time = datetime.fromisoformat(line["time"])
    assert abs(time - datetime.now(UTC)) < timedelta(seconds=10)
    assert line == {
        "name": "sailor",
        "hostname": socket.gethostname(),
        "pid": os.getpid(),
        "level": 30,
        "msg": "connected to broker",
        "time": time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z",
        "v": 0,
    }


@pytest.mark.parametrize(
    ("level", "number", "name"),
    [
        (logs.TRACE, 10, "trace"),
        (logging.DEBUG, 20, "debug"),
        (logging.INFO, 30, "info"),
        (logging.WARNING, 40, "warn"),
        (logging.ERROR, 50, "error"),
        (logging.CRITICAL, 60, "fatal"),
    ],
)
def test_a_level_is_bunyan_s_and_lets_pass_what_is_at_least_as_grave(
    level: int, number: int, name: str
) -> None:
    # Given
    lines = configured(name)

    # When
    logging.getLogger("component").log(level, "at it")
    logging.getLogger("component").log(level - 1, "below it")

    # Then
    assert [(line["level"], line["msg"]) for line in lines.all] == [(number, "at it")]


def test_a_logger_below_component_is_named_component() -> None:
    lines = configured()

    logging.getLogger("component.ecr").info("asked")

    assert lines.one["name"] == "component"


def test_every_line_carries_the_context() -> None:
    lines = configured(FLOW_ID="5559edd38968ec0736000003", tag="5559edd38968ec0736000003")

    logging.getLogger("sailor").info("started")

    line = lines.one
    assert line["FLOW_ID"] == line["tag"] == "5559edd38968ec0736000003"


def test_a_record_s_own_context_stands_on_its_line_alone() -> None:
    lines = configured()
    logger = logging.getLogger("component")

    logger.info("in a message", extra={"context": {"messageId": "m1"}})
    logger.info("outside")

    first, second = lines.all
    assert first["messageId"] == "m1"
    assert "messageId" not in second


def test_an_exception_stands_in_the_message_on_one_line() -> None:
    # Given
    lines = configured()

    # When
    try:
        int("no number")
    except ValueError:
        logging.getLogger("sailor").exception("failed")

    # Then
    message = lines.one["msg"]
    assert message.startswith("failed\nTraceback (most recent call last):\n")
    assert message.endswith("\nValueError: invalid literal for int() with base 10: 'no number'")


def test_what_is_no_json_is_shown_as_text() -> None:
    lines = configured(folder=sys)

    logging.getLogger("component").info("ä\n\u2028 %s", object)

    assert lines.one["folder"] == str(sys)
    assert lines.one["msg"] == "ä\n\u2028 <class 'object'>"


@pytest.mark.parametrize("library", ["botocore.auth", "urllib3.connectionpool", "pika", "root"])
def test_libraries_stay_silent_whatever_the_level(
    library: str, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given
    logging.getLogger().handlers = []  # as in a new process
    lines = configured("trace")
    logger = logging.getLogger(None if library == "root" else library)

    # When
    logger.critical("a signature")

    # Then
    assert lines.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_configuring_again_replaces_the_stream() -> None:
    first, second = configured(), configured()

    logging.getLogger("sailor").info("once")

    assert first.all == []
    assert second.one["msg"] == "once"


def test_a_line_of_another_process_is_logged_again() -> None:
    # Given a line as a step's process logs it
    theirs = configured(ELASTICIO_STEP_ID="step_2")
    context = {"context": {"ELASTICIO_USER_ID": "u"}}
    logging.getLogger("component").warning("careful", extra=context)
    line = theirs.getvalue().rstrip("\n")

    # When
    ours = configured()
    logs.log_again(line)

    # Then
    again, once = ours.one, theirs.one
    same = ("name", "level", "msg", "ELASTICIO_STEP_ID", "ELASTICIO_USER_ID")
    assert {name: again[name] for name in same} == {name: once[name] for name in same}


@pytest.mark.parametrize("level", [10, 20, 30, 40, 50, 60])
def test_its_level_stays(level: int) -> None:
    lines = configured()

    logs.log_again(orjson.dumps({"name": "sailor", "level": level, "msg": "x"}).decode())

    assert lines.one["level"] == level


@pytest.mark.parametrize(
    "line", ["Traceback (most recent call last):", "1", "[]", "{}", '{"level": 35, "msg": "x"}']
)
def test_any_other_text_of_it_is_logged_as_it_is(line: str) -> None:
    lines = configured()

    logs.log_again(line)

    assert (lines.one["name"], lines.one["level"], lines.one["msg"]) == ("sailor", 30, line)
