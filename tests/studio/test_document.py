import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.platform.errors import InvalidFlowError
from lib.platform.flows.plan import prepare_content
from lib.studio.document import Document
from tests.support.flows import CONNECTOR, chain, edge, exported, node
from tests.support.repository import ROOT

FLOWS = sorted((ROOT / "flows").glob("*.json"))
FILTER = "elasticio/filter:SimpleJSONataFilter@latest"
ROUTER = "elasticio/router:route@latest"
TIMER = "elasticio/simple-trigger-component:timer@latest"

Json = dict[str, Any]
Edit = Callable[[Document], object]


def flow(nodes: list[Json], edges: list[Json]) -> Json:
    return {"name": "A test", "graph": {"nodes": nodes, "edges": edges}}


def three_steps() -> Document:
    nodes = [node("a", TIMER, first=True), node("b", FILTER), node("c", FILTER)]
    return Document(flow(nodes, [edge("a", "b", {"x": "1"}), edge("b", "c", {"y": "2"})]))


def routed() -> Document:
    nodes = [node("a", TIMER, first=True), node("r", ROUTER), *(node(s, FILTER) for s in "xyz")]
    edges = [edge("a", "r"), edge("r", "x", None, "one"), edge("r", "y"), edge("y", "z")]
    return Document(flow(nodes, edges))


def ways(document: Document) -> list[tuple[Any, ...]]:
    """Return source, target, mapper and condition of each edge."""
    found = []
    for each in document.edges:
        config = each.get("config") or {}
        found.append(
            (each.get("source"), each["target"], config.get("mapper"), config["condition"])
        )
    return found


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.stem)
def test_a_file_comes_out_as_it_went_in(file: Path) -> None:
    content = json.loads(file.read_text())
    assert Document(content).dump() == content


def test_what_an_export_has_besides_stays_through_edits() -> None:
    content = exported(json.loads((ROOT / "flows/hello.json").read_text()))
    content["graph"]["nodes"][1]["extra"] = {"keep": ["this"]}
    content["graph"]["edges"][1]["id"] = "an id"
    content["folder"] = "f1"
    document = Document(content)
    document.remove("step_2")
    document.undo()
    document.rename("step_2", "Another name")
    after = document.dump()
    assert after["folder"] == "f1"
    kept = after["graph"]["nodes"][1]
    assert kept["extra"] == {"keep": ["this"]}
    assert after["graph"]["edges"][1]["id"] == "an id"
    assert (
        after["graph"]["nodes"][1]["component_id"] == content["graph"]["nodes"][1]["component_id"]
    )


def test_copies_change_nothing_in_the_flow() -> None:
    document = three_steps()
    before = document.dump()
    document.node("a")["fields"] = {"x": 1}
    document.nodes.clear()
    document.edges[0]["target"] = "c"
    document.dump()["graph"]["nodes"].clear()
    assert document.dump() == before


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({}, "no graph"),
        (flow([node("a"), node("a")], []), "a: 2 steps have this id"),
        (flow([node("a")], [edge("a", "b")]), "there is no step 'b'"),
        (flow([{"id": "a"}], []), "a: the command is not of the form"),
        (flow([node("a"), node("b")], [{"source": "a", "target": "b", "config": [1]}]), "config"),
    ],
)
def test_what_cannot_be_edited_is_refused(content: Json, fault: str) -> None:
    with pytest.raises(InvalidFlowError) as error:
        Document(content)
    assert fault in str(error.value)


class TestInserting:
    def test_the_first_step_begins_an_empty_flow(self) -> None:
        document = Document()
        step = document.insert(TIMER, {}, after=None, name="Timer")
        assert document.nodes == [
            {"id": step, "command": TIMER, "name": "Timer", "fields": {}, "first": True}
        ]

    def test_a_step_comes_between_two_others(self) -> None:
        document = three_steps()
        step = document.insert(FILTER, {"expression": "true"}, after="a", mapper={})
        assert [each["id"] for each in document.nodes] == ["a", step, "b", "c"]
        assert ways(document) == [
            ("a", step, {}, None),
            (step, "b", {"x": "1"}, None),
            ("b", "c", {"y": "2"}, None),
        ]

    def test_a_step_comes_last(self) -> None:
        document = three_steps()
        step = document.insert(FILTER, {}, after="c", mapper={})
        assert ways(document)[-1] == ("c", step, {}, None)

    def test_a_step_begins_the_flow_instead_of_another(self) -> None:
        document = three_steps()
        step = document.insert(TIMER, {}, after=None)
        assert [each["id"] for each in document.nodes if each.get("first")] == [step]
        assert document.edges_from(step) == [{"source": step, "target": "a"}]

    def test_a_step_on_a_branch_takes_over_its_condition(self) -> None:
        document = routed()
        step = document.insert(FILTER, {}, after="r", branch="x", mapper={})
        assert ("r", step, {}, "one") in ways(document)
        assert (step, "x", None, None) in ways(document)

    def test_a_step_after_a_router_is_another_branch(self) -> None:
        document = routed()
        step = document.insert(FILTER, {}, after="r", mapper={})
        assert [each["target"] for each in document.edges_from("r")] == ["x", "y", step]

    def test_a_step_is_a_second_branch_on_request(self) -> None:
        document = three_steps()
        step = document.insert(FILTER, {}, after="b", as_branch=True, mapper={})
        assert [each["target"] for each in document.edges_from("b")] == ["c", step]


class TestRemoving:
    def test_the_steps_around_are_joined(self) -> None:
        document = three_steps()
        document.remove("b")
        assert ways(document) == [("a", "c", {"y": "2"}, None)]

    def test_the_next_step_begins_the_flow(self) -> None:
        document = three_steps()
        document.remove("a")
        assert document.node("b")["first"] is True
        assert ways(document) == [("b", "c", {"y": "2"}, None)]

    def test_the_condition_of_a_branch_passes_to_the_next_step(self) -> None:
        document = routed()
        document.set_condition("r", "y", "two")
        document.remove("y")
        assert ("r", "z", None, "two") in ways(document)

    def test_a_routers_branches_come_after_the_step_before_it(self) -> None:
        document = routed()
        document.remove("r")
        assert ways(document)[:2] == [("a", "x", None, None), ("a", "y", None, None)]

    def test_the_last_step_leaves_an_empty_flow(self) -> None:
        document = Document(flow([node("a", TIMER)], []))
        document.remove("a")
        assert (document.nodes, document.edges) == ([], [])

    def test_the_next_step_handles_the_errors(self) -> None:
        nodes = [node("a", first=True), node("e", FILTER, error=True), node("f", FILTER)]
        document = Document(flow(nodes, [edge(None, "e"), edge("e", "f")]))
        document.remove("e")
        assert document.node("f")["error"] is True
        assert [(each.get("source"), each["target"]) for each in document.edges] == [(None, "f")]


class TestMoving:
    def test_a_step_keeps_its_mapper(self) -> None:
        document = three_steps()
        document.move("b", after="c")
        assert [each["id"] for each in document.nodes] == ["a", "c", "b"]
        assert ways(document) == [("a", "c", {"y": "2"}, None), ("c", "b", {"x": "1"}, None)]

    def test_a_step_moves_to_where_it_is(self) -> None:
        document = three_steps()
        document.move("b", after="a")
        assert not document.can_undo

    def test_a_step_moves_onto_a_branch(self) -> None:
        document = routed()
        document.move("z", after="r", branch="x")
        assert ("r", "z", None, "one") in ways(document)
        assert ("z", "x", None, None) in ways(document)

    def test_a_router_takes_its_branches_along(self) -> None:
        nodes = [node("a", first=True), node("b", FILTER), node("c", FILTER), node("r", ROUTER)]
        nodes += [node("x", FILTER), node("y", FILTER)]
        edges = [*chain("a", "b", "c", "r"), edge("r", "x", None, "one"), edge("r", "y")]
        document = Document(flow(nodes, edges))
        document.move("r", after="b")
        assert [each["target"] for each in document.edges_from("r")] == ["c", "x", "y"]
        assert [each["target"] for each in document.edges_from("b")] == ["r"]

    def test_a_router_does_not_move_into_its_own_branch(self) -> None:
        document = routed()
        document.move("r", after="z")
        assert not document.can_undo

    def test_a_step_moves_to_the_beginning(self) -> None:
        document = three_steps()
        document.move("c", after=None)
        assert [each["id"] for each in document.nodes if each.get("first")] == ["c"]
        assert [(each["source"], each["target"]) for each in document.edges] == [
            ("c", "a"),
            ("a", "b"),
        ]


def test_a_copy_comes_after_its_step_with_the_same_mapper() -> None:
    document = three_steps()
    copied = document.duplicate("b")
    assert document.node(copied) == {**document.node("b"), "id": copied}
    assert ways(document) == [
        ("a", "b", {"x": "1"}, None),
        ("b", copied, {"x": "1"}, None),
        (copied, "c", {"y": "2"}, None),
    ]


def test_a_mapper_is_set_and_taken_away() -> None:
    document = Document(flow([node("a"), node("b")], [{"source": "a", "target": "b"}]))
    document.set_mapper("a", "b", {"x": "1"})
    assert ways(document) == [("a", "b", {"x": "1"}, None)]
    document.set_mapper("a", "b", None)
    assert ways(document) == [("a", "b", None, None)]


def test_letters_typed_in_a_row_are_undone_together() -> None:
    document = three_steps()
    for text in ("s", "sh", "shop"):
        document.set_fields("b", {"expression": text})
    document.rename("b", "Shop?")
    document.undo()
    assert document.node("b")["fields"] == {"expression": "shop"}
    document.undo()
    assert not document.node("b").get("fields")
    assert not document.can_undo


def test_an_edit_after_an_undo_forgets_what_was_undone() -> None:
    document = three_steps()
    document.remove("c")
    document.undo()
    document.remove("b")
    assert not document.can_redo


def test_letters_typed_after_an_undo_are_an_edit_of_their_own() -> None:
    document = three_steps()
    document.set_fields("b", {"expression": "a"})
    document.remove("c")
    document.undo()
    document.set_fields("b", {"expression": "b"})
    document.undo()
    assert document.node("b")["fields"] == {"expression": "a"}


def _steps(document: Document) -> list[str]:
    return [each["id"] for each in document.nodes]


@st.composite
def edits(draw: st.DrawFn, document: Document) -> None:
    """Make one random edit."""
    steps = _steps(document)
    step, other = (draw(st.sampled_from(steps)) for _ in range(2)) if steps else ("", None)
    choice = draw(st.integers(0, 6)) if steps else 0
    match choice:
        case 0:
            command = draw(st.sampled_from([FILTER, ROUTER]))
            as_branch = draw(st.booleans())
            document.insert(command, {}, after=other, as_branch=as_branch, mapper={})
        case 1:
            document.remove(step)
        case 2:
            document.move(step, draw(st.sampled_from([other, None])), as_branch=draw(st.booleans()))
        case 3:
            document.duplicate(step)
        case 4:
            document.rename(step, draw(st.text(max_size=3)))
        case 5:
            document.set_fields(step, {"expression": draw(st.text(max_size=3))})
        case _:
            outgoing = document.edges_from(step)
            if outgoing:
                way = draw(st.sampled_from(outgoing))
                document.set_mapper(step, way["target"], {"x": draw(st.text(max_size=3))})
                document.set_condition(step, way["target"], draw(st.text(max_size=3)))


@given(st.data(), st.sampled_from(FLOWS))
def test_whatever_is_edited_can_be_undone_and_redone(data: st.DataObject, file: Path) -> None:
    content = json.loads(file.read_text())
    document = Document(content)
    for _ in range(data.draw(st.integers(1, 12))):
        data.draw(edits(document))
        Document(document.dump())  # it can be opened again
    after = copy.deepcopy(document.dump())
    while document.can_undo:
        document.undo()
    assert document.dump() == content
    while document.can_redo:
        document.redo()
    assert document.dump() == after


@given(st.data(), st.sampled_from(FLOWS))
def test_a_chain_stays_one_that_can_run(data: st.DataObject, file: Path) -> None:
    document = Document(json.loads(file.read_text()))
    for _ in range(data.draw(st.integers(1, 8))):
        steps = _steps(document)
        step, other = (data.draw(st.sampled_from(steps)) for _ in range(2))
        match data.draw(st.integers(0, 3)):
            case 0:
                document.insert(FILTER, {"expression": "true"}, after=other, mapper={})
            case 1 if len(steps) > 1:
                document.remove(step)
            case 2:
                document.move(step, data.draw(st.sampled_from([other, None])))
            case _:
                document.duplicate(step)
    plan = prepare_content(document.dump(), ROOT / "flows/flow.json", CONNECTOR)
    assert len(plan.steps) == len(document.nodes) == len(document.edges) + 1
