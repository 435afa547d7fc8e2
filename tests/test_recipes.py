"""The recipes of docs/designers.md: their files in flows/ are as described, and are run.

They run in this process, on the sandbox, with the rights that their policies give.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.generator.model import OF_MANY_CALLS
from lib.platform.expression import Expression
from lib.platform.flows.plan import prepare
from lib.platform.flows.runner import Runner
from lib.platform.mapping import Mapper
from lib.platform.standard import FUNCTIONS
from lib.sandbox import Sandbox
from lib.sandbox.preview import DURATION
from tests.support.aws_model import OPERATIONS
from tests.support.designers import DOCUMENT, Recipe, Step, permissions, recipes, sections
from tests.support.example_registry import ExampleRegistry, run
from tests.support.flows import CONNECTOR, Log
from tests.support.repository import DESCRIPTOR, ROOT
from tests.support.sandbox import digest, manifest
from tests.support.standard import COMPONENT, StandardStep

SECTIONS = sections(DOCUMENT.read_text())
RECIPES = recipes(SECTIONS)
FLOWS = ROOT / "flows"
FILES = [
    FLOWS / f"{name}.json"
    for name in (
        "promote-image",
        "delete-untagged-images",
        "audit-policies",
        "copy-image",
        "try-lifecycle-policy",
        "scan-image",
        "copy-image-layer-by-layer",
    )
]
PROMOTE, CLEAN_UP, AUDIT, COPY, TRY, SCAN, COPY_BY_LAYERS = FILES
EACH = pytest.mark.parametrize(
    ("recipe", "path"), list(zip(RECIPES, FILES, strict=True)), ids=[path.stem for path in FILES]
)

TRIGGER = "New Images"
APPROVAL = "Your approval"
ASKED_BY_THE_TRIGGER = ("DescribeRepositories", "DescribeImages")
CALLED = {name: called for actions in OF_MANY_CALLS.values() for name, called in actions.items()}
CONFIG, LAYER = b"{}", b"hello\n"


@pytest.fixture
def registry() -> Iterator[ExampleRegistry]:
    with Sandbox(for_flows=True) as sandbox:
        yield ExampleRegistry(sandbox.cfg)


def attributes(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())["data"]["attributes"]
    return found


def play(path: Path, registry: ExampleRegistry, cfg: dict[str, str] | None = None) -> Log:
    """Run a flow once, and return what its steps did."""
    log = Log()
    plan = prepare(path, CONNECTOR)
    body = json.loads(plan.first.node.fields.get("payload", "{}"))
    # A rebounded message waits for the sandbox, whose time passes only so.
    runner = Runner(plan, cfg or registry.cfg, log, sleep=lambda _: registry.wait(DURATION))
    runner.run({"body": body, "headers": {}})
    return log


# The files are as the document describes them


def test_each_flow_is_a_recipe_but_the_one_to_begin_with() -> None:
    assert set(FLOWS.iterdir()) == {*FILES, FLOWS / "hello.json"}


@pytest.mark.parametrize("path", sorted(FLOWS.iterdir()), ids=lambda path: path.stem)
def test_each_flow_says_what_it_does_and_what_to_change(path: Path) -> None:
    flow = attributes(path)

    assert flow["name"]
    assert flow["description"].endswith(".")
    assert re.search(r"\b([Cc]hange|Choose|needs no change)\b", flow["description"])


@EACH
def test_a_recipe_leads_to_its_file(recipe: Recipe, path: Path) -> None:
    [section] = [section for section in SECTIONS if section.title == recipe.title]

    assert re.findall(r"\[(flows/\S+)\]\(\.\./(flows/\S+)\)", section.text) == [
        (f"flows/{path.name}",) * 2
    ]
    assert attributes(path)["name"] == recipe.title.partition(". ")[2]


@EACH
def test_the_steps_of_a_file_are_those_of_the_recipe(recipe: Recipe, path: Path) -> None:
    nodes = attributes(path)["graph"]["nodes"]

    assert [step.number for step in recipe.steps] == list(range(1, len(nodes) + 1))
    assert recipe.steps[-1].first("Output")
    for step, node in zip(recipe.steps, nodes, strict=True):
        assert node["id"] == f"step_{step.number}"
        assert node.get("first", False) is (step.number == 1)
        assert node.get("error", False) is step.handles_errors
        _check_command(step, node)
        assert node["fields"] == _fields(step), step.title


def _check_command(step: Step, node: dict[str, Any]) -> None:
    """Check that a step runs what its title in the document says."""
    command = re.fullmatch(r"\w+/([\w-]+):(\w+)@latest", node["command"])
    assert command
    component, function = command.groups()
    assert node["name"]
    if step.title == APPROVAL:
        assert (component, function, node["name"]) == ("jsonata", "transform", APPROVAL)
    elif component == CONNECTOR.name:
        title = {**DESCRIPTOR["actions"], **DESCRIPTOR["triggers"]}[function]["title"]
        assert step.title in {function, title}
        assert node["name"] == title
    else:
        entries = {**COMPONENT.descriptor["triggers"], **COMPONENT.descriptor["actions"]}
        assert step.title.split(", ")[-1] == entries[FUNCTIONS[component, function]]["title"]


def _fields(step: Step) -> dict[str, Any]:
    """Return the fields of a step, as the document has them."""
    fields, expression = step.first("Fields"), step.first("JSONata Expression")
    shown: dict[str, Any] = fields.value if fields else {}
    if expression:
        shown["expression"] = expression.text
    if step.title.startswith("Webhook"):
        [request] = step.of("Output")
        shown["payload"] = json.dumps(request.value, indent=2)
    return shown


@EACH
def test_the_mappings_of_a_file_are_those_of_the_recipe(recipe: Recipe, path: Path) -> None:
    edges = attributes(path)["graph"]["edges"]

    before = recipe.steps[0]
    for step, edge in zip(recipe.steps[1:], edges, strict=True):
        mapping, condition = step.first("Mapping"), step.first("Condition")
        if step.otherwise:
            [before] = [one for one in recipe.steps if one.title == "Router, Route"]
        source = {} if step.handles_errors else {"source": f"step_{before.number}"}
        before = step
        assert {**source, "target": f"step_{step.number}"}.items() <= edge.items()
        assert ("config" in edge) is (mapping is not None)
        assert edge.get("config", {}).get("condition") == (condition.text if condition else None)
        if mapping:
            assert edge["config"]["mapper_type"] == "jsonata"
            assert _unspaced(_developer_mode(edge["config"]["mapper"])) == _unspaced(mapping.text)


def _developer_mode(mapper: Any) -> str:
    """Return a mapper as one JSONata object."""
    if isinstance(mapper, str):
        return mapper
    members = [f'"{name}": {_developer_mode(part)}' for name, part in mapper.items()]
    return f"{{ {', '.join(members)} }}"


def _unspaced(jsonata: str) -> str:
    return "".join(jsonata.split())


# The recipes are run


@EACH
def test_a_recipe_with_the_permissions_that_it_names(
    recipe: Recipe, path: Path, registry: ExampleRegistry
) -> None:
    log = play(path, registry, registry.grant(recipe.policy))

    handles_errors = any(step.handles_errors for step in recipe.steps)
    for step in recipe.steps:
        step_id = f"step_{step.number}"
        emitted = log.bodies(step_id)
        assert bool(emitted) is not step.otherwise, step.title
        if step.otherwise:
            continue
        assert handles_errors or not log.of(step_id, "error")
        if shown := [block.value for block in step.of("Output")]:
            assert registry.difference(shown, _as_shown(step, shown, emitted)) == "", step.title
        rebounds = [block.text for block in step.of("Rebound")]
        assert log.of(step_id, "rebound") == rebounds


def _as_shown(step: Step, shown: list[Any], emitted: list[Any]) -> list[Any]:
    """Return what was emitted, of which a recipe may show a part if it comes from its trigger."""
    if step.number != 1:
        return emitted
    [whole], [body] = shown, emitted
    return [{name: body[name] for name in whole}]


@EACH
def test_a_recipe_s_policy_has_the_permissions_of_its_steps(recipe: Recipe, path: Path) -> None:
    del path
    asked: set[str] = set()
    for step in recipe.steps:
        fields = step.first("Fields")
        if step.title == TRIGGER:
            asked |= {*ASKED_BY_THE_TRIGGER}
        elif step.title in OPERATIONS:
            asked.add(step.title)
        elif called := CALLED.get(step.title):
            creates = fields is not None and fields.value.get("createTargetRepository")
            asked |= {*called} - ({"CreateRepository"} if not creates else set())

    assert permissions(recipe.policy) == {f"ecr:{name}" for name in asked}


def test_the_flow_to_begin_with_says_a_sentence_about_each_image(registry: ExampleRegistry) -> None:
    sentences = [body["sentence"] for body in play(FLOWS / "hello.json", registry).bodies("step_3")]

    assert sentences == [
        "team/app:1.4.2 was pushed less than a day ago.",
        "An image of team/app has lost its tag, and has been gathering dust for 30 days.",
    ]


# What else they do


def step_of(path: Path, number: int) -> Step:
    return RECIPES[FILES.index(path)].steps[number - 1]


def text_of(path: Path, number: int, kind: str = "JSONata Expression") -> str:
    block = step_of(path, number).first(kind)
    assert block
    return block.text


def evaluate(path: Path, number: int, body: Any, **earlier: Any) -> Any:
    """Return what the expression of a recipe's step yields, given bodies of earlier steps."""
    passthrough = {step: {"body": emitted} for step, emitted in earlier.items()}
    return Expression(text_of(path, number)).value(body, passthrough)


def test_after_the_clean_up_no_untagged_image_is_left(registry: ExampleRegistry) -> None:
    untagged = {"repositoryName": "team/app", "filter": {"tagStatus": "UNTAGGED"}}
    assert len(registry.ask("ListImages", **untagged)["imageIds"]) == 1

    play(CLEAN_UP, registry)

    assert registry.ask("ListImages", **untagged)["imageIds"] == []
    assert len(registry.ask("ListImages", repositoryName="team/app")["imageIds"]) == 1
    assert play(CLEAN_UP, registry).bodies("step_3") == []


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

    assert evaluate(AUDIT, 4, body) == {"repositoryName": "team/app", "finding": finding}


@pytest.mark.parametrize("place", [(), ("content",)])
def test_the_message_that_failed_is_found_wherever_the_platform_puts_it(
    place: tuple[str, ...],
) -> None:
    failed: dict[str, Any] = {"body": {"repositoryName": "team/app"}}
    for name in place:
        failed = {name: failed}
    error = {"name": "RepositoryPolicyNotFoundException", "message": "It does not exist"}

    found = evaluate(AUDIT, 5, {"error": error, "errorInput": failed})

    assert found == {"repositoryName": "team/app", "finding": "no policy"}


def test_parts_of_other_images_don_t_complete_a_group() -> None:
    fields = step_of(COPY_BY_LAYERS, 10).first("Fields")
    assert fields
    mapper = Mapper(text_of(COPY_BY_LAYERS, 10, "Mapping"))
    step = StandardStep("reassemble", fields.value)

    emitted = [
        body
        for image, layer in [("a", "1"), ("b", "1"), ("a", "2")]
        for body in step.bodies(
            mapper.body(
                {"body": {}},
                {
                    "step_1": {"body": {"imageDigest": image}},
                    "step_4": {"body": {"layerDigest": layer, "count": 2}},
                },
            )
        )
    ]

    data = {"1": {"layerDigest": "1"}, "2": {"layerDigest": "2"}}
    assert emitted == [{"groupSize": 2, "groupId": "a", "messageData": data}]


def test_an_image_that_is_not_approved_is_not_promoted() -> None:
    assert evaluate(PROMOTE, 4, {"approved": False}) is False


def test_an_image_that_is_stable_needs_no_approval(registry: ExampleRegistry) -> None:
    assert play(PROMOTE, registry).bodies("step_6")

    again = play(PROMOTE, registry)

    [image] = again.bodies("step_1")
    assert image["imageTags"] == ["1.4.2", "stable"]
    assert again.bodies("step_2") == []


def test_an_image_that_is_gone_when_it_is_approved_is_an_error(registry: ExampleRegistry) -> None:
    new = step_of(PROMOTE, 1).first("Output")
    assert new
    mapper = Mapper(text_of(PROMOTE, 6, "Mapping"))
    body = mapper.body({"body": {"images": []}}, {"step_1": {"body": new.value}})

    [(event, error)] = run("PutImage", body, registry.cfg)

    assert event == "error"
    assert "imageManifest is missing" in error["message"]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])],
)
def test_images_are_deleted_in_batches_of_a_hundred(count: int, sizes: list[int]) -> None:
    ids = [{"imageDigest": f"sha256:{number:064}"} for number in range(count)]

    batches = evaluate(CLEAN_UP, 3, {"imageIds": ids})

    assert [len(batch["imageIds"]) for batch in batches] == sizes
    assert [one for batch in batches for one in batch["imageIds"]] == ids


def test_layers_that_the_target_has_are_not_copied() -> None:
    image = {"images": [{"imageManifest": manifest(CONFIG, LAYER)}]}
    states = {digest(CONFIG): "AVAILABLE", digest(LAYER): "UNAVAILABLE"}
    layers = [{"layerDigest": key, "layerAvailability": it} for key, it in states.items()]
    missing = {"layers": layers, "failures": []}

    assert evaluate(COPY_BY_LAYERS, 4, missing, step_2=image) == [
        {"layerDigest": digest(LAYER), "lastByte": 5, "count": 1}
    ]
    layers[1]["layerAvailability"] = "AVAILABLE"
    assert evaluate(COPY_BY_LAYERS, 4, missing, step_2=image) == []


def test_an_image_is_copied_once(registry: ExampleRegistry) -> None:
    assert play(COPY_BY_LAYERS, registry).bodies("step_11")

    again = play(COPY_BY_LAYERS, registry)

    assert again.bodies("step_3")
    assert again.bodies("step_4") == []


def test_both_copies_of_an_image_are_the_image(registry: ExampleRegistry) -> None:
    [whole] = play(COPY, registry).bodies("step_2")
    [by_layers] = play(COPY_BY_LAYERS, registry).bodies("step_11")

    assert whole["imageDigest"] == by_layers["image"]["imageId"]["imageDigest"]
    assert whole["layersCopied"] == 2
    [again] = play(COPY, registry).bodies("step_2")
    assert again["layersCopied"] == 0


def test_a_policy_that_deletes_too_much_is_not_put() -> None:
    assert evaluate(TRY, 4, {"summary": {"expiringImageTotalCount": 51}}) is False


def test_an_image_that_fails_its_scan_is_reported_and_not_promoted(
    registry: ExampleRegistry, tmp_path: Path
) -> None:
    flow = json.loads(SCAN.read_bytes())
    flow["data"]["attributes"]["graph"]["nodes"][1]["fields"]["failsAt"] = "high"
    (tmp_path / "flow.json").write_text(json.dumps(flow))
    shown = step_of(SCAN, 5).first("Output")
    assert shown

    log = play(tmp_path / "flow.json", registry)

    assert log.bodies("step_4") == []
    assert log.bodies("step_5") == [shown.value]


def test_an_image_that_is_promoted_may_come_again(registry: ExampleRegistry) -> None:
    play(SCAN, registry)

    again = play(SCAN, registry)

    [image] = again.bodies("step_1")
    assert image["imageTags"] == ["1.4.2", "stable"]
    assert again.of("step_2", "rebound") == []
    [copied] = again.bodies("step_4")
    assert copied["targetImageTag"] == "stable"
