"""Filter, Simple JSONata Filter: passes a message on if an expression is true of it."""

from typing import Any

from lib.platform.expression import is_true
from lib.platform.standard.evaluation import evaluated, expression, new_message
from lib.sailor.step import Message, Step


class AssertionFailedError(Exception):
    """The expression is not true of the message, and the step asserts that it is."""


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
) -> Message | None:
    """Return the message's body as a new message, or nothing.

    Args:
        step: The running step.
        msg: The message.
        cfg: ``expression``, the JSONata; ``assertion``, to raise an error if it is not true;
            ``addMetadataToResponse``, to put the passthrough into the body as ``elasticioMeta``.
        snapshot: Not used.

    Raises:
        ExpressionError: The expression does not parse, or fails on this message.
        AssertionFailedError: It is not true, and ``assertion`` is ticked.
    """
    condition = expression(cfg)
    if is_true(evaluated(step, msg, condition)):
        body = msg.get("body")
        if cfg.get("addMetadataToResponse"):
            body = {**(body or {}), "elasticioMeta": msg.get("passthrough", {})}
        return new_message(body)
    step.logger.info("The expression is not true of the message, which ends here")
    if cfg.get("assertion"):
        raise AssertionFailedError(f"This is not true of the message: {condition}")
    return None
