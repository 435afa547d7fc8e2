"""Tables of what a message holds: the inputs and outputs of an action."""

from collections.abc import Collection, Iterator, Mapping

from botocore.model import OperationModel

from lib.component.operation.members import stand_ins
from lib.component.shapes.protocol import protocol_inputs
from lib.component.shapes.schema import Schema, in_schema, out_schema
from lib.generator.markdown import cell, code, table

# The bounds of integers that have no narrower ones.
_BOUNDS_OF_TYPES = {-(2**31), 2**31 - 1, -(2**63), 2**63 - 1}


def inputs(operation: OperationModel) -> str:
    """Return the table of an action's inputs, without the protocol inputs."""
    return inputs_of(in_schema(operation), protocol_inputs(operation))


def inputs_of(whole: Schema, left_out: Collection[str] = ()) -> str:
    """Return the table of the inputs in a schema.

    Args:
        whole: The schema of an action's input.
        left_out: The members that the table leaves out.
    """
    members = {name: schema for name, schema in whole["properties"].items() if name not in left_out}
    chosen = stand_ins(whole)
    rows = [
        (
            f"`{path}`",
            _type(schema),
            _required(path, schema, chosen),
            limits(schema),
            cell(schema["description"]),
        )
        for path, schema in _walk(members)
    ]
    return table(("Input", "Type", "Required", "Limits", "Meaning"), rows)


def outputs(operation: OperationModel) -> str:
    """Return the table of an action's outputs; empty if it has none."""
    return outputs_of(out_schema(operation))


def outputs_of(whole: Schema) -> str:
    """Return the table of the outputs in a schema; empty if it has none."""
    rows = [
        (f"`{path}`", _type(schema), cell(_first_paragraph(schema)))
        for path, schema in _walk(whole["properties"])
    ]
    return table(("Output", "Type", "Meaning"), rows) if rows else ""


def protocol(operation: OperationModel) -> str:
    """Return the table of the protocol inputs; any operation stands for all."""
    properties = protocol_inputs(operation)
    del properties["Action"]["enum"]
    rows = [
        (f"`{name}`", limits(schema) or "the operation's name", cell(schema["description"]))
        for name, schema in properties.items()
    ]
    return table(("Input", "Limits", "Meaning"), rows)


def limits(schema: Schema) -> str:
    """Return a schema's limits in words; those of an array's plain items too."""
    found = [
        *_between(_own_bound(schema, "minimum"), _own_bound(schema, "maximum"), ""),
        *_between(schema.get("minLength"), schema.get("maxLength"), " characters"),
        *_between(schema.get("minItems"), schema.get("maxItems"), " items"),
        *_between(None, schema.get("maxBytes"), " bytes"),
    ]
    if "enum" in schema:
        *others, last = (f"`{value}`" for value in schema["enum"])
        found.append(f"{', '.join(others)} or {last}" if others else last)
    if "pattern" in schema:
        found.append(code(schema["pattern"]))
    if "items" in schema and (each := limits(schema["items"])):
        found.append(f"each {each}")
    return "; ".join(found)


def _own_bound(schema: Schema, keyword: str) -> int | None:
    bound: int | None = schema.get(keyword)
    return None if bound in _BOUNDS_OF_TYPES else bound


def _between(least: int | None, most: int | None, unit: str) -> list[str]:
    if least is None and most is None:
        return []
    if least is None:
        return [f"at most {most}{unit}"]
    if most is None:
        return [f"at least {least}{unit}"]
    return [f"{least} to {most}{unit}"]


def _required(path: str, schema: Schema, chosen: Mapping[str, str]) -> str:
    if path in chosen:
        return f"**yes**, here or in the field {chosen[path]}"
    return "**yes**" if schema.get("required") else "no"


def _first_paragraph(schema: Schema) -> str:
    description: str = schema.get("description") or schema["title"]
    return description.partition("\n")[0]


def _type(schema: Schema) -> str:
    if schema["type"] == "array":
        return f"array of {_type(schema['items'])}s"
    return f"{schema['type']} ({schema['format']})" if "format" in schema else schema["type"]


def _walk(properties: Mapping[str, Schema], prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every property with its path, such as ``imageIds[].imageTag``, parents first."""
    for name, schema in properties.items():
        path = f"{prefix}{name}"
        yield path, schema
        item = schema.get("items", {})
        yield from _walk(item.get("properties", {}), f"{path}[].")
        yield from _walk(schema.get("properties", {}), f"{path}.")
