"""Transformation, Transform: emits what an expression makes of a message."""

from typing import Any

from lib.platform.standard.evaluation import evaluated, expression, new_message
from lib.sailor.step import Message, Step


class TransformationError(Exception):
    """The expression yields text, of which no message can be made."""


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
) -> None:
    """Emit what the expression yields: each item of a list by itself, and nothing if it is empty.

    Args:
        step: The running step.
        msg: The message.
        cfg: ``expression``, the JSONata.
        snapshot: Not used.

    Raises:
        ExpressionError: The expression does not parse, or fails on this message.
        TransformationError: It yields text.
    """
    made = evaluated(step, msg, expression(cfg))
    if isinstance(made, str) and made:
        # The platform's component emits each character.
        raise TransformationError("The expression yields text, expected an object or a list")
    items = made if isinstance(made, list) else [made] if isinstance(made, dict) and made else []
    if not items:
        step.logger.info("The expression yields nothing to emit")
    for item in items:
        step.emit("data", new_message(item))
