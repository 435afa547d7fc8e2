"""The fields of a step's form, as its cfg holds them; an empty field counts as not filled in."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from lib.component.errors import InvalidFieldError
from lib.component.wording import field_excerpt, one_of, type_name

Cfg = Mapping[str, Any]

_DIGITS = re.compile("[0-9]{1,9}")
_CHECK_BOX_VALUES = dict.fromkeys((True, "true", "on"), True)
_CHECK_BOX_VALUES |= dict.fromkeys((False, "false", "off", "", None), False)


def is_ticked(cfg: Cfg, field: str) -> bool:
    """Return whether a check box is ticked.

    The platform's documentation says ``on`` for one that is ticked and nothing for any other; its
    screens save booleans: https://docs.elastic.io/developers/view-classes.html

    Raises:
        InvalidFieldError: The field is none of true, false, ``true``, ``false``, ``on``, ``off``.
    """
    value = cfg.get(field)
    if not isinstance(value, str | bool | None) or value not in _CHECK_BOX_VALUES:
        raise InvalidFieldError(field, field_excerpt(value), "true or false")
    return _CHECK_BOX_VALUES[value]


def choice(cfg: Cfg, field: str, choices: Mapping[str, str], default: str) -> str:
    """Return the value that was chosen from a drop-down.

    Args:
        cfg: The step's cfg.
        field: The field's name.
        choices: The valid values, each with its label.
        default: The value if none was chosen.

    Raises:
        InvalidFieldError: The field holds any other value.
    """
    chosen = cfg.get(field) or default
    if not isinstance(chosen, str) or chosen not in choices:
        raise InvalidFieldError(field, field_excerpt(chosen), _labelled(choices))
    return chosen


def several(cfg: Cfg, field: str, choices: Mapping[str, str] | None, expected: str) -> list[str]:
    """Return the values that were chosen from a drop-down with several choices.

    Args:
        cfg: The step's cfg.
        field: The field's name.
        choices: The valid values, each with its label; None if any text is valid.
        expected: What the field lists, in words.

    Raises:
        InvalidFieldError: The field holds anything but a list of valid values.
    """
    chosen = cfg.get(field) or []
    if not isinstance(chosen, list):
        raise InvalidFieldError(field, field_excerpt(chosen), f"a list of {expected}")
    for one in chosen:
        is_text = isinstance(one, str) and one
        if not is_text or (choices is not None and one not in choices):
            valid = f"a list of {expected}" if choices is None else _labelled(choices)
            raise InvalidFieldError(field, field_excerpt(one), valid)
    return chosen


def text(cfg: Cfg, field: str) -> str:
    """Return the text of a field; the empty text if it is not filled in.

    Raises:
        InvalidFieldError: The field holds no text; as it may be a secret, it is not shown.
    """
    value = cfg.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidFieldError(field, type_name(value), "a string")
    return value


def whole_number(cfg: Cfg, field: str, least: int, most: int, default: int) -> int:
    """Return the whole number in a text field.

    Args:
        cfg: The step's cfg.
        field: The field's name.
        least: The smallest valid number.
        most: The largest.
        default: The number if the field is not filled in.

    Raises:
        InvalidFieldError: The field holds anything but a number in this range.
    """
    value = cfg.get(field)
    if value is None or value == "":
        return default
    is_text = isinstance(value, str) and _DIGITS.fullmatch(value.strip())
    number = int(value) if is_text or type(value) is int else None
    if number is None or not least <= number <= most:
        raise InvalidFieldError(
            field, field_excerpt(value), f"a whole number from {least} to {most}"
        )
    return number


def pattern(cfg: Cfg, field: str) -> str:
    """Return a pattern for names, without blanks around it; the empty pattern is none.

    Raises:
        InvalidFieldError: The field holds no text.
    """
    value = cfg.get(field) or ""
    if not isinstance(value, str):
        raise InvalidFieldError(
            field, field_excerpt(value), "a string, in which * stands for any characters"
        )
    return value.strip()


def matches(names: Iterable[str], pattern: str) -> bool:
    """Return whether one of some names matches a pattern.

    ``*`` stands for any characters and ``?`` for one. Case matters; a slash is like any character.
    """
    return any(fnmatchcase(name, pattern) for name in names)


def _labelled(choices: Mapping[str, str]) -> str:
    return one_of([f"{value} ({label})" for value, label in choices.items()])
