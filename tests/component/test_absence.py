"""The field allowNotFound: what does not exist is an empty result instead of an error."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.component.errors import IncompleteError, InvalidFieldError
from lib.ecr import ServiceError
from lib.sandbox import Sandbox
from tests.support.aws_model import (
    OPERATIONS,
    Event,
    ask_action,
    cfg_for,
    operation_model,
    sample_parameters,
)
from tests.support.loopback import Loopback, Reply
from tests.support.repository import DESCRIPTOR

FIELD = "allowNotFound"
READING = [name for name in OPERATIONS if FIELD in DESCRIPTOR["actions"][name]["fields"]]
BEHAVIORS = ["fetchPage", "fetchAll", "emitIndividually"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def refusal(code: str) -> Reply:
    content = {"__type": code, "message": "It is not there"}
    return Reply(content, status=400, headers={"x-amzn-requestid": "request-1"})


@pytest.mark.parametrize("operation", READING)
def test_each_not_found_of_an_operation_is_an_empty_result(
    operation: str, server: Loopback
) -> None:
    codes = [error.name for error in operation_model(operation).error_shapes]
    for code in (code for code in codes if code.endswith("NotFoundException")):
        server.answer(refusal(code))

        message = ask_action(
            operation, sample_parameters(operation), cfg_for(server, allowNotFound=True)
        )

        assert message["body"] == {}
        assert message["headers"] == {"x-amzn-requestid": "request-1"}


@pytest.mark.parametrize("operation", READING)
def test_without_the_field_it_is_an_error(operation: str, server: Loopback) -> None:
    server.answer(refusal("RepositoryNotFoundException"))

    with pytest.raises(ServiceError, match="RepositoryNotFoundException: It is not there"):
        ask_action(operation, sample_parameters(operation), cfg_for(server, allowNotFound=False))


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidParameterException"])
def test_any_other_error_stays_one(code: str, server: Loopback) -> None:
    server.answer(refusal(code))

    with pytest.raises(ServiceError, match=code):
        ask_action(
            "GetLifecyclePolicy", {"repositoryName": "shop"}, cfg_for(server, **{FIELD: True})
        )


# Nothing can be missing that GetAuthorizationToken looks up.
@pytest.mark.parametrize("operation", sorted({*OPERATIONS} - {*READING, "GetAuthorizationToken"}))
def test_an_action_that_changes_something_ignores_it(operation: str, server: Loopback) -> None:
    server.answer(refusal("RepositoryNotFoundException"))
    cfg = cfg_for(server, allowNotFound=True)

    with pytest.raises(ServiceError, match="RepositoryNotFoundException"):
        ask_action(operation, sample_parameters(operation), cfg)


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_list_of_what_is_not_there_is_one_empty_message(behavior: str, server: Loopback) -> None:
    server.answer(refusal("RepositoryNotFoundException"))
    events: list[Event] = []
    cfg = cfg_for(server, allowNotFound=True, emitBehavior=behavior)

    message = ask_action("ListImages", {"repositoryName": "shop"}, cfg, events)

    assert message["body"] == {}
    assert events == []


def test_items_that_were_emitted_before_it_vanished_are_no_empty_result(server: Loopback) -> None:
    server.answer(
        Reply({"imageIds": [{"imageTag": "v1"}], "nextToken": "2"}),
        refusal("RepositoryNotFoundException"),
    )
    events: list[Event] = []
    cfg = cfg_for(server, allowNotFound=True, emitBehavior="emitIndividually")

    with pytest.raises(IncompleteError, match="1 item was emitted"):
        ask_action("ListImages", {"repositoryName": "shop"}, cfg, events)


def test_a_value_that_no_check_box_has_is_refused(server: Loopback) -> None:
    with pytest.raises(InvalidFieldError, match='allowNotFound: got "maybe", expected true or fal'):
        ask_action("ListImages", {}, cfg_for(server, allowNotFound="maybe"))


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("DescribeImages", {"repositoryName": "nobody"}),
        ("DescribeRepositories", {"repositoryNames": ["nobody"]}),
        ("GetLifecyclePolicy", {"repositoryName": "nobody"}),
        ("GetRepositoryPolicy", {"repositoryName": "nobody"}),
    ],
)
def test_the_sandbox_s_answer_for_an_absence_is_taken_for_one(
    operation: str, body: dict[str, Any], sandbox: Sandbox
) -> None:
    assert ask_action(operation, body, {**sandbox.cfg, FIELD: True})["body"] == {}
