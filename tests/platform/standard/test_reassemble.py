"""Re-assemble Messages: one message for each group."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.standard import StandardStep


def reassemble(**fields: Any) -> StandardStep:
    return StandardStep("reassemble", {"mode": "groupSize", **fields})


def part(group: str, message: str = "", size: Any = 2, data: Any = None) -> dict[str, Any]:
    body = {"groupId": group, "messageId": message, "groupSize": size, "messageData": data}
    return {name: value for name, value in body.items() if value}


def complete(group: str, data: Any, size: int = 2) -> dict[str, Any]:
    return {"groupSize": size, "groupId": group, "messageData": data}


def test_a_group_is_emitted_when_it_has_its_size() -> None:
    step = reassemble()

    assert step.bodies(part("a", "1", data={"n": 1})) == []
    assert step.bodies(part("b", "1")) == []
    assert step.bodies(part("a", "2", data={"n": 2})) == [
        complete("a", {"1": {"n": 1}, "2": {"n": 2}})
    ]
    # The next group of this name begins
    assert step.bodies(part("a", "3")) == []
    assert step.bodies(part("b", "2")) == [complete("b", {"1": {}, "2": {}})]


def test_the_data_can_be_a_list() -> None:
    step = reassemble(emitAsArray=True)

    assert step.bodies(part("a", "1", data={"n": 1})) == []
    assert step.bodies(part("a", "1", data={"n": 2})) == [complete("a", [{"n": 1}, {"n": 2}])]


def test_a_known_message_counts_and_its_data_replaces_the_other() -> None:
    step = reassemble()

    assert step.bodies(part("a", "1", data={"n": 1})) == []
    assert step.bodies(part("a", "1", data={"n": 2})) == [complete("a", {"1": {"n": 2}})]


def test_a_message_without_an_id_gets_one() -> None:
    step = reassemble()
    step.bodies(part("a", data={"n": 1}))

    [body] = step.bodies(part("a", data={"n": 2}))

    assert list(body["messageData"].values()) == [{"n": 1}, {"n": 2}]
    assert all(re.fullmatch(r"[0-9a-f-]{36}", message) for message in body["messageData"])


def test_the_size_that_the_latest_message_names_counts() -> None:
    step = reassemble()

    assert step.bodies(part("a", "1", size=3)) == []
    assert step.bodies(part("a", "2", size="2")) == [complete("a", {"1": {}, "2": {}})]
    assert step.bodies(part("a", "3", size=1)) == [complete("a", {"3": {}}, size=1)]


def test_a_group_that_is_too_large_is_emitted_unfinished() -> None:
    step = reassemble()

    assert step.bodies(part("a", "1", size=9, data={"text": "x" * (3 << 20)})) == []
    [body] = step.bodies(part("a", "2", size=9, data={"text": "x" * (3 << 20)}))

    assert body["groupSize"] == 2


def test_steps_do_not_share_groups() -> None:
    one, other = reassemble(), reassemble()

    assert one.bodies(part("a", "1")) == other.bodies(part("a", "1")) == []
    assert one.bodies(part("a", "2")) == other.bodies(part("a", "2"))


def test_messages_in_progress_at_once_share_a_group() -> None:
    step = reassemble(emitAsArray=True)

    with ThreadPoolExecutor(8) as pool:
        sent = [part(str(n % 10), size=100, data={"n": n}) for n in range(1000)]
        emitted = [body for bodies in pool.map(step.bodies, sent) for body in bodies]

    assert sorted(body["groupId"] for body in emitted) == [str(n) for n in range(10)]
    assert sorted(data["n"] for body in emitted for data in body["messageData"]) == list(
        range(1000)
    )


@pytest.mark.parametrize(
    ("fields", "body", "said"),
    [
        (
            {"mode": "timeout"},
            part("a"),
            (
                'FieldError: Behavior (mode): "Group on timeout" is not supported here, because a'
                ' step emits only while it handles a message; use "Group on fixed amount of'
                ' messages"'
            ),
        ),
        (
            {"mode": "groupSize&timeout"},
            part("a"),
            (
                'FieldError: Behavior (mode): "Group on amount of messages or timeout" is not'
                " supported here, because a step emits only while it handles a message; use"
                ' "Group on fixed amount of messages"'
            ),
        ),
        ({"mode": ""}, part("a"), "FieldError: Behavior (mode): got '', expected groupSize"),
        ({}, {"groupSize": 2}, "GroupError: groupId is missing"),
        ({}, {"groupId": "a"}, "GroupError: groupSize: got None, expected a positive number"),
        ({}, part("a", size=-1), "GroupError: groupSize: got -1, expected a positive number"),
        ({}, part("a", size="x"), "GroupError: groupSize: got 'x', expected a positive number"),
        ({}, part("a", size="nan"), "GroupError: groupSize: got 'nan', expected a positive number"),
    ],
)
def test_what_makes_no_group_is_an_error(
    fields: Mapping[str, Any], body: Mapping[str, Any], said: str
) -> None:
    assert reassemble(**fields).error(body) == said
