"""docs/designers.md: every example in it is run.

They run on the sandbox, which checks signatures and IAM policies. Only throttling is canned, since
the sandbox never throttles. tests/test_recipes.py runs the recipes.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import orjson
import pytest
import responses
from jsonschema import Draft3Validator
from moto.iam.models import iam_backends

from lib.component import schemas
from lib.component.shapes import service
from lib.component.shapes.schema import in_schema, out_schema
from lib.ecr import item_paths
from lib.generator import model
from lib.generator.model import OF_MANY_CALLS
from lib.sandbox import REGION, Sandbox
from lib.sandbox.preview import DURATION, LIFETIME
from tests.support.aws_model import ALL_OPERATIONS, CALL_OPERATION, KEYS, OPERATIONS
from tests.support.designers import (
    DOCUMENT,
    KINDS,
    Example,
    examples,
    permissions,
    recipes,
    sections,
    sections_by_anchor,
)
from tests.support.example_registry import ACCOUNT, Event, ExampleRegistry, run
from tests.support.likeness import Likeness
from tests.support.repository import DESCRIPTOR

TEXT = DOCUMENT.read_text()
SECTIONS = sections(TEXT)
EXAMPLES = examples(SECTIONS)
RECIPES = recipes(SECTIONS)
TITLES = [
    "1. Promote an approved image",
    "2. Delete untagged images every night",
    "3. Audit the policies of all repositories",
    "4. Copy an image to another repository",
    "5. Try a lifecycle policy before it counts",
]

AWS = f"https://api.ecr.{REGION}.amazonaws.com/"
CANNED = "ThrottlingException"
DENIED = "AccessDeniedException"
NOTHING_MUCH = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecr:ListImages", "Resource": "*"}],
}
TRIGGER = "New Images"
# The operations of each action that takes several.
CALLS = {name: calls for actions in OF_MANY_CALLS.values() for name, calls in actions.items()}
ASKED_BY_THE_TRIGGER = ("DescribeRepositories", "DescribeImages")
_REFUSAL = re.compile(r"(\w+Exception): (.*) \(\w+, [^()]*HTTP (\d+), request id (\S+)\)$")


@pytest.fixture
def registry() -> Iterator[ExampleRegistry]:
    with Sandbox(with_image=True) as sandbox:
        yield ExampleRegistry(sandbox.cfg)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)


# The document


def test_every_action_has_its_section_in_the_order_of_the_readme() -> None:
    found: dict[str, list[str]] = {}
    for section in SECTIONS:
        if section.path[1:2] == ("Actions",) and len(section.path) == 4:
            found.setdefault(section.path[2], []).append(section.title)

    assert {subject: tuple(names) for subject, names in found.items()} == model.actions()
    assert [*found] == [*model.actions()]


@pytest.mark.parametrize("action", DESCRIPTOR["actions"])
def test_every_action_has_a_success_and_an_error(action: str) -> None:
    mine = [example for example in EXAMPLES if example.action == action]

    assert any(example.emitted for example in mine)
    assert any(example.error for example in mine)


def test_every_example_says_what_comes_of_it() -> None:
    for example in EXAMPLES:
        ends = [bool(example.emitted), bool(example.error), bool(example.rebound)]
        assert ends.count(True) == 1, f"line {example.line}"


def test_every_block_is_of_a_kind_that_is_run() -> None:
    in_recipes = sum(len(step.blocks) for recipe in RECIPES for step in recipe.steps)
    of_examples = sum(
        len(section.of(*KINDS.keys() - {"IAM policy", "Trust policy", "Mapping"}))
        for section in SECTIONS
        if "Recipes" not in section.path
    )
    blocks = len(re.findall(r"^```\w", TEXT, re.MULTILINE))
    policies = len(re.findall(r"^\*\*(?:IAM|Trust) policy:\*\*$", TEXT, re.MULTILINE))
    assert in_recipes + of_examples + policies == blocks


def test_fields_are_named_as_the_form_has_them() -> None:
    entries = {**DESCRIPTOR["actions"], TRIGGER: DESCRIPTOR["triggers"]["newImages"]}
    of_actions = [(section.title, section.blocks) for section in SECTIONS]
    of_steps = [(step.title, step.blocks) for recipe in RECIPES for step in recipe.steps]
    checked = 0
    for title, blocks in of_actions + of_steps:
        for block in blocks:
            if block.kind == "Fields" and title in entries:
                form = entries[title]["fields"]
                named = [_named(form[key], key, value) for key, value in block.value.items()]
                assert block.note == ", ".join(named), f"line {block.line}"
                checked += 1
    assert checked > len(RECIPES)


def _named(field: dict[str, Any], key: str, value: Any) -> str:
    """Return how the document names a field, with the choice in a list or a check box."""
    named = f"{field['label']} (`{key}`)"
    if value is True:
        return f"{named}: ticked"
    choices = field.get("model")
    return f"{named}: {choices[value]}" if isinstance(choices, dict) else named


@pytest.mark.parametrize("action", OPERATIONS)
def test_the_permission_of_an_action_is_that_of_the_reference(action: str) -> None:
    [section] = [section for section in SECTIONS if section.title == action]
    [(name, anchor)] = re.findall(r"\[All members\]\(([^)#]+)#([^)]+)\)", section.text)
    reference = sections_by_anchor((DOCUMENT.parent / name).read_text())

    assert _permission(section.text) == _permission(reference[anchor])
    assert _permission(section.text).startswith(f"IAM permission: `ecr:{action}`")


def _permission(text: str) -> str:
    """Return what the one paragraph, or item of a list, about the permission says."""
    [found] = re.findall(r"^(?:- )?(IAM permission: (?:.|\n(?=[^\s-]))+)", text, re.MULTILINE)
    return " ".join(str(found).split()).removesuffix(".")


def test_each_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        name, _, anchor = target.partition("#")
        path = DOCUMENT.parent / name if name else DOCUMENT
        assert path.exists(), target
        assert not anchor or anchor in sections_by_anchor(path.read_text()), target


# The examples


@pytest.mark.slow
def test_the_examples_in_their_order(registry: ExampleRegistry) -> None:
    for example in EXAMPLES:
        _let_the_preview_be_as_shown(registry, example)
        with _asked(registry, example) as cfg:
            events = run(
                example.action, registry.here(example.body), cfg | registry.here(example.cfg)
            )

        assert _difference(registry, example, events) == "", f"line {example.line}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_what_is_shown_is_as_the_schemas_have_it(example: Example) -> None:
    called = example.cfg.get("operation", example.action)
    if not example.error.startswith(f"{called} can't use this message"):
        _check_input(called, example.body, example.cfg)
    bodies = example.emitted
    if example.cfg.get("emitBehavior") == "emitIndividually":
        nested: Any = bodies
        for name in reversed(item_paths(called)[0]):
            nested = {name: nested}
        bodies = [nested]
    for body in bodies:
        _check_output(called, body)


def _let_the_preview_be_as_shown(registry: ExampleRegistry, example: Example) -> None:
    """Let the latest preview be in progress, expired or complete, as the example has it."""
    if example.action != "GetLifecyclePolicyPreview":
        return
    if example.rebound:
        body = {"repositoryName": "team/app"}
        text = registry.ask("GetLifecyclePolicyPreview", **body)["lifecyclePolicyText"]
        registry.ask("StartLifecyclePolicyPreview", **body, lifecyclePolicyText=text)
    else:
        registry.wait(LIFETIME + DURATION if "EXPIRED" in example.error else DURATION)


def _difference(registry: ExampleRegistry, example: Example, events: list[Event]) -> str:
    """Return how what came of an example differs from what is shown."""
    shown: list[Event] = [("data", body) for body in example.emitted]
    shown += [("error", example.error)] * bool(example.error)
    shown += [("rebound", example.rebound)] * bool(example.rebound)
    came = [(event, _payload(event, payload)) for event, payload in events]
    if [event for event, _ in shown] != [event for event, _ in came]:
        return f"came: {came}"
    if example.headers is not None:
        shown.append(("data", example.headers))
        came.append(("data", events[-1][1]["headers"]))
    return "".join(
        registry.difference(one, other) for (_, one), (_, other) in zip(shown, came, strict=True)
    )


def _payload(event: str, payload: Any) -> Any:
    """Return what the document shows of an event."""
    shown = {"data": "body", "error": "message"}.get(event)
    return payload[shown] if shown else payload


@contextmanager
def _asked(registry: ExampleRegistry, example: Example) -> Iterator[dict[str, str]]:
    """Yield the cfg with which an example is run.

    A canned error comes from an Amazon ECR that is asked one thing only and has one answer.
    """
    error = example.error or example.rebound
    if error.startswith(DENIED):
        yield registry.grant(NOTHING_MUCH, name="flow")
        return
    if CANNED not in error:
        yield registry.cfg
        return
    refusal = _REFUSAL.search(error)
    assert refusal, error
    code, message, status, request_id = refusal.groups()
    with responses.RequestsMock() as canned:
        canned.add(
            responses.POST,
            AWS,
            json={"__type": code, "message": message.replace(ACCOUNT, registry.account)},
            status=int(status),
            headers={"x-amzn-requestid": request_id},
        )
        yield {**KEYS, "region": REGION}
        assert canned.calls
        for call in canned.calls:
            assert call.request.headers["X-Amz-Target"].endswith(f".{example.action}")
            assert orjson.loads(call.request.body or b"") == example.body


def _members(action: str, body: Any, cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Amazon ECR is asked with: a body and fields, in the types of their members."""
    known = _schema(action, "in")["properties"]

    def of_its_type(name: str, value: Any) -> Any:
        match known.get(name, {}).get("type"), value:
            case "string", dict():
                return orjson.dumps(value).decode()
            case "array", str():
                return value.split(", ")
        return value

    return {
        **{name: value for name, value in cfg.items() if name in known},
        **{name: of_its_type(name, value) for name, value in body.items()},
    }


def _check_input(action: str, body: Any, cfg: Mapping[str, Any]) -> None:
    Draft3Validator(_schema(action, "in")).validate(_members(action, body, cfg))


def _check_output(action: str, body: Any) -> None:
    schema = _schema(action, "out")
    Draft3Validator(schema).validate(body)
    assert not _unknown(body, schema)


def _schema(called: str, direction: Literal["in", "out"]) -> Any:
    """Return the schema of an action, or of an operation that has none of its own."""
    if called in DESCRIPTOR["actions"]:
        return schemas.load(called, direction)
    derive = in_schema if direction == "in" else out_schema
    return derive(service.operation(called))


def _unknown(value: Any, schema: Any) -> list[str]:
    """Return the members of a value that its schema does not have."""
    if isinstance(value, list):
        return [name for item in value for name in _unknown(item, schema.get("items", {}))]
    if not isinstance(value, dict):
        return []
    known = schema.get("properties", {})
    inner = [deep for name in value for deep in _unknown(value[name], known.get(name, {}))]
    return [*(name for name in value if name not in known), *inner]


# Policies


def test_every_policy_names_operations_of_the_connector() -> None:
    policies = [block.value for section in SECTIONS for block in section.of("IAM policy")]

    assert len(policies) == 2 + len(CALLS) + len([CALL_OPERATION]) + len(RECIPES)
    for policy in policies:
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert set(statement) == {"Effect", "Action", "Resource"}
        known = {f"ecr:{name}" for name in ALL_OPERATIONS}
        assert permissions(policy) <= known | {"sts:AssumeRole"}


def test_the_policy_of_scan_image_is_enough_for_it(registry: ExampleRegistry) -> None:
    action = "ScanImage"
    [section] = [section for section in SECTIONS if section.title == action]
    [policy] = section.of("IAM policy")
    drop_downs = {"ecr:DescribeImages", "ecr:DescribeRepositories"}
    assert permissions(policy.value) - drop_downs == {f"ecr:{name}" for name in CALLS[action]}

    allowed = registry.grant(policy.value)
    [body] = [one.body for one in EXAMPLES if one.action == action and one.rebound]
    events = [run(action, registry.here(body), allowed)[0][0] for _ in range(2)]

    assert events == ["rebound", "data"]


def test_the_role_is_assumed_by_the_user_with_the_policies_as_shown(
    registry: ExampleRegistry,
) -> None:
    # Given a user and a role with the three policies of the document
    [trust] = [block.value for section in SECTIONS for block in section.of("Trust policy")]
    allowed, assuming = [
        block.value
        for section in SECTIONS
        if section.path[1:2] == ("Before the first flow",)
        for block in section.of("IAM policy")
    ]
    cfg = registry.grant(assuming)
    iam = iam_backends[registry.account]["aws"]
    user = next(u for u in iam.users.values() if u.name.startswith("flow-"))
    shown = trust["Statement"][0]["Principal"]["AWS"]
    trusted = json.dumps(trust).replace(shown, user.arn)
    role = iam.create_role("ecr-flow", trusted, "/", "", "", [], "3600")
    statements = [{**statement, "Resource": "*"} for statement in allowed["Statement"]]
    iam.put_role_policy("ecr-flow", "it", json.dumps({**allowed, "Statement": statements}))
    external = trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"]
    assert registry.here(assuming)["Statement"][0]["Resource"] == role.arn

    # When
    assumed = {**cfg, "roleArn": role.arn, "externalId": external}
    [(with_role, _)] = run("DescribeRepositories", {}, assumed)
    [(without, refused)] = run("DescribeRepositories", {}, cfg)
    [(more, _)] = run("CreateRepository", {"repositoryName": "more"}, assumed)

    # Then
    assert (with_role, without, more) == ("data", "error", "error")
    assert refused["name"] == DENIED


def test_the_policy_of_call_operation_is_enough_for_its_examples(
    registry: ExampleRegistry,
) -> None:
    mine = [example for example in EXAMPLES if example.action == CALL_OPERATION]
    [section] = [section for section in SECTIONS if section.title == CALL_OPERATION]
    [policy] = section.of("IAM policy")
    drop_down = {"ecr:DescribeRepositories"}
    assert permissions(policy.value) - drop_down == {
        f"ecr:{example.cfg['operation']}" for example in mine
    }

    allowed = registry.grant(policy.value)
    scanned = {"repositoryName": "team/app", "imageId": {"imageTag": "1.4.2"}}
    run(CALL_OPERATION, scanned, {**registry.cfg, "operation": "StartImageScan"})
    for example in mine:
        [(event, payload)] = run(CALL_OPERATION, registry.here(example.body), allowed | example.cfg)
        assert event == ("error" if example.error else "data")
        assert event == "data" or payload["name"] != DENIED


def test_an_image_is_copied_with_the_permissions_shown(registry: ExampleRegistry) -> None:
    [section] = [section for section in SECTIONS if section.title == "CopyImage"]
    [policy] = [block.value for block in section.of("IAM policy")]
    target = "archive/app"
    registry.ask("CreateRepository", repositoryName=target)
    body = {"repositoryName": "team/app", "imageTag": "1.4.2", "targetRepositoryName": target}

    [(event, emitted)] = run("CopyImage", body, registry.grant(policy))

    assert (event, emitted["body"]["layersCopied"]) == ("data", 2)
    # And each is needed
    for permission in permissions(policy):
        registry.ask("DeleteRepository", repositoryName=target, force=True)
        registry.ask("CreateRepository", repositoryName=target)
        fewer = [
            {**it, "Action": [name for name in it["Action"] if name != permission]}
            for it in policy["Statement"]
        ]
        cfg = registry.grant({**policy, "Statement": fewer})
        [(event, emitted)] = run("CopyImage", body, cfg)
        assert (event, emitted["name"]) == ("error", DENIED), permission


# What compares


@pytest.mark.parametrize(
    "came",
    [
        "at 2026-01-15T08:30:00Z of 00000000-0000-4000-8000-000000000001",
        "at 2026-01-15T08:30:00.000Z of 1",
        "at 2026-01-15T08:30:00.000Z of 00000000-0000-4000-8000-000000000001.",
        "on 2026-01-15T08:30:00.000Z of 00000000-0000-4000-8000-000000000001",
    ],
)
def test_what_differs_is_found(came: str) -> None:
    shown = "at 2000-01-01T00:00:00.000Z of 00000000-0000-4000-8000-000000000000"

    assert Likeness().difference(shown, came)
    assert not Likeness().difference(shown, shown.replace("2000", "2026").replace("8000", "9000"))


def test_an_id_that_is_shown_twice_must_come_twice() -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())

    assert not Likeness().difference(f"{first} {first}", f"{second} {second}")
    assert Likeness().difference(f"{first} {first}", f"{second} {first}")


def test_an_example_that_is_wrong_is_found(registry: ExampleRegistry) -> None:
    example = next(
        example for example in EXAMPLES if example.action == "DescribeImages" and example.emitted
    )
    with _asked(registry, example) as cfg:
        events = run(example.action, example.body, cfg | example.cfg)
    wrong = json.loads(json.dumps(example.emitted).replace("1.4.2", "1.4.3"))

    assert _difference(registry, example, events) == ""
    changes: tuple[dict[str, Any], ...] = (
        {"emitted": []},
        {"emitted": wrong},
        {"emitted": [], "error": "no"},
    )
    for change in changes:
        members = {**vars(example), **change}
        assert _difference(registry, Example(**members), events)
