"""Over the wire, an action looks like AWS's own client."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from botocore.auth import SIGV4_TIMESTAMP
from botocore.model import Shape
from hypothesis import given
from hypothesis import strategies as st

from tests.support.aws_model import (
    ALL_OPERATIONS,
    KEYS,
    REGION,
    TOKEN,
    Caller,
    Extent,
    answers,
    as_emitted,
    as_message,
    ask_action,
    ask_botocore,
    botocore_authorization,
    callers,
    cfg_for,
    each_caller,
    operation_model,
    own_action,
    parameters,
    sample,
    sample_parameters,
)
from tests.support.loopback import Captured, Loopback, Reply
from tests.support.random_examples import tries


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def test_all_62_operations_are_compared_25_of_them_twice() -> None:
    assert len(ALL_OPERATIONS) == 62
    assert len(callers()) == 25 + 62


@each_caller
@pytest.mark.parametrize("extent", ["minimal", "full", "random"])
@given(data=st.data())
@tries(5)
def test_a_request_is_the_one_that_botocore_sends(
    caller: Caller, extent: Extent, server: Loopback, data: st.DataObject
) -> None:
    # Given
    params = data.draw(parameters(caller.operation, extent))
    # When
    ours, botocores = _both_requests(caller, params, server)
    # Then
    assert (ours.method, ours.path) == (botocores.method, botocores.path)
    for name in ("Host", "X-Amz-Target", "Content-Type", "X-Amz-Security-Token"):
        assert ours.headers.get_all(name) == botocores.headers.get_all(name)
    assert _in_order(ours.body) == _in_order(botocores.body)
    assert ours.headers["Authorization"] == botocore_authorization(ours)


@each_caller
@pytest.mark.parametrize("token", [None, TOKEN], ids=["key", "token"])
def test_a_request_has_the_signature_that_botocore_gives_it(
    caller: Caller, token: str | None, server: Loopback
) -> None:
    # Given
    params = sample(operation_model(caller.operation).input_shape)
    # When
    ours, botocores = _both_requests(caller, params, server, token)
    # Then
    assert ours.headers["Authorization"] == botocore_authorization(ours, token)
    assert ours.headers["X-Amz-Security-Token"] == token
    # botocore's own request shows that the recomputation is right, and what is to be signed
    assert botocores.headers["Authorization"] == botocore_authorization(botocores, token)
    assert _signed_headers(ours) == _signed_headers(botocores)


@each_caller
def test_a_request_is_signed_as_of_now(caller: Caller, server: Loopback) -> None:
    # Given
    server.answer(Reply())
    # When
    caller.ask(sample_parameters(caller.operation), cfg_for(server))
    # Then
    date = server.requests[0].headers["X-Amz-Date"]
    signed_at = datetime.strptime(date, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - signed_at) < timedelta(seconds=60)


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1"])
def test_a_signature_names_the_region(region: str, server: Loopback) -> None:
    # Given
    server.answer(Reply())
    # When
    ask_action("DescribeRepositories", {}, cfg_for(server, region=region))
    # Then
    [request] = server.requests
    assert f"/{region}/ecr/aws4_request," in request.headers["Authorization"]
    assert request.headers["Authorization"] == botocore_authorization(request, region=region)


@each_caller
@pytest.mark.parametrize("extent", ["full", "random"])
@given(data=st.data())
@tries(5)
def test_an_answer_is_emitted_as_botocore_reads_it(
    caller: Caller, extent: Extent, server: Loopback, data: st.DataObject
) -> None:
    # Given
    server.answer(Reply(data.draw(answers(caller.operation, extent))))
    # When
    params = sample(operation_model(caller.operation).input_shape)
    emitted = caller.ask(as_message(params), cfg_for(server))
    read = ask_botocore(caller.operation, params, server)
    # Then
    assert _canonical(emitted["body"]) == _canonical(as_emitted(read))


@each_caller
@given(data=st.data())
@tries(5)
def test_a_member_that_is_null_is_left_out_as_botocore_does(
    caller: Caller, server: Loopback, data: st.DataObject
) -> None:
    # Given
    shape = operation_model(caller.operation).output_shape
    answer = _with_nulls(shape, data.draw(answers(caller.operation, "full")), data)
    server.answer(Reply(answer))
    # When
    params = sample(operation_model(caller.operation).input_shape)
    emitted = caller.ask(as_message(params), cfg_for(server))
    read = ask_botocore(caller.operation, params, server)
    # Then
    assert _canonical(emitted["body"]) == _canonical(as_emitted(read))


@pytest.mark.parametrize("depth", [1, 500])
def test_a_null_is_left_out_at_any_depth(depth: int, server: Loopback) -> None:
    # Given
    nested = b'{"a":' * depth + b'{"b":null,"c":["null",null]}' + b"}" * depth
    server.answer(Reply(b'{"imageIds":%s}' % nested))
    # When
    emitted = ask_action("ListImages", {"repositoryName": "app"}, cfg_for(server))
    # Then
    expected = nested.replace(b'"b":null,', b"")
    assert emitted["body"] == orjson.loads(b'{"imageIds":%s}' % expected)


@each_caller
def test_an_empty_answer_is_emitted_as_an_empty_object(caller: Caller, server: Loopback) -> None:
    # Given
    server.answer(Reply(b"{}"))
    # When
    emitted = caller.ask(sample_parameters(caller.operation), cfg_for(server))
    # Then
    assert emitted["body"] == {}


@each_caller
def test_a_result_is_a_whole_message_with_the_request_id(caller: Caller, server: Loopback) -> None:
    # Given
    server.answer(Reply(headers={"x-amzn-RequestId": "8d5c4f3e-0000-1111-2222-333344445555"}))
    # When
    messages = [caller.ask(sample_parameters(caller.operation), cfg_for(server)) for _ in range(2)]
    # Then
    for message in messages:
        assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", message.pop("id"))
        assert message == {
            "body": {},
            "headers": {"x-amzn-requestid": "8d5c4f3e-0000-1111-2222-333344445555"},
            "attachments": {},
            "metadata": {},
        }


def test_each_message_has_an_id_of_its_own(server: Loopback) -> None:
    # Given
    server.answer(Reply())
    # When
    ids = {ask_action("ListImages", {"repositoryName": "app"}, cfg_for(server))["id"] for _ in "ab"}
    # Then
    assert len(ids) == 2


@each_caller
def test_the_incoming_message_stays_as_it_was(caller: Caller, server: Loopback) -> None:
    # Given
    server.answer(Reply())
    body = sample_parameters(caller.operation)
    # When
    caller.ask(body, cfg_for(server))
    # Then
    assert body == sample_parameters(caller.operation)


@pytest.mark.slow
def test_the_largest_layer_part_is_sent_as_botocore_sends_it(server: Loopback) -> None:
    # Given
    params = sample(operation_model("UploadLayerPart").input_shape)
    params |= {"layerPartBlob": bytes(range(256)) * (20 * 1024 * 4)}  # 20 MiB
    # When
    ours, botocores = _both_requests(own_action("UploadLayerPart"), params, server)
    # Then
    assert ours.json == botocores.json
    assert ours.headers["Authorization"] == botocore_authorization(ours)


def test_blanks_around_the_keys_are_not_signed_with(server: Loopback) -> None:
    # Given
    server.answer(Reply())
    cfg = {name: f" {value}\n" for name, value in KEYS.items()}
    # When
    ask_action("DescribeRepositories", {}, cfg_for(server, region=f"{REGION} ", **cfg))
    # Then
    [request] = server.requests
    assert request.headers["Authorization"] == botocore_authorization(request)


def _both_requests(
    caller: Caller, params: dict[str, Any], server: Loopback, token: str | None = None
) -> list[Captured]:
    """Return the request of our action and that of botocore's client."""
    server.answer(Reply())
    caller.ask(as_message(params), cfg_for(server, sessionToken=token))
    ask_botocore(caller.operation, params, server, token)
    assert len(server.requests) == 2
    return list(server.requests)


def _with_nulls(shape: Shape | None, value: Any, data: st.DataObject) -> Any:
    """Return an answer in which any members of its structures are null."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure":
        return {
            name: None
            if data.draw(st.booleans())
            else _with_nulls(shape.members[name], member, data)
            for name, member in value.items()
        }
    if shape.type_name == "list":
        return [_with_nulls(shape.member, item, data) for item in value]
    return value


def _in_order(body: bytes) -> Any:
    """Return JSON with each object as the list of its members, so that their order counts."""
    return json.loads(body, object_pairs_hook=list)


def _signed_headers(request: Captured) -> list[str]:
    return re.findall("SignedHeaders=([^,]*)", request.headers["Authorization"])


def _canonical(value: Any) -> bytes:
    """Return a value as JSON: there true is not 1, and 1 is not 1.0."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
