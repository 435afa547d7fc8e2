"""``component.json``: actions, regions, links and version; the rest of it is written by hand."""

import itertools
import re
from typing import Any

from botocore.model import OperationModel

from lib import __version__
from lib.component.shapes import text
from lib.component.shapes.corrections import corrected
from lib.generator import links, model, reference
from lib.generator.fields import fields, fields_of_call_operation

_TRIGGERS_PAGE = "docs/triggers.md"
_TARGET_REGION = "targetRegion"


def complete(written: dict[str, Any]) -> dict[str, Any]:
    """Return a descriptor with all that need not be written by hand.

    These are the version, the actions and the regions, and the links to the documentation.

    Args:
        written: The descriptor as it is; its hand-written parts are taken over.
    """
    own = written["credentials"]
    regions = {code: f"{name} {code}" for code, name in model.regions().items()}
    operations = model.operations()
    actions = {operation.name: _action(operation) for operation in operations}
    for name, action in of_many_calls(written).items():
        with_regions = {
            key: {**field, "model": regions} if key == _TARGET_REGION else field
            for key, field in action["fields"].items()
        }
        linked = _linked(action, links.page(reference.PATH, action["title"]))
        actions[name] = {**linked, "fields": with_regions}
    [[called]] = model.ANY_OPERATION.values()
    actions[called] = _call_operation(called)
    return {
        **written,
        "version": __version__,
        "docsUrl": links.documentation(),
        "credentials": {
            **own,
            "fields": {**own["fields"], "region": {**own["fields"]["region"], "model": regions}},
            "help": {
                **own["help"],
                "link": links.page(reference.PATH, reference.CREDENTIALS),
            },
        },
        "actions": {
            name: {**action, "order": order}
            for order, (name, action) in zip(
                range(len(actions), 0, -1), actions.items(), strict=True
            )
        },
        "triggers": {
            name: _linked(trigger, links.page(_TRIGGERS_PAGE, trigger["title"]))
            for name, trigger in written["triggers"].items()
        },
    }


def of_many_calls(written: dict[str, Any]) -> dict[str, Any]:
    """Return the actions that no single operation gives; their entries are written by hand."""
    return {
        name: action
        for name, action in written["actions"].items()
        if name in itertools.chain(*model.OF_MANY_CALLS.values())
    }


def _action(operation: OperationModel) -> dict[str, Any]:
    title = text.title(operation.name)
    description = corrected(operation.documentation, operation.name)
    return {
        "main": f"./actions/{_module(operation.name)}.py",
        "title": title,
        "description": text.first_sentences(description, 1),
        "help": {
            "description": text.first_sentences(description, 2),
            "link": links.page(reference.PATH, title),
        },
        "order": 0,  # its place, until it is numbered
        "fields": fields(operation),
        "dynamicMetadata": True,
    }


def _call_operation(name: str) -> dict[str, Any]:
    title = text.title(name)
    description = "Calls any operation of Amazon ECR, even one without its own action."
    return {
        "main": f"./actions/{_module(name)}.py",
        "title": title,
        "description": description,
        "help": {
            "description": f"{description} The mapper shows what the chosen operation takes and "
            "emits.",
            "link": links.page(reference.PATH, title),
        },
        "order": 0,  # its place, until it is numbered
        "fields": fields_of_call_operation(),
        "dynamicMetadata": True,
    }


def _linked(trigger: dict[str, Any], link: str) -> dict[str, Any]:
    return {**trigger, "help": {**trigger["help"], "link": link}}


def _module(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
