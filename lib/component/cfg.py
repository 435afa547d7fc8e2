"""The fields of a step's form, as its cfg holds them; one that is empty counts as not filled."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from lib.component.errors import InvalidFieldError
from lib.component.validation import type_name
from lib.ecr import check_box

Cfg = Mapping[str, Any]


def is_ticked(cfg: Cfg, field: str) -> bool:
    """Return whether a check box is ticked.

    Raises:
        InvalidFieldError: The field holds no value of a check box.
    """
    ticked = check_box.is_ticked(cfg.get(field))
    if ticked is None:
        raise InvalidFieldError(field, cfg[field], check_box.ALLOWED)
    return ticked


def choice(cfg: Cfg, field: str, choices: Mapping[str, str], default: str) -> str:
    """Return what is chosen from a drop-down.

    Args:
        cfg: The step's cfg.
        field: The field's name.
        choices: What may be chosen, each with the screen's name for it.
        default: What counts if nothing is chosen.

    Raises:
        InvalidFieldError: The field holds something else.
    """
    chosen = cfg.get(field) or default
    if not isinstance(chosen, str) or chosen not in choices:
        raise InvalidFieldError(field, chosen, choices)
    return chosen


def several(cfg: Cfg, field: str, choices: Mapping[str, str] | str) -> list[str]:
    """Return what is chosen from a drop-down of which several may be chosen; none is no choice.

    Args:
        cfg: The step's cfg.
        field: The field's name.
        choices: What may be chosen: in words if it is any text, or each with the screen's name.

    Raises:
        InvalidFieldError: The field holds something else.
    """
    chosen = cfg.get(field) or []
    if not isinstance(chosen, list):
        raise InvalidFieldError(field, chosen, "a list")
    for one in chosen:
        is_text = isinstance(one, str) and one
        if not is_text or (not isinstance(choices, str) and one not in choices):
            raise InvalidFieldError(field, one, choices)
    return chosen


def secret(cfg: Cfg, field: str) -> str:
    """Return what stands in a password's field; it is in no error.

    Raises:
        InvalidFieldError: The field holds no text.
    """
    text = cfg.get(field) or ""
    if not isinstance(text, str):
        raise InvalidFieldError(field, type_name(text), "a text")
    return text


def pattern(cfg: Cfg, field: str) -> str:
    """Return a pattern for names, without blanks around it; the empty one is no pattern.

    Raises:
        InvalidFieldError: The field holds no text.
    """
    text = cfg.get(field) or ""
    if not isinstance(text, str):
        raise InvalidFieldError(field, text, "a text, in which * stands for any characters")
    return text.strip()


def matches(names: Iterable[str], pattern: str) -> bool:
    """Return whether one of some names matches a pattern: * stands for any text, ? for a character.

    Case matters, and a slash is a character as any other.
    """
    return any(fnmatchcase(name, pattern) for name in names)
