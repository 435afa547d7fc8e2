"""An operation of Amazon ECR as an action of the platform."""

from collections.abc import Callable
from typing import Any

from lib.component import schemas
from lib.component.cfg import is_ticked
from lib.component.connection import client_of
from lib.component.errors import NotReadyError
from lib.component.field_names import FieldNames
from lib.component.message import Message, message
from lib.component.operation import paging, parameters, waiting
from lib.component.operation.call import Call
from lib.component.operation.members import SECURITY_TOKEN, stand_ins
from lib.component.step import Step
from lib.component.timestamps import converter
from lib.component.validation import Validator
from lib.ecr import Client, Signature, UnavailableError

Process = Callable[[Step, Message, dict[str, Any], dict[str, Any]], Message | None]


def ecr_action(operation: str) -> Process:
    """Return the ``process`` of an action that calls one operation of Amazon ECR.

    It takes a message whose body holds the operation's parameters, and returns a message with the
    result or emits one per item. A transient error that persists becomes a rebound.

    Args:
        operation: The operation, as Amazon ECR names it.
    """
    in_schema = schemas.load(operation, "in")
    validator = Validator(operation, in_schema)
    convert_times = converter(schemas.load(operation, "out"))
    fields_for_members = stand_ins(in_schema)
    field_names = FieldNames(operation)

    def process(
        step: Step,
        msg: Message,
        cfg: dict[str, Any],
        snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
    ) -> Message | None:
        field_names.check(cfg, step.logger)
        behavior = paging.behavior(operation, cfg)
        verbose = is_ticked(cfg, "verbose")
        waits = waiting.is_wanted(operation, cfg)
        chosen = {name: cfg[name] for name in fields_for_members if cfg.get(name)}
        asked = parameters.read(operation, msg.get("body"), validator, chosen)
        client = client_of(cfg)
        call = Call(
            operation,
            client,
            _signature(step, asked, client),
            convert_times,
            step.logger,
            verbose=verbose,
            waits=waits,
        )
        try:
            if behavior != paging.ONE_PAGE:
                return paging.emit(behavior, call, asked, step)
            answer = call(asked.payload)
        except (NotReadyError, UnavailableError) as error:
            step.emit("rebound", str(error))
            return None
        return message(answer.members, answer.request_id)

    return process


def _signature(step: Step, asked: parameters.Parameters, client: Client) -> Signature | None:
    """Return the signature that the message asks for, or None for one by the configured key."""
    if signature := asked.caller_signature():
        return signature
    if asked.has_half_a_signature():
        step.logger.warning(
            "The message holds only part of a signature; the request is signed with accessKeyId"
        )
    token = asked.protocol.get(SECURITY_TOKEN)
    return client.key_signature(token) if token else None
