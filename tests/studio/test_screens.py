"""All screens of all steps, and flows that others wrote."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lib.studio.palette import Entry, Palette
from tests.support.browser import Watch
from tests.support.flows import CONNECTOR

ENTRIES = [entry for group in Palette(CONNECTOR).groups for entry in group.entries]
EVIL = "<img src=x onerror='window.evil = 1'><b>bold</b>"


@pytest.mark.long
@pytest.mark.timeout(600)  # a second or two for each
def test_every_form_and_every_mapper_opens(watch: Watch) -> None:
    page = watch.page
    page.get_by_role("button", name="Empty flow").click()
    for entry in ENTRIES:
        title = page.locator(".entry-title").get_by_text(entry.title, exact=True)
        page.locator(".entry-main", has=title).click()
        expect(page.locator(".step.selected .step-title")).to_have_text(entry.title)
        _open_all_tabs(page, entry)
        watch.check()
        page.keyboard.press("Control+z")
        expect(page.get_by_text("Drag a trigger or an action here")).to_be_visible()


def _open_all_tabs(page: Page, entry: Entry) -> None:
    """Open the tabs of the step that has just been put into the flow."""
    if entry.descriptor["fields"]:
        expect(page.locator(".form-field, .form-check-box").first).to_be_visible()
    else:
        expect(page.get_by_text("This step has no settings.")).to_be_visible()
    page.get_by_role("tab", name="Result").click()
    expect(page.locator(".results")).to_be_visible()
    page.get_by_role("tab", name="Input").click()
    if entry.is_trigger:
        expect(page.get_by_text("The flow begins with this step.")).to_be_visible()
    elif any(field.get("required") for field in entry.descriptor["fields"].values()):
        depends = page.get_by_text("What can be mapped depends on the settings")
        expect(page.locator(".mapper").or_(depends)).to_be_visible()
    else:
        expect(page.locator(".mapper")).to_be_visible()
    expect(page.locator(".problem, .form-error")).to_have_count(0)


@pytest.mark.long
def test_texts_of_a_flow_are_no_html(watch: Watch, tmp_path: Path) -> None:
    page = watch.page

    def step(number: int, command: str, **fields: Any) -> dict[str, Any]:
        text = {"name": f"{number} {EVIL}", "description": EVIL, "fields": fields}
        return {"id": f"step_{number} {EVIL}", "command": command, **text}

    nodes = [
        step(1, "elasticio/simple-trigger-component:timer@latest", startTime=EVIL),
        step(2, "elasticio/router:route@latest", extra=EVIL),
        step(3, "flowground/amazonaws-com-ecr-connector:DescribeImages", repositoryName=EVIL),
        step(4, "elasticio/jsonata:transform@latest", expression=EVIL),
        step(5, f"nobody/{EVIL}:nothing"),
    ]
    ids = [node["id"] for node in nodes]
    config = {"mapper": {"repositoryName": f'"{EVIL}"', EVIL: EVIL}, "condition": EVIL}
    edges = [
        {"source": ids[0], "target": ids[1]},
        {"source": ids[1], "target": ids[2], "config": config},
        {"source": ids[1], "target": ids[3], "config": {"mapper": EVIL}},
        {"source": ids[3], "target": ids[4]},
    ]
    graph = {"nodes": nodes, "edges": edges}
    file = tmp_path / "flow.json"
    file.write_text(json.dumps({"name": EVIL, "description": EVIL, "graph": graph}))

    page.get_by_role("button", name="Open a file").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_label("Name of the flow")).to_have_value(EVIL)
    for number in range(1, 6):
        card = page.locator(".step-main", has_text=f"{number} {EVIL}")
        card.click()
        expect(page.get_by_label("Name of the step")).to_have_value(f"{number} {EVIL}")
        if number < 5:
            for tab in ("Input", "Result", "Settings"):
                page.get_by_role("tab", name=tab).click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".fault").first).to_be_visible()
    expect(page.locator(".progress")).to_contain_text(EVIL)
    assert page.locator("b", has_text="bold").count() == 0
    assert page.evaluate("window.evil") is None
