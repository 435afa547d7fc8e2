"""The studio by keyboard alone."""

import re

from playwright.sync_api import Locator, expect

from tests.support.studio_page import StudioPage


def test_a_flow_is_drawn_configured_mapped_and_run_by_keyboard_alone(page: StudioPage) -> None:
    keyboard = page.page.keyboard
    tab_to(page, page.offer("Empty flow"))
    keyboard.press("Enter")

    keyboard.press("/")
    keyboard.type("describe images")
    expect(page.entry("Describe Repositories")).to_be_hidden()
    keyboard.press("Enter")
    expect(page.selected.get_by_label("Name of the step")).to_have_value("Describe Images")

    tab_to(page, page.selected.get_by_role("combobox", name=re.compile("^Repository")))
    keyboard.press("Enter")
    option = page.page.get_by_role("option", name="team/app")
    expect(option).to_be_visible()
    while "q-manual-focusable--focused" not in (option.get_attribute("class") or ""):
        keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(page.card("Describe Images")).to_contain_text("team/app")

    tab_to(page, page.selected.get_by_role("tab", name="Settings"), backwards=True)
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    tab_to(page, page.selected.get_by_role("textbox", name="Maximum Results"))
    keyboard.type("5")
    keyboard.press("Control+Enter")

    expect(page.progress).to_contain_text("Done in")
    expect(page.card("Describe Images")).to_contain_text("1 message")
    tab_to(page, page.selected.get_by_role("tab", name="Input"), backwards=True)
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(page.selected).to_contain_text("1.4.2")


def test_steps_are_undone_and_done_again_by_keyboard(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.card("Make a sentence").focus()
    page.page.keyboard.press("Delete")
    expect(page.card("Make a sentence")).to_have_count(0)

    page.page.keyboard.press("Control+z")
    expect(page.card("Make a sentence")).to_be_visible()

    page.page.keyboard.press("Control+Shift+Z")
    expect(page.card("Make a sentence")).to_have_count(0)


def tab_to(page: StudioPage, target: Locator, *, backwards: bool = False) -> None:
    """Press Tab until something has the focus, and see that its focus shows."""
    key = "Shift+Tab" if backwards else "Tab"
    for _ in range(120):
        page.page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached with {key}")
