"""The action reference in ``README.md``: what every action takes and emits, as Markdown."""

import re
from collections.abc import Iterable, Iterator, Mapping

from botocore.model import OperationModel

from lib.generator import descriptor, model, schemas, text
from lib.generator.fields import fields, stand_ins
from lib.generator.protocol import protocol_inputs
from lib.generator.schemas import Schema

BEGIN = "<!-- action reference: begin -->"
END = "<!-- action reference: end -->"

# What IAM asks for beside the operation's own permission.
_PERMISSION_NOTES = {
    "CreateRepository": "; with tags also `ecr:TagResource`, with a KMS key of your own also "
    "`kms:DescribeKey` and `kms:CreateGrant`",
    "DeleteRepository": "; if a KMS key of your own encrypts it also `kms:RetireGrant`",
    "GetAuthorizationToken": ', always on the resource `"*"`',
}
_PUNCTUATION = re.compile(r"[\\`*|<$\[]")


class MarkerError(Exception):
    """``README.md`` does not have the two markers between which the action reference stands."""


def insert(readme: str) -> str:
    """Return the text of ``README.md`` with the action reference between its markers.

    Raises:
        MarkerError: A marker is missing, stands twice, or they stand in the wrong order.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or any(marker in before + after for marker in (BEGIN, END)):
        raise MarkerError(
            f"README.md must have the line {BEGIN} and, below it, the line {END}, each once: "
            "the action reference is written between them"
        )
    return f"{before}{BEGIN}\n\n{_reference()}\n\n{END}{after}"


def _reference() -> str:
    """Return the reference: an overview, every action by subject, the protocol inputs."""
    parts = [_overview()]
    for subject, names in model.SUBJECTS.items():
        parts.append(f"### {subject}")
        parts.extend(_action(model.operation(name)) for name in names)
    parts.append(_protocol(model.operation("DescribeImages")))
    return "\n\n".join(parts)


def _overview() -> str:
    return _table(
        ("Subject", "Actions"),
        (
            (subject, ", ".join(f"[{name}](#{_anchor(_heading(name))})" for name in names))
            for subject, names in model.SUBJECTS.items()
        ),
    )


def _action(operation: OperationModel) -> str:
    name = operation.name
    return "\n\n".join(
        (
            f"#### {_heading(name)}",
            _escaped(text.paragraphs(operation.documentation)[0])
            + f" [AWS reference]({descriptor.aws_page(operation)})",
            f"IAM permission: `ecr:{name}`{_PERMISSION_NOTES.get(name, '')}.",
            _fields(operation),
            _inputs(operation),
            _outputs(operation),
        )
    )


def _heading(name: str) -> str:
    return f"{text.title(name)} (`{name}`)"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _fields(operation: OperationModel) -> str:
    """Return the fields of an action's form, in a sentence."""
    named = (f"{field['label']} (`{name}`)" for name, field in fields(operation).items())
    return f"Fields: {', '.join(named)}."


def _inputs(operation: OperationModel) -> str:
    protocol = protocol_inputs(operation)
    members = {
        name: schema
        for name, schema in schemas.in_schema(operation)["properties"].items()
        if name not in protocol
    }
    chosen = stand_ins(operation)
    rows = [
        (
            f"`{path}`",
            _type(schema),
            _required(path, schema, chosen),
            _limits(schema),
            _escaped(schema["description"]),
        )
        for path, schema in _walk(members)
    ]
    names = ", ".join(f"`{name}`" for name in protocol)
    rows.append((names, "string", "no", "", "The [protocol inputs](#protocol-inputs)."))
    return _table(("Input", "Type", "Required", "Limits", "Meaning"), rows)


def _required(path: str, schema: Schema, chosen: Mapping[str, str]) -> str:
    if path in chosen:
        return f"**yes**, here or in the field {chosen[path]}"
    return "**yes**" if schema.get("required") else "no"


def _outputs(operation: OperationModel) -> str:
    rows = [
        (f"`{path}`", _type(schema), _escaped(_first_paragraph(schema)))
        for path, schema in _walk(schemas.out_schema(operation)["properties"])
    ]
    if not rows:
        return "Emits `{}`."
    table = _table(("Output", "Type", "Meaning"), rows)
    return f"<details>\n<summary>Emits</summary>\n\n{table}\n\n</details>"


def _protocol(operation: OperationModel) -> str:
    """Return the section on the protocol inputs; an operation stands for all."""
    inputs = protocol_inputs(operation)
    del inputs["Action"]["enum"]
    rows = [
        (f"`{name}`", _limits(schema) or "the operation's name", _escaped(schema["description"]))
        for name, schema in inputs.items()
    ]
    return f"""### Protocol inputs

Every action takes them, none needs them. They are there for messages made for the connector of
2019, and for callers that sign their requests themselves.

{_table(("Input", "Limits", "Meaning"), rows)}"""


def _walk(properties: Mapping[str, Schema], prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every property with its path, such as ``imageIds[].imageTag``, parents first."""
    for name, schema in properties.items():
        path = f"{prefix}{name}"
        yield path, schema
        item = schema.get("items", {})
        yield from _walk(item.get("properties", {}), f"{path}[].")
        yield from _walk(schema.get("properties", {}), f"{path}.")


def _first_paragraph(schema: Schema) -> str:
    description: str = schema.get("description") or schema["title"]
    return description.partition("\n")[0]


def _type(schema: Schema) -> str:
    if schema["type"] == "array":
        return f"array of {_type(schema['items'])}s"
    return f"{schema['type']} ({schema['format']})" if "format" in schema else schema["type"]


def _limits(schema: Schema) -> str:
    """Return a schema's limits in words; those of an array's plain items too."""
    limits = [
        *_between(schema.get("minimum"), schema.get("maximum"), ""),
        *_between(schema.get("minLength"), schema.get("maxLength"), " characters"),
        *_between(schema.get("minItems"), schema.get("maxItems"), " items"),
        *_between(None, schema.get("maxBytes"), " bytes"),
    ]
    if "enum" in schema:
        limits.append(" or ".join(f"`{value}`" for value in schema["enum"]))
    if "pattern" in schema:
        limits.append(_code(schema["pattern"]))
    if "items" in schema and (each := _limits(schema["items"])):
        limits.append(f"each {each}")
    return "; ".join(limits)


def _between(least: int | None, most: int | None, unit: str) -> list[str]:
    if least is None and most is None:
        return []
    if least is None:
        return [f"at most {most}{unit}"]
    if most is None:
        return [f"at least {least}{unit}"]
    return [f"{least} to {most}{unit}"]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _escaped(plain: str) -> str:
    """Return plain text as Markdown that stays in its table cell."""
    return _PUNCTUATION.sub(r"\\\g<0>", plain).replace("\n", "<br>")


def _code(code: str) -> str:
    """Return code for a table cell, where a bar ends the cell even between backticks."""
    return "`" + code.replace("|", r"\|") + "`"
