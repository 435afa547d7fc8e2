"""A message that can't be used is refused with all that is wrong with it, and nothing is sent.

The faults come from botocore's model: each rule of each member of each operation is broken once.
"""

import base64
import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.model import Shape

from lib.component import InvalidMessageError
from lib.component.operation.members import JSON_TEXT_MEMBERS
from lib.component.shapes.schema import LINEAR_PATTERNS
from lib.component.wording import one_of
from tests.support.aws_model import (
    LARGEST_LONG,
    ask_operation,
    cfg_for,
    each_operation,
    operation_model,
    sample,
    sample_parameters,
    sample_text,
)
from tests.support.loopback import Loopback, Reply

SECRET = "do-not-show-this-secret"
TEN_MB = 10_000_000
# A person reads it.
LONGEST_TEXT = 10_000
JSON_TYPES = {
    "structure": "object",
    "list": "array",
    "long": "integer",
    "blob": "string",
}
OF_ANOTHER_TYPE: dict[str, list[Any]] = {
    "structure": [None, "text", 7, True, []],
    "list": [None, "text", 7, True, {}],
    "string": [None, 7, 1.5, True, [], {}],
    "integer": [None, "7", 1.5, 1.0, True, [], {}],
    "long": [None, "7", 1.5, 1.0, True, [], {}],
    "boolean": [None, "true", 0, 1, [], {}],
    "blob": [None, 7, True, [], {}],
}
NO_BASE64 = ["?", "AAA", "AA=A", "A===", "AAAA====", "AAAA\n", " AAAA", "AA-_", "ÄÄÄÄ", "AAAA=AAA"]
PROTOCOL_PATTERNS = {
    "X-Amz-Content-Sha256": "0a" * 32,
    "X-Amz-Date": "20250131T235959Z",
    "X-Amz-Credential": "AKID/20250131/eu-central-1/ecr/aws4_request",
    "X-Amz-Security-Token": "token",
    "X-Amz-Signature": "0a" * 32,
    "X-Amz-SignedHeaders": "host;x-amz-date",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@dataclass(frozen=True)
class Place:
    """A value somewhere in an operation's parameters.

    Args:
        shape: What the model says of it.
        steps: How to get there: member names and positions in lists.
        required: Whether it must be there.
    """

    shape: Shape
    steps: tuple[str | int, ...] = ()
    required: bool = False

    @property
    def path(self) -> str:
        """The place as an error names it, such as ``imageIds[0].imageTag``."""
        return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.steps)[1:]

    def put(self, body: dict[str, Any], value: Any) -> dict[str, Any]:
        """Return a copy of a body with another value here."""
        if not self.steps:
            return dict(value)
        body = copy.deepcopy(body)
        self._owner(body)[self.steps[-1]] = value
        return body

    def drop(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a body without this member."""
        body = copy.deepcopy(body)
        del self._owner(body)[self.steps[-1]]
        return body

    def _owner(self, body: Any) -> Any:
        for step in self.steps[:-1]:
            body = body[step]
        return body


def places(operation: str) -> list[Place]:
    """Return each value in an operation's parameters, nested ones too, the whole first."""
    return list(_walk(Place(operation_model(operation).input_shape)))


def missing(operation: str, place: Place) -> str:
    """Return what is said of a required member that is not there."""
    if place.path in {"repositoryName", "resourceArn"} and operation != "CreateRepository":
        way = "give it in the message, or choose it in the field Repository"
        return f"{place.path} is missing; {way}"
    return f"{place.path} is missing"


def _walk(place: Place) -> Iterator[Place]:
    yield place
    if place.shape.type_name == "structure":
        for name, member in place.shape.members.items():
            required = name in place.shape.required_members
            yield from _walk(Place(member, (*place.steps, name), required))
    elif place.shape.type_name == "list":
        yield from _walk(replace(place, shape=place.shape.member, steps=(*place.steps, 0)))


def faults(operation: str, body: Any, server: Loopback) -> tuple[str, ...]:
    """Return the faults for which an action refuses a body and sends no request."""
    server.answer(Reply())
    with pytest.raises(InvalidMessageError) as refused:
        ask_operation(operation, body, cfg_for(server))
    assert server.requests == []
    assert operation in str(refused.value)
    assert str(refused.value).endswith("\n- ".join(("", *refused.value.faults)))
    return refused.value.faults


def fault(operation: str, body: Any, server: Loopback) -> str:
    """Return the only fault for which an action refuses a body and sends no request."""
    [only] = faults(operation, body, server)
    return only


@contextmanager
def quickly(seconds: float = 1) -> Iterator[None]:
    """Allow so much of the CPU, whatever else the machine does."""
    started = time.thread_time()
    yield
    assert time.thread_time() - started < seconds


@each_operation
def test_the_body_that_the_faults_are_put_into_has_none(operation: str, server: Loopback) -> None:
    server.answer(Reply())
    ask_operation(operation, sample_parameters(operation), cfg_for(server))
    assert len(server.requests) == 1


@each_operation
def test_a_missing_required_member_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        if place.required and isinstance(place.steps[-1], str):
            text = fault(operation, place.drop(body), server)
            assert text == missing(operation, place)


@each_operation
def test_a_value_of_another_type_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation)[1:]:
        kind = place.shape.type_name
        for value in OF_ANOTHER_TYPE[kind]:
            if value == {} and place.path in JSON_TEXT_MEMBERS:
                continue  # an object may stand there
            if value == "text" and kind == "list" and place.shape.member.type_name == "string":
                continue  # so may a text with commas
            texts = faults(operation, place.put(body, value), server)
            allowed = JSON_TYPES.get(kind, kind)
            assert all(text.startswith(f"{place.path}: ") for text in texts)
            assert any(
                text.endswith((f", expected a {allowed}", f", expected an {allowed}"))
                for text in texts
            )


@each_operation
def test_a_text_that_is_too_long_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        most = place.shape.metadata.get("max")
        if place.shape.type_name == "string" and most:
            text = fault(operation, place.put(body, "a" * (most + 1)), server)
            assert text.startswith(f"{place.path}: ")
            assert f"({most + 1} characters)" in text
            assert f"{most} characters" in text.partition(", expected ")[2]
            assert len(text) < 300


@each_operation
def test_a_text_of_the_greatest_length_is_sent(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        most = place.shape.metadata.get("max")
        if place.shape.type_name == "string" and most:
            server.answer(Reply())
            longest = sample_text(place.shape).ljust(most, "a")
            ask_operation(operation, place.put(body, longest), cfg_for(server))
            assert len(server.requests) == 1


@each_operation
def test_a_text_that_is_too_short_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        least = place.shape.metadata.get("min", 0)
        if place.shape.type_name == "string" and least:
            texts = faults(operation, place.put(body, "a" * (least - 1)), server)
            assert all(text.startswith(f"{place.path}: ") for text in texts)
            assert any(f", expected {least} to" in text for text in texts)


@each_operation
def test_a_number_out_of_range_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        if place.shape.type_name not in {"integer", "long"}:
            continue
        least = place.shape.metadata["min"]
        most = place.shape.metadata.get("max", LARGEST_LONG)
        for value in (least - 1, most + 1, -(2**63)):
            text = fault(operation, place.put(body, value), server)
            assert text.startswith(f"{place.path}: got {value}, expected ")
            assert str(most) in text
        for value in (least, most):
            server.answer(Reply())
            ask_operation(operation, place.put(body, value), cfg_for(server))
            assert len(server.requests) == 1


@each_operation
def test_a_list_with_too_many_or_too_few_items_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        limits = place.shape.metadata
        if place.shape.type_name != "list" or "max" not in limits:
            continue
        item, least = sample(place.shape.member), limits.get("min", 0)
        expected = f"{least} to {limits['max']}" if least else f"at most {limits['max']}"
        for count in {max(least - 1, 0), limits["max"] + 1} - {least}:
            text = fault(operation, place.put(body, [item] * count), server)
            assert text == f"{place.path}: got {count} items, expected {expected}"
        server.answer(Reply())
        ask_operation(operation, place.put(body, [item] * limits["max"]), cfg_for(server))
        assert len(server.requests) == 1


@each_operation
def test_a_text_that_breaks_a_pattern_is_named(operation: str, server: Loopback) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        pattern = place.shape.metadata.get("pattern")
        if not pattern:
            continue
        right = sample_text(place.shape)
        for wrong in (f"{right}\n", f"{right}!", f"!{right}", f"{right} ", f"{right}\x00", "!é!"):
            texts = faults(operation, place.put(body, wrong), server)
            assert all(text.startswith(f"{place.path}: ") for text in texts)
            shown = LINEAR_PATTERNS.get(pattern, pattern).strip("^$")
            assert any(shown in text for text in texts)


@each_operation
def test_a_value_that_is_not_in_the_list_of_values_is_named(
    operation: str, server: Loopback
) -> None:
    body = sample_parameters(operation)
    for place in places(operation):
        for right in place.shape.enum if place.shape.type_name == "string" else ():
            for wrong in {right.swapcase(), f"{right}\n", f"{right}X", ""}:
                text = fault(operation, place.put(body, wrong), server)
                assert text.startswith(f"{place.path}: ")
                assert text.endswith(f", expected {one_of(place.shape.enum)}")


@each_operation
def test_a_misspelt_member_is_met_with_the_one_meant(operation: str, server: Loopback) -> None:
    for place in places(operation):
        if place.shape.type_name != "structure":
            continue
        for name in place.shape.members:
            for misspelt in (name[:-1], name.upper(), f"{name}x", f"{name} "):
                given = sample_parameters(operation)
                owner = _at(given, place.steps)
                owner[misspelt] = owner.pop(name)
                texts = faults(operation, given, server)
                where = place.path or operation
                assert f'"{misspelt}" is not a member of {where}; did you mean {name}?' in texts


def _at(body: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        body = body[step]
    return body


@each_operation
def test_an_unknown_member_is_met_with_all_that_are_known(operation: str, server: Loopback) -> None:
    for place in places(operation):
        if place.shape.type_name == "structure":
            given = sample_parameters(operation)
            _at(given, place.steps)["?!"] = SECRET
            text = fault(operation, given, server)
            known = ", ".join(place.shape.members)
            where, _, members = text.partition("; its members are ")
            if known:
                assert where == f'"?!" is not a member of {place.path or operation}'
            else:
                assert text == f'"?!" is not a member of {operation}; it has no members'
            assert sorted(members) == sorted(known)
            assert SECRET not in text


@each_operation
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (None, "null"),
        ("{}", "a string"),
        ([], "an array"),
        ([{}], "an array"),
        (7, "a number"),
        (1.5, "a number"),
        (True, "a boolean"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    operation: str, body: Any, kind: str, server: Loopback
) -> None:
    assert fault(operation, body, server) == f"body: got {kind}, expected an object"


@each_operation
def test_all_faults_of_a_message_are_told_together(operation: str, server: Loopback) -> None:
    # Given
    body: dict[str, Any] = {"noSuchMember": 1, "Action": "NoSuchAction", "X-Amz-Date": "today"}
    expected = ['"noSuchMember" is not a member', "Action: ", "X-Amz-Date: "]
    for place in places(operation)[1:]:
        if len(place.steps) > 1:
            continue
        name = place.path
        if place.required:
            expected.append(missing(operation, place))
        elif place.shape.type_name == "list":
            body[name] = [7]
            expected.append(f"{name}[0]: ")
        else:
            body[name] = [7]
            expected.append(f"{name}: ")
    # When
    texts = faults(operation, body, server)
    # Then
    for beginning in expected:
        assert any(text.startswith(beginning) for text in texts)


def test_each_bad_item_of_a_list_is_named(server: Loopback) -> None:
    # Given
    items = [{"imageTag": "ok"}, {"imageTag": ""}, {"imageTagg": "v1"}, {"imageTag": 7}, "v1"]
    # When
    texts = faults("DescribeImages", {"repositoryName": "app", "imageIds": items}, server)
    # Then
    assert set(texts) == {
        'imageIds[1].imageTag: got "" (0 characters), expected 1 to 300 characters',
        '"imageTagg" is not a member of imageIds[2]; did you mean imageTag?',
        "imageIds[3].imageTag: got a number (7), expected a string",
        'imageIds[4]: got a string ("v1"), expected an object',
    }


def test_faults_in_an_envelope_are_told_together_too(server: Loopback) -> None:
    # Given
    envelope = {
        "Action": "ListImages",
        "X-Amz-Date": "20250131T235959Z",
        "X_Amz_Date": "20250131T235959Z",
        "registryId": "012345678910",
        "requestBody": {"repositoryName": "App"},
    }
    # When
    texts = faults("DescribeImages", envelope, server)
    # Then
    beginnings = (
        "X-Amz-Date is given twice",
        '"registryId" is next to requestBody',
        "Action: ",
        "repositoryName: ",
    )
    assert len(texts) == len(beginnings)
    for beginning in beginnings:
        assert any(text.startswith(beginning) for text in texts)


@pytest.mark.parametrize("text", NO_BASE64)
def test_a_layer_part_that_is_no_base64_is_refused(text: str, server: Loopback) -> None:
    body = {**sample_parameters("UploadLayerPart"), "layerPartBlob": text}
    [given] = faults("UploadLayerPart", body, server)
    assert given.startswith("layerPartBlob: ")
    assert given.endswith(", expected base64 text")


def test_a_layer_part_that_is_too_large_is_refused(server: Loopback) -> None:
    # Given one byte more, which base64 writes in no more characters, and three
    most = operation_model("UploadLayerPart").input_shape.members["layerPartBlob"].metadata["max"]
    for size in (most + 1, most + 3):
        blob = base64.b64encode(bytes(size)).decode()
        # When
        body = {**sample_parameters("UploadLayerPart"), "layerPartBlob": blob}
        text = fault("UploadLayerPart", body, server)
        # Then
        assert text == f"layerPartBlob: got {size} bytes, expected at most {most} bytes"


@pytest.mark.slow
@each_operation
def test_10_mb_in_a_pattern_member_are_refused_within_a_second(
    operation: str, server: Loopback
) -> None:
    for place in places(operation):
        if not place.shape.metadata.get("pattern"):
            continue
        for text in _long_texts(sample_text(place.shape)):
            body = place.put(sample_parameters(operation), text)
            with quickly():
                told = fault(operation, body, server)
            assert told.startswith(f"{place.path}: ")
            assert len(told) < LONGEST_TEXT


@each_operation
def test_a_text_that_breaks_a_pattern_at_its_end_is_refused_within_a_second(
    operation: str, server: Loopback
) -> None:
    for place in places(operation):
        most = place.shape.metadata.get("max")
        if not most or not place.shape.metadata.get("pattern"):
            continue
        for part in ("a", "a.", "a-a", "a/", "a*", sample_text(place.shape)):
            wrong = (part * most)[: most - 1] + "!"
            with quickly():
                told = faults(operation, place.put(sample_parameters(operation), wrong), server)
            assert all(text.startswith(f"{place.path}: ") for text in told)


@pytest.mark.parametrize(("name", "right"), list(PROTOCOL_PATTERNS.items()))
def test_10_mb_in_a_protocol_input_are_refused_within_a_second(
    name: str, right: str, server: Loopback
) -> None:
    for text in _long_texts(right):
        with quickly():
            told = faults("DescribeRepositories", {name: text}, server)
        assert all(one.startswith(f"{name}: ") for one in told)
        assert sum(map(len, told)) < LONGEST_TEXT


@pytest.mark.parametrize(
    "name", ["X-Amz-Security-Token", "X-Amz-Credential", "X-Amz-SignedHeaders"]
)
def test_10_mb_that_keep_the_pattern_are_no_header(name: str, server: Loopback) -> None:
    credential = f"{'A' * TEN_MB}/20250131/eu-central-1/ecr/aws4_request"
    text = credential if name == "X-Amz-Credential" else "a" * TEN_MB
    signing = {
        name: right for name, right in PROTOCOL_PATTERNS.items() if name != "X-Amz-Content-Sha256"
    }
    with quickly():
        told = fault("DescribeRepositories", {**signing, name: text}, server)
    assert told.startswith(f"{name}: ")
    assert len(told) < LONGEST_TEXT


def _long_texts(right: str) -> list[str]:
    """Return texts of 10 MB that break a pattern, some only at their very end."""
    repeated = right * (TEN_MB // len(right))
    return [repeated + "\n", right[-1] * TEN_MB + "\n", "\x00" * TEN_MB]


@pytest.mark.parametrize("name", ["repositoryName", "imageTag", "imageDigest", "imageManifest"])
@pytest.mark.parametrize(
    "value",
    [["x" * TEN_MB], {"x": "x" * TEN_MB}, {"x" * TEN_MB: 1}, [[0] * 1_000_000], [{}] * 1_000_000],
    ids=["text in array", "text in object", "name in object", "array in array", "array"],
)
def test_10_mb_of_another_type_are_refused_quickly_in_few_words(
    name: str, value: Any, server: Loopback
) -> None:
    body = {**sample_parameters("PutImage"), name: value}
    with quickly():
        told = fault("PutImage", body, server)
    assert told.startswith(f"{name}: ")
    assert len(told) < 300


@pytest.mark.parametrize("operation", ["CreateRepository", "DescribeImages", "TagResource"])
@pytest.mark.parametrize("envelope", [False, True], ids=["members", "envelope"])
def test_an_unknown_member_name_of_10_mb_is_refused_quickly_in_few_words(
    operation: str, envelope: bool, server: Loopback
) -> None:
    # Given
    body = sample_parameters(operation)
    name = next(iter(body)) * (TEN_MB // 10)
    with quickly():
        # When
        told = fault(
            operation, {"requestBody": body, name: 1} if envelope else {**body, name: 1}, server
        )
    # Then
    assert len(told) < LONGEST_TEXT


@pytest.mark.parametrize("operation", ["CreateRepository", "DescribeImages", "TagResource"])
@pytest.mark.parametrize("envelope", [False, True], ids=["members", "envelope"])
def test_100_000_unknown_members_are_refused_quickly_in_few_words(
    operation: str, envelope: bool, server: Loopback
) -> None:
    # Given
    body = sample_parameters(operation)
    unknown = {f"repositoryName{number}": number for number in range(100_000)}
    with quickly(2):
        # When
        told = faults(
            operation, {"requestBody": body, **unknown} if envelope else {**unknown, **body}, server
        )
    # Then
    assert len(told) <= 60
    assert sum(map(len, told)) < 2 * LONGEST_TEXT


@pytest.mark.parametrize(
    ("operation", "name", "item"),
    [
        ("DescribeImages", "imageIds", {"imageTagg": "v1"}),
        ("DescribeImages", "imageIds", 7),
        ("UntagResource", "tagKeys", None),
        ("TagResource", "tags", {}),
        ("TagResource", "tags", {"Key": SECRET, "Value": []}),
        ("BatchCheckLayerAvailability", "layerDigests", ["x"]),
        ("CompleteLayerUpload", "layerDigests", "no digest"),
        ("DescribeRepositories", "repositoryNames", "-"),
    ],
)
def test_1_000_000_bad_items_are_refused_quickly_in_few_words(
    operation: str, name: str, item: Any, server: Loopback
) -> None:
    # Given
    body = {**sample_parameters(operation), name: [item] * 1_000_000}
    with quickly(2):
        # When
        told = faults(operation, body, server)
    # Then
    assert 1 <= len(told) <= 60
    assert sum(map(len, told)) < 2 * LONGEST_TEXT


@pytest.mark.parametrize("name", ["repositoryName", "imageIds", "filter", "noSuchMember"])
def test_a_value_that_is_nested_deeply_is_refused(name: str, server: Loopback) -> None:
    # Given
    nested: Any = []
    for _ in range(900):
        nested = [nested]
    # When
    told = faults("DescribeImages", {**sample_parameters("DescribeImages"), name: nested}, server)
    # Then
    assert all(name in one for one in told)


@pytest.mark.parametrize("number", [2**64 - 1, 2.0**64, 1e308, -1e-308])
def test_a_number_at_the_edge_of_what_json_holds_is_refused(
    number: float, server: Loopback
) -> None:
    body = {**sample_parameters("UploadLayerPart"), "partFirstByte": number}
    for told in faults("UploadLayerPart", body, server):
        assert told.startswith("partFirstByte: ")


@each_operation
@pytest.mark.parametrize("name", ["X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential"])
@pytest.mark.parametrize(
    "value",
    [f"{SECRET} {SECRET}", f"{SECRET}\n", [SECRET], {"value": SECRET}, {SECRET: SECRET}],
    ids=["blank", "line break", "array", "object", "name"],
)
def test_a_malformed_secret_is_named_and_not_shown(
    operation: str, name: str, value: Any, server: Loopback
) -> None:
    # Given
    members = sample_parameters(operation)
    for body in (
        {**members, name: value},
        {name.replace("-", "_"): value, "requestBody": members},
        {"requestBody": members, name: value, name.replace("-", "_"): SECRET},
    ):
        # When
        told = faults(operation, body, server)
        # Then
        assert any(name in one for one in told)
        assert SECRET not in "".join(told)


@pytest.mark.parametrize("name", ["x-amz-signature", "X-AMZ-SECURITY-TOKEN", "secretAccessKey"])
@pytest.mark.parametrize("place", ["members", "requestBody", "beside"])
def test_a_secret_under_a_name_that_is_unknown_is_not_shown(
    name: str, place: str, server: Loopback
) -> None:
    # Given
    body: dict[str, Any] = {name: SECRET}
    if place == "requestBody":
        body = {"requestBody": body}
    elif place == "beside":
        body = {**body, "requestBody": {}}
    # When
    told = fault("DescribeRepositories", body, server)
    # Then
    assert name in told
    assert SECRET not in told


@pytest.mark.parametrize("operation", ["BatchGetImage", "DescribeImages"])
def test_a_million_valid_items_too_many_are_counted_and_not_checked(
    operation: str, server: Loopback
) -> None:
    # Given
    body = {"repositoryName": "shop", "imageIds": [{"imageTag": "v1"}] * 1_000_000}

    # When
    with quickly(0.3):
        told = fault(operation, body, server)

    # Then
    assert told == "imageIds: got 1000000 items, expected 1 to 100"


@pytest.mark.parametrize(
    ("operation", "name", "value"),
    [
        ("DescribeImages", "nextToken", "\ud800"),
        ("PutImage", "imageManifest", '{"a": "\udfff"}'),
        ("SetRepositoryPolicy", "policyText", "\ud83d"),
        ("PutLifecyclePolicy", "lifecyclePolicyText", "x\udc00" + "y" * 100),
    ],
)
def test_half_a_surrogate_pair_is_named(
    operation: str, name: str, value: str, server: Loopback
) -> None:
    told = fault(operation, {**sample_parameters(operation), name: value}, server)

    assert told == (
        f"{name}: got a value that can't be written as JSON:"
        " str is not valid UTF-8: surrogates not allowed"
    )


def test_half_a_surrogate_pair_in_an_object_is_named(server: Loopback) -> None:
    body = {"repositoryName": "shop", "policyText": {"Sid": "\ud800"}}

    told = faults("SetRepositoryPolicy", body, server)

    assert told[0] == (
        "policyText: got an object that can't be written as JSON:"
        " str is not valid UTF-8: surrogates not allowed"
    )


@pytest.mark.parametrize(("number", "last"), [(50, "is not a member of"), (51, "and more")])
def test_the_first_50_faults_are_named(number: int, last: str, server: Loopback) -> None:
    body = {"repositoryName": "shop"} | {f"unknown{place}": 1 for place in range(number)}

    told = faults("DescribeImages", body, server)

    assert len(told) == number
    assert last in told[-1]


def test_a_long_value_is_cut(server: Loopback) -> None:
    told = fault("DescribeImages", {"repositoryName": "shop", "maxResults": "9" * 500}, server)

    assert told == f'maxResults: got a string ("{"9" * 58}…), expected an integer'
