"""The mapper in a browser."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import HTML, open_page

pytestmark = pytest.mark.long

Open = Callable[..., AbstractContextManager["Mapper"]]


class Mapper:
    """A mapper on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def input(self, title: str) -> Locator:
        return self.page.get_by_role("textbox", name=title, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, title: str) -> Locator:
        return self.page.locator(".mapper-row", has=self.input(title)).last

    def write_as(self, kind: str, title: str) -> None:
        group = self.page.get_by_role("group", name=f"How to write {title}")
        group.get_by_role("button", name=kind).click()

    def expect_reported(self, mapper: Any) -> None:
        reported = json.dumps(mapper, separators=(",", ":"), ensure_ascii=False)
        expect(self.page.get_by_label("Reported")).to_have_text(reported)


@pytest.fixture
def open_mapper(browser: Browser, components: str) -> Open:
    @contextmanager
    def open_it(mapper: Any, sample: str = "yes") -> Iterator[Mapper]:
        url = f"{components}/mapper?mapper={quote(json.dumps(mapper))}&sample={sample}"
        with open_page(browser, url) as watch:
            yield Mapper(watch.page)
            watch.check()

    return open_it


def test_an_expression_shows_its_value_at_once(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        mapper.input("Repository Name").fill("repository & tags[0]")

        expect(mapper.row("Repository Name")).to_contain_text('"team/app1.4.2"')
        mapper.expect_reported({"name": "repository & tags[0]"})


def test_a_required_member_is_missing_until_it_is_mapped(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        expect(mapper.row("Repository Name").get_by_text("missing")).to_be_visible()
        mapper.input("Repository Name").fill("repository")

        expect(mapper.row("Repository Name").get_by_text("missing")).to_be_hidden()


def test_what_finds_nothing_says_that_it_is_left_out(open_mapper: Open) -> None:
    with open_mapper({"name": "nothing.here"}) as mapper:
        expect(mapper.row("Repository Name")).to_contain_text("left out")


def test_a_mistake_is_shown_in_place_until_it_is_repaired(open_mapper: Open) -> None:
    with open_mapper({"name": "repository ) & x"}) as mapper:
        expect(mapper.input("Repository Name")).to_have_attribute("aria-invalid", "true")
        expect(mapper.row("Repository Name")).to_contain_text("Syntax error: )")
        expect(mapper.page.locator(".mapper-excerpt")).to_have_text("repository ) & x")

        mapper.input("Repository Name").fill("repository")

        expect(mapper.input("Repository Name")).to_have_attribute("aria-invalid", "false")
        expect(mapper.row("Repository Name")).to_contain_text('"team/app"')


def test_paths_are_suggested_while_typing_and_taken_with_the_keys(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        field = mapper.input("Repository Name")
        field.press_sequentially("$uppercase(ta")
        expect(mapper.page.get_by_role("option").first).to_contain_text("tags")
        field.press("ArrowDown")
        field.press("Enter")

        expect(field).to_have_value("$uppercase(tags[0]")
        expect(mapper.page.get_by_role("option")).to_have_count(0)


def test_paths_are_suggested_by_a_click_and_taken_by_another(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        mapper.input("Repository Name").click()
        mapper.page.get_by_role("option", name=re.compile("elasticio.step_1.body.digest")).click()

        expect(mapper.row("Repository Name")).to_contain_text('"sha256:1"')
        mapper.expect_reported({"name": "elasticio.step_1.body.digest"})


def test_within_a_text_nothing_is_suggested(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        mapper.input("Repository Name").press_sequentially('"ta')

        mapper.expect_reported({"name": '"ta'})
        expect(mapper.page.get_by_role("option")).to_have_count(0)


def test_escape_closes_the_suggestions(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        mapper.input("Repository Name").press("Control+Space")
        expect(mapper.page.get_by_role("listbox")).to_be_visible()
        mapper.input("Repository Name").press("Escape")

        expect(mapper.page.get_by_role("listbox")).to_be_hidden()


def test_the_values_of_a_boolean_are_suggested_first(open_mapper: Open) -> None:
    with open_mapper({"mutable": "x"}) as mapper:
        mapper.input("Mutable").fill("")
        mapper.input("Mutable").click()

        expect(mapper.page.get_by_role("option").first).to_contain_text("true")


def test_a_plain_text_is_kept_as_the_expression_that_stands_for_it(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        mapper.write_as("Text", "Repository Name")
        expect(mapper.input("Repository Name")).to_have_attribute("placeholder", "Type a text")
        mapper.input("Repository Name").fill('team/"app"')

        mapper.expect_reported({"name": '"team/\\"app\\""'})
        mapper.write_as("JSONata", "Repository Name")
        expect(mapper.input("Repository Name")).to_have_value('"team/\\"app\\""')


def test_an_example_of_the_help_is_taken_by_a_click(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        mapper.button("Help: Repository Name").click()
        expect(mapper.page.get_by_role("dialog")).to_contain_text(f"The repository. {HTML}")
        mapper.button("Use team/app").click()

        mapper.expect_reported({"name": '"team/app"'})
        expect(mapper.input("Repository Name")).to_have_value('"team/app"')


def test_an_item_is_added_mapped_and_removed(open_mapper: Open) -> None:
    with open_mapper({"name": "repository"}) as mapper:
        mapper.button("Show 2 optional members").click()
        mapper.button("Image IDs").click()
        mapper.button("Add item").click()
        expect(mapper.input("Digest")).to_be_focused()
        mapper.page.keyboard.type("elasticio.step_1.body.digest")

        mapper.expect_reported(
            {"name": "repository", "ids": [{"digest": "elasticio.step_1.body.digest"}]}
        )
        mapper.button("Remove Item 1").click()
        mapper.expect_reported({"name": "repository", "ids": []})


def test_a_list_is_written_as_one_expression_and_divided_again(open_mapper: Open) -> None:
    with open_mapper({"ids": [{"digest": "repository"}]}) as mapper:
        mapper.write_as("JSONata", "Image IDs")
        expect(mapper.input("Image IDs")).to_have_value(
            re.compile(r'\[\s+\{\s+"digest": repository')
        )
        expect(mapper.row("Image IDs")).to_contain_text('[{"digest":"team/app"}]')
        mapper.write_as("Items", "Image IDs")

        expect(mapper.input("Digest")).to_have_value("repository")


def test_an_expression_that_is_no_list_of_objects_stays_one(open_mapper: Open) -> None:
    with open_mapper({"ids": "images.imageId"}) as mapper:
        mapper.write_as("Items", "Image IDs")

        expect(mapper.page.get_by_text("more than an object or a list of objects")).to_be_visible()
        expect(mapper.input("Image IDs")).to_have_value("images.imageId")


def test_optional_members_are_shown_and_hidden_by_the_keyboard(open_mapper: Open) -> None:
    with open_mapper({}) as mapper:
        expect(mapper.input("Mutable")).to_be_hidden()
        mapper.button("Show 2 optional members").focus()
        mapper.page.keyboard.press("Enter")
        expect(mapper.input("Mutable")).to_be_visible()
        expect(mapper.button("Hide 2 optional members")).to_be_focused()
        mapper.page.keyboard.press("Enter")

        expect(mapper.input("Mutable")).to_be_hidden()


def test_a_member_that_the_metadata_lack_says_so_and_can_be_removed(open_mapper: Open) -> None:
    with open_mapper({"name": "repository", "oops": "1"}) as mapper:
        expect(mapper.row("oops")).to_contain_text("not in the metadata")
        mapper.button("Remove oops").click()

        mapper.expect_reported({"name": "repository"})


def test_developer_mode_edits_the_whole_and_returns_to_members(open_mapper: Open) -> None:
    whole = '{"name": repository, "mutable": true}'
    with open_mapper({"name": "repository"}) as mapper:
        mapper.button("Developer").click()
        mapper.input("The whole input as JSONata").fill(whole)
        mapper.expect_reported(whole)
        expect(mapper.page.locator(".mapper-value")).to_contain_text('"mutable": true')
        mapper.button("Members").click()

        mapper.expect_reported({"name": "repository", "mutable": "true"})
        expect(mapper.input("Mutable")).to_have_value("true")


def test_what_members_cannot_show_stays_in_developer_mode(open_mapper: Open) -> None:
    with open_mapper("$merge([$, {'x': )") as mapper:
        expect(mapper.input("The whole input as JSONata")).to_have_attribute("aria-invalid", "true")
        mapper.button("Members").click()

        expect(mapper.page.get_by_text("only Developer mode can show it")).to_be_visible()
        expect(mapper.button("Developer")).to_have_attribute("aria-pressed", "true")


def test_without_a_mapping_the_body_is_passed_on_until_members_are_mapped(
    open_mapper: Open,
) -> None:
    with open_mapper(None) as mapper:
        expect(mapper.page.get_by_text("unchanged")).to_be_visible()
        expect(mapper.page.locator(".mapper-value")).to_contain_text('"repository": "team/app"')
        mapper.button("Map members").click()
        mapper.expect_reported({})
        mapper.input("Repository Name").fill("repository")
        mapper.expect_reported({"name": "repository"})
        mapper.button("Pass on").click()

        mapper.expect_reported(None)


def test_values_follow_the_sample(open_mapper: Open) -> None:
    with open_mapper({"name": "repository"}, sample="no") as mapper:
        hint = mapper.page.get_by_text("Values appear once the step before has run")
        expect(hint).to_be_visible()
        expect(mapper.page.locator(".mapper-value")).to_have_count(0)
        mapper.button("Another sample").click()

        expect(mapper.row("Repository Name")).to_contain_text('"team/web"')
        expect(hint).to_be_hidden()


def test_without_a_sample_the_metadata_of_the_step_before_are_suggested(open_mapper: Open) -> None:
    with open_mapper({}, sample="no") as mapper:
        mapper.input("Repository Name").click()

        expect(mapper.page.get_by_role("option")).to_have_text(["repositoryRepository"])


def test_html_in_a_message_is_text(open_mapper: Open) -> None:
    with open_mapper({"name": "html"}) as mapper:
        expect(mapper.row("Repository Name")).to_contain_text(HTML)
        mapper.input("Repository Name").fill("")
        mapper.input("Repository Name").click()

        expect(mapper.page.get_by_role("option", name=re.compile("^html"))).to_contain_text(HTML)
