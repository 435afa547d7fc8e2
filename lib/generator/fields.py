"""Fields of an action's form."""

from typing import Any

from botocore.model import OperationModel

from lib.component.operation import absence, paging, waiting
from lib.component.operation.any_operation import REPOSITORY_FIELD
from lib.component.operation.members import REPOSITORY_FIELDS
from lib.component.screens.metadata import SIGNER_FIELD, SIGNERS
from lib.component.shapes import text
from lib.component.shapes.schema import required_among
from lib.ecr import item_paths
from lib.generator import model

# The function of an action's module that lists a field's repositories.
_REPOSITORIES = {"repositoryName": "repositories", "resourceArn": "repository_arns"}


def fields(operation: OperationModel) -> dict[str, dict[str, Any]]:
    """Return an action's fields by name, in the order of the screen."""
    found = {name: _repository(name) for name in required_among(REPOSITORY_FIELDS, operation)}
    is_paged = bool(item_paths(operation.name))
    if is_paged:
        found["emitBehavior"] = _emit_behavior()
    if operation.name in waiting.OPERATIONS:
        found["waitForCompletion"] = _wait_for_completion()
    if _may_be_absent(operation):
        found[absence.FIELD] = _allow_not_found()
    found[SIGNER_FIELD] = _signature(is_paged=is_paged)
    found["verbose"] = _verbose()
    return _ordered(found)


def fields_of_call_operation() -> dict[str, dict[str, Any]]:
    """Return the fields of Call Operation by name: that of the operation, then all others."""
    found = {
        "operation": _operation(),
        REPOSITORY_FIELD: _repository(REPOSITORY_FIELD),
        "emitBehavior": _emit_behavior(),
        "waitForCompletion": _wait_for_completion(),
        absence.FIELD: _allow_not_found(),
        SIGNER_FIELD: _signature(is_paged=True),
        "verbose": _verbose(),
    }
    [awaited] = map(text.title, waiting.OPERATIONS)
    for name, others in {
        REPOSITORY_FIELD: "Operations that take no repository name ignore this field.",
        "emitBehavior": "Operations whose result has no pages ignore this field.",
        "waitForCompletion": f"All operations but {awaited} ignore this field.",
        absence.FIELD: "Operations that change something ignore this field.",
    }.items():
        found[name]["note"] += f" {others}"
    return _ordered(found)


def _ordered(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    orders = range(len(found), 0, -1)
    return {
        name: {**field, "order": order}
        for order, (name, field) in zip(orders, found.items(), strict=True)
    }


def _may_be_absent(operation: OperationModel) -> bool:
    """Return whether an action can emit an empty result for what is not there."""
    return absence.may_be_data(operation.name) and any(
        absence.is_not_found(error.name) for error in operation.error_shapes
    )


def _operation() -> dict[str, Any]:
    return {
        "viewClass": "SelectView",
        "label": "Operation",
        "prompt": "Choose an operation",
        "note": "The operation of Amazon ECR to call. The mapper shows what it takes and emits.",
        "required": True,
        "model": {
            name: f"{subject}: {text.title(name)}"
            for subject, names in model.all_operations().items()
            for name in names
        },
    }


def _repository(name: str) -> dict[str, Any]:
    return {
        "viewClass": "SelectView",
        "label": REPOSITORY_FIELDS[name],
        "prompt": "Choose a repository",
        "note": "The repository to use when the message names none. The list shows the first 1,000 "
        "repositories, by name, of the credentials' own account; it needs the permission "
        "ecr:DescribeRepositories.",
        "required": False,
        "model": _REPOSITORIES[name],
    }


def _emit_behavior() -> dict[str, Any]:
    one_page, all_at_once, per_item = paging.BEHAVIORS.values()
    return {
        "viewClass": "SelectView",
        "label": "Emit Behavior",
        "prompt": one_page,
        "note": f"{one_page}: one page of the result, with a Next Token if there are more. "
        f"{all_at_once}: all pages in one message, which fails if the message gets too large. "
        f"{per_item}: each item in its own message, for results of any size.",
        "required": False,
        "model": dict(paging.BEHAVIORS),
    }


def _wait_for_completion() -> dict[str, Any]:
    return {
        "viewClass": "CheckBoxView",
        "label": "Wait for Completion",
        "note": "Retries the message until the preview is complete, then emits the preview. If the "
        "preview failed or expired, the step reports an error.",
        "required": False,
    }


def _allow_not_found() -> dict[str, Any]:
    return {
        "viewClass": "CheckBoxView",
        "label": "Emit an Empty Result If It Is Not There",
        "note": "Emits a message with an empty body when Amazon ECR answers that what the message "
        "asks for does not exist, such as the repository or its policy. Otherwise that is an "
        "error.",
        "required": False,
    }


def _signature(*, is_paged: bool) -> dict[str, Any]:
    connector, sender = SIGNERS.values()
    one_page = paging.BEHAVIORS[paging.ONE_PAGE]
    restriction = (
        f' A signature is for one request, so it needs the emit behavior "{one_page}".'
        if is_paged
        else ""
    )
    return {
        "viewClass": "SelectView",
        "label": "Signature",
        "prompt": connector,
        "note": f"{connector}: the mapper shows the operation's members alone. {sender}: it also "
        "shows the inputs of the connector of 2019, such as X-Amz-Signature. Messages are taken "
        f"in the same way whatever is chosen here.{restriction}",
        "required": False,
        "model": dict(SIGNERS),
    }


def _verbose() -> dict[str, Any]:
    return {
        "viewClass": "CheckBoxView",
        "label": "Debug This Step",
        "note": "Logs each request and response, without secrets.",
        "required": False,
    }
