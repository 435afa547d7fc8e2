"""JSON schemas of what an operation takes and what it returns, as messages have it.

JSON Schema draft-03, as the platform reads it: ``required`` stands on the property, ``title``
labels it and ``order`` sorts it, the largest on top.
"""

from collections.abc import Iterable
from typing import Any

from botocore.model import OperationModel, Shape

from lib.component.operation.members import (
    JSON_TEXT_MEMBERS,
    REPOSITORY_FIELDS,
    SENSITIVE,
    member_at,
    ordered,
    plain_lists,
    stand_ins_schema,
)
from lib.component.shapes import text
from lib.component.shapes.corrections import corrected
from lib.component.shapes.protocol import protocol_inputs

Schema = dict[str, Any]

_TYPES = {
    "blob": "string",
    "boolean": "boolean",
    "double": "number",
    "integer": "integer",
    "list": "array",
    "long": "integer",
    "map": "object",
    "string": "string",
    "structure": "object",
    "timestamp": "string",
}
_FORMATS = {"blob": "base64", "timestamp": "date-time"}
_BITS = {"integer": 32, "long": 64}
_TAKES_AN_OBJECT = "It can also be a JSON object, which is sent as compact text."
_TAKES_A_TEXT = "As one text, put commas between the values."
# A pattern of AWS's that takes exponential time to fail, and one that matches the same texts.
LINEAR_PATTERNS = {
    r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$": r"^[a-z0-9*]+(?:[._\-/][a-z0-9*]+)*$"
}
# Inputs that few designers fill in come last among the optional ones, in this order.
_LAST_INPUTS = ("imageManifestMediaType", "imageDigest", "maxResults", "nextToken", "registryId")


def in_schema(operation: OperationModel, fields: Iterable[str] = REPOSITORY_FIELDS) -> Schema:
    """Return the schema of an action's input: the operation's members, then the protocol inputs.

    A member that a field can hold instead has no star, as the mapper would insist on it. The
    message and the field together require it all the same.

    Args:
        operation: The operation.
        fields: The members that a field can hold, if the operation requires them.
    """
    value = _value(operation.input_shape, operation.name, checked=True)
    labels = {name: REPOSITORY_FIELDS[name] for name in required_among(fields, operation)}
    for name, label in labels.items():
        member = value["properties"][name]
        del member["required"]
        member["description"] += f" Required, unless it is chosen in the field {label}."
    # First, so that its absence is the first fault in the error.
    value = {**stand_ins_schema(labels), **value}
    for name in JSON_TEXT_MEMBERS & value["properties"].keys():
        value["properties"][name]["description"] += f" {_TAKES_AN_OBJECT}"
    for path in plain_lists(value):
        member_at(value, path)["description"] += f" {_TAKES_A_TEXT}"
    value["properties"] = ordered(value["properties"] | protocol_inputs(operation))
    return _schema(
        title=text.title(operation.name),
        description=corrected(operation.documentation, operation.name),
        value=value,
    )


def out_schema(operation: OperationModel) -> Schema:
    """Return the schema of an action's output.

    It has no enums, patterns, limits or required members: Amazon ECR adds values as it grows.
    """
    title = text.title(operation.name)
    return _schema(
        title=f"{title}: Result",
        description=f"The result of {operation.name}.",
        value=_value(operation.output_shape, operation.name, checked=False),
    )


def required_among(fields: Iterable[str], operation: OperationModel) -> list[str]:
    """Return those of some fields for repositories that can hold a required member.

    CreateRepository has none: the repository that it names does not exist yet.
    """
    if operation.name == "CreateRepository":
        return []
    return [name for name in fields if name in operation.input_shape.required_members]


def _schema(title: str, description: str, value: Schema) -> Schema:
    return {
        "$schema": "http://json-schema.org/draft-03/schema#",
        "title": title,
        "description": description,
        **value,
    }


def _value(shape: Shape, operation: str, *, checked: bool) -> Schema:
    """Return the schema of a shape's values; if checked, with the limits of the model."""
    schema: Schema = {"type": _TYPES[shape.type_name]}
    if shape.type_name in _FORMATS:
        schema["format"] = _FORMATS[shape.type_name]
    if shape.metadata.get("sensitive"):
        schema[SENSITIVE] = True
    if checked:
        schema |= _limits(shape)
    if shape.type_name == "structure":
        schema["properties"] = _properties(shape, operation, checked=checked)
        if checked:
            schema["additionalProperties"] = False
    elif shape.type_name == "list":
        schema["items"] = _described(shape.member, operation) | _value(
            shape.member, operation, checked=checked
        )
    elif shape.type_name == "map":
        value = _value(shape.value, operation, checked=checked)
        schema["properties"] = ordered(
            {
                key: _labelled(key) | {"description": f"The value for {key}."} | value
                for key in shape.key.enum
            }
        )
        schema["additionalProperties"] = value
    return schema


def _properties(shape: Shape, operation: str, *, checked: bool) -> dict[str, Schema]:
    """Return a structure's members: of inputs, those that a designer fills in first come first."""
    required = shape.required_members if checked else ()
    last = _LAST_INPUTS if checked else ()

    def place(name: str) -> tuple[bool, int]:
        return name not in required, last.index(name) + 1 if name in last else 0

    return ordered(
        {
            name: _labelled(name)
            | _described(member, operation)
            | ({"required": True} if name in required else {})
            | _value(member, operation, checked=checked)
            for name, member in sorted(shape.members.items(), key=lambda item: place(item[0]))
        }
    )


def _labelled(name: str) -> Schema:
    return {"title": text.title(name)}


def _described(shape: Shape, operation: str) -> Schema:
    description = corrected(shape.documentation, operation)
    return {"description": description} if description else {}


def _limits(shape: Shape) -> Schema:
    """Return the model's limits of a shape's values as JSON Schema."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name in _BITS:
        end = 2 ** (_BITS[shape.type_name] - 1)
        return {
            "minimum": -end if least is None else least,
            "maximum": end - 1 if most is None else most,
        }
    limits: Schema = {}
    unit = "Items" if shape.type_name == "list" else "Length"
    if least:
        limits[f"min{unit}"] = least
    if most is not None:
        limits["maxBytes" if shape.type_name == "blob" else f"max{unit}"] = most
    if shape.type_name == "string" and shape.enum:
        limits["enum"] = list(shape.enum)
    if "pattern" in shape.metadata:
        pattern = shape.metadata["pattern"]
        limits["pattern"] = anchored(LINEAR_PATTERNS.get(pattern, pattern))
    return limits


def anchored(pattern: str) -> str:
    """Return a pattern of the model, which means the whole text, in JSON Schema's manner."""
    return f"^(?:{pattern.removeprefix('^').removesuffix('$')})$"
