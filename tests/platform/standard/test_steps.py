"""The platform's standard steps, each as its public component does it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lib.platform.standard import FUNCTIONS
from tests.support.standard import COMPONENT, StandardStep

PASSTHROUGH = {"step_1": {"body": {"limit": 2}}}


def test_every_function_of_a_flow_is_one_of_the_component() -> None:
    entries = {**COMPONENT.descriptor["triggers"], **COMPONENT.descriptor["actions"]}

    assert set(FUNCTIONS.values()) == set(entries)
    for function in entries:
        assert callable(COMPONENT.process(function))


@pytest.mark.parametrize(
    ("component", "function"),
    [  # as the documentation and the repositories of the platform's components name them
        ("simple-trigger-component", "timer"),
        ("webhook", "receive"),
        ("filter", "SimpleJSONataFilter"),
        ("jsonata", "transform"),
        ("router", "route"),
        ("splitter", "splitOnJsonataExpression"),
        ("splitter-component", "reassemble"),
        ("rest-api-component-v2", "httpRequestAxios"),
    ],
)
def test_a_function_is_found_by_the_names_in_a_command(component: str, function: str) -> None:
    assert FUNCTIONS[component, function] == function


# Simple Trigger


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_the_timer_emits_the_time_of_this_run_and_of_the_one_before() -> None:
    timer, before = StandardStep("timer", {}), now()

    first = timer.events({})
    second = timer.events({})

    assert [event for event, _ in first + second] == ["data", "snapshot"] * 2
    fired = first[0][1]["body"]["fireTime"]
    assert before <= fired <= now()
    assert first[0][1]["body"] == {"fireTime": fired, "lastPoll": "1970-01-01T00:00:00.000Z"}
    assert first[1][1] == {"lastPoll": fired}
    assert second[0][1]["body"]["lastPoll"] == fired


@pytest.mark.parametrize(
    "fields",
    [{"startTime": "2999-01-01T00:00:00.000Z"}, {"endTime": "2001-01-01T00:00:00.000Z"}],
)
def test_the_timer_is_silent_outside_its_times(fields: dict[str, str]) -> None:
    assert StandardStep("timer", fields).events({}) == []


def test_the_first_run_of_a_timer_counts_from_its_start() -> None:
    fields = {"startTime": "2026-01-01T00:00:00.000Z", "endTime": "2999-01-01T00:00:00.000Z"}

    [body] = [
        payload["body"]
        for event, payload in StandardStep("timer", fields).events({})
        if event == "data"
    ]

    assert body["lastPoll"] == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"startTime": "tomorrow"},
            (
                'Start Time (startTime): got "tomorrow", expected a time such as'
                " 1970-01-01T00:00:00.000Z"
            ),
        ),
        (
            {"startTime": "2999-01-01T00:00:00.000Z", "endTime": "2001-01-01T00:00:00.000Z"},
            "Start Time (2999-01-01T00:00:00.000Z) is after End Time (2001-01-01T00:00:00.000Z)",
        ),
    ],
)
def test_times_of_a_timer_that_are_wrong_are_an_error(fields: dict[str, str], said: str) -> None:
    assert StandardStep("timer", fields).error({}) == f"FieldError: {said}"


# Webhook


def test_a_webhook_puts_the_parts_of_a_request_into_its_body() -> None:
    request = {
        "query": {"q": "1"},
        "headers": {"content-type": "application/json"},
        "method": "POST",
        "url": "/hook/1",
    }

    [body] = StandardStep("receive", {}).bodies({"a": 1}, **request)

    assert body == {"a": 1, **{f"_{name}": part for name, part in request.items()}}


def test_a_webhook_adds_nothing_that_is_not_there() -> None:
    assert StandardStep("receive", {}).bodies({"a": 1}) == [{"a": 1}]
    assert StandardStep("receive", {}).bodies([1], method="POST") == [[1]]


# Filter


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ("count > elasticio.step_1.body.limit", True),
        ("count < $getPassthrough().step_1.body.limit", False),
        ("nothing = 1", False),
        ("nothing", False),
        ("count", True),
        ("$getFlowVariables().most >= count", True),
    ],
)
def test_a_filter_passes_on_what_its_expression_is_true_of(expression: str, passes: bool) -> None:
    step = StandardStep("SimpleJSONataFilter", {"expression": expression}, {"most": 3})

    emitted = step.bodies({"count": 3}, passthrough=PASSTHROUGH)

    assert emitted == [{"count": 3}] * passes


def test_a_filter_with_an_assertion_emits_an_error_instead() -> None:
    step = StandardStep("SimpleJSONataFilter", {"expression": "count > 5", "assertion": True})

    assert step.bodies({"count": 6}) == [{"count": 6}]
    assert step.error({"count": 3}) == (
        "AssertionFailedError: This is not true of the message: count > 5"
    )


def test_a_filter_can_add_the_messages_of_earlier_steps() -> None:
    fields = {"expression": "true", "addMetadataToResponse": True}

    emitted = StandardStep("SimpleJSONataFilter", fields).bodies({"a": 1}, passthrough=PASSTHROUGH)

    assert emitted == [{"a": 1, "elasticioMeta": PASSTHROUGH}]


# Transformation


@pytest.mark.parametrize(
    ("expression", "bodies"),
    [
        ('{ "n": n + elasticio.step_1.body.limit }', [{"n": 3}]),
        ('items.{ "x": $ }', [{"x": 1}, {"x": 2}]),
        ("[{}, {'a': null}]", [{}, {"a": None}]),
        ("{}", []),
        ("[]", []),
        ("nothing", []),
        ("null", []),
        ("n", []),
        ("''", []),
    ],
)
def test_a_transformation_emits_what_its_expression_makes(
    expression: str, bodies: list[Any]
) -> None:
    step = StandardStep("transform", {"expression": expression})

    assert step.bodies({"n": 1, "items": [1, 2]}, passthrough=PASSTHROUGH) == bodies


def test_a_transformation_into_text_is_an_error() -> None:
    assert StandardStep("transform", {"expression": "'text'"}).error({}) == (
        "TransformationError: The expression yields text, expected an object or a list"
    )


# Splitter, Split on JSONata Expression


@pytest.mark.parametrize(
    ("expression", "bodies"),
    [
        ("items", [{"x": 1}, {"x": 2}]),
        ("items[x = 2]", [{"x": 2}]),
        ("[items[x > 5]]", []),
        ("[[items], [items]]", [[{"x": 1}, {"x": 2}], [{"x": 1}, {"x": 2}]]),
        ("items.{ 'y': x + $getPassthrough().step_1.body.limit }", [{"y": 3}, {"y": 4}]),
    ],
)
def test_a_splitter_emits_each_object_of_a_list(expression: str, bodies: list[Any]) -> None:
    step = StandardStep("splitOnJsonataExpression", {"expression": expression})

    assert step.bodies({"items": [{"x": 1}, {"x": 2}]}, passthrough=PASSTHROUGH) == bodies


@pytest.mark.parametrize("expression", ["items.x", "1", "nothing", "[items, 1]"])
def test_what_is_no_object_cannot_be_emitted(expression: str) -> None:
    step = StandardStep("splitOnJsonataExpression", {"expression": expression})

    assert step.error({"items": [{"x": 1}, {"x": 2}]}) == (
        "SplitError: Only objects can be emitted; the expression yields something else"
    )


# Fields that hold JSONata


@pytest.mark.parametrize(
    "function", ["SimpleJSONataFilter", "transform", "splitOnJsonataExpression"]
)
@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("  ", "FieldError: The field JSONata Expression (expression) is empty"),
        (
            "a +",
            'ExpressionError: "a +" is not JSONata: Unexpected end of expression (at character 3)',
        ),
        (
            "$number('x')",
            "ExpressionError: \"$number('x')\" fails: could not convert string to float: 'x'",
        ),
    ],
)
def test_an_expression_that_is_wrong_is_an_error(function: str, expression: str, said: str) -> None:
    assert StandardStep(function, {"expression": expression}).error({}) == said


# Router


def test_a_router_emits_its_input_without_the_passthrough_that_the_runtime_adds() -> None:
    attachments = {"a": {"url": "https://example.com"}}

    [(event, message)] = StandardStep("route", {}).events(
        {"a": 1}, attachments=attachments, passthrough=PASSTHROUGH
    )

    assert event == "data"
    assert message == {"body": {"a": 1}, "headers": {}, "attachments": attachments}
