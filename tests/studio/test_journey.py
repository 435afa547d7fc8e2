"""A person's whole way through the studio, in a real browser."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watch
from tests.support.flows import chain, node, write
from tests.support.studio_page import StudioPage

DROP_HERE = "Drag a trigger or an action here"
DESCRIBE_IMAGES = "flowground/amazonaws-com-ecr-connector:DescribeImages@latest"
DELETE_REPOSITORY = "flowground/amazonaws-com-ecr-connector:DeleteRepository@latest"
TIMER = "elasticio/simple-trigger-component:timer@latest"


def test_a_first_run_of_hello_takes_three_clicks(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.run()
    page.card("Make a sentence").click()

    expect(page.card("Make a sentence")).to_contain_text("An image of team/app has lost its tag")


def test_describe_images_is_dragged_configured_mapped_and_run(page: StudioPage) -> None:
    page.begin("Empty flow")
    page.entry("Describe Images").drag_to(page.page.get_by_text(DROP_HERE))
    page.choose("Repository", "team/app")
    page.open("Describe Images", "Input")
    page.selected.get_by_role("textbox", name="Maximum Results").fill("2 + 3")
    page.run()
    page.open("Describe Images", "Result")

    expect(page.selected.get_by_role("status")).to_contain_text("1 message in · 1 out")
    expect(page.selected).to_contain_text("1.4.2")
    expect(page.selected).to_contain_text("imageDigest")
    page.open("Describe Images", "Input")
    expect(page.selected.get_by_role("textbox", name="Maximum Results")).to_have_value("2 + 3")


def test_a_message_is_shown_as_a_tree_and_as_json(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.run()
    page.open("Describe Images", "Result")
    expect(page.selected.get_by_role("status")).to_contain_text("1 message in · 2 out")
    expect(page.selected.get_by_role("treeitem").first).to_be_visible()

    page.selected.get_by_role("button", name="JSON").click()

    expect(page.selected.locator(".json")).to_contain_text('"repositoryName": "team/app"')
    page.selected.locator(".result-data > summary").last.click()
    expect(page.selected.locator(".json").last).to_contain_text('"1.4.2"')


def test_a_step_runs_alone_on_the_sample_of_the_step_before(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.select("Describe Images")
    page.button("Retrieve a sample").click()
    expect(page.card("Describe Images")).to_contain_text("2 messages")

    page.select("Make a sentence")
    page.button("Retrieve a sample").click()

    expect(page.card("Make a sentence")).to_contain_text("1 message")
    expect(page.card("Make a sentence")).to_contain_text("An image of team/app has lost its tag")


def test_a_broken_mapping_says_what_is_wrong_in_its_place(page: StudioPage) -> None:
    page.begin("Empty flow")
    page.add("Describe Images")
    page.open("Describe Images", "Input")
    name = page.selected.get_by_role("textbox", name="Repository Name")

    name.fill('"team/" & ')

    expect(page.selected.locator(".mapper-error")).to_be_visible()
    page.run("cannot run")
    name.fill('"team/" & "app"')
    expect(page.selected.locator(".mapper-error")).to_have_count(0)
    page.run()


def test_an_error_of_amazon_ecr_is_shown_as_the_platform_shows_it(page: StudioPage) -> None:
    page.begin("Empty flow")
    page.add("Describe Images")
    page.open("Describe Images", "Input")
    page.selected.get_by_role("textbox", name="Repository Name").fill('"nobody/knows"')

    page.run("1 error")

    page.open("Describe Images", "Result")
    expect(page.selected.locator(".result-content")).to_contain_text("RepositoryNotFoundException")
    expect(page.selected.locator(".error-message")).to_contain_text("nobody/knows")
    page.selected.get_by_text("Stack").click()
    expect(page.selected.locator(".error-stack")).to_contain_text("Traceback")


def test_wrong_credentials_are_not_verified_and_those_of_the_sandbox_are(page: StudioPage) -> None:
    page.begin("Empty flow")
    page.page.get_by_role("button", name="Credentials").click()
    dialog = page.page.get_by_role("dialog", name="Credentials")
    dialog.get_by_label("Secret Access Key", exact=True).fill("wrong")
    dialog.get_by_role("button", name="Verify").click()
    expect(dialog.get_by_role("status")).to_contain_text("signature", ignore_case=True)

    dialog.get_by_role("button", name="Use the sandbox").click()
    dialog.get_by_role("button", name="Verify").click()

    expect(dialog.get_by_role("status")).to_contain_text("Verified")


def test_a_flow_is_saved_reloaded_and_opened(page: StudioPage, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    page.begin("Empty flow")
    page.add("Describe Images")
    page.choose("Repository", "team/app")
    page.save(file)
    [_, described] = json.loads(file.read_text())["data"]["attributes"]["graph"]["nodes"]
    assert described["fields"] == {"repositoryName": "team/app"}

    page.page.reload()
    expect(page.card("Describe Images")).to_contain_text("team/app")
    page.button("New flow").click()
    expect(page.card("Describe Images")).to_have_count(0)
    page.open_file(file)

    expect(page.card("Describe Images")).to_contain_text("team/app")
    page.run()


def test_a_flow_is_downloaded_as_the_platform_takes_it(page: StudioPage) -> None:
    page.begin("Hello, images")

    [*_, transform] = page.download()["graph"]["nodes"]

    assert transform["name"] == "Make a sentence"


def test_the_environment_of_a_step_is_offered_for_serve(page: StudioPage) -> None:
    page.begin("Hello, images")
    page.select("Describe Images")
    page.button("Environment of a step").click()
    dialog = page.page.get_by_role("dialog")

    with page.page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()

    text = Path(download.value.path()).read_text()
    assert re.search("^ELASTICIO_STEP_ID=step_2$", text, re.MULTILINE)


def test_a_destructive_action_asks_before_its_sample_is_retrieved(
    page: StudioPage, tmp_path: Path
) -> None:
    nodes = [
        node("a", TIMER, name="Timer"),
        node("b", DELETE_REPOSITORY, name="Delete", fields={"repositoryName": "team/open"}),
    ]
    page.open_file(write(tmp_path, nodes, chain("a", "b")))
    page.select("Delete")
    page.button("Retrieve a sample").click()
    dialog = page.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete")

    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page.card("Delete")).not_to_contain_text("message")

    page.button("Retrieve a sample").click()
    page.page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.card("Delete")).to_contain_text(re.compile("1 (message|error)"))


def test_stop_ends_a_run_at_once(page: StudioPage, tmp_path: Path) -> None:
    endless = "($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(100000000))"
    nodes = [
        node("a", TIMER, name="Timer"),
        node("b", "elasticio/jsonata:transform", name="Endless", fields={"expression": endless}),
    ]
    page.open_file(write(tmp_path, nodes, chain("a", "b")))
    page.button("Run").click()
    expect(page.card("Timer")).to_contain_text("1 message")

    page.button("Stop").click()

    expect(page.progress).to_have_text("Stopped")
    expect(page.button("Run")).to_be_visible()


@pytest.mark.parametrize("content", ["{", "[]", '{"graph": {"nodes": [{"id": 1}]}}'])
def test_a_file_that_is_no_flow_is_refused_with_a_reason(
    page: StudioPage, tmp_path: Path, content: str, watch: Watch
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(content)

    page.choose_file(file)

    expect(page.page.get_by_role("alert")).to_contain_text("broken.json")
    watch.check()
