"""Metadata of actions, for each combination of their fields, next to what messages hold."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from lib.ecr import item_paths
from lib.sailor import Component
from tests.support.aws_model import CALL_OPERATION, FREE_KEY, Caller, operation_model
from tests.support.repository import DESCRIPTOR, ROOT

Json = dict[str, Any]

CHOSEN = {
    "repositoryName": "team/chosen",
    "resourceArn": "arn:aws:ecr:eu-central-1:123456789012:repository/team/chosen",
    "imageTag": "1.4.2",
    "targetRepositoryName": "archive/chosen",
    "targetRegion": "eu-west-1",
    "targetRoleArn": "arn:aws:iam::210987654321:role/ecr-writer",
    "targetExternalId": "flowground-4711",
    "targetImageTag": "production",
    "platform": "linux/arm64",
    "maxFindings": "7",
}


def forms(caller: Caller) -> list[Json]:
    """Return each combination of values that an action's fields can have; None is left out.

    Of Call Operation, these are the fields that mean something to the operation and its metadata.
    """
    fields = DESCRIPTOR["actions"][caller.action]["fields"]
    if caller.action == CALL_OPERATION:
        operation = caller.operation
        required = operation_model(operation).input_shape.required_members
        matters = {
            "repositoryName": "repositoryName" in required and operation != "CreateRepository",
            "emitBehavior": bool(item_paths(operation)),
            "signature": True,
        }
        fields = {name: fields[name] for name in fields if matters.get(name)}
    values = [
        [None, CHOSEN[name]]
        if name in CHOSEN
        else [None, True]
        if field["viewClass"] == "CheckBoxView"
        else [None, *field["model"]]
        for name, field in fields.items()
    ]
    return [
        {name: value for name, value in zip(fields, chosen, strict=True) if value is not None}
        for chosen in product(*values)
    ]


def meta_model(caller: Caller, form: Json) -> tuple[Json, Json]:
    """Return an action's metadata of what it takes and of what it emits."""
    found = module(caller.action).get_meta_model(caller.cfg(cfg_for_screens(form)))
    assert found.keys() == {"in", "out"}
    return found["in"], found["out"]


@cache
def module(action: str) -> Any:
    return Component.load(ROOT).module(action)


def cfg_for_screens(form: Json) -> Json:
    # Nothing listens there: metadata need no request.
    return {"region": "eu-central-1", "endpoint": "http://127.0.0.1:9", **form}


def described(schema: Json, prefix: str = "") -> Iterator[str]:
    """Yield the path of each property, such as ``imageIds[].imageTag``."""
    for name, part in schema.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from described(part, f"{prefix}{name}.")
        yield from described(part.get("items", {}), f"{prefix}{name}[].")


def held(value: Any, prefix: str = "") -> Iterator[str]:
    """Yield the path of each member of a body."""
    for name, member in value.items():
        if name == FREE_KEY:
            continue
        yield f"{prefix}{name}"
        if isinstance(member, dict):
            yield from held(member, f"{prefix}{name}.")
        for item in member if isinstance(member, list) else []:
            yield from held(item if isinstance(item, dict) else {}, f"{prefix}{name}[].")


def example(schema: Json) -> Any:
    """Return a value made of the examples."""
    if schema["type"] == "object":
        return {name: example(part) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [example(schema["items"])]
    return schema["examples"][0]


def shown(schema: Json, path: str) -> Iterator[tuple[str, Json]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from shown(part, f"{path}.{name}")
        yield from shown(part.get("items", {}), f"{path}.{name}[]")
