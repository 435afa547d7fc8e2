"""What a part of a mapping makes of a sample: a value, nothing, or an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lib.platform.errors import ExpressionError, MappingError
from lib.platform.expression import UNDEFINED
from lib.platform.mapping import Mapper, faults
from lib.sailor.step import Message, shortened

_MEMBER = "value"
_LONGEST = 0.5  # seconds that an expression may take, since the page waits for it
_SHOWN = 4000  # characters of a value
_BEFORE, _AFTER = 24, 16  # characters of an expression around an error


@dataclass(frozen=True)
class Outcome:
    """What a part of a mapping makes.

    Args:
        value: The value; ``UNDEFINED`` if it finds nothing, or if there is no sample.
        errors: Why it fails: all expressions that do not parse, else the first that fails.
    """

    value: Any = UNDEFINED
    errors: tuple[MappingError, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether there is no value."""
        return self.value is UNDEFINED

    def text(self, *, indented: bool = False) -> str:
        """Return the value as JSON, shortened.

        Args:
            indented: Whether to put each member of an object on a separate line.
        """
        option = orjson.OPT_INDENT_2 if indented else 0
        return shortened(orjson.dumps(self.value, option=option).decode(), _SHOWN)


def outcome(content: Any, message: Message | None, trail: Mapping[str, Message]) -> Outcome:
    """Return what a part of a mapping makes of a sample; an endless expression is an error.

    Args:
        content: The part: an expression, or an object or a list of such; None passes the body on.
        message: The sample; without one, only what does not parse is found.
        trail: The messages of earlier steps, by the steps' ids.
    """
    if content is None:
        return Outcome(UNDEFINED if message is None else message.get("body"))
    mapper = {_MEMBER: content}
    unreadable = faults(mapper)
    if unreadable or message is None:
        return Outcome(errors=tuple(unreadable))
    try:
        body = Mapper(mapper, _LONGEST).body(message, trail)
    except MappingError as error:
        return Outcome(errors=(error,))
    return Outcome(body.get(_MEMBER, UNDEFINED))


def excerpt(text: str, error: ExpressionError) -> tuple[str, str]:
    """Return what stands before and after the place of an error in an expression, shortened.

    Both are empty if the place is unknown.
    """
    if error.position is None:
        return "", ""
    before, after = text[: error.position], text[error.position :]
    cut = f"…{before[-_BEFORE:]}" if len(before) > _BEFORE else before
    return cut, f"{after[:_AFTER]}…" if len(after) > _AFTER else after
