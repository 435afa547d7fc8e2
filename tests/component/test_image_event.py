"""The trigger imageEvent: which requests it takes, which events it lets pass, what it emits."""

import copy
import json
import logging
import uuid
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.component import InvalidMessageError, schemas
from lib.component.errors import InvalidFieldError, WrongKeyError
from lib.component.triggers.image_event import event as event_members
from lib.component.triggers.image_event import selection
from lib.component.triggers.image_event import trigger as image_event
from lib.sailor import Step
from tests.support.aws_model import ask_action, process
from tests.support.command import run
from tests.support.repository import DESCRIPTOR
from tests.support.trigger_guide import examples

Json = dict[str, Any]

# As AWS documents them: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
EVENTS: dict[str, Json] = {}
for _example in examples():
    EVENTS.setdefault(_example.emitted["event"], _example.event)
PUSH = EVENTS["push"]
DIGEST = PUSH["detail"]["image-digest"]
OUT = schemas.load("ImageEvent", "out")["properties"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def changed(event: Json, *without: str, **detail: Any) -> Json:
    """Return an event with other members in its detail, whose names have ``_`` for ``-``."""
    members = {name: value for name, value in event["detail"].items() if name not in without}
    members |= {name.replace("_", "-"): value for name, value in detail.items()}
    return {**event, "detail": members}


def emitted(event: Any, **cfg: Any) -> Json:
    """Return the body of what is emitted, or nothing."""
    body: Json = ask_action("imageEvent", event, cfg).get("body", {})
    return body


def faults(body: Any) -> tuple[str, ...]:
    """Return the faults for which a request's body is refused."""
    with pytest.raises(InvalidMessageError) as caught:
        emitted(body)
    return caught.value.faults


# What is emitted; docs/triggers.md has each kind of event in full, and a test for it


def test_a_push_is_emitted_in_plain_members() -> None:
    assert emitted(PUSH) == {
        "event": "push",
        "action": "PUSH",
        "result": "SUCCESS",
        "registryId": "123456789012",
        "region": "eu-central-1",
        "repositoryName": "shop/web",
        "imageDigest": DIGEST,
        "imageTags": ["1.4.0"],
        "uri": f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web@{DIGEST}",
        "time": "2025-11-16T01:54:34.000Z",
        "eventId": "13cde686-328b-6117-af20-0e5566167482",
        "detailType": "ECR Image Action",
        "resources": [],
        "detail": PUSH["detail"],
    }


@pytest.mark.parametrize("kind", EVENTS)
def test_each_member_is_described_and_nothing_is_lost(kind: str) -> None:
    body = emitted(EVENTS[kind])

    assert body["event"] == kind
    assert body.keys() <= OUT.keys()
    assert body["detail"] == EVENTS[kind]["detail"]
    assert isinstance(body["imageTags"], list)


def test_a_deletion_is_an_event_of_its_own() -> None:
    body = emitted(changed(PUSH, action_type="DELETE"))

    assert (body["event"], body["action"]) == ("delete", "DELETE")


def test_an_archival_has_its_storage_class() -> None:
    archival = changed(EVENTS["storageClass"], "last-activated-at", target_storage_class="ARCHIVE")
    body = emitted(archival)

    assert (body["event"], body["targetStorageClass"]) == ("storageClass", "ARCHIVE")
    assert "lastActivatedAt" not in body


@pytest.mark.parametrize("detail_type", ["ECR Artifact Action", "AWS API Call via CloudTrail"])
def test_an_unknown_event_is_passed_on_as_other(detail_type: str) -> None:
    event = {**PUSH, "detail-type": detail_type, "detail": {"eventName": "PutImage", "size": 7}}
    body = emitted(event)

    assert (body["event"], body["detailType"]) == ("other", detail_type)
    assert body["detail"] == {"eventName": "PutImage", "size": 7}
    assert "uri" not in body


@pytest.mark.parametrize("action", ["EXPIRE", None])
def test_an_unknown_action_on_an_image_is_passed_on_as_other(action: str | None) -> None:
    event = changed(PUSH, "action-type", **({"action_type": action} if action else {}))

    assert emitted(event)["event"] == "other"


@pytest.mark.parametrize(
    ("detail", "tags"),
    [
        ({}, []),
        ({"image_tag": ""}, []),
        ({"image_tag": "1"}, ["1"]),
        ({"image_tags": []}, []),
        ({"image_tags": ["1", "latest"]}, ["1", "latest"]),
    ],
)
def test_tags_are_always_a_list(detail: Json, tags: list[str]) -> None:
    assert emitted(changed(PUSH, "image-tag", **detail))["imageTags"] == tags


@pytest.mark.parametrize(
    ("member", "status", "result"),
    [
        ("result", "SUCCESS", "SUCCESS"),
        ("result", "FAILURE", "FAILURE"),
        ("result", "FAILED", "FAILURE"),
        ("scan_status", "COMPLETE", "SUCCESS"),
        ("scan_status", "FAILED", "FAILURE"),
        ("scan_status", "UNSUPPORTED_IMAGE", "UNSUPPORTED_IMAGE"),
        ("sync_status", "SUCCESS", "SUCCESS"),
        ("sync_status", "FAILURE", "FAILURE"),
    ],
)
def test_a_result_is_told_in_one_way(member: str, status: str, result: str) -> None:
    assert emitted(changed(PUSH, "result", **{member: status}))["result"] == result


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-gov-west-1", "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_a_uri_is_that_of_the_partition(region: str, host: str) -> None:
    assert emitted({**PUSH, "region": region})["uri"] == f"{host}/shop/web@{DIGEST}"


def test_without_what_a_uri_is_made_of_there_is_none() -> None:
    parts: list[Json] = [
        {name: value for name, value in PUSH.items() if name != "account"},
        {name: value for name, value in PUSH.items() if name != "region"},
        {**PUSH, "region": "moon-1"},
        changed(PUSH, "image-digest"),
        changed(PUSH, "repository-name"),
    ]

    assert [part for part in parts if "uri" in emitted(part)] == []


def test_a_message_has_an_id_of_its_own_and_the_event_s_in_its_body() -> None:
    # Given an event that is delivered twice
    first, second = (ask_action("imageEvent", PUSH, {}) for _ in range(2))

    # Then
    assert uuid.UUID(first["id"]) != uuid.UUID(second["id"])
    assert first["body"] == second["body"]
    assert first["headers"] == first["attachments"] == first["metadata"] == {}


def test_the_oddities_of_documented_samples_are_taken() -> None:
    # Given an id that is no UUID, and a day that was never there
    event = {**PUSH, "id": "4f5ec4d5-4de4-7aad-a046-EXAMPLE", "time": "2023-02-29T02:36:48Z"}
    body = emitted(event)

    assert (body["eventId"], body["time"]) == (event["id"], event["time"])


def test_the_event_is_left_as_it_came() -> None:
    event = copy.deepcopy(EVENTS["storageClass"])

    emitted(event)

    assert event == EVENTS["storageClass"]


# The request


@pytest.mark.parametrize("kind", EVENTS)
def test_a_body_as_text_is_taken_too(kind: str) -> None:
    assert emitted(json.dumps(EVENTS[kind])) == emitted(EVENTS[kind])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (None, "body: got null, expected an object"),
        ([PUSH], "body: got an array, expected an object"),
        ("[]", "body: got an array, expected an object"),
        ("", "body: got text that is not JSON: "),
        ('{"source": ', "body: got text that is not JSON: "),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: Any, fault: str) -> None:
    [told] = faults(body)

    assert told.startswith(fault)


@pytest.mark.parametrize("member", ["source", "detail-type", "id", "time", "detail"])
def test_each_member_of_the_envelope_is_needed(member: str) -> None:
    event = {name: value for name, value in PUSH.items() if name != member}

    assert faults(event) == (f"{member} is missing",)


@pytest.mark.parametrize(
    ("member", "value", "fault"),
    [
        ("source", "aws.inspector2", 'got "aws.inspector2", expected aws.ecr'),
        ("detail-type", 1, "got a number (1), expected a string"),
        ("id", "", 'got "" (0 characters), expected at least 1 characters'),
        ("time", "yesterday", 'got "yesterday", expected text that matches [0-9]{4}-'),
        ("detail", "push", 'got a string ("push"), expected an object'),
        ("account", 123456789012, "got a number (123456789012), expected a string"),
        ("resources", "arn", 'got a string ("arn"), expected an array'),
    ],
)
def test_a_wrong_member_is_named_with_what_is_allowed(member: str, value: Any, fault: str) -> None:
    [told] = faults({**PUSH, member: value})

    assert told.startswith(f"{member}: {fault}")


def test_a_wrong_member_of_the_detail_is_named_with_its_path() -> None:
    scan = changed(EVENTS["scan"], image_tags=["1", 2], finding_severity_counts={"LOW": "few"})

    assert set(faults(scan)) == {
        "detail.image-tags[1]: got a number (2), expected a string",
        'detail.finding-severity-counts.LOW: got a string ("few"), expected an integer',
    }


def test_all_faults_are_told_at_once() -> None:
    told = faults({"source": "aws.s3", "time": 5})

    assert [fault.partition(" ")[0].rstrip(":") for fault in told] == [
        "source",
        "detail-type",
        "id",
        "time",
        "detail",
    ]


def test_a_refused_request_is_an_error_of_the_step() -> None:
    ran = run("imageEvent", {"hello": "world"}, {})

    assert ran.code == 1
    assert ran.event["payload"]["name"] == "InvalidMessage"
    assert "source is missing" in ran.event["payload"]["message"]


@given(body=ANYTHING)
def test_any_body_is_emitted_or_refused(body: Any) -> None:
    for given_body in (body, {**PUSH, "detail": body}, {**PUSH, "detail": {"repositories": body}}):
        with suppress(InvalidMessageError):
            assert emitted(given_body)["eventId"] == PUSH["id"]


# The key

KEY = "hunter2-and-ümläuts"


def called(headers: Any, **cfg: Any) -> Json:
    """Return what is emitted for a request with headers."""
    step = Step(lambda *_: None, logging.getLogger("tests.step"))
    return process("imageEvent")(step, {"body": PUSH, "headers": headers}, cfg, {}) or {}


@pytest.mark.parametrize("name", ["x-api-key", "X-Api-Key", "X-API-KEY"])
def test_a_request_that_brings_the_key_is_taken(name: str) -> None:
    assert called({"host": "flow.example", name: KEY}, apiKey=KEY)


@pytest.mark.parametrize("empty", [{}, {"apiKey": ""}, {"apiKey": None}])
@pytest.mark.parametrize("headers", [{}, None, {"x-api-key": KEY}])
def test_without_a_key_in_the_field_each_request_is_taken(headers: Any, empty: Json) -> None:
    assert called(headers, **empty)


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"x-api-key": ""},
        {"x-api-key": "wrong-and-secret"},
        {"x-api-key": f"{KEY} "},
        {"x-api-key": [KEY]},
        {"authorization": KEY},
    ],
)
def test_any_other_request_is_refused_without_a_word_of_either_key(headers: Any) -> None:
    with pytest.raises(
        WrongKeyError, match="header x-api-key does not match the field API Key"
    ) as caught:
        called(headers, apiKey=KEY)

    assert "hunter2" not in str(caught.value)
    assert "wrong-and-secret" not in str(caught.value)


def test_a_key_that_is_no_text_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(InvalidFieldError) as caught:
        called({}, apiKey=[KEY])

    assert str(caught.value) == (
        "apiKey: got an array, expected a string; correct it in the field API Key"
    )


# The fields


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("nothing", [{}, {"events": [], "result": "any"}, {"events": None}])
def test_without_a_choice_every_event_passes(kind: str, nothing: Json) -> None:
    assert emitted(EVENTS[kind], **nothing, repository="", tag="")


@given(chosen=st.lists(st.sampled_from(sorted(event_members.KINDS)), min_size=1))
def test_of_the_events_the_chosen_ones_pass(chosen: list[str]) -> None:
    passed = {kind for kind, event in EVENTS.items() if emitted(event, events=chosen)}

    assert passed == set(chosen) & EVENTS.keys()


@pytest.mark.parametrize(
    ("status", "passes"),
    [
        ({"result": "SUCCESS"}, "SUCCESS"),
        ({"result": "FAILURE"}, "FAILURE"),
        ({"result": "FAILED"}, "FAILURE"),
        ({"scan_status": "COMPLETE"}, "SUCCESS"),
        ({"scan_status": "FAILED"}, "FAILURE"),
        ({"sync_status": "SUCCESS"}, "SUCCESS"),
        ({"sync_status": "FAILURE"}, "FAILURE"),
        ({"scan_status": "UNSUPPORTED_IMAGE"}, None),
        ({}, None),
    ],
)
def test_of_the_results_the_chosen_one_passes(status: Json, passes: str | None) -> None:
    event = changed(PUSH, "result", **status)

    assert emitted(event, result="any")
    for chosen in ("SUCCESS", "FAILURE"):
        assert bool(emitted(event, result=chosen)) is (chosen == passes)


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        ("shop/web", True),
        ("shop/*", True),
        ("*web", True),
        ("*", True),
        ("shop/we?", True),
        (" shop/web ", True),
        ("shop", False),
        ("Shop/web", False),
        ("web", False),
    ],
)
def test_a_repository_passes_by_its_name_or_a_pattern(pattern: str, passes: bool) -> None:
    assert bool(emitted(PUSH, repository=pattern)) is passes


@pytest.mark.parametrize(("pattern", "passes"), [("shop/api", True), ("sh*", True), ("x*", False)])
def test_of_several_repositories_one_is_enough(pattern: str, passes: bool) -> None:
    assert bool(emitted(EVENTS["scanResource"], repository=pattern)) is passes


def test_an_event_without_a_repository_passes_no_pattern() -> None:
    assert not emitted(changed(PUSH, "repository-name"), repository="*")


@pytest.mark.parametrize(
    ("tags", "pattern", "passes"),
    [
        (["1.4.0"], "1.*", True),
        (["latest", "1.4.0"], "1.*", True),
        (["latest"], "1.*", False),
        ([], "*", False),
        ([], "", True),
    ],
)
def test_of_an_image_s_tags_one_is_enough(tags: list[str], pattern: str, passes: bool) -> None:
    assert bool(emitted(changed(PUSH, image_tags=tags, image_tag=""), tag=pattern)) is passes


@pytest.mark.parametrize(
    ("cfg", "field"),
    [
        ({"events": ["delete"], "tag": "x"}, "events"),
        ({"result": "FAILURE", "tag": "x"}, "result"),
        ({"repository": "x", "tag": "x"}, "repository"),
        ({"tag": "x"}, "tag"),
    ],
)
def test_what_is_left_out_emits_nothing_and_says_why(
    caplog: pytest.LogCaptureFixture, cfg: Json, field: str
) -> None:
    caplog.set_level(logging.INFO)

    assert ask_action("imageEvent", PUSH, cfg) == {}
    [record] = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage() == (
        f"ECR Image Action {PUSH['id']} is excluded by the field {field}"
    )


@pytest.mark.parametrize(
    ("cfg", "told"),
    [
        ({"events": ["pus"]}, 'events: got "pus", expected push (Push), delete (Deletion), '),
        ({"events": "push"}, 'events: got "push", expected a list of events'),
        ({"events": [["push"]]}, r'events: got \["push"\], expected push (Push), '),
        ({"result": "maybe"}, 'result: got "maybe", expected any '),
        ({"result": ["any"]}, r'result: got \["any"\], expected any '),
        ({"repository": 5}, "repository: got 5, expected a string, in which "),
        ({"tag": ["x"]}, r'tag: got \["x"\], expected a string, in which '),
    ],
)
def test_a_field_that_holds_what_it_can_t_is_an_error(cfg: Json, told: str) -> None:
    with pytest.raises(InvalidFieldError, match=told.replace("(", r"\(").replace(")", r"\)")):
        emitted(PUSH, **cfg)


def test_the_screen_offers_what_the_fields_take() -> None:
    fields = DESCRIPTOR["triggers"]["imageEvent"]["fields"]

    assert list(fields) == ["events", "result", "repository", "tag", "apiKey"]
    assert fields["apiKey"]["label"] == image_event.KEY_LABEL
    assert fields["events"]["model"] == event_members.KINDS
    assert fields["result"]["model"] == selection.RESULTS
