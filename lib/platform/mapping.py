"""The mapping of a flow's edge: how a step's input is made from what another step emitted.

https://docs.elastic.io/guides/mapping-data.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lib.platform.errors import ExpressionError, MappingError
from lib.platform.expression import LEFT_OUT, UNDEFINED, Expression, is_true
from lib.sailor.step import Message

Trail = Mapping[str, Message]

_LEFT_OUT = {**LEFT_OUT, "getFlowVariables": "a flow file has no variables"}


class Mapper:
    """Makes a step's body from what another step emitted; compiled once, shared by threads.

    Args:
        mapper: An object whose members are JSONata expressions, nested at will; or one expression
            for the whole body, as in the mapper's developer mode; or None, which passes the body
            on unchanged.
        seconds: The time that an expression may take; None for any.

    Raises:
        MappingError: An expression does not parse; :func:`faults` finds all that don't.
    """

    def __init__(
        self, mapper: Mapping[str, Any] | str | None, seconds: float | None = None
    ) -> None:
        def compiled(path: str, text: str) -> _Member:
            return _Member.compiled(path, text, seconds)

        self._members = None if mapper is None else _replaced(mapper, "", compiled)

    def body(self, message: Message, trail: Trail) -> Any:
        """Return the body that the step gets.

        Args:
            message: The message that the step before emitted.
            trail: The messages of earlier steps, by the steps' ids: the passthrough.

        Returns:
            The body. A member whose expression finds nothing is left out; a whole body that is
            nothing is empty.

        Raises:
            MappingError: An expression fails on this message.
        """
        body = message.get("body")
        if self._members is None:
            return body
        made = _made(self._members, body, trail)
        return {} if made is UNDEFINED else made


class Condition:
    """Decides whether a message takes an edge of a router; compiled once, shared by threads.

    Args:
        expression: The JSONata.

    Raises:
        MappingError: It does not parse.
    """

    def __init__(self, expression: str) -> None:
        self._member = _Member.compiled("condition", expression)

    def holds(self, message: Message, trail: Trail) -> bool:
        """Return whether what the expression yields counts as true in JavaScript.

        Raises:
            MappingError: It fails on this message.
        """
        return is_true(self._member.value(message.get("body"), trail))


def faults(mapper: Mapping[str, Any] | str | None) -> list[MappingError]:
    """Return an error for each expression of a mapper that does not parse."""
    found: list[MappingError] = []

    def check(path: str, text: str) -> None:
        try:
            _Member.compiled(path, text)
        except MappingError as error:
            found.append(error)

    if mapper is not None:
        _replaced(mapper, "", check)
    return found


@dataclass(frozen=True)
class _Member:
    """A member that an expression makes."""

    path: str
    expression: Expression

    @classmethod
    def compiled(cls, path: str, text: str, seconds: float | None = None) -> "_Member":
        try:
            return cls(path, Expression(text, _LEFT_OUT, seconds))
        except ExpressionError as error:
            raise MappingError(path, text, error) from error

    def value(self, body: Any, trail: Trail) -> Any:
        try:
            return self.expression.value(body, trail)
        except ExpressionError as error:
            raise MappingError(self.path, self.expression.text, error) from error


def _replaced(mapper: Any, path: str, replacement: Callable[[str, str], Any]) -> Any:
    """Return a mapper with something else in the place of each expression.

    Args:
        mapper: The mapper, or a part of it.
        path: Where the part is.
        replacement: Called with the path and the text of each expression.
    """
    if isinstance(mapper, Mapping):
        return {
            name: _replaced(part, f"{path}.{name}" if path else name, replacement)
            for name, part in mapper.items()
        }
    if isinstance(mapper, list):
        return [
            _replaced(part, f"{path}[{index}]", replacement) for index, part in enumerate(mapper)
        ]
    # A constant, such as 10, is an expression too.
    return replacement(path, mapper if isinstance(mapper, str) else orjson.dumps(mapper).decode())


def _made(members: Any, body: Any, trail: Trail) -> Any:
    """Return what compiled members make of a message, without what is undefined."""
    match members:
        case dict():
            made = ((name, _made(part, body, trail)) for name, part in members.items())
            return {name: value for name, value in made if value is not UNDEFINED}
        case list():
            items = (_made(part, body, trail) for part in members)
            return [item for item in items if item is not UNDEFINED]
        case _Member():
            return members.value(body, trail)
