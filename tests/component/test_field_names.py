"""Fields in a cfg that are misspelled: a warning with the one that is meant, once."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from lib.component.errors import ConnectorError
from lib.component.field_names import FieldNames
from tests.support.aws_model import Event, ask_action, cfg_for
from tests.support.loopback import Loopback, Reply
from tests.support.repository import DESCRIPTOR

FUNCTIONS = {**DESCRIPTOR["actions"], **DESCRIPTOR["triggers"]}
LOGGER = logging.getLogger("tests.step")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        running.answer(Reply({"imageIds": []}))
        yield running


def warnings(caplog: pytest.LogCaptureFixture, function: str, cfg: dict[str, Any]) -> list[str]:
    caplog.clear()
    FieldNames(function).check(cfg, LOGGER)
    assert {record.levelno for record in caplog.records} <= {logging.WARNING}
    return caplog.messages


@pytest.mark.parametrize(
    ("misspelled", "meant"),
    [
        ("emitBehaviour", "emitBehavior"),
        ("EmitBehavior", "emitBehavior"),
        ("repositoryname", "repositoryName"),
        ("accessKeyID", "accessKeyId"),
        ("secretAccesKey", "secretAccessKey"),
        ("regions", "region"),
    ],
)
def test_a_misspelled_field_is_met_with_the_one_that_is_meant(
    caplog: pytest.LogCaptureFixture, misspelled: str, meant: str
) -> None:
    assert warnings(caplog, "ListImages", {misspelled: "secret-value"}) == [
        f"{misspelled} is not a field of ListImages; did you mean {meant}?"
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_field_of_the_form_is_met_with_a_warning(
    caplog: pytest.LogCaptureFixture, function: str
) -> None:
    names = {*DESCRIPTOR["credentials"]["fields"], *FUNCTIONS[function]["fields"]}

    assert warnings(caplog, function, dict.fromkeys(names, "x")) == []


@pytest.mark.parametrize("name", ["_account", "name", "nodeSettings", "x", "", "startFrom"])
def test_what_looks_like_no_field_is_left_to_the_platform(
    caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert warnings(caplog, "ListImages", {name: "x"}) == []


def test_the_same_names_are_met_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    names = FieldNames("ListImages")

    for value in ("fetchAll", "fetchPage"):
        names.check({"emitBehaviour": value}, LOGGER)

    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    ("function", "body", "misspelled"),
    [
        ("ListImages", {"repositoryName": "shop"}, "verbos"),
        ("newImages", {}, "repositorys"),
        ("imageEvent", {}, "repositry"),
    ],
)
def test_actions_and_triggers_warn(
    server: Loopback,
    caplog: pytest.LogCaptureFixture,
    function: str,
    body: dict[str, Any],
    misspelled: str,
) -> None:
    events: list[Event] = []
    cfg = cfg_for(server, **{misspelled: "x"})

    with suppress(ConnectorError):  # the answer and the event are of no interest here
        ask_action(function, body, cfg, events)

    assert f"{misspelled} is not a field of {function}; did you mean " in caplog.text
