"""AMQP tables, the form of headers: read whatever they hold, write what was read.

pika raises while it decodes a timestamp past the year 9999 or tables that are nested too deeply,
which costs the connection and, as the message comes again, every connection after it; and it reads
doubles as integers. :func:`install` puts these functions in their place.

The format: https://www.rabbitmq.com/amqp-0-9-1-errata#section_3
"""

import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pika import data  # type: ignore[attr-defined] # not in its stubs
from pika.exceptions import UnsupportedAMQPFieldException

_DEEPEST = 32  # tables in tables; what lies deeper is read as None
_INT32 = range(-(2**31), 2**31)


def install() -> None:
    """Let pika read and write tables with the functions below."""
    data.decode_table = decode_table
    data.encode_table = encode_table


def decode_table(encoded: bytes, offset: int) -> tuple[dict[Any, Any], int]:
    """Return the table at an offset, and where it ends; no content of it is an error.

    Text that is not UTF-8 is read with replacement characters, a value of an unknown type as None
    together with all that follows it in its table.
    """
    return _table(encoded, offset, 0)


def encode_table(pieces: list[bytes], table: dict[str, Any] | None) -> int:
    """Append an encoded table to some pieces, and return its size in bytes.

    Raises:
        UnsupportedAMQPFieldException, struct.error, ValueError: A value has no form in AMQP.
    """
    parts: list[bytes] = []
    for name, value in (table or {}).items():
        parts += (_short(name), _encode(value))
    content = b"".join(parts)
    pieces += (len(content).to_bytes(4, "big"), content)
    return len(content) + 4


def _table(encoded: bytes, offset: int, depth: int) -> tuple[dict[Any, Any], int]:
    offset, end = _extent(encoded, offset)
    table: dict[Any, Any] = {}
    if depth > _DEEPEST:
        return table, end
    while offset < end:
        length = encoded[offset]
        name = encoded[offset + 1 : offset + 1 + length].decode("utf-8", "replace")
        offset += 1 + length
        try:
            table[name], offset = _value(encoded, offset, depth)
        except (struct.error, IndexError):
            table[name] = None
            break
    return table, end


def _array(encoded: bytes, offset: int, depth: int) -> tuple[list[Any], int]:
    offset, end = _extent(encoded, offset)
    array: list[Any] = []
    while offset < end and depth <= _DEEPEST:
        try:
            value, offset = _value(encoded, offset, depth)
        except (struct.error, IndexError):
            break
        array.append(value)
    return array, end


def _extent(encoded: bytes, offset: int) -> tuple[int, int]:
    """Return where the content after a length begins and ends."""
    begin = offset + 4
    return begin, min(begin + int.from_bytes(encoded[offset:begin], "big"), len(encoded))


def _value(encoded: bytes, offset: int, depth: int) -> tuple[Any, int]:
    """Return the value at an offset, and where it ends.

    Raises:
        struct.error, IndexError: Its type is unknown, or it is cut off.
    """
    kind, offset = encoded[offset], offset + 1
    if form := _FIXED.get(kind):
        (value,) = form.unpack_from(encoded, offset)
        return value if kind not in _DOUBLES or math.isfinite(value) else None, offset + form.size
    if decode := _DECODERS.get(kind):
        return decode(encoded, offset, depth)
    raise struct.error(f"unknown type {chr(kind)!r}")


def _text(encoded: bytes, offset: int, _: int) -> tuple[str, int]:
    begin, end = _extent(encoded, offset)
    return encoded[begin:end].decode("utf-8", "replace"), end


def _bytes(encoded: bytes, offset: int, _: int) -> tuple[bytes, int]:
    begin, end = _extent(encoded, offset)
    return encoded[begin:end], end


def _decimal(encoded: bytes, offset: int, _: int) -> tuple[Decimal, int]:
    scale, digits = struct.unpack_from(">Bi", encoded, offset)
    return Decimal(digits).scaleb(-scale), offset + 5


def _time(encoded: bytes, offset: int, _: int) -> tuple[datetime | int, int]:
    (seconds,) = struct.unpack_from(">q", encoded, offset)
    try:
        return datetime.fromtimestamp(seconds, UTC), offset + 8
    except (ValueError, OverflowError, OSError):
        return seconds, offset + 8  # they are milliseconds, by mistake


_FIXED = {
    ord(kind): struct.Struct(f">{form}")
    for kind, form in {
        b"t": "?",
        b"b": "b",
        b"B": "B",
        b"s": "h",
        b"U": "h",
        b"u": "H",
        b"I": "i",
        b"i": "I",
        b"l": "q",
        b"L": "q",
        b"f": "f",
        b"d": "d",
    }.items()
}
_DOUBLES = b"fd"
_DECODERS: dict[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    ord("S"): _text,
    ord("x"): _bytes,
    ord("D"): _decimal,
    ord("T"): _time,
    ord("F"): lambda encoded, offset, depth: _table(encoded, offset, depth + 1),
    ord("A"): lambda encoded, offset, depth: _array(encoded, offset, depth + 1),
    ord("V"): lambda _encoded, offset, _depth: (None, offset),
}


def _encode(value: Any) -> bytes:
    encode = _ENCODERS.get(type(value))
    if encode is None:
        raise UnsupportedAMQPFieldException([], value)
    return encode(value)


def _encode_integer(value: int) -> bytes:
    return struct.pack(">ci", b"I", value) if value in _INT32 else struct.pack(">cq", b"l", value)


def _encode_double(value: float) -> bytes:
    if not math.isfinite(value):
        raise UnsupportedAMQPFieldException([], value)  # RabbitMQ would close the connection
    return struct.pack(">cd", b"d", value)


def _encode_decimal(value: Decimal) -> bytes:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > 0:
        raise UnsupportedAMQPFieldException([], value)
    return struct.pack(">cBi", b"D", -exponent, int(value.scaleb(-exponent)))


def _encode_table(value: dict[str, Any]) -> bytes:
    pieces = [b"F"]
    encode_table(pieces, value)
    return b"".join(pieces)


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    str: lambda value: _long(b"S", value.encode()),
    bytes: lambda value: _long(b"x", value),
    bool: lambda value: struct.pack(">c?", b"t", value),
    int: _encode_integer,
    float: _encode_double,
    Decimal: _encode_decimal,
    datetime: lambda value: struct.pack(">cq", b"T", int(value.timestamp())),
    dict: _encode_table,
    list: lambda value: _long(b"A", b"".join(map(_encode, value))),
    type(None): lambda _: b"V",
}


def _long(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "big") + content


@lru_cache  # the names of headers are nearly always the same
def _short(name: str) -> bytes:
    encoded = name.encode()
    return bytes([len(encoded)]) + encoded
