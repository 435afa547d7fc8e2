"""AMQP tables: whatever comes is read, and what was read can be written again."""

import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import BasicProperties

from lib.sailor import amqp_table

amqp_table.install()

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("\0aé€😀")  # of one byte to four in UTF-8
    | st.binary()
    | st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(  # noqa: DTZ001 - UTC below
        lambda time: time.replace(microsecond=0, tzinfo=UTC)
    )
    | st.decimals(-(10**6), 10**6, places=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


def encoded(table: dict[str, Any]) -> bytes:
    pieces: list[bytes] = []
    size = amqp_table.encode_table(pieces, table)
    content = b"".join(pieces)
    assert size == len(content)
    return content


def nested(depth: int) -> bytes:
    table = b""
    for _ in range(depth):
        table = b"\1tF" + len(table).to_bytes(4, "big") + table
    return len(table).to_bytes(4, "big") + table


@given(st.dictionaries(st.text("abcdé", max_size=20), VALUES, max_size=4))
def test_what_is_written_is_read_again(table: dict[str, Any]) -> None:
    content = encoded(table)

    assert amqp_table.decode_table(content, 0) == (table, len(content))


@given(st.binary(max_size=200))
def test_no_content_of_a_table_is_an_error(content: bytes) -> None:
    table = len(content).to_bytes(4, "big") + content

    read, end = amqp_table.decode_table(table, 0)

    assert end == len(table)
    encoded(read)


def test_a_time_in_milliseconds_is_read_as_a_number() -> None:
    milliseconds = 1_700_000_000_000
    field = b"\1tT" + struct.pack(">Q", milliseconds)
    table = len(field).to_bytes(4, "big") + field

    assert amqp_table.decode_table(table, 0)[0] == {"t": milliseconds}


def test_tables_in_tables_end_somewhere() -> None:
    table, _ = amqp_table.decode_table(nested(5000), 0)

    depth = 0
    while table:
        table, depth = table["t"], depth + 1
    assert depth == 33


def test_a_double_stays_a_double() -> None:
    for value in (1.5, 2.0**63, 1e300):
        assert amqp_table.decode_table(encoded({"d": value}), 0)[0] == {"d": value}


def test_doubles_that_are_no_numbers_are_read_as_nothing() -> None:
    for value in (float("inf"), float("nan")):
        field = b"\1dd" + struct.pack(">d", value)
        table = len(field).to_bytes(4, "big") + field

        assert amqp_table.decode_table(table, 0)[0] == {"d": None}


@pytest.mark.parametrize(
    "value", [2**63, "\ud800", object(), {1: 2}, Decimal("1e300"), float("inf"), float("nan")]
)
def test_what_has_no_form_in_amqp_is_refused(value: Any) -> None:
    with pytest.raises((Exception,)):
        encoded({"v": value})


def test_a_name_of_more_than_255_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="range"):
        encoded({"n" * 256: 1})


def test_pika_reads_and_writes_headers_with_them() -> None:
    properties = BasicProperties(headers={"d": 0.5}, priority=3)

    read = BasicProperties()
    read.decode(b"".join(properties.encode()))

    assert (read.headers, read.priority) == ({"d": 0.5}, 3)
