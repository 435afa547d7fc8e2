"""Files of flows: how they are read, and all that is wrong with one, at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from lib.platform.errors import InvalidFlowError
from lib.platform.flows.plan import prepare
from tests.support.flows import (
    CONNECTOR,
    chain,
    edge,
    exported,
    node,
    plan,
    says,
    write,
)
from tests.support.repository import ROOT

OURS = "flowground/amazonaws-com-ecr-connector"
ROUTER = "elasticio/router:route@latest"
OWN = ROOT / "tests/sailor/components/own"
TWINS = ROOT / "tests/sailor/components/twins"


def faults(folder: Path, nodes: list[Any], edges: list[Any], **attributes: Any) -> list[str]:
    """Return what is wrong with a flow."""
    return faults_of(write(folder, nodes, edges, **attributes))


def faults_of(file: Path) -> list[str]:
    with pytest.raises(InvalidFlowError) as raised:
        prepare(file, CONNECTOR)
    heading, *lines = str(raised.value).splitlines()
    assert heading == f"{file} cannot run:"
    assert lines == [f"- {fault}" for fault in raised.value.faults]
    return [*raised.value.faults]


# Reading


def test_a_flow_is_read_as_the_api_takes_it(tmp_path: Path) -> None:
    # Given
    nodes = [
        node("step_1", f"{OURS}:newImages@latest", name="New pushes", first=True),
        node("step_2", f"{OURS}:DescribeImages@1.2.0", fields={"repositoryName": "team/app"}),
    ]
    edges = [edge("step_1", "step_2", {"imageIds": "[{'imageDigest': imageDigest}]"})]
    file = write(tmp_path, nodes, edges, name="Look", description="Looks at new images")

    # When
    read = prepare(file, CONNECTOR)

    # Then
    assert (read.file.name, read.file.description) == ("Look", "Looks at new images")
    assert list(read.steps) == ["step_1", "step_2"]
    assert read.first.id == "step_1"
    assert [step.title for step in read.steps.values()] == ["New pushes", "Describe Images"]
    assert read.steps["step_2"].node.fields == {"repositoryName": "team/app"}
    (branch,) = read.first.branches
    assert branch.target == "step_2"
    assert branch.input({"body": {"imageDigest": "sha256:1"}})["body"] == {
        "imageIds": [{"imageDigest": "sha256:1"}]
    }


def test_a_flow_is_read_as_the_platform_exports_it(tmp_path: Path) -> None:
    # Given
    nodes = [node("step_1", f"{OURS}:newImages@latest"), node("step_2", f"{OURS}:ListImages@1")]
    file = write(tmp_path, nodes, chain("step_1", "step_2"))
    as_imported = prepare(file, CONNECTOR)
    file.write_text(json.dumps(exported(json.loads(file.read_text()))))

    # When
    as_exported = prepare(file, CONNECTOR)

    # Then
    assert as_exported.file == as_imported.file
    assert [step.function.name for step in as_exported.steps.values()] == [
        "newImages",
        "ListImages",
    ]


def test_a_component_is_a_folder_named_from_where_the_flow_is(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/component.json").write_text('{"actions": {"echo": {"main": "./echo.py"}}}')
    (tmp_path / "mine/echo.py").write_text("def process(step, msg, cfg, snapshot): return msg\n")

    read = plan(tmp_path / "flows", [node("step_1", "../mine:echo")], [])

    assert read.first.function.component.path == tmp_path / "mine"
    assert read.first.title == "echo"
    assert not read.takes_credentials


def test_credentials_are_for_the_connector_alone(tmp_path: Path) -> None:
    read = plan(
        tmp_path,
        [node("step_1", f"{OURS}:newImages", fields={"repositories": []}), says("step_2")],
        chain("step_1", "step_2"),
    )

    keys = {"accessKeyId": "AKIA"}
    assert read.takes_credentials
    assert read.steps["step_1"].config(keys) == {"accessKeyId": "AKIA", "repositories": []}
    assert read.steps["step_2"].config(keys) == {"script": []}


def test_steps_stand_in_the_order_of_their_messages(tmp_path: Path) -> None:
    nodes = [node(each) for each in ("d", "c", "b", "a")] + [node("e", error=True)]
    edges = [edge("a", "b"), edge("a", "d"), edge("b", "c"), edge(None, "e"), edge("c", "d")]

    read = plan(tmp_path, nodes, edges)

    assert list(read.steps) == ["a", "b", "c", "d", "e"]
    assert read.first.id == "a"
    assert [branch.target for branch in read.branches_for_errors("d")] == ["e"]
    assert read.branches_for_errors("e") == ()


# What is not a flow


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "the file cannot be read: No such file or directory"),
        ("{", "the file is not JSON: unexpected end of data: line 1 column 2 (char 1)"),
        ("[]", "the file has no graph; a flow is data.attributes.graph with nodes and edges"),
        ('{"data": {"attributes": {"graph": 5}}}', "the file has no graph; a flow is"),
    ],
)
def test_a_file_without_a_flow(tmp_path: Path, content: str | None, fault: str) -> None:
    file = tmp_path / "flow.json"
    if content is not None:
        file.write_text(content)

    (found,) = faults_of(file)

    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("nodes", "edges", "fault"),
    [
        ({}, [], "nodes is not a list"),
        ([5], [], "nodes[0] has no id"),
        ([{"id": ""}], [], "nodes[0] has no id"),
        (
            [{"id": "step_1"}],
            [],
            'step_1: the command is not of the form "team/component:function@version"',
        ),
        (
            [node("step_1", "echo")],
            [],
            'step_1: the command is not of the form "team/component:function@version"',
        ),
        ([node("step_1", fields=[])], [], "step_1: its fields are not an object"),
        ([node("step_1")], 5, "edges is not a list"),
        ([node("step_1")], [{}], "edges[0] is not an object with source and target"),
        ([node("step_1")], [{"source": "step_1"}], "edges[0] is not an object with source"),
        (
            [node("step_1"), node("step_2")],
            [{**edge("step_1", "step_2", {"a": "{{b}}"}), "config": {"mapper": [1]}}],
            "the edge from step_1 to step_2: its mapper is not an object",
        ),
        (
            [node("step_1"), node("step_2")],
            [{"source": "step_1", "target": "step_2", "config": {"condition": 5}}],
            "the edge from step_1 to step_2: its condition is not a text",
        ),
        (
            [node("step_1"), node("step_2")],
            [
                {
                    "source": "step_1",
                    "target": "step_2",
                    "config": {"mapper_type": "handlebars", "mapper": {"a": "{{b}}"}},
                }
            ],
            (
                "the edge from step_1 to step_2: got a mapper of the type 'handlebars', expected"
                " 'jsonata'"
            ),
        ),
    ],
)
def test_a_part_that_cannot_be_read(tmp_path: Path, nodes: Any, edges: Any, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(tmp_path, nodes, edges))


def test_the_type_of_mappers_may_be_said_for_the_whole_flow(tmp_path: Path) -> None:
    edges = [{"source": "step_1", "target": "step_2", "config": {"mapper": {"a": "{{b}}"}}}]

    found = faults(
        tmp_path, [node("step_1"), node("step_2")], edges, default_mapper_type="handlebars"
    )

    assert found[0] == (
        "the edge from step_1 to step_2: got a mapper of the type 'handlebars', expected 'jsonata'"
    )


# Components


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (
            f"{OURS}:DescribImages@latest",
            "the component has no action or trigger 'DescribImages'; did you mean DescribeImages?",
        ),
        (f"{OURS}:push", "the component has no action or trigger 'push'"),
        (
            "flowground/amazon-com-ecr-connector:ListImages",
            (
                "there is no component 'flowground/amazon-com-ecr-connector' here; did you mean"
                " amazonaws-com-ecr-connector?"
            ),
        ),
        ("elasticio/petstore:getPets", "there is no component 'elasticio/petstore' here"),
        (
            "elasticio/splitter:splitOnJsonata",
            (
                "'elasticio/splitter' has no function 'splitOnJsonata' here; did you mean"
                " splitOnJsonataExpression?"
            ),
        ),
        ("./nothing:echo", "{folder}/nothing/component.json cannot be read: No such file"),
        (f"{TWINS}:broken", f"{TWINS}/broken.py fails to import: "),
        (f"{TWINS}:idle", "the module of 'idle' has no function process"),
    ],
)
def test_what_a_step_runs_has_to_be_there(tmp_path: Path, command: str, fault: str) -> None:
    (found,) = faults(tmp_path, [node("step_1", command)], [])

    assert found.startswith(f"step_1: {fault.format(folder=tmp_path)}")


def test_a_component_in_javascript_needs_a_broker(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text('{"actions": {"echo": {"main": "./echo.js"}}}')
    (tmp_path / "echo.js").write_text("exports.process = msg => msg;\n")
    file = write(tmp_path, [node("step_1", ".:echo")], [])

    assert faults_of(file) == ["step_1: '.' is a Node.js component, which only runs over a broker"]
    assert prepare(file, CONNECTOR, runs_node=True).first.function.is_node


# The graph


@pytest.mark.parametrize(
    ("nodes", "edges", "fault"),
    [
        ([node("a"), node("b"), node("b")], [edge("a", "b")], "b: 2 steps have this id"),
        ([node("a")], [edge("a", "b")], "the edge from a to b: there is no step 'b'"),
        ([node("a")], [edge("b", "a")], "the edge from b to a: there is no step 'b'"),
        ([node("a")], [edge(None, "b")], "the edge of errors to b: there is no step 'b'"),
        (
            [node("a"), node("b")],
            [edge("a", "b"), edge(None, "b")],
            'the edge of errors to b: it has no source, and that step is not marked "error": true',
        ),
        (
            [node("a"), node("b", error=True)],
            [],
            "b: no message reaches it",
        ),
        ([], [], "there is no first step"),
        (
            [node("a"), node("b")],
            [edge("a", "b"), edge("b", "a")],
            "there is no first step: an edge leads to every step",
        ),
        (
            [node("a"), node("b")],
            [edge("a", "b"), edge("b", "a")],
            "the steps go round in a circle: b → a → b",
        ),
        (
            [node("a", first=True), node("b", first=True)],
            [edge("a", "b")],
            "there is one first step, but a and b are marked as first",
        ),
        (
            [node("a"), node("b"), node("c")],
            [],
            "there is one first step, but no edge leads to a, b and c",
        ),
        (
            [node("a", first=True), node("b"), node("c")],
            [edge("a", "b")],
            "c: no message reaches it",
        ),
        (
            [node("a"), node("b")],
            [edge("a", "b", condition="true")],
            "the edge from a to b: it has a condition, but a is not a router",
        ),
        (
            [node("a", ROUTER), node("b"), node("c")],
            [edge("a", "b"), edge("a", "c")],
            (
                "a: a router has at most one default branch, but the edges to b and c have no"
                " condition"
            ),
        ),
    ],
)
def test_a_graph_that_makes_no_flow(
    tmp_path: Path, nodes: list[Any], edges: list[Any], fault: str
) -> None:
    assert fault in faults(tmp_path, nodes, edges)


def test_every_circle_is_found(tmp_path: Path) -> None:
    nodes = [node(each, first=each == "a") for each in "abcd"]
    edges = [*chain("a", "b", "c", "d"), edge("b", "b"), edge("d", "c")]

    assert faults(tmp_path, nodes, edges) == [
        "the steps go round in a circle: c → d → c",
        "the steps go round in a circle: b → b",
    ]


# Expressions


def test_every_expression_of_a_mapper_and_a_condition_is_checked(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        [node("a", ROUTER), node("b")],
        [edge("a", "b", {"x": "(", "deep": {"y": "$no("}, "z": "fine"}, condition="1 +")],
    )

    assert [fault.partition(": ")[0] for fault in found] == ["the edge from a to b"] * 3
    assert ["x: " in found[0], "deep.y: " in found[1], "condition: " in found[2]] == [True] * 3


# All at once


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        [
            5,
            node("step_1", f"{OURS}:newImage", first=True),
            node("step_2", ROUTER),
            node("step_3", "elasticio/petstore:getPets"),
            node("step_4"),
        ],
        [
            edge("step_1", "step_2", {"a": "("}),
            edge("step_2", "step_3"),
            edge("step_2", "step_9"),
            edge("step_3", "step_2"),
        ],
    )

    assert [fault.partition(":")[0] for fault in found] == [
        "nodes[0] has no id",
        "step_1",
        "step_3",
        "the edge from step_2 to step_9",
        "the steps go round in a circle",
        "step_4",
        "the edge from step_1 to step_2",
    ]


def test_nothing_runs_before_the_checks(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    first = says("step_1", ["return", {"body": {}}])
    first["fields"]["journal"] = str(journal)

    assert faults(tmp_path, [first], [edge("step_1", "step_2")])
    assert not journal.exists()
