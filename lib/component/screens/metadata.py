"""Metadata of an action's messages, true for the fields of one step.

Derived from the schemas in ``schemas/``. A message is checked against those, whatever the fields
say: metadata are what a designer needs to see, not all that an action takes.

https://docs.elastic.io/developers/dynamic-metadata.html
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lib.component import schemas
from lib.component.cfg import Cfg, choice
from lib.component.operation import paging
from lib.component.operation.members import (
    PROTOCOL_INPUTS,
    member_at,
    ordered,
    plain_lists,
    stand_ins,
)
from lib.component.screens.examples import defaults, examples
from lib.ecr import item_paths

Schema = dict[str, Any]
MetaModel = Callable[[Cfg], dict[str, Schema]]

SIGNER_FIELD = "signature"
_CONNECTOR, _SENDER = "connector", "sender"
# The values of that field, each with its label.
SIGNERS = {
    _CONNECTOR: "The connector signs",
    _SENDER: "The message is signed by its sender",
}

# What the members about pages mean if every page is fetched.
_PER_ITEM_TEXTS = {
    "maxResults": "The items of every page are emitted, whatever its size.",
    "nextToken": "Emits the items from that page on. If a later page fails, the error gives the "
    "nextToken to resume from.",
}


def ecr_metadata(operation: str) -> MetaModel:
    """Return the ``get_meta_model`` of an action that calls one operation of Amazon ECR.

    It takes the step's cfg and returns ``{"in": schema, "out": schema}``. It raises
    InvalidFieldError for a field with an invalid value, and sends nothing.

    Args:
        operation: The operation, as Amazon ECR names it.
    """

    def get_meta_model(cfg: Cfg) -> dict[str, Schema]:
        return metadata(
            operation, schemas.load(operation, "in"), schemas.load(operation, "out"), cfg
        )

    return get_meta_model


def metadata(operation: str, in_schema: Schema, out_schema: Schema, cfg: Cfg) -> dict[str, Schema]:
    """Return the metadata of a step that calls an operation: ``{"in": schema, "out": schema}``.

    Args:
        operation: The operation, as Amazon ECR names it.
        in_schema: The schema of what it takes; it is changed.
        out_schema: The schema of its result; it is changed.
        cfg: The step's cfg.

    Raises:
        InvalidFieldError: A field holds an invalid value.
    """
    behavior = paging.behavior(operation, cfg)
    signer = choice(cfg, SIGNER_FIELD, SIGNERS, _CONNECTOR)
    return {
        "in": _input(operation, in_schema, cfg, behavior, signer),
        "out": _output(operation, out_schema, behavior),
    }


def add_help(
    operation: str,
    properties: Mapping[str, Schema],
    default_values: Mapping[str, Any],
    parent: str = "",
) -> None:
    """Add what the mapper's help shows to properties, at every depth.

    Args:
        operation: The operation or action that the properties belong to.
        properties: Their schemas; examples that one has already are kept.
        default_values: What counts for inputs that are left out, by name.
        parent: The name of the member that holds the properties; empty for none.
    """
    for name, schema in properties.items():
        schema["help"] = {"description": schema["description"]}
        if name in default_values:
            schema["default"] = default_values[name]
        values = schema["items"] if schema["type"] == "array" else schema
        if "properties" in values:
            add_help(operation, values["properties"], default_values, name)
        elif "examples" not in values:
            values["examples"] = examples(operation, parent, name, values)


def _input(operation: str, schema: Schema, cfg: Cfg, behavior: str, signer: str) -> Schema:
    chosen, lists = stand_ins(schema), plain_lists(schema)
    schema.pop("extends", None)
    properties: dict[str, Schema] = schema["properties"]
    if signer == _CONNECTOR:
        _drop(properties, PROTOCOL_INPUTS)
    if behavior == paging.ALL_AT_ONCE:
        _drop(properties, paging.INPUTS)
    elif behavior == paging.PER_ITEM:
        for name, addition in _PER_ITEM_TEXTS.items():
            properties[name]["description"] += f" {addition}"
    add_help(operation, properties, defaults(operation))
    for *parents, name in lists:
        siblings = member_at(schema, parents)["properties"]
        siblings[name] = _as_text(siblings[name])
    for name in chosen:
        if value := cfg.get(name):
            properties[name]["default"] = value
        else:
            properties[name]["required"] = True
    return schema


def _output(operation: str, schema: Schema, behavior: str) -> Schema:
    if behavior != paging.ONE_PAGE:
        del schema["properties"]["nextToken"]
    if behavior == paging.PER_ITEM:
        schema |= _item(operation, schema)
    add_help(operation, schema["properties"], {})
    return schema


def _item(operation: str, schema: Schema) -> Schema:
    """Return the schema of a result's items; where they are of two kinds, that of either."""
    properties: dict[str, Schema] = {}
    for path in reversed(item_paths(operation)):
        items = member_at(schema, path)["items"]
        properties = items["properties"] | properties
    return {"description": items["description"], "properties": ordered(properties)}


def _drop(properties: dict[str, Schema], names: Iterable[str]) -> None:
    for name in names:
        del properties[name]


def _as_text(schema: Schema) -> Schema:
    """Return a list of texts as one text with commas, which the mapper can make by clicking."""
    kept = ("title", "description", "help", "required", "order")
    return {
        "type": "string",
        "examples": [", ".join(schema["items"]["examples"])],
        **{name: schema[name] for name in kept if name in schema},
    }
