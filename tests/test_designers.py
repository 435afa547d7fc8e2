"""docs/designers.md: every example in it is run, and every recipe.

They run on the sandbox, which checks signatures and IAM policies. What it lacks (pages, a few
errors) or answers in another way (URLs of layers) is answered as the document says Amazon ECR
answers it; the request and the answer are then compared with the schemas.
"""

import base64
import hashlib
import json
import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import pytest
import requests
import responses
from jsonata import Jsonata
from jsonschema import Draft3Validator
from moto.iam.models import iam_backends

from lib.ecr import items_member
from lib.generator.model import SUBJECTS
from lib.sailor import Step as RunningStep
from lib.sailor import handle
from lib.sailor.step import describe_error
from lib.sandbox import REGION, Sandbox
from lib.sandbox.preview import DURATION
from tests.support.aws_model import KEYS, OPERATIONS, process
from tests.support.designers import (
    DOCUMENT,
    KINDS,
    Example,
    Recipe,
    Step,
    examples,
    recipes,
    sections,
    sections_by_anchor,
)
from tests.support.likeness import Likeness
from tests.support.repository import DESCRIPTOR, ROOT

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

ACCOUNT = "123456789012"  # the document's
AWS = f"https://api.ecr.{REGION}.amazonaws.com/"
# Errors that moto does not give, and pages, which it does not make.
CANNED = ("AccessDeniedException", "ThrottlingException", "nextToken")
TRIGGER = "New Images"
REASSEMBLE = "Splitter, Re-assemble Messages"
DOWNLOAD_URL = "GetDownloadUrlForLayer"  # the document shows one of AWS
DOWNLOAD = "REST API, HTTP Request (Axios Library)"
ASKED_BY_THE_TRIGGER = ("DescribeRepositories", "DescribeImages")
_REFUSAL = re.compile(r"(\w+Exception): (.*) \(\w+, [^()]*HTTP (\d+), request id (\S+)\)$")
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = b"{}"
LAYER = b"hello\n"
Event = tuple[str, Any]


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def manifest(layer: bytes) -> str:
    """Return the manifest of an image of one layer."""
    kinds = {"config": CONFIG, "layer": layer}
    parts = {
        kind: {
            "mediaType": f"application/vnd.oci.image.{kind}.v1{end}",
            "digest": digest(kinds[kind]),
            "size": len(kinds[kind]),
        }
        for kind, end in (("config", "+json"), ("layer", ".tar"))
    }
    whole = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": parts["config"],
        "layers": [parts["layer"]],
    }
    return orjson.dumps(whole).decode()


class Registry:
    """The registry in which the examples play, as the document says it is at the beginning."""

    def __init__(self, cfg: dict[str, str]) -> None:
        self.cfg = cfg
        [found] = self.ask("DescribeRepositories")["repositories"]
        self.account = found["registryId"]
        self.likeness = Likeness()

    def ask(self, action: str, **body: Any) -> Any:
        [(event, emitted)] = run(action, body, self.cfg)
        assert event == "data", emitted
        return emitted["body"]

    def grant(self, policy: Any) -> dict[str, str]:
        """Return the cfg of a user who may do what a policy allows."""
        # moto knows no resources of policies yet: each must be any.
        statements = [{**statement, "Resource": "*"} for statement in policy["Statement"]]
        iam = iam_backends[self.account]["aws"]
        name = f"flow-{uuid.uuid4().hex}"
        iam.create_user(REGION, name)
        iam.put_user_policy(name, "it", json.dumps({**policy, "Statement": statements}))
        key = iam.create_access_key(name)
        return {
            **self.cfg,
            "accessKeyId": key.access_key_id,
            "secretAccessKey": key.secret_access_key,
        }

    def here(self, shown: Any) -> Any:
        """Return what a message of the document is in this registry."""
        text = self.likeness.actual(orjson.dumps(shown).decode())
        return orjson.loads(text.replace(ACCOUNT, self.account))

    def difference(self, shown: Any, came: Any) -> str:
        """Return where two bodies, headers or texts differ, the order of members aside."""
        return self.likeness.difference(
            _ordered(shown), _ordered(came).replace(self.account, ACCOUNT)
        )


def _ordered(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Sandbox(with_image=True) as sandbox:
        yield Registry(sandbox.cfg)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)
    # Images count as soon as they are pushed, in the same second.
    monkeypatch.setattr("lib.component.triggers.new_images.trigger.SETTLING_TIME", -2)


def run(action: str, body: Any, cfg: Mapping[str, Any]) -> list[Event]:
    """Return what an action emits for a message; of an error, what the platform shows of it."""
    events: list[Event] = []
    step = RunningStep(
        lambda event, payload: events.append((event, payload)),
        logging.getLogger("tests"),
    )
    handle(process(action), step, {"body": body, "headers": {}}, dict(cfg), {})
    return [
        (event, describe_error(payload) if event == "error" else payload)
        for event, payload in events
    ]


# The document


def test_every_action_has_its_section_in_the_order_of_the_readme() -> None:
    found: dict[str, list[str]] = {}
    for section in SECTIONS:
        if section.path[1:2] == ("Actions",) and len(section.path) == 4:
            found.setdefault(section.path[2], []).append(section.title)

    assert {subject: tuple(names) for subject, names in found.items()} == SUBJECTS


def test_every_recipe_is_found_with_its_steps() -> None:
    assert [recipe.title for recipe in RECIPES] == TITLES
    for recipe in RECIPES:
        assert [step.number for step in recipe.steps] == list(range(1, len(recipe.steps) + 1))
        assert len(recipe.steps) >= 4
        assert recipe.steps[-1].first("Output")


@pytest.mark.parametrize("action", OPERATIONS)
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


def test_the_examples_in_their_order(registry: Registry) -> None:
    for example in EXAMPLES:
        _let_the_preview_complete(example.action)
        with _asked(registry, example) as cfg:
            events = run(example.action, registry.here(example.body), cfg | example.cfg)

        assert _difference(registry, example, events) == "", f"line {example.line}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_what_is_shown_is_as_the_schemas_have_it(example: Example) -> None:
    if not example.error.startswith(f"{example.action} can't use this message"):
        _check_input(example.action, example.body, example.cfg)
    bodies = example.emitted
    if example.cfg.get("emitBehavior") == "emitIndividually":
        bodies = [{items_member(example.action): bodies}]
    for body in bodies:
        _check_output(example.action, body)


def _let_the_preview_complete(action: str) -> None:
    if action == "GetLifecyclePolicyPreview":
        time.sleep(DURATION)


def _difference(registry: Registry, example: Example, events: list[Event]) -> str:
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
def _asked(registry: Registry, example: Example) -> Iterator[dict[str, str]]:
    """Yield the cfg with which an example is run."""
    shown = orjson.dumps(example.emitted).decode() + example.error + example.rebound
    said = orjson.dumps(example.body).decode()
    is_refused = example.error.startswith(f"{example.action} can't use")
    is_canned = (
        example.answer
        or (example.action == DOWNLOAD_URL and example.emitted)
        or any(word in shown + said for word in CANNED)
    )
    if is_refused or not is_canned:
        yield registry.cfg
        return
    answer = example.answer or (example.emitted[0] if example.emitted else None)
    members = registry.here(_members(example.action, example.body, example.cfg))
    with _amazon_answers(
        registry, example.action, members, answer, example.error or example.rebound
    ) as cfg:
        yield cfg


@contextmanager
def _amazon_answers(
    registry: Registry, action: str, members: Any, answer: Any, error: str = ""
) -> Iterator[dict[str, str]]:
    """Yield a cfg for an Amazon ECR that is asked one thing only and has one answer.

    Args:
        registry: Knows ids and the account.
        action: What it is asked.
        members: The parameters with which it is asked.
        answer: Its answer as it is emitted, or None for an error.
        error: The error, or the rebound, as the document has it.
    """
    status, headers = 200, {}
    if answer is None:
        found = _REFUSAL.search(error)
        assert found, error
        answer = {"__type": found[1], "message": found[2]}
        status, headers = int(found[3]), {"x-amzn-requestid": found[4]}
    with responses.RequestsMock() as canned:
        canned.add(
            responses.POST,
            AWS,
            body=orjson.dumps(_on_the_wire(registry.here(answer))),
            status=status,
            headers=headers,
        )
        yield {**KEYS, "region": REGION}
        assert canned.calls
        for call in canned.calls:
            assert call.request.headers["X-Amz-Target"].endswith(f".{action}")
            assert orjson.loads(call.request.body or b"") == members


def _on_the_wire(value: Any) -> Any:
    """Return an answer as Amazon ECR sends it: times are seconds."""
    if isinstance(value, dict):
        return {name: _on_the_wire(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_on_the_wire(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z", value):
        return datetime.fromisoformat(value).timestamp()
    return value


def _members(action: str, body: Any, cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Amazon ECR is asked with: a body and fields, an object for JSON text as text."""
    known = _schema(action, "in")["properties"]
    return {
        **{name: value for name, value in cfg.items() if name in known},
        **{
            name: orjson.dumps(value).decode()
            if isinstance(value, dict) and known.get(name, {}).get("type") == "string"
            else value
            for name, value in body.items()
        },
    }


def _check_input(action: str, body: Any, cfg: Mapping[str, Any]) -> None:
    Draft3Validator(_schema(action, "in")).validate(_members(action, body, cfg))


def _check_output(action: str, body: Any) -> None:
    schema = _schema(action, "out")
    Draft3Validator(schema).validate(body)
    assert not _unknown(body, schema)


def _schema(action: str, direction: str) -> Any:
    return orjson.loads((ROOT / "schemas" / f"{action}.{direction}.json").read_bytes())


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

    assert len(policies) == 2 + len(RECIPES)
    for policy in policies:
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert set(statement) == {"Effect", "Action", "Resource"}
        assert permissions(policy) <= {f"ecr:{name}" for name in OPERATIONS} | {"sts:AssumeRole"}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_s_policy_has_the_permissions_of_its_steps(recipe: Recipe) -> None:
    asked = {step.title for step in recipe.steps}
    if TRIGGER in asked:
        asked |= {*ASKED_BY_THE_TRIGGER}

    assert permissions(recipe.policy) == {f"ecr:{name}" for name in asked & set(OPERATIONS)}


def test_the_role_is_assumed_by_the_user_with_the_policies_as_shown(registry: Registry) -> None:
    # Given a user and a role with the three policies of the document
    [trust] = [block.value for section in SECTIONS for block in section.of("Trust policy")]
    allowed, assuming = [
        block.value
        for section in SECTIONS
        if "Recipes" not in section.path
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
    assert refused["name"] == "AccessDenied"  # moto leaves out the end of the name


def permissions(policy: Any) -> set[str]:
    found: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        found |= {actions} if isinstance(actions, str) else set(actions)
    return found


# The recipes


@dataclass(frozen=True)
class Message:
    """A message on its way: its body, and the bodies that the steps before emitted."""

    body: Any
    emitted: dict[str, Any] = field(default_factory=dict)

    def after(self, step: Step, body: Any) -> "Message":
        return Message(body, {**self.emitted, f"step_{step.number}": {"body": body}})

    def evaluate(self, expression: str) -> Any:
        """Evaluate JSONata as the platform's mapper does: on the body, with ``elasticio`` in it."""
        root = {"elasticio": self.emitted} | (self.body if isinstance(self.body, dict) else {})
        return orjson.loads(orjson.dumps(_plain(Jsonata(expression).evaluate(_plain(root)))))


def _plain(value: Any) -> Any:
    """Return a copy in which a list is a list: JSONata has its own kind."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


class Flow:
    """Runs a recipe step by step, with the rights that its policy gives."""

    def __init__(self, registry: Registry, recipe: Recipe) -> None:
        self.registry = registry
        self.cfg = registry.grant(recipe.policy)
        self.messages = [Message({})]
        self.errors: list[dict[str, Any]] = []

    def run(self, step: Step) -> list[Any]:
        """Let every message go through a step, and return the bodies that it emits."""
        if step.handles_errors:
            emitted = self._after(step, [Message(error) for error in self.errors])
            self.messages += emitted
        elif step.title == REASSEMBLE:
            emitted = self.messages = list(_reassembled(step, self.messages))
        else:
            emitted = self.messages = self._after(step, self.messages)
        return [message.body for message in emitted]

    def _after(self, step: Step, messages: list[Message]) -> list[Message]:
        """Return the messages that a step emits for those that it gets."""
        return [
            message.after(step, body)
            for message in messages
            for body in self._emitted(step, message)
        ]

    def _emitted(self, step: Step, message: Message) -> list[Any]:
        """Return the bodies that a step emits."""
        if step.title == TRIGGER:
            return self._triggered(step)
        if step.title in OPERATIONS:
            return self._asked(step, message)
        if step.first("JSONata Expression"):
            return _evaluated(step, message)
        if step.title == DOWNLOAD:
            return [_downloaded(step, message)]
        [output] = step.of("Output")
        return [self.registry.here(output.value)]

    def _triggered(self, step: Step) -> list[Any]:
        """Run the trigger for the first time, and compare what it emits with what is shown."""
        fields, shown = step.first("Fields"), step.first("Output")
        assert fields
        assert shown
        events = run("newImages", {}, {**self.cfg, **fields.value, "startFrom": "beginning"})
        assert {event for event, _ in events} == {"data", "snapshot"}, events
        [body] = [payload["body"] for event, payload in events if event == "data"]
        part = {name: value for name, value in body.items() if name in shown.value}
        assert self.registry.difference(shown.value, part) == ""
        return [body]

    def _asked(self, step: Step, message: Message) -> list[Any]:
        mapping, fields = step.first("Mapping"), step.first("Fields")
        assert mapping
        body = message.evaluate(mapping.text)
        chosen = fields.value if fields else {}
        _check_input(step.title, body, chosen)
        members = _members(step.title, body, chosen)
        if waiting := step.first("Answer of Amazon ECR"):
            reason = step.first("Rebound")
            assert reason
            with _amazon_answers(self.registry, step.title, members, waiting.value) as cfg:
                assert run(step.title, body, cfg | chosen) == [("rebound", reason.text)]
        if step.title == DOWNLOAD_URL:
            answer = _answer_to(step, body)
            with _amazon_answers(self.registry, step.title, members, answer) as cfg:
                events = run(step.title, body, cfg | chosen)
        else:
            _let_the_preview_complete(step.title)
            events = run(step.title, body, self.cfg | chosen)
        if step.title == "BatchDeleteImage":
            # moto says nothing of an image without tags that it deletes; Amazon ECR does.
            assert [event for event, _ in events] == ["data"]
            answer = _answer_to(step, body)
            with _amazon_answers(self.registry, step.title, members, answer) as cfg:
                events = run(step.title, body, cfg | chosen)
        self.errors += [
            {"error": error, "errorInput": {"body": body}}
            for event, error in events
            if event == "error"
        ]
        assert "rebound" not in dict(events)
        return [payload["body"] for event, payload in events if event == "data"]


def _evaluated(step: Step, message: Message) -> list[Any]:
    """Return the bodies that a step of the platform emits that is configured with JSONata."""
    expression = step.first("JSONata Expression")
    assert expression
    value = message.evaluate(expression.text)
    match step.title:
        case "Filter, Simple JSONata Filter":
            return {True: [message.body], False: []}[value]
        case "Splitter, Split on JSONata Expression":
            assert isinstance(value, list)
            return value
        case "Transformation, Transform":
            return [value]
        case _:
            raise AssertionError(f"the platform has no step {step.title!r} with an expression")


def _reassembled(step: Step, messages: list[Message]) -> Iterator[Message]:
    """Yield a message for each group that is complete, as the platform's Splitter does."""
    mapping, fields = step.first("Mapping"), step.first("Fields")
    assert mapping
    assert fields
    assert fields.value == {"mode": "groupSize"}
    groups: dict[str, dict[str, Any]] = {}
    for message in messages:
        body = message.evaluate(mapping.text)
        group = groups.setdefault(body["groupId"], {})
        group[body["messageId"]] = body["messageData"]
        if len(group) == body["groupSize"]:
            named = {name: body[name] for name in ("groupSize", "groupId")}
            yield message.after(step, {**named, "messageData": groups.pop(body["groupId"])})


def _answer_to(step: Step, body: Any) -> Any:
    """Return the one of a step's shown results that belongs to a message."""
    shown = [block.value for block in step.of("Output")]
    [answer] = [it for it in shown if it.get("layerDigest") == body.get("layerDigest")]
    _check_output(step.title, answer)
    return answer


def _downloaded(step: Step, message: Message) -> dict[str, Any]:
    """Return what the platform's REST API component emits for a download."""
    fields = step.first("Fields")
    assert fields
    assert fields.value["responseEncoding"] == "base64"
    asked = fields.value["reader"]
    url = message.evaluate(asked["url"])
    blobs = {"config": CONFIG, "hello": LAYER}
    with responses.RequestsMock() as bucket:
        name = url.partition("?")[0].rpartition("/")[2]
        bucket.add(asked["method"], url, body=blobs[name])
        answer = requests.request(asked["method"], url, timeout=5)
    return {
        "statusCode": answer.status_code,
        "HTTPHeaders": dict(answer.headers),
        "responseBody": base64.b64encode(answer.content).decode(),
    }


def _prepare(registry: Registry, recipe: Recipe) -> None:
    """Give the registry what else a recipe says it contains."""
    if recipe.title == TITLES[2]:
        for name, principal in (
            ("open", "*"),
            ("shared", {"AWS": "arn:aws:iam::111122223333:root"}),
        ):
            statement = {"Effect": "Allow", "Principal": principal, "Action": "ecr:BatchGetImage"}
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            registry.ask("CreateRepository", repositoryName=f"team/{name}")
            registry.ask("SetRepositoryPolicy", repositoryName=f"team/{name}", policyText=policy)
    if recipe.title == TITLES[3]:
        registry.ask("CreateRepository", repositoryName="archive/app")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_a_recipe_with_the_permissions_that_it_names(recipe: Recipe, registry: Registry) -> None:
    _prepare(registry, recipe)
    flow = Flow(registry, recipe)

    for step in recipe.steps:
        emitted = flow.run(step)
        assert emitted, step
        shown = [block.value for block in step.of("Output")]
        if shown and step.title != TRIGGER:  # of whose output a recipe may show a part
            assert registry.difference(shown, emitted) == "", step.title


def _step(recipe: int, number: int) -> Step:
    return RECIPES[recipe - 1].steps[number - 1]


def _output(recipe: int, number: int) -> Any:
    block = _step(recipe, number).first("Output")
    assert block
    return block.value


def _text(recipe: int, number: int, kind: str = "JSONata Expression") -> str:
    block = _step(recipe, number).first(kind)
    assert block
    return block.text


def test_after_the_clean_up_no_untagged_image_is_left(registry: Registry) -> None:
    flow = Flow(registry, RECIPES[1])
    untagged = {"repositoryName": "team/app", "filter": {"tagStatus": "UNTAGGED"}}
    assert len(registry.ask("ListImages", **untagged)["imageIds"]) == 1

    for step in RECIPES[1].steps:
        flow.run(step)

    assert registry.ask("ListImages", **untagged)["imageIds"] == []
    assert len(registry.ask("ListImages", repositoryName="team/app")["imageIds"]) == 1


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"Principal": "*"}, "open to everyone"),
        ({"Principal": {"AWS": "*"}}, "open to everyone"),
        ({"Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}}, "open to everyone"),
        ({"Principal": "*", "Effect": "Deny"}, "restricted"),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "restricted"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, "restricted"),
    ],
)
def test_what_the_audit_finds(change: dict[str, Any], finding: str) -> None:
    statement = {"Effect": "Allow", "Action": "ecr:BatchGetImage", **change}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    body = {"repositoryName": "team/app", "policyText": policy}

    found = Message(body).evaluate(_text(3, 4))

    assert found == {"repositoryName": "team/app", "finding": finding}


@pytest.mark.parametrize("path", [(), ("content",)])
def test_the_message_that_failed_is_found_wherever_the_platform_puts_it(
    path: tuple[str, ...],
) -> None:
    failed: dict[str, Any] = {"body": {"repositoryName": "team/app"}}
    for name in path:
        failed = {name: failed}
    error = {"name": "RepositoryPolicyNotFoundException", "message": "It does not exist"}

    found = Message({"error": error, "errorInput": failed}).evaluate(_text(3, 5))

    assert found == {"repositoryName": "team/app", "finding": "no policy"}


def test_parts_of_other_images_and_repeated_parts_don_t_complete_a_group() -> None:
    step = _step(4, 10)
    parts = [("a", "1"), ("b", "1"), ("a", "1"), ("a", "2")]
    messages = [
        Message(
            {},
            {
                "step_1": {"body": {"imageDigest": image}},
                "step_4": {"body": {"layerDigest": layer, "count": 2}},
            },
        )
        for image, layer in parts
    ]

    [complete] = _reassembled(step, messages)

    assert complete.body == {
        "groupSize": 2,
        "groupId": "a",
        "messageData": {"1": {"layerDigest": "1"}, "2": {"layerDigest": "2"}},
    }


def test_an_image_that_is_not_approved_is_not_promoted() -> None:
    assert Message({"approved": False}).evaluate(_text(1, 4)) is False


def test_an_image_that_is_stable_needs_no_approval(registry: Registry) -> None:
    # Given a promotion
    flow = Flow(registry, RECIPES[0])
    for step in RECIPES[0].steps:
        assert flow.run(step)

    # When the trigger reports the image again
    fields = _step(1, 1).first("Fields")
    assert fields
    events = run("newImages", {}, {**flow.cfg, **fields.value, "startFrom": "beginning"})
    again = [payload["body"] for event, payload in events if event == "data"]

    # Then the filter keeps it out
    assert again
    assert [Message(body).evaluate(_text(1, 2)) for body in again] == [False]


def test_an_image_that_is_gone_when_it_is_approved_is_an_error(registry: Registry) -> None:
    new = {"step_1": {"body": _output(1, 1)}}
    body = Message({"images": []}, new).evaluate(_text(1, 6, "Mapping"))

    [(event, error)] = run("PutImage", body, registry.cfg)

    assert event == "error"
    assert "imageManifest is missing" in error["message"]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])],
)
def test_images_are_deleted_in_batches_of_a_hundred(count: int, sizes: list[int]) -> None:
    ids = [{"imageDigest": f"sha256:{number:064}"} for number in range(count)]

    batches = Message({"imageIds": ids}).evaluate(_text(2, 3))

    assert [len(batch["imageIds"]) for batch in batches] == sizes
    assert [one for batch in batches for one in batch["imageIds"]] == ids


def test_layers_that_the_target_has_are_not_copied() -> None:
    image = {"step_2": {"body": {"images": [{"imageManifest": manifest(LAYER)}]}}}
    states = {digest(CONFIG): "AVAILABLE", digest(LAYER): "UNAVAILABLE"}
    layers = [{"layerDigest": key, "layerAvailability": it} for key, it in states.items()]
    split = _text(4, 4)

    assert Message({"layers": layers, "failures": []}, image).evaluate(split) == [
        {"layerDigest": digest(LAYER), "lastByte": 5, "count": 1}
    ]
    layers[1]["layerAvailability"] = "AVAILABLE"
    assert Message({"layers": layers, "failures": []}, image).evaluate(split) == []


def test_a_policy_that_deletes_too_much_is_not_put() -> None:
    preview = {"summary": {"expiringImageTotalCount": 51}}

    assert Message(preview).evaluate(_text(5, 4)) is False


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


def test_an_example_that_is_wrong_is_found(registry: Registry) -> None:
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
