"""Router, Route: passes a message on; the conditions of its outgoing edges decide where it goes."""

from typing import Any

from lib.sailor.passthrough import without_passthrough
from lib.sailor.step import Message, Step


def process(
    step: Step,  # noqa: ARG001 - the platform's contract
    msg: Message,
    cfg: dict[str, Any],  # noqa: ARG001 - the conditions are the flow's
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
) -> Message:
    """Return the message as it is; the runtime adds the passthrough.

    Args:
        step: The running step.
        msg: The message.
        cfg: Not used.
        snapshot: Not used.
    """
    return without_passthrough(msg)
