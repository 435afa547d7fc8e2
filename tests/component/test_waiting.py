"""The field waitForCompletion: a lifecycle policy preview is emitted when it is complete."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.component.errors import IncompleteError, UnfinishedError
from tests.support.aws_model import Event, ask_action, cfg_for
from tests.support.command import run
from tests.support.loopback import Loopback, Reply

BODY = {"repositoryName": "shop"}
BEHAVIORS = ["fetchPage", "fetchAll", "emitIndividually"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def preview(status: str) -> Reply:
    return Reply({"status": status, "previewResults": [{"imageTags": ["v1"]}]})


@pytest.mark.parametrize("wait", [True, "true"])
@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_preview_in_progress_is_rebounded(server: Loopback, behavior: str, wait: Any) -> None:
    server.answer(preview("IN_PROGRESS"))
    events: list[Event] = []
    cfg = cfg_for(server, waitForCompletion=wait, emitBehavior=behavior)

    assert ask_action("GetLifecyclePolicyPreview", BODY, cfg, events) == {}
    assert events == [
        ("rebound", "GetLifecyclePolicyPreview: the result is still IN_PROGRESS"),
    ]


@pytest.mark.parametrize("behavior", BEHAVIORS)
@pytest.mark.parametrize("status", ["FAILED", "EXPIRED"])
def test_a_preview_that_will_never_be_complete_is_an_error(
    server: Loopback, status: str, behavior: str
) -> None:
    server.answer(preview(status))
    cfg = cfg_for(server, waitForCompletion=True, emitBehavior=behavior)

    with pytest.raises(UnfinishedError, match=f"is {status}; start the preview again"):
        ask_action("GetLifecyclePolicyPreview", BODY, cfg)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("IN_PROGRESS", "the result is still IN_PROGRESS"),
        ("EXPIRED", "the result is EXPIRED; start the preview again"),
    ],
)
def test_a_later_page_that_is_not_complete_is_an_error_that_says_where_to_resume(
    server: Loopback, status: str, cause: str
) -> None:
    # Given
    first = {"status": "COMPLETE", "previewResults": [{"imageTags": ["v1"]}], "nextToken": "2"}
    server.answer(Reply(first), preview(status))
    cfg = cfg_for(server, waitForCompletion=True, emitBehavior="emitIndividually")
    events: list[Event] = []

    # When
    with pytest.raises(IncompleteError) as raised:
        ask_action("GetLifecyclePolicyPreview", BODY, cfg, events)

    # Then
    assert [event for event, _ in events] == ["data"]
    assert str(raised.value).startswith("1 item was emitted before a later page failed: ")
    assert cause in str(raised.value)
    assert str(raised.value).endswith("send a message with this nextToken: 2")


def test_all_at_once_a_later_page_in_progress_is_rebounded(server: Loopback) -> None:
    # Given
    first = {"status": "COMPLETE", "previewResults": [{"imageTags": ["v1"]}], "nextToken": "2"}
    server.answer(Reply(first), preview("IN_PROGRESS"))
    cfg = cfg_for(server, waitForCompletion=True, emitBehavior="fetchAll")
    events: list[Event] = []

    # When
    ask_action("GetLifecyclePolicyPreview", BODY, cfg, events)

    # Then
    assert [event for event, _ in events] == ["rebound"]


def test_a_complete_preview_is_emitted(server: Loopback) -> None:
    server.answer(preview("COMPLETE"))
    message = ask_action("GetLifecyclePolicyPreview", BODY, cfg_for(server, waitForCompletion=True))

    assert message["body"]["status"] == "COMPLETE"


@pytest.mark.parametrize("field", [{}, {"waitForCompletion": False}, {"waitForCompletion": ""}])
@pytest.mark.parametrize("status", ["IN_PROGRESS", "FAILED", "EXPIRED"])
def test_without_the_field_a_preview_is_emitted_as_it_is(
    server: Loopback, status: str, field: dict[str, Any]
) -> None:
    server.answer(preview(status))
    message = ask_action("GetLifecyclePolicyPreview", BODY, cfg_for(server, **field))

    assert message["body"]["status"] == status


def test_the_field_means_nothing_to_other_operations(server: Loopback) -> None:
    server.answer(preview("IN_PROGRESS"))
    cfg = cfg_for(server, waitForCompletion=True)
    body = {**BODY, "lifecyclePolicyText": {"rules": []} | {"padding": "." * 100}}

    assert ask_action("StartLifecyclePolicyPreview", body, cfg)["body"]["status"] == "IN_PROGRESS"


def test_run_exits_as_for_any_rebound(server: Loopback) -> None:
    server.answer(preview("IN_PROGRESS"), preview("COMPLETE"))
    cfg = cfg_for(server, waitForCompletion=True)
    codes = [run("GetLifecyclePolicyPreview", BODY, cfg).code for _ in range(2)]

    assert codes == [75, 0]
