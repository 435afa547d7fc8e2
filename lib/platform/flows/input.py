"""The message that a flow begins with."""

from typing import Any

import orjson

from lib.platform.errors import InvalidFlowError
from lib.platform.flows.plan import Plan
from lib.sailor.step import Message

# A message may be given as a body alone; these are the members of a whole one.
_MEMBERS = {"id", "body", "headers", "attachments", "metadata", "query", "method", "url"}
_REQUEST: Message = {"method": "POST", "url": "/", "query": {}}


def first_message(plan: Plan, given: Any) -> Message:
    """Return the message that a flow begins with.

    Args:
        plan: The flow.
        given: A message, or only its body. None stands for an empty message, or, if the first step
            is a webhook, for the sample in its field ``payload``.
    """
    message: Message = {"body": {}, "headers": {}, "attachments": {}, "metadata": {}}
    if plan.first.function.is_webhook:
        message |= _REQUEST
        if given is None:
            given = _sample(plan)
    if given is None:
        return message
    is_whole = isinstance(given, dict) and "body" in given and given.keys() <= _MEMBERS
    return {**message, **(given if is_whole else {"body": given})}


def _sample(plan: Plan) -> Any:
    """Return the sample of a request that a webhook's field holds, as the platform's screens do.

    Raises:
        InvalidFlowError: It is not JSON.
    """
    sample = plan.first.node.fields.get("payload") or "{}"
    try:
        return orjson.loads(sample) if isinstance(sample, str) else sample
    except orjson.JSONDecodeError as error:
        fault = f"{plan.first.id}: its field payload is not JSON: {error}"
        raise InvalidFlowError(plan.file.path, [fault]) from None
