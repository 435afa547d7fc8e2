"""Events of Amazon ECR that Amazon EventBridge delivers to the webhook of a flow.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

import hmac
from typing import Any

import orjson

from lib.component import cfg as fields
from lib.component import schemas
from lib.component.errors import InvalidMessageError, WrongKeyError
from lib.component.message import Message, message
from lib.component.step import Step
from lib.component.triggers.image_event import event as event_members
from lib.component.triggers.image_event.selection import EventFilter
from lib.component.validation import Validator, type_name

# What a connection of EventBridge is made to send, and the field that it must equal.
KEY_HEADER, KEY_LABEL = "x-api-key", "API Key"

_TRIGGER = "ImageEvent"
_validator = Validator(_TRIGGER, schemas.load(_TRIGGER, "in"))


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - each event stands for itself
) -> Message | None:
    """Return the message of an event, or None if the step's fields keep it out.

    It emits no ``httpReply``: the platform answers the request itself, and a reply for which nobody
    waits would be an error. Where someone does, a step further on may reply.

    The message's id is its own and not the event's, which may come twice: a Node step that has two
    messages of one id in process never settles the second. The event's id is in the body.

    Args:
        step: The running step.
        msg: The HTTP request; its ``body`` is the event, as an object or as its JSON text.
        cfg: The step's fields: ``apiKey``, if requests must bring one, and those that
            :class:`lib.component.triggers.image_event.selection.EventFilter` reads.
        snapshot: Not used.

    Raises:
        InvalidFieldError: A field holds what it can't.
        WrongKeyError: The request does not bring the key.
        InvalidMessageError: All that is wrong with the event.
    """
    wanted = EventFilter.from_cfg(cfg)
    key = fields.secret(cfg, "apiKey")
    if key and not _brings(key, msg.get("headers")):
        raise WrongKeyError(KEY_HEADER, KEY_LABEL)
    event = event_members.read(_checked(msg.get("body")))
    if field := wanted.refusal(event):
        step.logger.info(
            "%s %s is left out by the field %s", event["detailType"], event["eventId"], field
        )
        return None
    return message(event, request_id="")


def _brings(key: str, headers: Any) -> bool:
    """Return whether a request's headers hold a key; the time it takes tells nothing of it."""
    if not isinstance(headers, dict):
        return False
    given = next((value for name, value in headers.items() if name.lower() == KEY_HEADER), None)
    return isinstance(given, str) and hmac.compare_digest(given.encode(), key.encode())


def _checked(body: Any) -> dict[str, Any]:
    """Return a body as the event that it is.

    Raises:
        InvalidMessageError: It is none, or none of Amazon ECR.
    """
    event = body
    if isinstance(body, str):
        try:
            event = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidMessageError(_TRIGGER, [f"the body is not JSON: {error}"]) from None
    if not isinstance(event, dict):
        raise InvalidMessageError(_TRIGGER, [f"the body must be an object, not {type_name(event)}"])
    faults = _validator.faults(event)
    if (first := next(faults, None)) is not None:
        raise InvalidMessageError(_TRIGGER, [first, *faults])
    return event
