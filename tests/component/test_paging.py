"""The field emitBehavior: one page, all pages in one message, or a message per item."""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from lib.component import InvalidMessageError
from lib.component.errors import (
    IncompleteError,
    InvalidFieldError,
    MessageTooLargeError,
    RepeatedTokenError,
)
from lib.ecr import ServiceError, item_paths
from lib.sailor import Step, logs
from lib.sandbox import Sandbox
from tests.support.aws_model import (
    Event,
    ask_action,
    botocore_client,
    cfg_for,
    process,
)
from tests.support.command import run
from tests.support.loopback import Captured, Loopback, Reply
from tests.support.repository import ROOT

PAGED = {
    "DescribeImages": "describe_images",
    "DescribeRepositories": "describe_repositories",
    "GetLifecyclePolicyPreview": "get_lifecycle_policy_preview",
    "ListImages": "list_images",
}
each_paged = pytest.mark.parametrize("operation", PAGED)


class Registry(Loopback):
    """A registry of canned images: each page's token is where the next one begins."""

    def __init__(self, operation: str, images: int, page_size: int = 100) -> None:
        super().__init__()
        [[self.items]] = item_paths(operation)
        self.images = images
        self.page_size = page_size
        self.more: dict[str, Any] = {}
        self.replies: dict[int, Reply] = {}  # by the number of the request

    def keep(self, request: Captured) -> Reply:
        super().keep(request)
        if reply := self.replies.get(len(self.requests)):
            return reply
        begin = int(request.json.get("nextToken", 0))
        end = min(begin + request.json.get("maxResults", self.page_size), self.images)
        content: dict[str, Any] = {self.items: [item(n) for n in range(begin, end)], **self.more}
        if end < self.images:
            content["nextToken"] = str(end)
        return Reply(content, headers={"x-amzn-requestid": f"request-{len(self.requests)}"})


def item(number: int) -> dict[str, Any]:
    return {"imageDigest": f"sha256:{number:064}", "imageTags": [f"v{number}"]}


@contextmanager
def registry(operation: str, images: int, page_size: int = 100) -> Iterator[Registry]:
    with Registry(operation, images, page_size) as running:
        yield running


def body(operation: str, **more: Any) -> dict[str, Any]:
    return more if operation == "DescribeRepositories" else {"repositoryName": "shop", **more}


def emitted(events: list[Event]) -> list[Any]:
    assert {event for event, _ in events} <= {"data"}
    return [payload["body"] for _, payload in events]


@pytest.mark.parametrize("behavior", [{}, {"emitBehavior": "fetchPage"}, {"emitBehavior": ""}])
@each_paged
def test_one_page_is_what_amazon_ecr_answers(operation: str, behavior: dict[str, str]) -> None:
    with registry(operation, 5, 2) as server:
        message = ask_action(operation, body(operation), cfg_for(server, **behavior))

    assert message["body"] == {server.items: [item(0), item(1)], "nextToken": "2"}
    assert len(server.requests) == 1


@each_paged
def test_all_at_once_is_what_botocores_paginator_finds(operation: str) -> None:
    with registry(operation, 250) as server:
        # Given
        server.more = {"registryId": "012345678910"}
        paginator = botocore_client("eu-central-1", server.url).get_paginator(PAGED[operation])
        expected = paginator.paginate(**body(operation)).build_full_result()
        requests = [request.json for request in server.requests]
        server.requests.clear()
        # When
        cfg = cfg_for(server, emitBehavior="fetchAll")
        message = ask_action(operation, body(operation), cfg)
        # Then
        assert [request.json for request in server.requests] == requests
    assert len(message["body"][server.items]) == 250
    assert [found["imageDigest"] for found in message["body"][server.items]] == [
        item(number)["imageDigest"] for number in range(250)
    ]
    assert len(expected[server.items]) == 250
    assert message["body"].keys() == {server.items, "registryId"}
    assert message["headers"] == {"x-amzn-requestid": "request-1"}


@each_paged
def test_one_message_per_item_has_them_in_order(operation: str) -> None:
    events: list[Event] = []
    with registry(operation, 5, 2) as server:
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        assert ask_action(operation, body(operation), cfg, events) == {}

    assert emitted(events) == [item(number) for number in range(5)]
    ids = [message["headers"]["x-amzn-requestid"] for _, message in events]
    assert ids == ["request-1", "request-1", "request-2", "request-2", "request-3"]
    assert len({message["id"] for _, message in events}) == 5


@pytest.mark.parametrize("behavior", ["fetchAll", "emitIndividually"])
def test_a_next_token_in_the_message_is_where_it_starts(behavior: str) -> None:
    events: list[Event] = []
    with registry("ListImages", 5, 2) as server:
        cfg = cfg_for(server, emitBehavior=behavior)
        message = ask_action("ListImages", body("ListImages", nextToken="2"), cfg, events)

    found = message["body"]["imageIds"] if message else emitted(events)
    assert found == [item(2), item(3), item(4)]


@pytest.mark.parametrize("behavior", ["fetchAll", "emitIndividually"])
def test_a_page_has_the_size_that_the_message_asks_for(behavior: str) -> None:
    events: list[Event] = []
    with registry("ListImages", 5) as server:
        cfg = cfg_for(server, emitBehavior=behavior)
        ask_action("ListImages", body("ListImages", maxResults=4), cfg, events)

    assert [request.json["maxResults"] for request in server.requests] == [4, 4]


def test_no_items_are_an_empty_list_or_no_message() -> None:
    events: list[Event] = []
    with registry("ListImages", 0) as server:
        whole = ask_action("ListImages", body(""), cfg_for(server, emitBehavior="fetchAll"))
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        ask_action("ListImages", body(""), cfg, events)

    assert whole["body"] == {"imageIds": []}
    assert events == []


def test_times_are_written_as_in_one_page() -> None:
    events: list[Event] = []
    with Loopback() as server:
        server.answer(Reply({"imageDetails": [{"imagePushedAt": 1735689600.123}]}))
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        ask_action("DescribeImages", body(""), cfg, events)

    assert emitted(events) == [{"imagePushedAt": "2025-01-01T00:00:00.123Z"}]


def test_the_next_page_is_fetched_while_one_is_emitted_and_no_other() -> None:
    with registry("ListImages", 8, 2) as server:
        # Given a handler that notices when page two is requested
        asked = threading.Event()
        seen: list[int] = []

        def emit(_event: str, _payload: Any) -> None:
            if not seen:
                for _ in range(500):
                    if len(server.requests) >= 2:
                        break
                    asked.wait(0.01)
                asked.wait(0.2)
            seen.append(len(server.requests))

        # When
        step = Step(emit, logging.getLogger("tests.step"))
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        process("ListImages")(step, {"body": body("")}, cfg, {})

    # Then
    assert seen[0] == 2
    assert len(seen) == 8


def test_lines_about_later_pages_belong_to_the_same_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given a message whose context each line notes when it is logged
    context = {"messageId": "message-1", "threadId": "thread-1"}
    noted: list[Mapping[str, str] | None] = []

    def note(record: logging.LogRecord) -> bool:
        noted.append(logs.message_context.get())
        return "calls" in record.msg

    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(note)

    # When
    with registry("ListImages", 6, 2) as server:
        cfg = cfg_for(server, emitBehavior="emitIndividually", verbose=True)
        token = logs.message_context.set(context)
        try:
            ask_action("ListImages", body("ListImages"), cfg, [])
        finally:
            logs.message_context.reset(token)
            caplog.handler.removeFilter(note)

    # Then
    assert len(caplog.records) == 3
    assert noted == [context] * 6


def test_no_thread_is_left_when_an_emit_fails() -> None:
    def emit(_event: str, _payload: Any) -> None:
        raise ConnectionError("the broker is gone")

    before = threading.active_count()
    with registry("ListImages", 8, 2) as server:
        step = Step(emit, logging.getLogger("tests.step"))
        cfg = cfg_for(server, emitBehavior="emitIndividually")
        with pytest.raises(ConnectionError):
            process("ListImages")(step, {"body": body("")}, cfg, {})

    assert threading.active_count() <= before
    assert len(server.requests) <= 2


@pytest.mark.parametrize("given", ["everything", "All at once", 7, ["fetchAll"]])
def test_an_unknown_behavior_is_an_error_before_anything_is_sent(given: Any) -> None:
    with registry("ListImages", 1) as server:
        with pytest.raises(InvalidFieldError) as caught:
            ask_action("ListImages", body(""), cfg_for(server, emitBehavior=given))

        assert server.requests == []
    assert str(caught.value) == (
        f"emitBehavior: got {orjson.dumps(given).decode()}, expected fetchPage (One page), "
        "fetchAll (All at once) or emitIndividually (One message per item); "
        "correct it in the field Emit Behavior"
    )


def test_a_key_in_the_field_is_not_shown() -> None:
    with registry("ListImages", 1) as server:
        cfg = cfg_for(server, emitBehavior="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        with pytest.raises(InvalidFieldError, match="emitBehavior: got a string, expected fetchP"):
            ask_action("ListImages", body(""), cfg)


def test_the_field_means_nothing_to_an_operation_without_pages() -> None:
    with Loopback() as server:
        cfg = cfg_for(server, emitBehavior="everything")
        assert ask_action("GetAuthorizationToken", {}, cfg)["body"] == {}


def test_a_page_that_leads_to_itself_is_an_error() -> None:
    with Loopback() as server:
        server.answer(Reply({"imageIds": [], "nextToken": "again"}))
        with pytest.raises(RepeatedTokenError, match="the same nextToken twice"):
            ask_action("ListImages", body(""), cfg_for(server, emitBehavior="fetchAll"))

        assert len(server.requests) == 2


@pytest.mark.parametrize("behavior", ["fetchAll", "emitIndividually"])
def test_a_page_that_leads_to_an_earlier_one_is_an_error(behavior: str) -> None:
    tokens = ["A", "B", "C", "A", "B", "C", "A"]
    with Loopback() as server:
        server.answer(*(Reply({"imageIds": [], "nextToken": token}) for token in tokens))
        with pytest.raises(RepeatedTokenError, match="the same nextToken twice"):
            ask_action("ListImages", body(""), cfg_for(server, emitBehavior=behavior))

        assert len(server.requests) == 4


def test_a_token_that_is_no_text_is_sent_back_as_it_came() -> None:
    with Loopback() as server:
        server.answer(Reply({"imageIds": [], "nextToken": [1]}), Reply({"imageIds": []}))
        ask_action("ListImages", body(""), cfg_for(server, emitBehavior="fetchAll"))

        assert [request.json.get("nextToken") for request in server.requests] == [None, [1]]


def test_a_signature_of_the_sender_is_for_one_page() -> None:
    signed = {
        "X-Amz-Date": "20250131T235959Z",
        "X-Amz-Credential": "AKID/20250131/eu-central-1/ecr/aws4_request",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0a" * 32,
    }
    with registry("ListImages", 1) as server:
        with pytest.raises(
            InvalidMessageError, match='its signature is for one request; choose "One page"'
        ):
            ask_action("ListImages", body("", **signed), cfg_for(server, emitBehavior="fetchAll"))

        assert server.requests == []


class TestFaults:
    REFUSED = Reply({"__type": "InvalidParameterException", "message": "stale"}, status=400)

    @pytest.mark.parametrize("behavior", ["fetchAll", "emitIndividually"])
    def test_a_fault_before_anything_was_emitted_is_told_as_it_is(self, behavior: str) -> None:
        with registry("ListImages", 4, 2) as server:
            server.replies = {1: self.REFUSED}
            with pytest.raises(ServiceError, match="InvalidParameterException: stale"):
                ask_action("ListImages", body(""), cfg_for(server, emitBehavior=behavior))

    def test_a_fault_in_a_later_page_tells_how_to_go_on(self) -> None:
        events: list[Event] = []
        with registry("ListImages", 6, 2) as server:
            server.replies = {3: self.REFUSED}
            cfg = cfg_for(server, emitBehavior="emitIndividually")
            with pytest.raises(IncompleteError) as caught:
                ask_action("ListImages", body(""), cfg, events)

        assert len(emitted(events)) == 4
        assert str(caught.value) == (
            "4 items were emitted before a later page failed: InvalidParameterException: stale "
            "(ListImages, eu-central-1, HTTP 400). "
            "To resume there, send a message with this nextToken: 4"
        )

    @pytest.mark.parametrize("behavior", ["fetchAll", "emitIndividually"])
    def test_a_passing_fault_that_lasts_is_a_rebound_if_nothing_was_emitted(
        self, behavior: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)
        events: list[Event] = []
        with Loopback() as server:
            server.answer(Reply(status=503))
            ask_action("ListImages", body(""), cfg_for(server, emitBehavior=behavior), events)

        assert [event for event, _ in events] == ["rebound"]


class TestTooLarge:
    @pytest.mark.slow
    def test_all_at_once_over_the_limit_names_the_way_out(self) -> None:
        # Given pages of 4 MB, far more of them than fit
        with registry("ListImages", 10_000_000, 40_000) as server:
            cfg = cfg_for(server, emitBehavior="fetchAll")
            # When
            with pytest.raises(MessageTooLargeError) as caught:
                ask_action("ListImages", body(""), cfg)
            # Then the rest is not even fetched
            assert len(server.requests) == 3
        assert str(caught.value) == (
            "The result of ListImages exceeds the message limit of 10485760 bytes; "
            'choose "One message per item" instead'
        )

    def test_the_limit_is_the_whole_messages(self) -> None:
        with registry("ListImages", 9, 2) as server:
            cfg = cfg_for(server, emitBehavior="fetchAll")
            size = len(orjson.dumps(ask_action("ListImages", body(""), cfg)))

            def ask(limit: int) -> Any:
                step = Step(lambda *_: None, logging.getLogger("tests"), message_size_limit=limit)
                return process("ListImages")(step, {"body": body("")}, cfg, {})

            server.requests.clear()  # the request ids are as long again
            assert len(ask(size)["body"]["imageIds"]) == 9
            server.requests.clear()
            with pytest.raises(MessageTooLargeError):
                ask(size - 1)

    def test_run_takes_the_limit_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ELASTICIO_OUTGOING_MESSAGE_SIZE_LIMIT", "1000")
        with registry("ListImages", 20) as server:
            ran = run("ListImages", body(""), cfg_for(server, emitBehavior="fetchAll"))

        assert ran.code == 1
        assert ran.event["payload"]["name"] == "MessageTooLarge"
        assert ran.event["payload"]["message"] == (
            "The result of ListImages exceeds the message limit of 1000 bytes; "
            'choose "One message per item" instead'
        )

    def test_run_says_when_the_limit_is_no_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ELASTICIO_OUTGOING_MESSAGE_SIZE_LIMIT", "much")
        ran = run("ListImages", {}, {})

        assert ran.code == 2
        assert "ELASTICIO_OUTGOING_MESSAGE_SIZE_LIMIT must be a whole number" in ran.words


class TestSandbox:
    @pytest.mark.parametrize("behavior", ["fetchPage", "fetchAll"])
    def test_an_empty_repository_has_an_empty_list(
        self, sandbox: Sandbox, repository: str, behavior: str
    ) -> None:
        cfg = {**sandbox.cfg, "repositoryName": repository, "emitBehavior": behavior}
        ran = run("DescribeImages", {}, cfg)

        assert ran.event["payload"]["body"] == {"imageDetails": []}

    def test_each_repository_is_a_message(self, sandbox: Sandbox, repository: str) -> None:
        cfg = {**sandbox.cfg, "emitBehavior": "emitIndividually"}
        ran = run("DescribeRepositories", {"repositoryNames": [repository]}, cfg)

        assert ran.code == 0
        assert ran.event["payload"]["body"]["repositoryName"] == repository


@pytest.mark.long
def test_memory_stays_flat_over_a_hundred_thousand_items() -> None:
    peaks = [_peak(images) for images in (1_000, 100_000)]

    assert peaks[1] <= peaks[0] * 1.2


# Says at its end how much memory it had at most, in KiB.
_MEASURED = (
    "import atexit, resource, sys; from lib.cli import main; "
    "atexit.register(lambda: print("
    "'peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)); main()"
)


def _peak(images: int) -> int:
    with registry("DescribeImages", images, 1000) as server:
        cfg = orjson.dumps(cfg_for(server, emitBehavior="emitIndividually", repositoryName="shop"))
        ran = subprocess.run(
            [sys.executable, "-c", _MEASURED, "run", "DescribeImages", "--cfg", cfg.decode()],
            cwd=ROOT,
            env=dict(os.environ),
            check=True,
            timeout=100,
            capture_output=True,
            text=True,
        )
    assert ran.stdout.count("\n") == images
    found = re.search(r"^peak (\d+)$", ran.stderr, re.MULTILINE)
    assert found
    return int(found[1])
