"""An operation of Amazon ECR as an action of the platform."""

import time
import uuid
from collections.abc import Callable, Mapping
from logging import Logger, LoggerAdapter
from typing import Any, Protocol

from lib.component import parameters, schemas
from lib.component.connection import client_of
from lib.component.redaction import loggable
from lib.component.timestamps import converter
from lib.component.validation import Validator
from lib.ecr import Answer, Client, Signature, UnavailableError

Message = dict[str, Any]


class Step(Protocol):
    """What the platform's runtime hands to an action."""

    @property
    def logger(self) -> Logger | LoggerAdapter[Logger]:
        """Logs a line with the context of the message in process."""

    @property
    def emit(self) -> Callable[[str, Any], None]:
        """Sends an event; returns once it is delivered."""


Process = Callable[[Step, Message, dict[str, Any], dict[str, Any]], Message | None]


def ecr_action(operation: str, *, json_text: tuple[str, ...] = ()) -> Process:
    """Return the ``process`` of an action that asks Amazon ECR for one operation.

    It takes a message whose body holds the operation's parameters and returns the message with its
    result. A fault that may pass is a rebound.

    Args:
        operation: The operation, as Amazon ECR names it.
        json_text: Members that hold JSON text, for which the message may hold an object.
    """
    validator = Validator(operation, schemas.load(operation, "in"))
    convert_times = converter(schemas.load(operation, "out"))

    def process(
        step: Step,
        msg: Message,
        cfg: dict[str, Any],
        snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
    ) -> Message | None:
        asked = parameters.read(operation, msg.get("body"), validator, json_text)
        client = client_of(cfg)
        signature = _signature(step, asked, client)
        started = time.perf_counter()
        if cfg.get("verbose"):
            step.logger.info("%s asks %s: %s", operation, client.url, loggable(asked.members))
        try:
            answer = client.call(operation, asked.payload, signature)
        except UnavailableError as error:
            step.emit("rebound", str(error))
            return None
        if cfg.get("verbose"):
            step.logger.info(
                "%s answered in %.0f ms, request id %s: %s",
                operation,
                (time.perf_counter() - started) * 1000,
                answer.request_id or "none",
                loggable(answer.members),
            )
        if isinstance(failures := answer.members.get("failures"), list) and failures:
            step.logger.warning("%s: %d of the items failed", operation, len(failures))
        if convert_times:
            convert_times(answer.members)
        return _message(answer)

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


def _message(answer: Answer) -> Message:
    headers: Mapping[str, str] = (
        {"x-amzn-requestid": answer.request_id} if answer.request_id else {}
    )
    return {
        "id": str(uuid.uuid4()),
        "body": answer.members,
        "headers": headers,
        "attachments": {},
        "metadata": {},
    }
