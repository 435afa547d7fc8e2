"""Times come as seconds since 1970 and are emitted in RFC 3339 UTC, with milliseconds."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lib.component import schemas
from lib.component.timestamps import converter
from tests.support.aws_model import (
    OPERATIONS,
    ask_action,
    cfg_for,
    operation_model,
    sample_parameters,
)
from tests.support.loopback import Loopback, Reply


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(params=["UTC", "Asia/Kathmandu", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine in some time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def emitted_time(answer: bytes, server: Loopback) -> Any:
    """Return what becomes of the time in a repository's answer."""
    server.answer(Reply(b'{"repositories":[{"createdAt":%s}]}' % answer))
    message = ask_action("DescribeRepositories", {}, cfg_for(server))
    return message["body"]["repositories"][0]["createdAt"]


@pytest.mark.parametrize(
    ("answer", "emitted"),
    [
        (b"1735689600.123", "2025-01-01T00:00:00.123Z"),
        (b"1.735689600123E9", "2025-01-01T00:00:00.123Z"),  # as Amazon ECR writes it
        (b"1735689600", "2025-01-01T00:00:00.000Z"),
        (b"1735689600.0", "2025-01-01T00:00:00.000Z"),
        (b"1735689599.999", "2024-12-31T23:59:59.999Z"),
        (b"1709164800.5", "2024-02-29T00:00:00.500Z"),
        (b"0", "1970-01-01T00:00:00.000Z"),
        (b"-0.5", "1969-12-31T23:59:59.500Z"),
        (b"4102444800.001", "2100-01-01T00:00:00.001Z"),
        (b'"2025-01-01T01:00:00.123+01:00"', "2025-01-01T00:00:00.123Z"),
        (b'"2025-01-01T00:00:00Z"', "2025-01-01T00:00:00.000Z"),
    ],
)
@pytest.mark.usefixtures("zone")
def test_a_time_is_emitted_in_utc_wherever_the_machine_stands(
    answer: bytes, emitted: str, server: Loopback
) -> None:
    assert emitted_time(answer, server) == emitted


@pytest.mark.parametrize(
    ("answer", "emitted"),
    [
        (b'"yesterday"', "yesterday"),
        (b"1e300", 1e300),
        (b"-1e18", -1e18),
        (b"{}", {}),
        (b"[1]", [1]),
    ],
)
def test_what_is_no_time_is_emitted_as_it_came(
    answer: bytes, emitted: Any, server: Loopback
) -> None:
    assert emitted_time(answer, server) == emitted


@pytest.mark.parametrize(
    "answer",
    [
        b'{"repositories":{"createdAt":1}}',
        b'{"repositories":["createdAt",null,7,[{"createdAt":1}]]}',
    ],
)
def test_an_answer_of_another_shape_is_emitted_as_it_came(answer: bytes, server: Loopback) -> None:
    # Given
    server.answer(Reply(answer))
    # When
    message = ask_action("DescribeRepositories", {}, cfg_for(server))
    # Then
    assert message["body"] == orjson.loads(answer)


def test_each_time_of_a_deep_answer_is_converted(server: Loopback) -> None:
    # Given
    times = ("imagePushedAt", "lastRecordedPullTime", "lastArchivedAt", "lastActivatedAt")
    summary = {"imageScanCompletedAt": 1, "vulnerabilitySourceUpdatedAt": 2.5}
    image = {**dict.fromkeys(times, 0), "imageScanFindingsSummary": summary, "imageSizeInBytes": 0}
    server.answer(Reply({"imageDetails": [image, {}, image]}))
    # When
    message = ask_action("DescribeImages", {"repositoryName": "app"}, cfg_for(server))
    # Then
    converted = {
        **dict.fromkeys(times, "1970-01-01T00:00:00.000Z"),
        "imageScanFindingsSummary": {
            "imageScanCompletedAt": "1970-01-01T00:00:01.000Z",
            "vulnerabilitySourceUpdatedAt": "1970-01-01T00:00:02.500Z",
        },
        "imageSizeInBytes": 0,
    }
    assert message["body"] == {"imageDetails": [converted, {}, converted]}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_without_times_in_its_result_spends_no_time_on_them(operation: str) -> None:
    has_times = _has_times(operation_model(operation).output_shape)
    assert (converter(schemas.load(operation, "out")) is not None) == has_times


def _has_times(shape: Any) -> bool:
    if shape.type_name == "structure":
        return any(_has_times(member) for member in shape.members.values())
    if shape.type_name == "list":
        return _has_times(shape.member)
    return bool(shape.type_name == "timestamp")


def test_a_member_that_only_looks_like_a_time_stays_a_number(server: Loopback) -> None:
    # Given
    server.answer(Reply({"lastByteReceived": 1735689600}))
    # When
    message = ask_action("UploadLayerPart", sample_parameters("UploadLayerPart"), cfg_for(server))
    # Then
    assert message["body"] == {"lastByteReceived": 1735689600}
