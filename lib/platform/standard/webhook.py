"""Webhook, Receive: starts a flow with an HTTP request."""

from typing import Any

from lib.sailor.step import Message, Step

_PARTS = ("query", "headers", "method", "url", "additionalUrlPath")


def process(
    step: Step,  # noqa: ARG001 - the platform's contract
    msg: Message,
    cfg: dict[str, Any],  # noqa: ARG001 - its fields matter to the design screens only
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
) -> Message:
    """Return the request as a message; its body gets the request's other parts.

    Args:
        step: The running step.
        msg: The request: ``body``, ``headers``, ``query``, ``method``, ``url``.
        cfg: Not used.
        snapshot: Not used.
    """
    body = msg.get("body")
    if not isinstance(body, dict) or not body:
        return msg
    parts = {f"_{name}": msg[name] for name in _PARTS if msg.get(name)}
    return {**msg, "body": {**body, **parts}}
