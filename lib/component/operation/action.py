"""An operation of Amazon ECR as an action of the platform."""

from collections.abc import Callable, Mapping
from typing import Any

from lib.component import schemas
from lib.component.cfg import is_ticked
from lib.component.connection import client_of
from lib.component.errors import NotReadyError
from lib.component.field_names import FieldNames
from lib.component.message import Message, message
from lib.component.operation import absence, paging, parameters, waiting
from lib.component.operation.call import Call
from lib.component.operation.members import (
    SECURITY_TOKEN,
    plain_lists,
    sensitive_members,
    stand_ins,
)
from lib.component.step import Step
from lib.component.timestamps import converter
from lib.component.validation import Validator
from lib.ecr import Client, ServiceError, Signature, UnavailableError

Process = Callable[[Step, Message, dict[str, Any], dict[str, Any]], Message | None]


def ecr_action(operation: str) -> Process:
    """Return the ``process`` of an action that calls one operation of Amazon ECR.

    It takes a message whose body holds the operation's parameters, and returns a message with the
    result or emits one per item. A transient error that persists becomes a rebound.

    Args:
        operation: The operation, as Amazon ECR names it.
    """
    called = CalledOperation(
        operation, schemas.load(operation, "in"), schemas.load(operation, "out")
    )
    field_names = FieldNames(operation)

    def process(
        step: Step,
        msg: Message,
        cfg: dict[str, Any],
        snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
    ) -> Message | None:
        field_names.check(cfg, step.logger)
        return called.process(step, msg, cfg)

    return process


class CalledOperation:
    """An operation that steps call; threads may share it.

    Args:
        operation: The operation, as Amazon ECR names it.
        in_schema: The schema of what it takes.
        out_schema: The schema of its result.
    """

    def __init__(
        self, operation: str, in_schema: Mapping[str, Any], out_schema: Mapping[str, Any]
    ) -> None:
        self._operation = operation
        self._validator = Validator(operation, in_schema)
        self._fields_for_members = stand_ins(in_schema)
        self._lists = tuple(plain_lists(in_schema))
        self._convert_times = converter(out_schema)
        self._secrets = sensitive_members(in_schema) | sensitive_members(out_schema)

    def process(self, step: Step, msg: Message, cfg: dict[str, Any]) -> Message | None:
        """Call the operation with a message's parameters, as the step's fields say.

        Args:
            step: The running step.
            msg: The message.
            cfg: The step's cfg.

        Returns:
            A message with the result; None if it was emitted, or became a rebound.

        Raises:
            InvalidFieldError, InvalidMessageError, InvalidConfigurationError: Something is wrong
                with the step or the message; nothing was sent.
            EcrError, ConnectorError: As :class:`lib.component.operation.call.Call` and
                :func:`lib.component.operation.paging.emit` do.
        """
        operation = self._operation
        behavior = paging.behavior(operation, cfg)
        verbose = is_ticked(cfg, "verbose")
        waits = waiting.is_wanted(operation, cfg)
        absence_is_data = absence.is_data(operation, cfg)
        chosen = {name: cfg[name] for name in self._fields_for_members if cfg.get(name)}
        asked = parameters.read(operation, msg.get("body"), self._validator, chosen, self._lists)
        client = client_of(cfg)
        call = Call(
            operation,
            client,
            step.logger,
            verbose=verbose,
            signature=_signature(step, asked, client),
            convert_times=self._convert_times,
            waits=waits,
            secrets=self._secrets,
        )
        try:
            if behavior != paging.ONE_PAGE:
                return paging.emit(behavior, call, asked, step)
            answer = call(asked.payload)
        except (NotReadyError, UnavailableError) as error:
            step.emit("rebound", str(error))
            return None
        except ServiceError as error:
            if not absence_is_data or not absence.is_not_found(error.code):
                raise
            step.logger.info("An empty result is emitted: %s", error)
            return message({}, error.request_id)
        return message(answer.members, answer.request_id)


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
