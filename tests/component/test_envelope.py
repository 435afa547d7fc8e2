"""Messages for the connector of 2019 work: its envelope, its protocol inputs, its signatures."""

import hashlib
import itertools
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from lib.component import InvalidMessageError
from tests.support.aws_model import (
    KEYS,
    OPERATIONS,
    REGION,
    TOKEN,
    as_message,
    ask_action,
    botocore_authorization,
    cfg_for,
    operation_model,
    parameters,
    sample_parameters,
    sign,
)
from tests.support.loopback import Captured, Loopback, Reply
from tests.support.random_examples import tries

VERSION = "2015-09-21"
DATE = "20250131T235959Z"
SIGNING = ("X-Amz-Date", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature")
PAGED = [
    operation
    for operation in OPERATIONS
    if {"maxResults", "nextToken"} <= operation_model(operation).input_shape.members.keys()
]
JSON_TEXT = [
    ("SetRepositoryPolicy", "policyText"),
    ("PutLifecyclePolicy", "lifecyclePolicyText"),
    ("StartLifecyclePolicyPreview", "lifecyclePolicyText"),
]
POLICY = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "keep the últimos ten",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
            "action": {"type": "expire"},
        }
    ]
}
POLICY_TEXT = (
    '{"rules":[{"rulePriority":1,"description":"keep the últimos ten","selection":{"tagStatus":'
    '"any","countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}]}'
)

each_operation = pytest.mark.parametrize("operation", OPERATIONS)
spellings = pytest.mark.parametrize("spelling", ["-", "_"])


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def sent(operation: str, body: Any, server: Loopback, **cfg: Any) -> Captured:
    """Return the request that an action sends for a body."""
    server.answer(Reply())
    ask_action(operation, body, cfg_for(server, **cfg))
    [request] = server.requests
    return request


def refused(operation: str, body: Any, server: Loopback) -> str:
    """Return the one fault for which an action sends no request."""
    server.answer(Reply())
    with pytest.raises(InvalidMessageError) as caught:
        ask_action(operation, body, cfg_for(server))
    assert server.requests == []
    [fault] = caught.value.faults
    return fault


def payload_of(members: dict[str, Any]) -> bytes:
    """Return members as compact UTF-8 JSON, in the order given."""
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def signature_inputs(
    operation: str,
    payload: bytes,
    server: Loopback,
    token: str | None = None,
    *,
    sign_digest: bool = False,
) -> dict[str, str]:
    """Return the protocol inputs of a caller who signs a payload with botocore."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AmazonEC2ContainerRegistry_V20150921.{operation}",
    }
    inputs = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": DATE}
    if sign_digest:
        digest = hashlib.sha256(payload).hexdigest()
        headers["X-Amz-Content-Sha256"] = inputs["X-Amz-Content-Sha256"] = digest
    if token:
        inputs["X-Amz-Security-Token"] = token
    request = AWSRequest("POST", f"{server.url}/", headers=headers, data=payload)
    found = re.fullmatch(
        "AWS4-HMAC-SHA256 Credential=(.*), SignedHeaders=(.*), Signature=(.*)",
        sign(request, DATE, token),
    )
    assert found
    inputs |= dict(zip(SIGNING[1:], found.groups(), strict=True))
    return inputs


def spelt(inputs: dict[str, str], spelling: str) -> dict[str, str]:
    return {name.replace("-", spelling): value for name, value in inputs.items()}


def authorization_of(inputs: dict[str, str]) -> str:
    return (
        f"AWS4-HMAC-SHA256 Credential={inputs['X-Amz-Credential']}, "
        f"SignedHeaders={inputs['X-Amz-SignedHeaders']}, Signature={inputs['X-Amz-Signature']}"
    )


@each_operation
@spellings
def test_an_envelope_asks_for_what_its_request_body_asks_for(
    operation: str, spelling: str, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    inputs = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Content-Sha256": hashlib.sha256(payload_of(members)).hexdigest(),
    }
    envelope = {
        "Action": operation,
        "Version": VERSION,
        **spelt(inputs, spelling),
        "requestBody": members,
    }
    # When
    request = sent(operation, envelope, server)
    plain = sent(operation, members, server)
    # Then
    assert request.body == plain.body == payload_of(members)
    assert request.headers["X-Amz-Target"] == plain.headers["X-Amz-Target"]
    assert request.headers["Authorization"] == botocore_authorization(request)


@each_operation
def test_protocol_inputs_may_stand_among_the_members_themselves(
    operation: str, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    # When
    request = sent(operation, {"Version": VERSION, **members, "Action": operation}, server)
    # Then
    assert request.body == payload_of(members)


@pytest.mark.parametrize("operation", ["DescribeRepositories", "GetAuthorizationToken"])
@pytest.mark.parametrize("body", [{}, {"requestBody": {}}, {"Version": VERSION}])
def test_an_operation_that_needs_nothing_takes_an_empty_body(
    operation: str, body: dict[str, Any], server: Loopback
) -> None:
    assert sent(operation, body, server).body == b"{}"


@each_operation
@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("Action", "DescribeRegistry", None),
        ("Action", "", None),
        ("Version", "2015-09-22", VERSION),
        ("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256"),
        ("X_Amz_Algorithm", "AWS4-HMAC-SHA256\n", "AWS4-HMAC-SHA256"),
    ],
)
def test_a_wrong_protocol_input_is_refused(
    operation: str, name: str, wrong: Any, right: str | None, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    right = right or operation
    # When
    faults = [
        refused(operation, {name: wrong, "requestBody": members}, server),
        refused(operation, {name: wrong, **members}, server),
    ]
    # Then
    for fault in faults:
        assert fault.startswith(f"{name.replace('_', '-')}: ")
        assert right in fault


@each_operation
def test_the_action_of_another_operation_is_refused(operation: str, server: Loopback) -> None:
    # Given
    other = OPERATIONS[OPERATIONS.index(operation) - 1]
    # When
    fault = refused(
        operation, {"Action": other, "requestBody": sample_parameters(operation)}, server
    )
    # Then
    assert other in fault
    assert operation in fault


@each_operation
@spellings
def test_a_digest_of_another_payload_is_refused(
    operation: str, spelling: str, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    spaced = json.dumps(members).encode()
    inputs = spelt({"X-Amz-Content-Sha256": hashlib.sha256(spaced + b" ").hexdigest()}, spelling)
    # When
    fault = refused(operation, {**inputs, "requestBody": members}, server)
    # Then
    assert fault.startswith("X-Amz-Content-Sha256: got ")
    assert hashlib.sha256(payload_of(members)).hexdigest() in fault


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "g" * 64, "E" * 64, "0" * 64 + "\n"])
def test_what_is_no_digest_is_refused(digest: str, server: Loopback) -> None:
    fault = refused("DescribeRepositories", {"X-Amz-Content-Sha256": digest}, server)
    assert fault.startswith("X-Amz-Content-Sha256: ")


@each_operation
@spellings
@pytest.mark.parametrize("configured", [None, "another-session-token"])
def test_a_security_token_takes_the_place_of_the_session_token(
    operation: str, spelling: str, configured: str | None, server: Loopback
) -> None:
    # Given
    inputs = spelt({"X-Amz-Security-Token": TOKEN}, spelling)
    envelope = {**inputs, "requestBody": sample_parameters(operation)}
    # When
    request = sent(operation, envelope, server, sessionToken=configured)
    # Then
    assert request.headers.get_all("X-Amz-Security-Token") == [TOKEN]
    assert request.headers["Authorization"] == botocore_authorization(request, TOKEN)


def test_a_security_token_is_good_for_one_message(server: Loopback) -> None:
    # Given
    sent("DescribeRepositories", {"X-Amz-Security-Token": "of-another-message"}, server)
    # When
    request = sent("DescribeRepositories", {}, server, sessionToken=TOKEN)
    # Then
    assert request.headers.get_all("X-Amz-Security-Token") == [TOKEN]


@each_operation
@spellings
@pytest.mark.parametrize("token", [None, TOKEN], ids=["key", "token"])
@pytest.mark.parametrize("sign_digest", [False, True], ids=["payload", "digest"])
def test_a_callers_signature_goes_out_untouched_and_is_right(
    operation: str, spelling: str, token: str | None, sign_digest: bool, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    inputs = signature_inputs(
        operation, payload_of(members), server, token, sign_digest=sign_digest
    )
    # When
    request = sent(
        operation,
        {
            "Action": operation,
            "Version": VERSION,
            **spelt(inputs, spelling),
            "requestBody": members,
        },
        server,
        sessionToken="not-what-the-caller-signed-with",
    )
    # Then
    assert request.body == payload_of(members)
    assert request.headers.get_all("Authorization") == [authorization_of(inputs)]
    assert request.headers.get_all("X-Amz-Date") == [DATE]
    assert request.headers["X-Amz-Security-Token"] == token
    assert request.headers["X-Amz-Content-Sha256"] == inputs.get("X-Amz-Content-Sha256")
    assert request.headers["Authorization"] == botocore_authorization(request, token)


@each_operation
def test_a_callers_signature_needs_no_keys_in_the_cfg(operation: str, server: Loopback) -> None:
    # Given
    server.answer(Reply())
    members = sample_parameters(operation)
    inputs = signature_inputs(operation, payload_of(members), server)
    # When
    ask_action(
        operation, {**inputs, "requestBody": members}, {"region": REGION, "endpoint": server.url}
    )
    # Then
    [request] = server.requests
    assert request.headers["Authorization"] == authorization_of(inputs)


@given(data=st.data())
@tries(30)
def test_what_the_caller_signs_is_compact_json_in_utf8_in_the_order_given(
    server: Loopback, data: st.DataObject
) -> None:
    # Given
    members = as_message(data.draw(parameters("TagResource")))
    inputs = signature_inputs("TagResource", payload_of(members), server)
    # When
    request = sent("TagResource", {"requestBody": members, **inputs}, server)
    # Then
    assert request.body == payload_of(members)
    assert request.headers["Authorization"] == botocore_authorization(request)


PARTS = [part for size in (1, 2, 3) for part in itertools.combinations(SIGNING, size)]


@pytest.mark.parametrize("part", PARTS, ids="+".join)
@spellings
def test_part_of_a_signature_is_ignored_with_a_warning_and_the_request_is_signed(
    part: tuple[str, ...], spelling: str, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    inputs = signature_inputs("DescribeRepositories", b"{}", server)
    envelope = spelt({name: inputs[name] for name in part}, spelling)
    # When
    with caplog.at_level(logging.WARNING):
        request = sent("DescribeRepositories", {**envelope, "requestBody": {}}, server)
    # Then
    assert request.headers["X-Amz-Date"] != DATE
    assert request.headers["Authorization"] == botocore_authorization(request)
    [warning] = caplog.messages
    assert "only part of a signature" in warning
    assert inputs["X-Amz-Signature"] not in warning


@each_operation
def test_part_of_a_signature_is_a_matter_of_a_warning_for_each_operation(
    operation: str, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    # When
    request = sent(operation, {"X_Amz_Date": DATE, **sample_parameters(operation)}, server)
    # Then
    assert request.headers["Authorization"] == botocore_authorization(request)
    assert len(caplog.messages) == 1


def test_a_message_without_any_part_of_a_signature_is_no_matter_of_a_warning(
    server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    sent("DescribeRepositories", {"X-Amz-Security-Token": TOKEN, "Version": VERSION}, server)
    assert caplog.messages == []


def test_part_of_a_signature_without_keys_in_the_cfg_sends_nothing(server: Loopback) -> None:
    # Given
    server.answer(Reply())
    cfg = {"region": REGION, "endpoint": server.url}
    # When
    with pytest.raises(
        Exception, match=r"\(accessKeyId\) and Secret Access Key \(secretAccessKey\) are missing"
    ):
        ask_action("DescribeRepositories", {"X-Amz-Date": DATE}, cfg)
    # Then
    assert server.requests == []


@pytest.mark.parametrize("operation", PAGED)
@pytest.mark.parametrize("size", [7, "7", "007"])
def test_paging_inputs_may_stand_beside_the_request_body(
    operation: str, size: Any, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    del members["maxResults"], members["nextToken"]
    # When
    request = sent(
        operation, {"maxResults": size, "nextToken": "42", "requestBody": members}, server
    )
    # Then
    assert request.body == payload_of({**members, "maxResults": 7, "nextToken": "42"})


@pytest.mark.parametrize("operation", PAGED)
def test_paging_inputs_as_text_work_in_an_envelope_without_a_request_body(
    operation: str, server: Loopback
) -> None:
    # Given
    envelope = {**sample_parameters(operation), "Version": VERSION, "maxResults": "7"}
    # When
    request = sent(operation, envelope, server)
    # Then
    assert request.json["maxResults"] == 7


@pytest.mark.parametrize("operation", PAGED)
@pytest.mark.parametrize(
    "size",
    [
        "",
        "-1",
        "+1",
        "1.0",
        " 7",
        "7\n",
        "0x7",
        "\u0667",
        "1_0",
        "seven",
        "0",
        "100000",
        "9" * 5000,
    ],
)
def test_a_page_size_that_is_no_number_in_range_is_refused(
    operation: str, size: str, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    del members["maxResults"]
    # When
    fault = refused(operation, {"maxResults": size, "requestBody": members}, server)
    # Then
    assert fault.startswith("maxResults: ")
    assert len(fault) < 200


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in PAGED])
@pytest.mark.parametrize(("name", "value"), [("maxResults", 7), ("nextToken", "42")])
def test_paging_inputs_are_refused_where_there_are_no_pages(
    operation: str, name: str, value: Any, server: Loopback
) -> None:
    # Given
    envelope = {name: value, "requestBody": sample_parameters(operation)}
    # When
    fault = refused(operation, envelope, server)
    # Then
    assert name in fault
    assert "is not a member" in fault


@each_operation
def test_members_beside_the_request_body_are_refused(operation: str, server: Loopback) -> None:
    # Given
    members = sample_parameters(operation)
    beside = next(name for name in members if name not in {"maxResults", "nextToken"})
    # When
    fault = refused(operation, {beside: members[beside], "requestBody": members}, server)
    # Then
    assert fault == f'"{beside}" is next to requestBody; move it into requestBody'


@pytest.mark.parametrize("name", ["registryID", "x-amz-date", "host", "parameters", ""])
def test_unknown_names_beside_the_request_body_are_refused(name: str, server: Loopback) -> None:
    fault = refused("DescribeRepositories", {name: "x", "requestBody": {}}, server)
    assert fault == f'"{name}" is next to requestBody; move it into requestBody'


@each_operation
@pytest.mark.parametrize("request_body", [None, "{}", [], 7, True])
def test_a_request_body_that_is_no_object_is_refused(
    operation: str, request_body: Any, server: Loopback
) -> None:
    # Given
    server.answer(Reply())
    # When
    with pytest.raises(InvalidMessageError) as caught:
        ask_action(operation, {"requestBody": request_body}, cfg_for(server))
    # Then
    assert caught.value.faults[0].startswith("requestBody: got ")
    assert caught.value.faults[0].endswith(", expected an object")
    assert server.requests == []


@pytest.mark.parametrize(
    "name", ["X-Amz-Content-Sha256", "X-Amz-Algorithm", "X-Amz-Security-Token", *SIGNING]
)
def test_a_protocol_input_in_both_spellings_is_refused(name: str, server: Loopback) -> None:
    # Given
    inputs = signature_inputs("DescribeRepositories", b"{}", server, TOKEN, sign_digest=True)
    twice = {name: inputs[name], name.replace("-", "_"): inputs[name]}
    # When
    fault = refused("DescribeRepositories", {**twice, "requestBody": {}}, server)
    # Then
    assert fault == f"{name} is given twice"


@pytest.mark.parametrize("operation", PAGED)
@pytest.mark.parametrize(("name", "value"), [("maxResults", 7), ("nextToken", "42")])
def test_a_paging_input_in_both_places_is_refused(
    operation: str, name: str, value: Any, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    # When
    fault = refused(operation, {name: value, "requestBody": members}, server)
    # Then
    assert fault.startswith(f"{name} is given twice")


@pytest.mark.parametrize(("operation", "name"), JSON_TEXT)
@pytest.mark.parametrize("enveloped", [False, True])
def test_a_policy_may_be_an_object_and_is_sent_as_its_compact_text(
    operation: str, name: str, enveloped: bool, server: Loopback
) -> None:
    # Given
    members = {"repositoryName": "app", name: POLICY}
    # When
    request = sent(operation, {"requestBody": members} if enveloped else members, server)
    # Then
    assert request.json == {"repositoryName": "app", name: POLICY_TEXT}
    assert request.headers["Authorization"] == botocore_authorization(request)
    assert members[name] is POLICY


@pytest.mark.parametrize(("operation", "name"), JSON_TEXT)
def test_a_caller_may_sign_the_text_of_a_policy_and_give_the_policy(
    operation: str, name: str, server: Loopback
) -> None:
    # Given
    payload = payload_of({"repositoryName": "app", name: POLICY_TEXT})
    inputs = signature_inputs(operation, payload, server, sign_digest=True)
    # When
    request = sent(
        operation, {**inputs, "requestBody": {"repositoryName": "app", name: POLICY}}, server
    )
    # Then
    assert request.body == payload
    assert request.headers["Authorization"] == authorization_of(inputs)


@pytest.mark.parametrize(("operation", "name"), JSON_TEXT)
def test_a_policy_whose_text_is_too_long_is_refused(
    operation: str, name: str, server: Loopback
) -> None:
    # Given
    most = operation_model(operation).input_shape.members[name].metadata["max"]
    policy = {"rules": "x" * (most - len('{"rules":""}') + 1)}
    # When
    fault = refused(operation, {"repositoryName": "app", name: policy}, server)
    # Then
    assert fault.startswith(f"{name}: ")
    assert f"{most} characters" in fault
    assert f"{most + 1} characters" in fault


@pytest.mark.parametrize(("operation", "name"), JSON_TEXT)
def test_a_policy_that_is_neither_text_nor_object_is_refused(
    operation: str, name: str, server: Loopback
) -> None:
    fault = refused(operation, {"repositoryName": "app", name: [POLICY]}, server)
    assert fault.startswith(f"{name}: got an array")


@pytest.mark.parametrize("name", ["imageManifest", "imageTag"])
def test_text_that_is_no_policy_may_not_be_an_object(name: str, server: Loopback) -> None:
    # An image's digest is that of its manifest's very characters.
    members = {**sample_parameters("PutImage"), name: {"schemaVersion": 2}}
    assert refused("PutImage", members, server).startswith(f"{name}: got an object")


def test_a_key_of_the_example_is_never_part_of_a_body(server: Loopback) -> None:
    request = sent("DescribeRepositories", {"Version": VERSION, "requestBody": {}}, server)
    assert request.body == b"{}"
    assert KEYS["secretAccessKey"] not in str(request.headers)
