"""Checks a message against a schema and says what is wrong, where, and what is allowed."""

import binascii
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from jsonschema import Draft3Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from lib.component.protocol import PROTOCOL_INPUTS

_SHOWN_CHARACTERS = 60
_LIMITS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
_SECRET = frozenset({"X-Amz-Credential", "X-Amz-Security-Token", "X-Amz-Signature"})


class Validator:
    """Finds all faults of an operation's parameters.

    Args:
        operation: The operation's name, for the texts.
        schema: Its input schema, in the manner of JSON Schema draft 3.
    """

    def __init__(self, operation: str, schema: Mapping[str, Any]) -> None:
        self._operation = operation
        self._validator = _Validator(schema, format_checker=_formats)

    def faults(self, parameters: Mapping[str, Any]) -> Iterator[str]:
        """Yield a sentence for each fault; none if the parameters are right."""
        for error in self._validator.iter_errors(parameters):
            yield from self._sentences(error)

    def _sentences(self, error: ValidationError) -> Iterator[str]:
        path = _path(error.absolute_path)
        if error.validator == "required" and "extends" in error.absolute_schema_path:
            yield f"{path} is required: {_where_to_name(path, error.schema)}"
        elif error.validator == "required":
            yield f"{path} is required, but missing"
        elif error.validator == "additionalProperties":
            yield from self._unknown_members(path, error.instance, error.schema)
        else:
            given = "a value" if path in _SECRET else _given(error.validator, error.instance)
            verb = "were" if given.endswith(" items") else "was"
            allowed = _allowed(error.validator, error.schema)
            yield f"{path}: {given} {verb} given; allowed is {allowed}"

    def _unknown_members(self, path: str, given: Any, schema: Any) -> Iterator[str]:
        known = schema["properties"]
        owner = path or self._operation
        for name in given:
            if name not in known:
                yield f"{_short(name)} is not a member of {owner}; {_suggestion(name, known)}"


def type_name(value: Any) -> str:
    """Return a JSON value's type as JSON names it."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return names.get(type(value), "null" if value is None else "a number")


def _path(path: Sequence[str | int]) -> str:
    """Return where a value is, such as ``imageIds[0].imageTag``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _where_to_name(member: str, schema: Any) -> str:
    label = schema["properties"][member]["title"]
    return f"name it in the message, or choose it in the field {label}"


def _given(keyword: Any, value: Any) -> str:
    match keyword:
        case "type":
            return f"{type_name(value)} ({_short(value)})" if value is not None else "null"
        case "minItems" | "maxItems":
            return f"{len(value)} items" if len(value) != 1 else "1 item"
        case "minLength" | "maxLength":
            return f"{_short(value)}, {len(value)} characters,"
    return _short(value)


def _allowed(keyword: Any, schema: Any) -> str:
    for least, most, unit in _LIMITS:
        if keyword in {least, most}:
            return _range(schema.get(least), schema.get(most)) + unit
    allowed = schema[keyword]
    match keyword:
        case "type":
            return f"{'an' if allowed[0] in 'aio' else 'a'} {allowed}"
        case "enum":
            return " or ".join(allowed)
        case "pattern":
            return f"what matches {allowed.removeprefix('^(?:').removesuffix(')$')}"
    return f"{allowed} text"  # a format


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least else f"at most {most}"


def _short(value: Any) -> str:
    """Return a value as JSON, cut to what a person reads."""
    cut = value[: _SHOWN_CHARACTERS + 1] if isinstance(value, str | list) else value
    try:
        text = orjson.dumps(cut).decode()
    except orjson.JSONEncodeError:  # it nests too deeply
        return type_name(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _suggestion(name: str, known: Mapping[str, Any]) -> str:
    lowered = {member.lower(): member for member in known}
    if close := difflib.get_close_matches(name[:_SHOWN_CHARACTERS].lower(), lowered, n=1):
        return f"did you mean {lowered[close[0]]}?"
    return f"allowed are {', '.join(member for member in known if member not in PROTOCOL_INPUTS)}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _pattern(
    validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """The keyword ``pattern``, for the whole string: ``$`` alone lets a last line break pass.

    A string that is too long is told so by ``maxLength``, and is spared the search.
    """
    if not validator.is_type(instance, "string"):
        return
    if len(instance) > schema.get("maxLength", len(instance)):
        return
    if not _compiled(pattern).fullmatch(instance):
        yield ValidationError("does not match")


_Validator = extend(Draft3Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
_formats = FormatChecker(formats=())


@_formats.checks("base64", raises=ValueError)
def _is_base64(value: object) -> bool:
    if not isinstance(value, str):
        return True
    # The length tells of padding after a whole group, which the strict mode lets pass.
    size = len(binascii.a2b_base64(value, strict_mode=True))
    return len(value) == -(-size // 3) * 4
