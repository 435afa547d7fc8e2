"""``component.json``: its actions and its regions; the rest of it is written by hand."""

import re
from typing import Any

from botocore.model import OperationModel

from lib.generator import model, schemas, text
from lib.generator.fields import fields

_AWS_REFERENCE = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference"


def complete(written: dict[str, Any]) -> dict[str, Any]:
    """Return a descriptor with the actions and the regions that botocore's model gives.

    Args:
        written: The descriptor as it is; its hand-written parts are taken over.
    """
    own = written["credentials"]["fields"]
    regions = {code: f"{name} {code}" for code, name in model.regions().items()}
    operations = model.operations()
    return {
        **written,
        "credentials": {
            **written["credentials"],
            "fields": {**own, "region": {**own["region"], "model": regions}},
        },
        "actions": {
            operation.name: _action(operation, order)
            for order, operation in zip(range(len(operations), 0, -1), operations, strict=True)
        },
    }


def aws_page(operation: OperationModel) -> str:
    """Return the URL of an operation's page in the AWS API reference."""
    return f"{_AWS_REFERENCE}/API_{operation.name}.html"


def _action(operation: OperationModel, order: int) -> dict[str, Any]:
    paragraphs = text.paragraphs(operation.documentation)
    return {
        "main": f"./actions/{_module(operation.name)}.py",
        "title": text.title(operation.name),
        "description": text.first_sentence(paragraphs[0]),
        "help": {"description": "\n".join(paragraphs), "link": aws_page(operation)},
        "order": order,
        "fields": fields(operation),
        "metadata": {
            "in": f"./{schemas.in_path(operation)}",
            "out": f"./{schemas.out_path(operation)}",
        },
    }


def _module(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
