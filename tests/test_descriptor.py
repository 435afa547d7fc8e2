"""component.json has the form that the platform's screens and its runtime need."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft3Validator, Draft202012Validator
from jsonschema.exceptions import SchemaError

from lib.sailor import Component, ComponentError
from tests.support.repository import DESCRIPTOR, ROOT

Json = dict[str, Any]

DRAFT_03 = "http://json-schema.org/draft-03/schema#"
SCHEMA = json.loads(Path(__file__).with_name("descriptor.schema.json").read_bytes())
# Draft 3 allows any other type, and then accepts every value.
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}
VALIDATOR = Draft202012Validator(SCHEMA)
PLAIN_TEXT = Draft202012Validator(SCHEMA["$defs"]["text"])


def faults(descriptor: Json) -> list[str]:
    """Return the faults of a descriptor: those by its schema or, if there are none, all others."""
    by_schema = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in VALIDATOR.iter_errors(descriptor)
    ]
    return by_schema or [*screen_faults(descriptor), *file_faults(descriptor)]


def screen_faults(descriptor: Json) -> Iterator[str]:
    """Yield the faults that would confuse people on the screens."""
    for name, entries in screens(descriptor):
        for member in ("order", "label", "title"):
            values = [entry[member] for entry in entries.values() if member in entry]
            if len(set(values)) < len(values):
                yield f"{name}: two have the same {member}"
        for entry, content in entries.items():
            for required in content.get("require", []):
                if required not in entries.keys() - {entry}:
                    yield f"{name}.{entry}: there is no field {required} to fill first"


def screens(descriptor: Json) -> Iterator[tuple[str, Json]]:
    """Yield the entries that share a screen: actions, triggers, the fields of a form."""
    yield "credentials", descriptor["credentials"]["fields"]
    for kind in ("actions", "triggers"):
        yield kind, descriptor.get(kind, {})
    for name, function in functions(descriptor):
        yield f"{name}.fields", function["fields"]


def functions(descriptor: Json) -> Iterator[tuple[str, Json]]:
    for kind in ("actions", "triggers"):
        yield from descriptor.get(kind, {}).items()


def file_faults(descriptor: Json) -> Iterator[str]:
    """Yield the faults of the files that a descriptor names."""
    component = Component(ROOT, descriptor)
    for name, function in functions(descriptor):
        if not (ROOT / function["main"]).is_file():
            yield f"{name}: there is no file {function['main']}"
            continue
        try:
            module = component.module(name)
        except ComponentError as error:
            yield f"{name}: {error}"
            continue
        fields = function["fields"].values()
        models = {field["model"] for field in fields if isinstance(field.get("model"), str)}
        dynamic = {"get_meta_model"} if "dynamicMetadata" in function else set()
        for needed in sorted({"process"} | models | dynamic):
            if not callable(getattr(module, needed, None)):
                yield f"{name}: {function['main']} has no function {needed}"
                dynamic -= {needed}
        for needed in dynamic:
            required = {
                field: next(iter(content["model"]))
                for field, content in function["fields"].items()
                if content["required"] and isinstance(content.get("model"), dict)
            }
            for way, schema in getattr(module, needed)(required).items():
                yield from schema_faults(f"{name}.{way}", schema)
        for path in function.get("metadata", {}).values():
            if not (ROOT / path).is_file():
                yield f"{name}: there is no file {path}"
            else:
                yield from schema_faults(path, json.loads((ROOT / path).read_bytes()))


def schema_faults(name: str, schema: Json) -> Iterator[str]:
    """Yield the parts of a message's schema that the mapper cannot use."""
    if schema.get("$schema") != DRAFT_03 or schema.get("type") != "object":
        yield f"{name}: it is no object's schema of draft 3"
    try:
        Draft3Validator.check_schema(schema)
    except SchemaError as error:
        yield f"{name}: {error.message}"
        return
    if "title" not in schema:
        yield f"{name}: it has no title"
    for path, part in subschemas(schema):
        yield from part_faults(f"{name}{path}", part)


def subschemas(schema: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield a schema and all schemas within it, each with its path."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from subschemas(part, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from subschemas(schema[keyword], f"{path}[]")


def part_faults(name: str, part: Json) -> Iterator[str]:
    if not part.get("$ref", "#").startswith("#"):
        yield f"{name}: {part['$ref']} is in another file"
    if part.get("type", "object") not in TYPES:
        yield f"{name}: {part['type']!r} is no type"
    properties = part.get("properties", {})
    for member, content in properties.items():
        for needed in ("title", "type", "order"):
            if needed not in content:
                yield f"{name}.{member}: it has no {needed}"
    orders = [content["order"] for content in properties.values() if "order" in content]
    if len(set(orders)) < len(orders):
        yield f"{name}: two have the same order"
    for text in (part[member] for member in ("title", "description") if member in part):
        if not PLAIN_TEXT.is_valid(text):
            yield f"{name}: {text!r} is not plain text"


def test_the_descriptor_s_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_nothing_is_wrong_with_the_descriptor() -> None:
    assert faults(DESCRIPTOR) == []


def test_a_field_has_the_same_label_on_every_screen() -> None:
    labels: dict[str, set[str]] = {}
    for owner in [DESCRIPTOR["credentials"], *(entry for _, entry in functions(DESCRIPTOR))]:
        for name, field in owner["fields"].items():
            labels.setdefault(name, set()).add(field["label"])

    assert {name: found for name, found in labels.items() if len(found) > 1} == {}


def test_what_stands_higher_on_a_screen_stands_higher_in_the_file() -> None:
    for name, entries in screens(DESCRIPTOR):
        orders = [entry["order"] for entry in entries.values()]
        assert orders == sorted(orders, reverse=True), name


# What is wrong is found

ACTION = ("actions", "DescribeImages")
TRIGGER = ("triggers", "imageEvent")
FIELD = (*ACTION, "fields", "emitBehavior")
KEY = ("credentials", "fields", "accessKeyId")
# The action with metadata that no field changes.
SCHEMAS = {way: f"./schemas/DescribeImages.{way}.json" for way in ("in", "out")}
STATIC = {
    name: value
    for name, value in DESCRIPTOR["actions"]["DescribeImages"].items()
    if name != "dynamicMetadata"
} | {"metadata": SCHEMAS}


# The descriptor with the few actions that what follows is about.
ACTIONS = ("DescribeImages", "ListImages", "CallOperation")
SHORT = {**DESCRIPTOR, "actions": {name: DESCRIPTOR["actions"][name] for name in ACTIONS}}


def broken(path: tuple[str, ...], value: Any = None) -> Json:
    """Return ``SHORT`` with another value at a path, or without what is there."""
    copied = copy.deepcopy(SHORT)
    *parents, name = path
    owner = copied
    for parent in parents:
        owner = owner[parent]
    if value is None:
        del owner[name]
    else:
        owner[name] = value
    return copied


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        # The component
        (("docsUrl",), None, ": 'docsUrl' is a required property"),
        (("version",), "1", "version: '1' does not match"),
        (("buildType",), "slug", "buildType: 'docker' was expected"),
        (("colour",), "red", ": Additional properties are not allowed ('colour' was unexpected)"),
        (("envVars", "LOG_LEVEL", "required"), "no", "envVars.LOG_LEVEL.required: 'no' is not"),
        (("title",), "<b>Amazon</b> ECR", "title: '<b>Amazon</b> ECR' should not be valid"),
        # Actions and triggers
        ((*ACTION, "help"), None, "actions.DescribeImages: 'help' is a required property"),
        ((*ACTION, "help", "link"), None, "actions.DescribeImages.help: 'link' is a required"),
        ((*ACTION, "help", "link"), "docs", "help.link: 'docs' does not match '^https://"),
        ((*ACTION, "description"), "Lists &amp; tells.", "description: 'Lists &amp; tells.'"),
        ((*ACTION, "description"), "Lists it. Or not.", "'Lists it. Or not.' should not be valid"),
        ((*ACTION, "help", "description"), "A. B. C.", "'A. B. C.' should not be valid"),
        (("credentials", "help"), None, "credentials: 'help' is a required property"),
        ((*ACTION, "title"), "describeImages", "title: 'describeImages' does not match"),
        ((*ACTION, "order"), "first", "order: 'first' is not of type 'integer'"),
        ((*ACTION, "order"), None, "actions.DescribeImages: 'order' is a required property"),
        ((*ACTION, "order"), 1, "actions: two have the same order"),
        ((*ACTION, "title"), "List Images", "actions: two have the same title"),
        ((*ACTION, "type"), "polling", "('type' was unexpected)"),
        ((*ACTION, "dynamicMetadata"), None, "actions.DescribeImages: "),
        ((*ACTION, "dynamicMetadata"), False, "actions.DescribeImages: "),
        ((*ACTION, "metadata"), SCHEMAS, "actions.DescribeImages: "),
        (ACTION, {**STATIC, "metadata": {"in": SCHEMAS["in"]}}, "actions.DescribeImages: "),
        (ACTION, {**STATIC, "metadata": {"out": SCHEMAS["out"]}}, "metadata: 'in' is a required"),
        ((*TRIGGER, "type"), None, "triggers.imageEvent: 'type' is a required property"),
        ((*TRIGGER, "type"), "push", "triggers.imageEvent.type: 'push' is not one of"),
        # Fields
        ((*FIELD, "viewClass"), "DropDownView", "viewClass: 'DropDownView' is not one of"),
        ((*FIELD, "model"), None, "fields.emitBehavior: 'model' is a required property"),
        ((*FIELD, "viewClass"), "TextFieldView", "('model', 'prompt' were unexpected)"),
        ((*FIELD, "label"), None, "fields.emitBehavior: 'label' is a required property"),
        ((*FIELD, "label"), "emit_behavior", "label: 'emit_behavior' does not match"),
        ((*FIELD, "label"), "Emit behavior", "label: 'Emit behavior' does not match"),
        ((*FIELD, "label"), "Repository", "DescribeImages.fields: two have the same label"),
        ((*FIELD, "note"), "See <em>this</em>.", "note: 'See <em>this</em>.' should not be valid"),
        ((*FIELD, "order"), 1, "DescribeImages.fields: two have the same order"),
        ((*FIELD, "require"), "repositoryName", "require: 'repositoryName' is not of type 'array'"),
        ((*FIELD, "require"), ["repo"], "emitBehavior: there is no field repo to fill first"),
        ((*FIELD, "require"), ["emitBehavior"], "there is no field emitBehavior to fill first"),
        ((*KEY, "viewClass"), "CheckBoxView", "('placeholder' was unexpected)"),
        (("credentials", "fields", "region", "model"), "regions", "'regions' is not of type 'obj"),
        # Files
        ((*ACTION, "main"), "./actions/no.py", "there is no file ./actions/no.py"),
        (
            (*ACTION, "main"),
            "./lib/cli/arguments.py",
            "./lib/cli/arguments.py has no function process",
        ),
        ((*FIELD, "model"), "behaviors", "describe_images.py has no function behaviors"),
        ((*TRIGGER, "metadata", "in"), "./schemas/No.json", "there is no file ./schemas/No.json"),
        ((*TRIGGER, "metadata", "in"), "./component.json", "it is no object's schema of draft 3"),
    ],
)
def test_a_broken_descriptor_is_refused(path: tuple[str, ...], value: Any, expected: str) -> None:
    found = faults(broken(path, value))

    assert [fault for fault in found if expected in fault], found


def test_who_describes_messages_by_a_function_must_have_it() -> None:
    descriptor = broken((*TRIGGER, "metadata"))
    descriptor["triggers"]["imageEvent"]["dynamicMetadata"] = True

    assert faults(descriptor) == [
        "imageEvent: ./triggers/image_event.py has no function get_meta_model"
    ]


def test_who_describes_messages_by_files_needs_no_function() -> None:
    assert faults(broken(ACTION, STATIC)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda schema: schema.pop("title"), "it has no title"),
        (lambda schema: schema["properties"]["a"].pop("title"), ".a: it has no title"),
        (lambda schema: schema["properties"]["a"].pop("order"), ".a: it has no order"),
        (lambda schema: schema["properties"]["a"].update(order=1), "two have the same order"),
        (lambda schema: schema["properties"]["a"].update(type="text"), "'text' is no type"),
        (lambda schema: schema["properties"]["a"].update(pattern=1), "1 is not of type 'string'"),
        (lambda schema: schema.update(required=["a"]), "['a'] is not of type 'boolean'"),
        (lambda schema: schema.update({"$schema": DRAFT_03[:-1]}), "of draft 3"),
        (lambda schema: schema["properties"]["b"]["items"].update({"$ref": "x.json"}), "b[]: x.j"),
        (lambda schema: schema.update(description="<p>It</p>"), "'<p>It</p>' is not plain text"),
    ],
)
def test_a_broken_schema_is_refused(change: Callable[[Json], object], expected: str) -> None:
    schema: Json = {
        "$schema": DRAFT_03,
        "title": "Message",
        "type": "object",
        "properties": {
            "a": {"title": "A", "type": "string", "required": True, "order": 2},
            "b": {"title": "B", "type": "array", "items": {"type": "string"}, "order": 1},
        },
    }
    assert list(schema_faults("message", schema)) == []

    change(schema)

    found = list(schema_faults("message", schema))
    assert [fault for fault in found if expected in fault], found
