"""Check boxes: one way to read them, whatever the form and the field."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.component.cfg import is_ticked
from lib.component.errors import InvalidFieldError
from lib.component.wording import excerpt
from tests.support.aws_model import Event, ask_action, cfg_for
from tests.support.loopback import Loopback, Reply
from tests.support.repository import DESCRIPTOR

TICKED = [True, "true", "on"]
NOT_TICKED = [False, "false", "off", "", None]
NEITHER = ["yes", "True", 1, 0, [], {}, [True]]
PREVIEW = "GetLifecyclePolicyPreview"
BODY = {"repositoryName": "shop"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        running.answer(Reply({"status": "IN_PROGRESS"}))
        yield running


def is_logged(server: Loopback, caplog: pytest.LogCaptureFixture, value: Any) -> bool:
    """Return whether an action logs its request."""
    caplog.set_level("INFO")
    caplog.clear()
    ask_action(PREVIEW, BODY, cfg_for(server, verbose=value))
    return f"{PREVIEW} calls" in caplog.text


def is_waited_for(server: Loopback, value: Any) -> bool:
    events: list[Event] = []
    ask_action(PREVIEW, BODY, cfg_for(server, waitForCompletion=value), events)
    return [event for event, _ in events] == ["rebound"]


@pytest.mark.parametrize("value", TICKED)
def test_a_box_is_ticked(server: Loopback, caplog: pytest.LogCaptureFixture, value: Any) -> None:
    assert is_logged(server, caplog, value)
    assert is_waited_for(server, value)


@pytest.mark.parametrize("value", NOT_TICKED)
def test_a_box_is_not_ticked(
    server: Loopback, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    assert not is_logged(server, caplog, value)
    assert not is_waited_for(server, value)


@pytest.mark.parametrize(
    ("function", "field"),
    [
        (name, field)
        for name in (PREVIEW, "newImages")
        for kind in ("actions", "triggers")
        for field, form in DESCRIPTOR[kind].get(name, {"fields": {}})["fields"].items()
        if form["viewClass"] == "CheckBoxView"
    ],
)
@pytest.mark.parametrize("value", NEITHER, ids=repr)
def test_what_is_neither_is_an_error_before_anything_is_sent(
    server: Loopback, function: str, field: str, value: Any
) -> None:
    cfg = cfg_for(server, **{field: value})

    with pytest.raises(InvalidFieldError) as caught:
        ask_action(function, BODY, cfg)

    label = {**DESCRIPTOR["actions"], **DESCRIPTOR["triggers"]}[function]["fields"][field]["label"]
    assert str(caught.value) == (
        f"{field}: got {excerpt(value)}, expected true or false; correct it in the field {label}"
    )
    assert server.requests == []


@pytest.mark.parametrize(
    "secret", ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]
)
def test_a_key_in_the_wrong_field_is_not_shown(secret: str) -> None:
    with pytest.raises(InvalidFieldError) as raised:
        is_ticked({"verbose": secret}, "verbose")

    assert str(raised.value) == (
        "verbose: got a string, expected true or false; correct it in the field Debug This Step"
    )
