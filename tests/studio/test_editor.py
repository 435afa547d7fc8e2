from collections.abc import Callable
from typing import Any

import pytest

from lib.studio.document import Document
from lib.studio.editor import Editor, Place
from lib.studio.palette import Entry, Palette
from lib.studio.workspace import Workspace
from tests.support.flows import CONNECTOR

PALETTE = Palette(CONNECTOR)
ENTRIES = {entry.title: entry for group in PALETTE.groups for entry in group.entries}


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(CONNECTOR, Document())


@pytest.fixture
def editor(workspace: Workspace) -> Editor:
    return Editor(workspace, PALETTE.timer)


@pytest.fixture
def add(editor: Editor) -> Callable[..., str]:
    """Put something into the flow by its title, and return its id."""
    return lambda title, *args: editor.add(ENTRIES[title], *args)


def names(workspace: Workspace) -> list[str]:
    """Return the names of the steps along the first branches."""
    document = workspace.document
    step, found = document.first, []
    while step:
        found.append(document.node(step)["name"])
        step = next((edge["target"] for edge in document.edges_from(step)), None)
    return found


def mapper_to(workspace: Workspace, step: str) -> Any:
    edge = workspace.document.edge_to(step) or {}
    return (edge.get("config") or {}).get("mapper")


Add = Callable[..., str]


def test_a_flow_gets_a_timer_before_its_first_action(workspace: Workspace, add: Add) -> None:
    step = add("Describe Images")
    assert names(workspace) == ["Simple Trigger", "Describe Images"]
    assert workspace.selected == step
    assert mapper_to(workspace, step) == {}


def test_the_timer_goes_with_the_action_that_needed_it(
    workspace: Workspace, editor: Editor, add: Add
) -> None:
    add("Describe Images")
    editor.undo()
    assert workspace.document.first is None
    assert not workspace.document.can_undo


def test_a_step_without_input_of_its_own_gets_the_body_as_it_is(
    workspace: Workspace, add: Add
) -> None:
    add("Simple Trigger")
    assert mapper_to(workspace, add("Transform")) is None


def test_a_trigger_takes_the_place_of_the_other(workspace: Workspace, add: Add) -> None:
    add("Describe Images")
    step = add("New Images")
    assert names(workspace) == ["New Images", "Describe Images"]
    assert workspace.document.first == workspace.selected == step


def test_steps_go_after_the_selected_one(workspace: Workspace, add: Add) -> None:
    add("List Images")
    workspace.selected = workspace.document.first
    add("Describe Images")
    assert names(workspace) == ["Simple Trigger", "Describe Images", "List Images"]


def test_steps_go_to_the_end_if_none_is_selected(workspace: Workspace, add: Add) -> None:
    add("List Images")
    workspace.selected = None
    add("Transform")
    assert names(workspace) == ["Simple Trigger", "List Images", "Transform"]


def test_steps_go_to_a_place(workspace: Workspace, add: Add) -> None:
    add("List Images")
    add("Transform", Place(workspace.document.first))
    assert names(workspace) == ["Simple Trigger", "Transform", "List Images"]


def test_steps_after_a_router_are_its_branches(workspace: Workspace, add: Add) -> None:
    add("Simple Trigger")
    router = add("Route")
    branches = []
    for title in ("Transform", "List Images"):
        workspace.selected = router
        branches.append(add(title))
    assert [edge["target"] for edge in workspace.document.edges_from(router)] == branches


def test_steps_move_up_and_down_but_not_before_the_trigger(
    workspace: Workspace, editor: Editor, add: Add
) -> None:
    first, second = add("List Images"), add("Transform")
    editor.move_up(second)
    assert names(workspace) == ["Simple Trigger", "Transform", "List Images"]
    editor.move_up(second)
    assert names(workspace) == ["Simple Trigger", "Transform", "List Images"]
    editor.move_down(second)
    assert names(workspace) == ["Simple Trigger", "List Images", "Transform"]
    editor.move_down(second)
    trigger = workspace.document.first
    assert trigger
    editor.move_down(trigger)
    assert names(workspace) == ["Simple Trigger", "List Images", "Transform"]
    assert workspace.selected == second != first


def test_the_step_before_a_removed_one_is_selected(
    workspace: Workspace, editor: Editor, add: Add
) -> None:
    before = add("List Images")
    editor.remove(add("Transform"))
    assert workspace.selected == before


def test_a_copy_is_selected_and_there_is_but_one_trigger(
    workspace: Workspace, editor: Editor, add: Add
) -> None:
    step = add("List Images")
    editor.duplicate(step)
    assert names(workspace) == ["Simple Trigger", "List Images", "List Images"]
    assert workspace.selected not in {None, step}
    trigger = workspace.document.first
    assert trigger
    editor.duplicate(trigger)
    assert len(workspace.document.nodes) == 3


def test_what_an_undo_removes_is_not_selected(
    workspace: Workspace, editor: Editor, add: Add
) -> None:
    add("Simple Trigger")
    add("List Images")
    editor.undo()
    assert workspace.selected is None
    editor.redo()
    assert names(workspace) == ["Simple Trigger", "List Images"]


def test_every_edit_is_published(workspace: Workspace, editor: Editor, add: Add) -> None:
    published: list[str] = []
    end = workspace.subscribe("document", lambda: published.append("document"))
    workspace.subscribe("selection", lambda: published.append("selection"))
    step = add("List Images")
    assert published == ["document", "selection"]
    end()
    editor.remove(step)
    assert published == ["document", "selection", "selection"]


def test_an_entry_that_is_no_trigger_is_no_start(workspace: Workspace, editor: Editor) -> None:
    entries: list[Entry] = [entry for entry in ENTRIES.values() if not entry.is_trigger]
    for entry in entries:
        workspace.open(Document())
        editor.add(entry)
        first = workspace.document.first
        assert first
        assert editor.is_trigger(first)


def test_a_step_is_called_by_its_name_or_by_what_it_runs(workspace: Workspace, add: Add) -> None:
    step = add("Create Repository")
    workspace.document.rename(step, "")
    by_function = workspace.title(step)
    workspace.document.rename(step, "Make room")

    assert by_function == "Create Repository"
    assert workspace.title(step) == "Make room"


def test_a_step_that_is_not_there_is_named(workspace: Workspace) -> None:
    with pytest.raises(KeyError, match="step_9"):
        workspace.document.node("step_9")
