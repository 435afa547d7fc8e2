"""Metadata of messages: what an action takes and emits, for each combination of its fields.

Answers are canned and have every member of botocore's model; inputs are the metadata's examples.
"""

import hashlib
import resource
from collections.abc import Iterator
from functools import reduce
from typing import Any

import orjson
import pytest
from jsonschema import Draft3Validator

from lib.component import InvalidMessageError
from lib.component.errors import InvalidFieldError
from lib.ecr import item_paths
from lib.platform import RestApi
from tests.support.aws_model import (
    CALL_OPERATION,
    OPERATIONS,
    PROTOCOL_INPUTS,
    Caller,
    Event,
    ask_action,
    callers,
    cfg_for,
    each_caller,
    operation_model,
    own_action,
    sample,
)
from tests.support.loopback import Loopback, Reply
from tests.support.metadata import (
    CHOSEN,
    Json,
    cfg_for_screens,
    described,
    example,
    forms,
    held,
    meta_model,
    shown,
)
from tests.support.repository import DESCRIPTOR, ROOT
from tests.support.steps import Starter

PROTOCOL = set(PROTOCOL_INPUTS)
REPOSITORIES = ("repositoryName", "resourceArn")
# Those whose metadata take longest to derive.
LARGEST = ("DescribeImageScanFindings", "PutReplicationConfiguration", "DescribeImages")

OF_MANY_CALLS = [own_action("CopyImage"), own_action("ScanImage")]


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def whole_answer(operation: str) -> Json:
    """Return an answer with every member of the model."""
    answer: Json = sample(operation_model(operation).output_shape)
    return answer | ({"status": "COMPLETE"} if "status" in answer else {})


def emitted(caller: Caller, body: Json, cfg: Json) -> list[Json]:
    """Return the bodies that an action emits."""
    events: list[Event] = []
    returned = caller.ask(body, cfg, events)
    assert {event for event, _ in events} <= {"data"}
    return [message["body"] for message in [*(one for _, one in events), returned] if message]


# What is emitted


@each_caller
def test_every_member_that_is_emitted_is_described_and_nothing_else(
    caller: Caller, server: Loopback
) -> None:
    page = whole_answer(caller.operation)
    last = {name: value for name, value in page.items() if name != "nextToken"}
    for form in forms(caller):
        takes, emits = meta_model(caller, form)
        of_operation = {n: p for n, p in takes["properties"].items() if n not in PROTOCOL}
        body = example({**takes, "properties": of_operation})
        is_page = form.get("emitBehavior", "fetchPage") == "fetchPage"
        server.answer(Reply(page), *(() if is_page else (Reply(last),)))

        bodies = emitted(caller, body, cfg_for(server, **form))

        each = form.get("emitBehavior") == "emitIndividually"
        kinds = len(item_paths(caller.operation)) if each else 1
        assert len(bodies) == (2 * kinds if each else 1), form
        for one in bodies:
            assert list(Draft3Validator(emits).iter_errors(one)) == []
        for first in range(0, len(bodies), kinds):
            of_page = {path for one in bodies[first : first + kinds] for path in held(one)}
            assert of_page == set(described(emits)), form


@pytest.mark.parametrize(
    "caller", [caller for caller in callers() if item_paths(caller.operation)], ids=str
)
def test_the_metadata_of_a_long_list_are_those_of_its_emit_behavior(caller: Caller) -> None:
    page, whole, item = (
        meta_model(caller, {"emitBehavior": behavior})[1]["properties"]
        for behavior in ("fetchPage", "fetchAll", "emitIndividually")
    )
    lists = [
        reduce(lambda part, name: part["properties"][name], path, {"properties": page})
        for path in item_paths(caller.operation)
    ]

    assert page.keys() - whole.keys() == {"nextToken"}
    assert whole.keys() <= page.keys()
    assert item.keys() == {name for one in lists for name in one["items"]["properties"]}
    if len(lists) == 1:
        assert item == lists[0]["items"]["properties"]


def test_a_finding_is_described_whichever_scanner_found_it() -> None:
    caller = Caller(CALL_OPERATION, "DescribeImageScanFindings")
    _, emits = meta_model(caller, {"emitBehavior": "emitIndividually"})

    assert {"uri", "attributes", "findingArn", "packageVulnerabilityDetails"} <= set(
        emits["properties"]
    )


@each_caller
def test_examples_of_what_is_emitted_look_like_an_answer(caller: Caller) -> None:
    for form in forms(caller):
        _, emits = meta_model(caller, form)

        assert list(Draft3Validator(emits).iter_errors(example(emits))) == []


# What is taken


@each_caller
def test_every_member_that_is_described_is_taken(caller: Caller, server: Loopback) -> None:
    for form in forms(caller):
        takes, _ = meta_model(caller, form)
        body = example(takes)
        members = {name: value for name, value in body.items() if name not in PROTOCOL}
        cfg = cfg_for(server, **form)
        server.answer(Reply(whole_answer(caller.operation) | {"nextToken": None}))
        emitted(caller, members, cfg)
        payload = server.requests[0].body
        assert orjson.loads(payload).keys() == members.keys()

        if form.get("signature") != "sender":
            assert body == members
            continue
        body["X-Amz-Content-Sha256"] = hashlib.sha256(payload).hexdigest()
        if form.get("emitBehavior", "fetchPage") != "fetchPage":
            with pytest.raises(InvalidMessageError, match="its signature is for one request"):
                emitted(caller, body, cfg)
            del body["X-Amz-Signature"]
        server.answer(Reply(whole_answer(caller.operation) | {"nextToken": None}))
        emitted(caller, body, cfg)
        assert server.requests[0].body == payload
        if "X-Amz-Signature" in body:
            assert body["X-Amz-Signature"] in server.requests[0].headers["Authorization"]


@each_caller
def test_the_inputs_of_2019_are_described_if_the_sender_signs(caller: Caller) -> None:
    of_operation = set(operation_model(caller.operation).input_shape.members)
    for form in forms(caller):
        names = set(meta_model(caller, form)[0]["properties"])

        assert (names & PROTOCOL) == (PROTOCOL if form.get("signature") == "sender" else set())
        left_out = of_operation - names
        assert names - PROTOCOL <= of_operation
        assert left_out == (
            {"maxResults", "nextToken"} if form.get("emitBehavior") == "fetchAll" else set()
        )


@pytest.mark.parametrize("signature", ["connector", "sender", None])
def test_a_message_is_taken_whatever_the_field_signature_says(
    server: Loopback, signature: str | None
) -> None:
    server.answer(Reply())
    body = {"Action": "ListImages", "Version": "2015-09-21", "repositoryName": "shop"}

    ask_action("ListImages", body, cfg_for(server, signature=signature))

    assert server.requests[0].json == {"repositoryName": "shop"}


@each_caller
def test_a_message_of_the_members_with_a_star_is_enough_and_none_may_lack(
    caller: Caller, server: Loopback
) -> None:
    def starred(schema: Json) -> Json:
        required = {n: p for n, p in schema["properties"].items() if p.get("required")}
        return {**schema, "properties": {n: inner(p) for n, p in required.items()}}

    def inner(part: Json) -> Json:
        if "properties" in part:
            return starred(part)
        return {**part, "items": inner(part["items"])} if "items" in part else part

    for form in forms(caller):
        takes, _ = meta_model(caller, form)
        body = example(starred(takes))
        cfg = cfg_for(server, **form)
        server.answer(Reply(whole_answer(caller.operation) | {"nextToken": None}))

        emitted(caller, body, cfg)

        for name in body:
            with pytest.raises(InvalidMessageError, match=f"{name} is missing"):
                emitted(caller, {n: v for n, v in body.items() if n != name}, cfg)


@each_caller
def test_a_repository_that_is_chosen_is_the_default_of_a_member_without_a_star(
    caller: Caller,
) -> None:
    fields = {name for form in forms(caller) for name in form}
    for form in forms(caller):
        properties = meta_model(caller, form)[0]["properties"]
        for name in CHOSEN.keys() & form.keys():
            assert "required" not in properties[name]
            assert properties[name]["default"] == CHOSEN[name]
        for name in CHOSEN.keys() & fields - form.keys():
            assert properties[name]["required"] is True
            assert "default" not in properties[name]


# What the mapper shows


@each_caller
def test_every_property_is_explained_and_has_an_example(caller: Caller) -> None:
    check_help_on_each_form(caller)


@pytest.mark.parametrize("action", OF_MANY_CALLS, ids=str)
def test_every_property_of_an_action_of_many_calls_is_explained(action: Caller) -> None:
    check_help_on_each_form(action)


def check_help_on_each_form(caller: Caller) -> None:
    for form in forms(caller):
        for schema in meta_model(caller, form):
            assert "extends" not in schema
            check_help(schema, str(caller))


@pytest.mark.parametrize("trigger", DESCRIPTOR["triggers"])
def test_every_property_of_a_trigger_is_explained_and_has_an_example(trigger: str) -> None:
    for path in DESCRIPTOR["triggers"][trigger]["metadata"].values():
        check_help(orjson.loads((ROOT / path).read_bytes()), trigger)


def check_help(schema: Json, name: str) -> None:
    for path, part in shown(schema, name):
        assert part["title"], path
        assert part["description"].endswith((".", ")")), path
        assert part["help"] == {"description": part["description"]}, path
        values = part.get("items", part)
        if values["type"] not in {"object", "array"}:
            assert values["examples"], path
            rules = {**values, "required": False}
            given = [*values["examples"], *(part[n] for n in ("default",) if n in part)]
            for value in given:
                assert Draft3Validator(rules).is_valid(value), (path, value)


@each_caller
def test_what_is_filled_in_first_comes_first(caller: Caller) -> None:
    for form in forms(caller):
        properties = meta_model(caller, form)[0]["properties"]
        orders = [part["order"] for part in properties.values()]
        names = [name for name in properties if name not in PROTOCOL]
        stars = [bool(properties[name].get("required")) or name in REPOSITORIES for name in names]

        assert orders == sorted(set(orders), reverse=True)
        assert list(properties)[: len(names)] == names
        assert "registryId" not in names[:-1]
        assert stars == sorted(stars, reverse=True)


def test_defaults_are_those_that_aws_s_texts_name() -> None:
    def default(operation: str, *path: str) -> Any:
        part, _ = meta_model(Caller(CALL_OPERATION, operation), {})
        for name in path:
            part = part["properties"][name]
        return part["default"]

    assert default("CreateRepository", "imageTagMutability") == "MUTABLE"
    assert default("CreateRepository", "encryptionConfiguration", "encryptionType") == "AES256"
    assert default("CreateRepository", "imageScanningConfiguration", "scanOnPush") is False
    assert default("DescribeImages", "filter", "imageStatus") == "ACTIVE"
    assert default("DescribeImages", "maxResults") == 100
    assert default("DeleteRepository", "force") is False
    assert default("ListImageReferrers", "maxResults") == 20
    assert default("ListReplicationBackfills", "maxResults") == 25


def test_a_list_of_texts_is_shown_as_one_text() -> None:
    keys = meta_model(own_action("UntagResource"), {})[0]["properties"]["tagKeys"]

    assert keys["type"] == "string"
    assert keys["examples"] == ["team, stage"]
    assert keys["description"].endswith("As one text, put commas between the values.")


def test_a_wrong_choice_is_named() -> None:
    with pytest.raises(InvalidFieldError, match='signature: got "nobody", expected connector '):
        meta_model(own_action("ListImages"), {"signature": "nobody"})


@pytest.mark.long
@pytest.mark.parametrize(
    "caller",
    [
        *map(own_action, OPERATIONS),
        *OF_MANY_CALLS,
        *(Caller(CALL_OPERATION, name) for name in LARGEST),
    ],
    ids=str,
)
def test_the_screens_have_their_answer_soon(caller: Caller, api: RestApi, start: Starter) -> None:
    form = forms(caller)[-1]
    before = cpu_of_children()
    asked = start.ask(
        "getMetaModel",
        COMPONENT_PATH=None,
        POST_RESULT_URL=api.result_url("answer"),
        CFG=orjson.dumps(caller.cfg(cfg_for_screens(form))).decode(),
        ACTION_OR_TRIGGER=caller.action,
        API_URI=api.url,
        API_USERNAME=api.username,
        API_KEY=api.key,
    )

    assert asked.wait() == 0
    # The CPU, whatever else the machine does: it asks nobody, so it waits for nothing. It is less
    # than a second on a machine with nothing else to do, and without coverage.
    assert cpu_of_children() - before < 3
    takes, emits = meta_model(caller, form)
    assert api.results["answer"] == {"status": "success", "data": {"in": takes, "out": emits}}


def cpu_of_children() -> float:
    """Return the seconds of CPU of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
