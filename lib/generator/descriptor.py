"""``component.json``: actions, regions, links and version; the rest of it is written by hand."""

import re
from typing import Any

from botocore.model import OperationModel

from lib import __version__
from lib.generator import links, model, reference, schemas, text
from lib.generator.corrections import corrected
from lib.generator.fields import fields

_TRIGGERS_PAGE = "docs/triggers.md"


def complete(written: dict[str, Any]) -> dict[str, Any]:
    """Return a descriptor with all that need not be written by hand.

    These are the version, the actions and the regions, and the links to the documentation.

    Args:
        written: The descriptor as it is; its hand-written parts are taken over.
    """
    own = written["credentials"]
    regions = {code: f"{name} {code}" for code, name in model.regions().items()}
    operations = model.operations()
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
            operation.name: _action(operation, order)
            for order, operation in zip(range(len(operations), 0, -1), operations, strict=True)
        },
        "triggers": {
            name: _linked(trigger, links.page(_TRIGGERS_PAGE, trigger["title"]))
            for name, trigger in written["triggers"].items()
        },
    }


def _action(operation: OperationModel, order: int) -> dict[str, Any]:
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
        "order": order,
        "fields": fields(operation),
        "metadata": {
            "in": f"./{schemas.in_path(operation)}",
            "out": f"./{schemas.out_path(operation)}",
        },
    }


def _linked(trigger: dict[str, Any], link: str) -> dict[str, Any]:
    return {**trigger, "help": {**trigger["help"], "link": link}}


def _module(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
