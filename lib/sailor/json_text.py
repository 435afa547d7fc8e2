"""JSON text, as Node writes and reads it: orjson's speed, and what orjson alone would refuse."""

from typing import Any

import orjson

from lib.sailor.errors import JsonError


def parse(text: bytes | str) -> Any:
    """Return the value of a JSON text.

    Raises:
        JsonError: It is not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _parse_leniently(text)


def dump(value: Any) -> bytes:
    """Return a value as JSON text.

    Raises:
        TypeError: JSON cannot express it.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return _dump_leniently(value)


def _parse_leniently(text: bytes | str) -> Any:
    """Parse what Node writes and orjson refuses: half a surrogate pair, from a text cut in two."""
    import json  # noqa: PLC0415 - rarely needed

    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise JsonError(f"the text is not JSON: {type(error).__name__}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _dump_leniently(value: Any) -> bytes:
    """Write what orjson refuses: lone surrogates, integers over 64 bits, keys that are not text."""
    import json  # noqa: PLC0415 - rarely needed

    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise TypeError(f"JSON cannot express it: {error}") from error
