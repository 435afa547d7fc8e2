"""JSONata expressions on messages, as the platform and its components evaluate them.

An expression sees the message's body. ``elasticio.step_1.body`` and, the same in newer flows,
``$getPassthrough().step_1.body`` reach what earlier steps emitted; ``$getFlowVariables()`` returns
the flow's variables. https://github.com/elasticio/component-commons-library, "jsonataTransform".
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jsonata import Jsonata, Parser, Utils

from lib.platform.errors import ExpressionError
from lib.sailor.step import Message, shortened

PASSTHROUGH = "elasticio"

# What the platform adds to JSONata and this module does not, with what to do about it.
LEFT_OUT: Mapping[str, str] = {"moment": "use $now(), $toMillis() and $fromMillis() instead"}

_SHOWN = 200  # characters of an expression in an error
_NO_VARIABLES: Mapping[str, Any] = {}


class Undefined:
    """The type of ``UNDEFINED``."""

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()  # what an expression yields that finds nothing; null is None


class Expression:
    """An expression, compiled once; threads may share it.

    Args:
        text: The JSONata.
        left_out: The functions that it may not call, with what to do about it.
        seconds: The time that an evaluation may take; None for any.

    Attributes:
        text: The JSONata.

    Raises:
        ExpressionError: It does not parse, or it calls a function that is not supported here.
    """

    def __init__(
        self,
        text: str,
        left_out: Mapping[str, str] = LEFT_OUT,
        seconds: float | None = None,
    ) -> None:
        self.text = text
        self._seconds = seconds
        try:
            self._jsonata = Jsonata(text)
        except Exception as error:
            raise _error(f"{self} is not JSONata", error) from error
        for name in _functions(self._jsonata.ast):
            if name in left_out:
                reason = f"${name}() is not supported here; {left_out[name]}"
                raise ExpressionError(f"{self}: {reason}", reason)
        self._jsonata.set_output_convert_nulls(False)  # else null would look like undefined
        self._jsonata.set_validate_input(False)  # bodies are JSON already

    def __str__(self) -> str:
        return f'"{shortened(" ".join(self.text.split()), _SHOWN)}"'

    def value(
        self,
        body: Any,
        passthrough: Mapping[str, Message] | None = None,
        variables: Mapping[str, Any] = _NO_VARIABLES,
    ) -> Any:
        """Return what the expression yields: plain JSON, none of it shared with its input.

        Args:
            body: The message's body.
            passthrough: The messages of earlier steps, by the steps' ids.
            variables: The flow's variables.

        Returns:
            The value, or ``UNDEFINED`` if it finds nothing.

        Raises:
            ExpressionError: It fails, takes too long, or the body has a member ``elasticio``
                already.
        """
        context = _with_passthrough(body, passthrough) if passthrough else body
        # Bindings give each evaluation its own frame, so that threads can share the expression.
        bindings = {
            "getPassthrough": Jsonata.JLambda(lambda *_: passthrough),
            "getFlowVariables": Jsonata.JLambda(lambda *_: variables),
        }
        if self._seconds is not None:
            frame = Jsonata.Frame(None)
            frame.set_runtime_bounds(int(self._seconds * 1000), None)
            bindings |= frame.bindings
        try:
            return _plain(self._jsonata.evaluate(context, bindings))
        except Exception as error:
            raise _error(f"{self} fails", error) from error


@lru_cache(maxsize=256)
def compiled(text: str) -> Expression:
    """Return the expression of a step's field, which comes as text with each message.

    Raises:
        ExpressionError: As :class:`Expression`.
    """
    return Expression(text)


def is_true(value: Any) -> bool:
    """Return whether a value counts as true in JavaScript, in which the platform is written."""
    return isinstance(value, dict | list) or bool(value)


def _with_passthrough(body: Any, passthrough: Mapping[str, Message]) -> Any:
    if not isinstance(body, dict):
        return body  # JSONata looks for members in an array's items
    if PASSTHROUGH in body:
        text = f'the body has a member "{PASSTHROUGH}", which the platform reserves'
        raise ExpressionError(text, text)
    return {**body, PASSTHROUGH: passthrough}


def _functions(node: Any) -> Iterator[str]:
    """Yield the names of the functions that an expression calls."""
    if isinstance(node, list | tuple):
        for item in node:
            yield from _functions(item)
    elif isinstance(node, Parser.Symbol):
        if node.type == "function" and getattr(node.procedure, "type", None) == "variable":
            yield node.procedure.value
        for member in vars(node).values():
            yield from _functions(member)


def _plain(value: Any) -> Any:
    """Return a copy without JSONata's own types; functions are left out as JSON leaves them out."""
    match value:
        case dict():
            members = ((name, _plain_item(item)) for name, item in value.items())
            return {name: item for name, item in members if item is not UNDEFINED}
        case list():
            return [None if (it := _plain_item(item)) is UNDEFINED else it for item in value]
        case str() | bool() | int() | float():
            return value
        case Utils.NullValue():
            return None
    return UNDEFINED


def _plain_item(value: Any) -> Any:
    # Within a value, None is the null of a message.
    return None if value is None else _plain(value)


def _error(text: str, error: Exception) -> ExpressionError:
    """Return the error for one of JSONata, after what it is about."""
    reason = str(error) or type(error).__name__
    position = getattr(error, "location", -1)
    if position < 0:
        return ExpressionError(f"{text}: {reason}", reason)
    return ExpressionError(f"{text}: {reason} (at character {position})", reason, position)
