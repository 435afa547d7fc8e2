"""An operation of Amazon ECR as an action of the platform."""

from collections.abc import Callable
from typing import Any

from lib.component import cfg as fields
from lib.component import schemas
from lib.component.connection import client_of
from lib.component.errors import NotReadyError
from lib.component.message import Message, message
from lib.component.operation import paging, parameters, waiting
from lib.component.operation.call import Call
from lib.component.step import Step
from lib.component.timestamps import converter
from lib.component.validation import Validator
from lib.ecr import Client, Signature, UnavailableError

Process = Callable[[Step, Message, dict[str, Any], dict[str, Any]], Message | None]


def ecr_action(operation: str, *, json_text: tuple[str, ...] = ()) -> Process:
    """Return the ``process`` of an action that asks Amazon ECR for one operation.

    It takes a message whose body holds the operation's parameters and returns the message with its
    result, or emits a message per item of it. A fault that may pass is a rebound.

    Args:
        operation: The operation, as Amazon ECR names it.
        json_text: Members that hold JSON text, for which the message may hold an object.
    """
    in_schema = schemas.load(operation, "in")
    validator = Validator(operation, in_schema)
    convert_times = converter(schemas.load(operation, "out"))
    # Members that a field of the same name holds for messages without them.
    stand_ins = tuple(in_schema.get("extends", {}).get("properties", ()))

    def process(
        step: Step,
        msg: Message,
        cfg: dict[str, Any],
        snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
    ) -> Message | None:
        behavior = paging.behavior(operation, cfg)
        verbose = fields.is_ticked(cfg, "verbose")
        waits = waiting.is_wanted(operation, cfg)
        chosen = {name: cfg[name] for name in stand_ins if cfg.get(name)}
        asked = parameters.read(operation, msg.get("body"), validator, json_text, chosen)
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
    """Return what the message wants to be signed with, or None for the configured key."""
    if signature := asked.caller_signature():
        return signature
    if asked.has_half_a_signature():
        step.logger.warning(
            "the message holds only part of a signature; this request is signed with accessKeyId"
        )
    token = asked.protocol.get("X-Amz-Security-Token")
    return client.key_signature(token) if token else None
