"""The JSONata of a step's fields, evaluated on a message."""

from collections.abc import Mapping
from typing import Any

from lib.platform.expression import compiled
from lib.sailor.step import Message, Step


class FieldError(Exception):
    """A field of the step is missing, wrong, or not supported here."""


def evaluated(step: Step, msg: Message, text: str) -> Any:
    """Return what an expression yields for a message; ``UNDEFINED`` if it finds nothing.

    Args:
        step: The running step.
        msg: The message, with its passthrough if it has one.
        text: The JSONata.

    Raises:
        ExpressionError: It does not parse, or fails on this message.
    """
    return compiled(text).value(msg.get("body"), msg.get("passthrough"), step.variables)


def expression(cfg: Mapping[str, Any]) -> str:
    """Return the JSONata of the field ``expression``.

    Raises:
        FieldError: It is empty.
    """
    text = cfg.get("expression")
    if isinstance(text, str) and text.strip():
        return text
    raise FieldError("The field JSONata Expression (expression) is empty")


def new_message(body: Any) -> Message:
    """Return a message of which only the body is set."""
    return {"body": body, "headers": {}}
