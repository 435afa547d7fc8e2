"""The fields of an action's form, and which members of its input they stand in for."""

from typing import Any

from botocore.model import OperationModel

from lib.component.operation import paging, waiting
from lib.ecr import items_member

# Chooses what the message does not name, under the member's own name.
REPOSITORY = "repositoryName"
_LABEL = "Repository"


def fields(operation: OperationModel) -> dict[str, dict[str, Any]]:
    """Return an action's fields as they stand on the screen, the first on top."""
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
    """Return the required members that a field may hold, each with its field's label.

    CreateRepository has none: the repository that it names is not there to be chosen.
    """
    is_chosen = REPOSITORY in operation.input_shape.required_members
    return {REPOSITORY: _LABEL} if is_chosen and operation.name != "CreateRepository" else {}


def _repository(label: str) -> dict[str, Any]:
    return {
        "viewClass": "SelectView",
        "label": label,
        "prompt": "Choose a repository",
        "note": "Used for messages without a Repository Name. The list has the repositories of the "
        "credentials' own registry, the first 1,000 by name, and needs the permission "
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
        "note": f"{one_page}: what Amazon ECR answers, with a Next Token if there is more. "
        f"{all_at_once}: the items of all pages in one message. {per_item}: each item as a "
        "message of its own, for results of any size.",
        "required": False,
        "model": dict(paging.BEHAVIORS),
    }


def _wait_for_completion() -> dict[str, Any]:
    return {
        "viewClass": "CheckBoxView",
        "label": "Wait for Completion",
        "note": "Tries again later while the preview is in progress, and emits it when it is "
        "complete. A preview that failed or expired is an error.",
        "required": False,
    }


def _verbose() -> dict[str, Any]:
    return {
        "viewClass": "CheckBoxView",
        "label": "Debug this step",
        "note": "Logs every request and its answer. Secrets stay out of the log.",
        "required": False,
    }
