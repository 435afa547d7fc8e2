"""Splitter, Split on JSONata Expression: a message for each object of a list."""

from typing import Any

from lib.platform.standard.evaluation import evaluated, expression, new_message
from lib.sailor.step import Message, Step


class SplitError(Exception):
    """The expression yields something other than objects."""


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
) -> None:
    """Emit each object of the list that the expression yields.

    Args:
        step: The running step.
        msg: The message.
        cfg: ``expression``, the JSONata.
        snapshot: Not used.

    Raises:
        ExpressionError: The expression does not parse, or fails on this message.
        SplitError: It yields something other than objects; nothing is emitted.
    """
    found = evaluated(step, msg, expression(cfg))
    if not isinstance(found, list):
        step.logger.warning("The expression yields no list")
        found = [found]
    for item in found:
        if not isinstance(item, dict | list):
            raise SplitError("Only objects can be emitted; the expression yields something else")
    for item in found:
        step.emit("data", new_message(item))
