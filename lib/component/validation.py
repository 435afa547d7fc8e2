"""Checks messages against schemas: a sentence for each fault, with what was got and expected."""

import binascii
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft3Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from lib.component.operation.members import (
    CREDENTIAL,
    PROTOCOL_INPUTS,
    SECURITY_TOKEN,
    SIGNATURE,
    sensitive_members,
    stand_ins,
)
from lib.component.wording import excerpt, one_of, similar, type_name

_SECRET = frozenset({CREDENTIAL, SECURITY_TOKEN, SIGNATURE})
_LIMITS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", ""),
    (None, "maxBytes", " bytes"),
)


class Validator:
    """Finds all faults of a message.

    Args:
        function: The action or trigger that gets the message.
        schema: The schema of its input, in the manner of JSON Schema draft 3. In addition,
            ``maxBytes`` limits the bytes that base64 text stands for.
    """

    def __init__(self, function: str, schema: Mapping[str, Any]) -> None:
        self._function = function
        self._stand_ins = stand_ins(schema)
        self._secret = _SECRET | sensitive_members(schema)
        self._validator = _Validator(schema, format_checker=_formats)

    def faults(self, members: Mapping[str, Any]) -> Iterator[str]:
        """Yield a sentence for each fault; none if the message is right."""
        for error in self._validator.iter_errors(members):
            yield from self._sentences(error)

    def _sentences(self, error: ValidationError) -> Iterator[str]:
        path = _path(error.absolute_path)
        if error.validator == "required":
            yield f"{path} is missing{self._where_to_give(path)}"
        elif error.validator == "additionalProperties":
            yield from self._unknown_members(path, error.instance, error.schema)
        else:
            got = "a value" if self._is_secret(error) else _got(error.validator, error.instance)
            yield f"{path}: got {got}, expected {_expected(error.validator, error.schema)}"

    def _is_secret(self, error: ValidationError) -> bool:
        """Return whether a value is secret, belongs to one, or holds one."""
        held = sensitive_members({"properties": {"": error.schema}})
        return bool(held) or not self._secret.isdisjoint(error.absolute_path)

    def _where_to_give(self, path: str) -> str:
        if label := self._stand_ins.get(path):
            return f"; give it in the message, or choose it in the field {label}"
        return ""

    def _unknown_members(self, path: str, given: Any, schema: Any) -> Iterator[str]:
        known = schema["properties"]
        for name in given:
            if name not in known:
                owner = path or self._function
                yield f"{excerpt(name)} is not a member of {owner}; {_suggestion(name, known)}"


def _path(path: Sequence[str | int]) -> str:
    """Return the place of a value, such as ``imageIds[0].imageTag``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _got(keyword: Any, value: Any) -> str:
    match keyword:
        case "type":
            return f"{type_name(value)} ({excerpt(value)})" if value is not None else "null"
        case "minItems" | "maxItems":
            return _count(len(value), "item")
        case "minLength" | "maxLength":
            return f"{excerpt(value)} ({_count(len(value), 'character')})"
        case "maxBytes":
            return _count(_decoded_size(value), "byte")
    return excerpt(value)


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _expected(keyword: Any, schema: Any) -> str:
    for least, most, unit in _LIMITS:
        if keyword in {least, most}:
            return _range(schema.get(least), schema.get(most)) + unit
    rule = schema[keyword]
    match keyword:
        case "type":
            return f"{'an' if rule[0] in 'aio' else 'a'} {rule}"
        case "enum":
            return one_of(rule)
        case "pattern":
            return f"text that matches {rule.removeprefix('^(?:').removesuffix(')$')}"
    return f"{rule} text"  # a format


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least else f"at most {most}"


def _suggestion(name: str, known: Mapping[str, Any]) -> str:
    if meant := similar(name, known):
        return f"did you mean {meant}?"
    members = [member for member in known if member not in PROTOCOL_INPUTS]
    return f"its members are {', '.join(members)}" if members else "it has no members"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _pattern(
    validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """The keyword ``pattern``, for the whole string: ``$`` alone accepts a trailing line break.

    A string that is too long has its fault from ``maxLength`` already, and is not searched.
    """
    if not validator.is_type(instance, "string"):
        return
    if len(instance) > schema.get("maxLength", len(instance)):
        return
    if not _compiled(pattern).fullmatch(instance):
        yield ValidationError("does not match")


def _items(
    validator: Any, items: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """The keyword ``items``, for lists that are not too long.

    One that is has its fault from ``maxItems`` already, and a million items take seconds.
    """
    if validator.is_type(instance, "array") and len(instance) > schema.get("maxItems", math.inf):
        return
    yield from Draft3Validator.VALIDATORS["items"](validator, items, instance, schema)


def _max_items(
    validator: Any, limit: int, instance: Any, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """The keyword ``maxItems``; jsonschema's own writes the whole list into a text."""
    if validator.is_type(instance, "array") and len(instance) > limit:
        yield ValidationError("has too many items")


def _max_bytes(
    validator: Any, limit: int, instance: Any, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """The keyword ``maxBytes``: limits the bytes that base64 text stands for."""
    if validator.is_type(instance, "string") and _decoded_size(instance) > limit:
        yield ValidationError("is too large")


def _decoded_size(base64_text: str) -> int:
    return len(base64_text) * 3 // 4 - base64_text.count("=", -2)


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft3Validator,
    {"items": _items, "maxItems": _max_items, "pattern": _pattern, "maxBytes": _max_bytes},
)
_formats = FormatChecker(formats=())


@_formats.checks("base64", raises=ValueError)
def _is_base64(value: object) -> bool:
    if not isinstance(value, str):
        return True
    # The strict mode accepts padding after a complete group, which makes the text too long.
    size = len(binascii.a2b_base64(value, strict_mode=True))
    return len(value) == -(-size // 3) * 4
