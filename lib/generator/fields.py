"""Fields of an action's form, and the members of its input that they stand in for."""

from typing import Any

from botocore.model import OperationModel

from lib.component.operation import paging, waiting
from lib.ecr import items_member

# The field has the name of the member that it stands in for.
REPOSITORY = "repositoryName"
_LABEL = "Repository"


def fields(operation: OperationModel) -> dict[str, dict[str, Any]]:
    """Return an action's fields by name, in the order of the screen."""
    found = {name: _repository(member) for name, member in stand_ins(operation).items()}
    if items_member(operation.name):
        found["emitBehavior"] = _emit_behavior()
    if operation.name in waiting.OPERATIONS:
        found["waitForCompletion"] = _wait_for_completion()
    found["verbose"] = _verbose()
    orders = range(len(found), 0, -1)
    return {
        name: {**field, "order": order}
        for order, (name, field) in zip(orders, found.items(), strict=True)
    }


def stand_ins(operation: OperationModel) -> dict[str, str]:
    """Return the required members that a field can hold, each with its field's label.

    CreateRepository has none: the repository that it names does not exist yet.
    """
    is_chosen = REPOSITORY in operation.input_shape.required_members
    return {REPOSITORY: _LABEL} if is_chosen and operation.name != "CreateRepository" else {}


def _repository(label: str) -> dict[str, Any]:
    return {
        "viewClass": "SelectView",
        "label": label,
        "prompt": "Choose a repository",
        "note": "The repository to use when the message names none. The list shows the first 1,000 "
        "repositories, by name, of the credentials' own account; it needs the permission "
        "ecr:DescribeRepositories.",
        "required": False,
        "model": "repositories",
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


def _verbose() -> dict[str, Any]:
    return {
        "viewClass": "CheckBoxView",
        "label": "Debug This Step",
        "note": "Logs each request and response, without secrets.",
        "required": False,
    }
