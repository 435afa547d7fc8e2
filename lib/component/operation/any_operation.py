"""Call Operation: any operation of Amazon ECR, chosen in a field of the step.

What it takes and emits is derived from botocore's model of the operation, when it is first needed.
"""

from functools import cache
from typing import Any

from lib.component.cfg import Cfg
from lib.component.errors import InvalidFieldError
from lib.component.field_names import FieldNames
from lib.component.message import Message
from lib.component.operation.action import CalledOperation
from lib.component.screens.metadata import Schema, metadata
from lib.component.shapes import service
from lib.component.shapes.schema import in_schema, out_schema
from lib.component.step import Step
from lib.component.wording import excerpt, field_excerpt, similar

FUNCTION = "CallOperation"
FIELD = "operation"
# The repository may be chosen in a field, for operations that take its name.
REPOSITORY_FIELD = "repositoryName"

_EXPECTED = "an operation of Amazon ECR"

_field_names = FieldNames(FUNCTION)


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - an action keeps no state
) -> Message | None:
    """Call the operation that the step's field names, as the operation's own action would.

    A field that means nothing to the operation, such as Emit Behavior where the result has no
    pages, is ignored.

    Args:
        step: The running step.
        msg: The message; its body holds the operation's parameters.
        cfg: The step's cfg.
        snapshot: Not used.

    Returns:
        A message with the result; None if it was emitted, or became a rebound.

    Raises:
        InvalidFieldError: No operation is chosen, or one that Amazon ECR does not have.
        ConnectorError, EcrError: As :meth:`CalledOperation.process` does.
    """
    _field_names.check(cfg, step.logger)
    return _called(_chosen(cfg)).process(step, msg, cfg)


def get_meta_model(cfg: Cfg) -> dict[str, Schema]:
    """Return the metadata of the operation that the step's field names; nothing is sent.

    Args:
        cfg: The step's cfg.

    Returns:
        ``{"in": schema, "out": schema}``.

    Raises:
        InvalidFieldError: A field holds an invalid value.
    """
    operation = _chosen(cfg)
    return metadata(operation, *_schemas(operation), cfg)


def _chosen(cfg: Cfg) -> str:
    """Return the name of the operation that is chosen."""
    name = cfg.get(FIELD) or ""
    if isinstance(name, str) and name in service.names():
        return name
    if name == "":
        raise InvalidFieldError(FIELD, "nothing", _EXPECTED)
    if isinstance(name, str) and (meant := similar(name, service.names())):
        raise InvalidFieldError(FIELD, excerpt(name), f"{_EXPECTED} (did you mean {meant}?)")
    raise InvalidFieldError(FIELD, field_excerpt(name), _EXPECTED)


@cache
def _called(operation: str) -> CalledOperation:
    return CalledOperation(operation, *_schemas(operation))


def _schemas(operation: str) -> tuple[Schema, Schema]:
    """Return new schemas of what an operation takes and returns."""
    model = service.operation(operation)
    return in_schema(model, [REPOSITORY_FIELD]), out_schema(model)
