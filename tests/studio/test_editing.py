"""What a person changes on the page, and sees of it at once."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.support.flows import chain, edge, node, write
from tests.support.studio_page import StudioPage

pytestmark = pytest.mark.long

DESCRIBE_IMAGES = "flowground/amazonaws-com-ecr-connector:DescribeImages@latest"
RECEIVE = "elasticio/webhook:receive@latest"
TIMER = "elasticio/simple-trigger-component:timer@latest"
TRANSFORM = "elasticio/jsonata:transform@latest"


def titles(page: StudioPage) -> Locator:
    """Return the titles of all cards, from top to bottom."""
    return page.page.locator(".step-title")


def choose_in_menu(page: StudioPage, title: str, item: str) -> None:
    """Choose something in the menu of a card."""
    page.button(f"More for {title}").click()
    page.page.get_by_role("menu").get_by_text(item).click()


# Steps


def test_the_menu_of_a_card_duplicates_moves_and_removes_its_step(page: StudioPage) -> None:
    page.begin("Hello, images")

    choose_in_menu(page, "Make a sentence", "Move up")
    expect(titles(page)).to_have_text(["Simple Trigger", "Make a sentence", "Describe Images"])
    choose_in_menu(page, "Make a sentence", "Move down")
    expect(titles(page)).to_have_text(["Simple Trigger", "Describe Images", "Make a sentence"])
    choose_in_menu(page, "Describe Images", "Duplicate")
    expect(titles(page)).to_have_count(4)
    choose_in_menu(page, "Make a sentence", "Remove")
    expect(titles(page)).to_have_count(3)
    expect(page.card("Make a sentence")).to_have_count(0)


@pytest.mark.parametrize("by", ["menu", "plus"])
def test_a_step_is_inserted_between_two_others(page: StudioPage, by: str) -> None:
    page.begin("Hello, images")

    if by == "menu":
        choose_in_menu(page, "Simple Trigger", "Insert a step after it")
    else:
        page.button("Insert a step after Simple Trigger").click()
    expect(page.palette).to_contain_text("Choose what to insert")
    page.entry("List Images").click()

    expect(titles(page)).to_have_text(
        ["Simple Trigger", "List Images", "Describe Images", "Make a sentence"]
    )


def test_escape_gives_up_an_insertion(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.button("Insert a step after Simple Trigger").click()
    expect(page.palette).to_contain_text("Choose what to insert")

    page.page.keyboard.press("Escape")

    expect(page.palette).not_to_contain_text("Choose what to insert")


def test_a_step_gets_another_name(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.select("Describe Images")

    page.selected.get_by_label("Name of the step").fill("Look at them")

    expect(page.card("Look at them")).to_be_visible()


def test_a_step_without_a_way_to_it_is_shown_apart(page: StudioPage, tmp_path: Path) -> None:
    lone = node("c", DESCRIBE_IMAGES, name="Alone")
    page.open_file(write(tmp_path, [node("a", TIMER), node("b", TRANSFORM), lone], chain("a", "b")))

    expect(page.page.locator(".flow")).to_contain_text("Not connected")
    expect(page.card("Alone")).to_be_visible()


def test_ways_that_meet_again_are_drawn_once(page: StudioPage, tmp_path: Path) -> None:
    nodes = [node("a", TIMER), *(node(each, TRANSFORM, name=each.upper()) for each in "bcd")]
    ways = [edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d")]
    page.open_file(write(tmp_path, nodes, ways))

    expect(page.page.locator(".flow")).to_contain_text("continues at D")
    expect(page.card("D")).to_have_count(1)


# The flow


def test_the_condition_of_a_branch_is_changed_in_its_place(page: StudioPage) -> None:
    page.begin("Scan, then promote or report")
    condition = page.page.locator(".flow").get_by_role("textbox", name="Branch 1")

    condition.fill("body.passed = 42")
    condition.press("Enter")
    expect(page.button("Undo (Ctrl+Z)")).to_be_enabled()

    conditions = [
        (each.get("config") or {}).get("condition") for each in page.download()["graph"]["edges"]
    ]
    assert "body.passed = 42" in conditions


def test_the_flow_is_described(page: StudioPage) -> None:
    page.begin("Empty flow")

    page.page.get_by_label("What the flow does").fill("It counts images.")
    expect(page.button("Undo (Ctrl+Z)")).to_be_enabled()

    assert page.download()["description"] == "It counts images."


def test_a_file_that_cannot_be_written_is_refused_in_place(
    page: StudioPage, tmp_path: Path
) -> None:
    page.begin("Hello, images")
    page.button("Save (Ctrl+S)").click()
    dialog = page.page.get_by_role("dialog")
    dialog.get_by_label("File").fill(str(tmp_path / "nowhere" / "mine.json"))

    dialog.get_by_role("button", name="Save").click()

    expect(dialog.get_by_role("status")).to_have_text(
        "It cannot be saved there: No such file or directory"
    )


def test_changes_are_not_discarded_without_a_question(page: StudioPage) -> None:
    page.begin("Empty flow")
    page.add("Describe Images")
    page.button("Open (Ctrl+O)").click()
    dialog = page.page.get_by_role("dialog", name="Discard the changes?")

    dialog.get_by_role("button", name="Cancel").click()

    expect(page.page.get_by_role("dialog")).to_have_count(0)
    expect(page.card("Describe Images")).to_be_visible()


# What it begins with, and what it did


def test_a_flow_begins_with_the_body_that_a_person_types(page: StudioPage, tmp_path: Path) -> None:
    page.open_file(write(tmp_path, [node("a", RECEIVE, name="Receive")], []))
    page.open("Receive", "Input")
    body = page.selected.get_by_label("Body that the flow begins with (JSON)")
    body.fill('{"tag": ')
    expect(page.selected).to_contain_text("Not JSON")

    body.fill('{"tag": "1.4.2"}')
    expect(page.selected).not_to_contain_text("Not JSON")
    page.run()

    expect(page.card("Receive")).to_contain_text('tag: "1.4.2"')


def test_another_run_takes_the_place_of_the_one_that_is_shown(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.run()
    page.open("Describe Images", "Result")
    expect(page.selected.locator("details.result-data")).to_have_count(2)
    first = page.page.locator(".progress").text_content()

    page.button("Run").click()
    page.page.wait_for_function(
        "(first) => { const now = document.querySelector('.progress').textContent;"
        " return now.startsWith('Done') && now !== first || now === 'Starting …' }",
        arg=first,
    )
    expect(page.progress).to_contain_text("Done in")

    expect(page.selected.locator("details.result-data")).to_have_count(2)
    expect(page.selected.get_by_role("status")).to_contain_text("1 message in · 2 out")


def test_the_log_of_a_step_is_shown(page: StudioPage, tmp_path: Path) -> None:
    fields = {"repositoryName": "team/app", "emitBehaviour": "fetchAll"}
    described = node("b", DESCRIBE_IMAGES, name="Look", fields=fields)
    way = edge("a", "b", {"maxResults": "7"})
    page.open_file(write(tmp_path, [node("a", TIMER), described], [way]))
    page.run()
    page.open("Look", "Result")

    page.selected.get_by_text(re.compile("^Log: ")).click()

    expect(page.selected.locator(".log-line").first).to_contain_text("emitBehavior")


# The page


def test_the_keys_are_listed(page: StudioPage) -> None:
    page.button("Keys").click()
    dialog = page.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Ctrl+Shift+Z")

    dialog.get_by_role("button", name="Close").click()

    expect(dialog).to_have_count(0)


def test_the_colors_are_those_that_a_person_chooses(page: StudioPage) -> None:
    body = page.page.locator("body")
    expect(body).not_to_have_class(re.compile("body--dark"))

    page.button("Colors: as the system").click()
    expect(body).to_have_class(re.compile("body--dark"))
    page.button("Colors: dark").click()
    expect(body).not_to_have_class(re.compile("body--dark"))
    page.button("Colors: light").click()

    expect(page.button("Colors: as the system")).to_be_visible()
