"""Words for values and names in error texts."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

_SHOWN_CHARACTERS = 60
# The shortest access key ID that IAM allows has 16 characters; these are with quotation marks.
_SHORTEST_KEY = 18
_TYPE_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


def type_name(value: Any) -> str:
    """Return the type of a JSON value, as JSON names it: ``an array``."""
    return _TYPE_NAMES.get(type(value), "a number")


def excerpt(value: Any) -> str:
    """Return a value as JSON, cut to a length that a person reads."""
    cut = value[: _SHOWN_CHARACTERS + 1] if isinstance(value, str | list) else value
    try:
        text = orjson.dumps(cut).decode()
    except orjson.JSONEncodeError:  # it nests too deeply
        return type_name(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def field_excerpt(value: Any) -> str:
    """Return the value of a field as JSON if it is too short for a key, or else its type.

    A secret may have been pasted into the wrong field.
    """
    text = excerpt(value)
    return text if len(text) < _SHORTEST_KEY else type_name(value)


def one_of(values: Sequence[str]) -> str:
    """Return alternatives as a list in words: ``a, b or c``."""
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last


def similar(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that is most similar to a name, whatever the case of its letters.

    Args:
        name: A name that is not known.
        known: The known names.
        cutoff: The similarity that is enough, from 0 to 1.
    """
    by_lower_case = {other.lower(): other for other in known}
    lowered = name[:_SHOWN_CHARACTERS].lower()
    close = difflib.get_close_matches(lowered, by_lower_case, n=1, cutoff=cutoff)
    return by_lower_case[close[0]] if close else None
