"""docs/triggers.md: what it shows is what AWS takes and what the trigger emits."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from lib.component.triggers.new_images.trigger import (
    MESSAGES_PER_SNAPSHOT,
    MOST_PUSHES,
    SETTLING_TIME,
)
from tests.support.aws_model import Event, ask_action
from tests.support.command import run
from tests.support.registry import registry
from tests.support.repository import DESCRIPTOR
from tests.support.trigger_guide import GUIDE, Example, blocks, examples, is_event, section

Json = dict[str, Any]

BLOCKS = blocks("Image event")
EXAMPLES = examples()
TRIGGERS = {"New images": "newImages", "Image event": "imageEvent"}
FIELDS = DESCRIPTOR["triggers"]["imageEvent"]["fields"]


def only(holds: Callable[[Any], bool]) -> Any:
    """Return the one block that is of a kind."""
    [block] = filter(holds, BLOCKS)
    return block


def is_pattern(block: Any) -> bool:
    return isinstance(block, dict) and isinstance(block.get("source"), list)


def is_policy(block: Any) -> bool:
    return isinstance(block, dict) and "Statement" in block


def matches(pattern: Json, event: Json) -> bool:
    """Tell whether a rule's pattern, of plain values alone, lets an event pass.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """
    return all(
        name in event
        and (matches(rule, event[name]) if isinstance(rule, dict) else event[name] in rule)
        for name, rule in pattern.items()
    )


def check(operation: str, **parameters: Any) -> None:
    """Check parameters of an operation of EventBridge as the AWS CLI does."""
    model = ServiceModel(Loader().load_service_model("events", "service-2"), "events")
    shape = model.operation_model(operation).input_shape
    assert ParamValidator().validate(parameters, shape).generate_report() == ""


def test_the_guide_has_these_blocks_and_no_other() -> None:
    kinds = [is_event, is_pattern, is_policy]

    assert [sum(map(kind, BLOCKS)) for kind in kinds] == [len(EXAMPLES), 2, 2]
    assert len(BLOCKS) == 2 * len(EXAMPLES) + 2 + 2 + 2  # and the connection and the target


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.event["detail-type"])
def test_an_event_is_emitted_as_shown(example: Example) -> None:
    assert ask_action("imageEvent", example.event, {})["body"] == example.emitted


def test_each_kind_of_event_is_shown() -> None:
    # A deletion looks like a push.
    kinds = {example.emitted["event"] for example in EXAMPLES}

    assert kinds | {"delete"} == FIELDS["events"]["model"].keys()


def test_each_pattern_fits_its_events_and_names_nothing_that_they_don_t_have() -> None:
    events = [example.event for example in EXAMPLES]
    wide, narrow = filter(is_pattern, BLOCKS)

    assert {event["detail-type"] for event in events if matches(wide, event)} == {
        *wide["detail-type"]
    }
    assert [event["detail"]["action-type"] for event in events if matches(narrow, event)] == [
        "PUSH"
    ]


def test_the_connection_and_the_target_are_what_eventbridge_takes() -> None:
    connection = only(lambda block: isinstance(block, dict) and "ApiKeyAuthParameters" in block)
    targets = only(lambda block: isinstance(block, list))

    check(
        "CreateConnection",
        Name="image-events",
        AuthorizationType="API_KEY",
        AuthParameters=connection,
    )
    check("PutTargets", Rule="image-events", Targets=targets)


def test_eventbridge_may_assume_the_role_and_call_the_target_and_nothing_else() -> None:
    trust, policy = (block["Statement"] for block in BLOCKS if is_policy(block))
    [target] = only(lambda block: isinstance(block, list))

    assert trust == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
    [statement] = policy
    assert (statement["Effect"], statement["Action"]) == ("Allow", "events:InvokeApiDestination")
    assert target["Arn"].startswith(statement["Resource"].removesuffix("*"))


def test_each_command_of_aws_has_the_parameters_that_it_needs() -> None:
    text = GUIDE.read_text().replace("\\\n", " ")
    model = ServiceModel(Loader().load_service_model("events", "service-2"), "events")
    commands = re.findall(r"\$ aws events ([a-z-]+)(.*)", text)

    assert len(commands) == 4
    for name, options in commands:
        shape = model.operation_model(pascal(name)).input_shape
        given = {pascal(option) for option in re.findall(r"--([a-z-]+)", options)}
        assert set(shape.required_members) <= given <= shape.members.keys(), name


def pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def test_the_command_line_does_as_the_guide_says() -> None:
    [cfg] = re.findall(r"run imageEvent --body @event.json --cfg '(.*)'", GUIDE.read_text())
    push = EXAMPLES[0].event

    assert run("imageEvent", push, {}).event["payload"]["body"] == EXAMPLES[0].emitted
    assert run("imageEvent", push, json.loads(cfg)).events == []


@pytest.mark.parametrize("title", TRIGGERS)
def test_each_field_is_told_with_its_label(title: str) -> None:
    rows = re.findall(r"^\| ([\w ]+) \(`(\w+)`\) \|", section(title), re.MULTILINE)

    fields = DESCRIPTOR["triggers"][TRIGGERS[title]]["fields"]
    assert rows == [(field["label"], name) for name, field in fields.items()]


def test_a_new_image_is_emitted_as_shown_and_the_snapshot_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given the registry of the guide, at the time that its snapshot tells
    shown, policy, snapshot = blocks("New images")
    caplog.set_level("INFO")
    events: list[Event] = []
    with registry() as ecr:
        ecr.create(shown["repositoryName"])
        ecr.now = snapshot["pushedAt"] + SETTLING_TIME
        uri = ecr.push(
            shown["repositoryName"],
            int(shown["imageDigest"].removeprefix("sha256:"), 16),
            *shown["imageTags"],
            at=int(datetime.fromisoformat(shown["imagePushedAt"]).timestamp()),
            size=shown["imageSizeInBytes"],
        )

        # When it runs
        cfg = {**ecr.cfg, "startFrom": "beginning", "verbose": "on"}
        ask_action("newImages", {}, cfg, events)

    # Then
    account = uri.partition(".")[0]
    [emitted] = [payload["body"] for event, payload in events if event == "data"]
    assert json.loads(json.dumps(emitted).replace(account, shown["registryId"])) == shown
    assert events[-1] == ("snapshot", snapshot)

    # And the policy allows what was asked
    asked = {found[1] for line in caplog.messages if (found := re.match(r"(\w+) asks", line))}
    allowed = {statement["Action"] for statement in policy["Statement"]}
    assert allowed == {f"ecr:{operation}" for operation in asked}


def test_the_numbers_of_the_guide_are_those_of_the_trigger() -> None:
    text = " ".join(section("New images").split())

    assert f"{SETTLING_TIME} seconds" in text
    assert f"at most {MESSAGES_PER_SNAPSHOT} messages" in text
    assert f"{MOST_PUSHES:,} images" in text
