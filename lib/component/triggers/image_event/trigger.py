"""The trigger Image Event: a message for each event that Amazon EventBridge delivers.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

import hmac
from typing import Any

import orjson

from lib.component import schemas
from lib.component.cfg import text
from lib.component.errors import InvalidMessageError, WrongKeyError
from lib.component.field_names import FieldNames
from lib.component.message import Message, message
from lib.component.step import Step
from lib.component.triggers.image_event.event import read
from lib.component.triggers.image_event.selection import Selection
from lib.component.validation import Validator
from lib.component.wording import type_name

# The header that EventBridge's connection sends, and the label of the field that it must match.
KEY_HEADER, KEY_LABEL = "x-api-key", "API Key"

_TRIGGER = "ImageEvent"
_validator = Validator(_TRIGGER, schemas.load(_TRIGGER, "in"))
_field_names = FieldNames("imageEvent")


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - the trigger keeps no state
) -> Message | None:
    """Return the message of an event, or None if the step's fields exclude it.

    It emits no ``httpReply``: the platform answers the request itself, and a reply that nobody
    waits for would be an error. If someone waits for one, a later step may reply.

    The message has its own ID: the event's may arrive twice, and a Node step with two messages of
    the same ID in progress never settles the second. The event's ID is in the body.

    Args:
        step: The running step.
        msg: The HTTP request; its ``body`` is the event, as an object or as its JSON text.
        cfg: ``apiKey``, if requests must carry one, and the fields of
            :class:`lib.component.triggers.image_event.selection.Selection`.
        snapshot: Not used.

    Raises:
        InvalidFieldError: A field holds an invalid value.
        WrongKeyError: The request does not carry the key.
        InvalidMessageError: All that is wrong with the event.
    """
    _field_names.check(cfg, step.logger)
    selection = Selection.from_cfg(cfg)
    key = text(cfg, "apiKey")
    if key and not _carries(key, msg.get("headers")):
        raise WrongKeyError(KEY_HEADER, KEY_LABEL)
    event = read(_checked(msg.get("body")))
    if field := selection.excluding_field(event):
        step.logger.info(
            "%s %s is excluded by the field %s", event["detailType"], event["eventId"], field
        )
        return None
    return message(event, request_id="")


def _carries(key: str, headers: Any) -> bool:
    """Return whether a request's headers carry a key; the time it takes reveals nothing of it."""
    if not isinstance(headers, dict):
        return False
    given = next((value for name, value in headers.items() if name.lower() == KEY_HEADER), None)
    return isinstance(given, str) and hmac.compare_digest(given.encode(), key.encode())


def _checked(body: Any) -> dict[str, Any]:
    """Return the event in a request's body.

    Raises:
        InvalidMessageError: The body is not an event of Amazon ECR.
    """
    event = body
    if isinstance(body, str):
        try:
            event = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidMessageError(
                _TRIGGER, [f"body: got text that is not JSON: {error}"]
            ) from None
    if not isinstance(event, dict):
        raise InvalidMessageError(_TRIGGER, [f"body: got {type_name(event)}, expected an object"])
    faults = _validator.faults(event)
    if (first := next(faults, None)) is not None:
        raise InvalidMessageError(_TRIGGER, [first, *faults])
    return event
