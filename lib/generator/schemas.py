"""JSON schemas of what an action takes and what it emits.

JSON Schema draft-03, as the platform reads it: ``required`` stands on the property, ``title``
labels it and ``order`` sorts it, the largest on top.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, Shape

from lib.component.operation.members import JSON_TEXT_MEMBERS, stand_ins_schema
from lib.generator import text
from lib.generator.corrections import corrected
from lib.generator.fields import stand_ins
from lib.generator.protocol import protocol_inputs

Schema = dict[str, Any]

_TYPES = {
    "blob": "string",
    "boolean": "boolean",
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


def in_path(operation: OperationModel) -> str:
    """Return where the schema of an action's input is, relative to the component's folder."""
    return f"schemas/{operation.name}.in.json"


def out_path(operation: OperationModel) -> str:
    """Return where the schema of an action's output is, relative to the component's folder."""
    return f"schemas/{operation.name}.out.json"


def in_schema(operation: OperationModel) -> Schema:
    """Return the schema of an action's input: the operation's members, then the protocol inputs.

    A member that a field can hold instead has no star, as the mapper would insist on it. The
    message and the field together require it all the same.
    """
    value = _value(operation.input_shape, operation.name, checked=True)
    for name, label in stand_ins(operation).items():
        member = value["properties"][name]
        del member["required"]
        member["description"] += f" Required, unless it is chosen in the field {label}."
    # First, so that its absence is the first fault in the error.
    value = {**stand_ins_schema(stand_ins(operation)), **value}
    for name, schema in value["properties"].items():
        if name in JSON_TEXT_MEMBERS:
            schema["description"] += f" {_TAKES_AN_OBJECT}"
    value["properties"] = _ordered(value["properties"] | protocol_inputs(operation))
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
        schema["properties"] = _ordered({key: _labelled(key) | value for key in shape.key.enum})
        schema["additionalProperties"] = value
    return schema


def _properties(shape: Shape, operation: str, *, checked: bool) -> dict[str, Schema]:
    """Return a structure's members, the required ones first."""
    required = shape.required_members if checked else ()
    return _ordered(
        {
            name: _labelled(name)
            | _described(member, operation)
            | ({"required": True} if name in required else {})
            | _value(member, operation, checked=checked)
            for name, member in sorted(
                shape.members.items(), key=lambda item: item[0] not in required
            )
        }
    )


def _ordered(properties: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the properties numbered for the screen, in the order given."""
    return {
        name: schema | {"order": order}
        for order, (name, schema) in zip(
            range(len(properties), 0, -1), properties.items(), strict=True
        )
    }


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
        limits["pattern"] = anchored(shape.metadata["pattern"])
    return limits


def anchored(pattern: str) -> str:
    """Return a pattern of the model, which means the whole text, in JSON Schema's manner."""
    return f"^(?:{pattern.removeprefix('^').removesuffix('$')})$"
