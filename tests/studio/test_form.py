"""The form of a step in a browser."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import HTML, open_page

pytestmark = pytest.mark.long

Open = Callable[..., AbstractContextManager["Form"]]


class Form:
    """A form on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def input(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def box(self, label: str) -> Locator:
        return self.page.get_by_role("checkbox", name=label, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, label: str, *choices: str) -> None:
        self.input(label).click()
        for choice in choices:
            self.page.get_by_role("option", name=choice, exact=True).click()

    def expect_reported(self, values: Any) -> None:
        reported = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
        expect(self.page.get_by_label("Reported")).to_have_text(reported)


@pytest.fixture
def open_form(browser: Browser, components: str) -> Open:
    @contextmanager
    def open_it(**values: Any) -> Iterator[Form]:
        with open_page(browser, f"{components}/form?values={quote(json.dumps(values))}") as watch:
            yield Form(watch.page)
            watch.check()

    return open_it


def test_fields_come_in_the_order_of_the_descriptor(open_form: Open) -> None:
    with open_form() as form:
        expect(form.page.locator(".form-field")).to_contain_text(
            ["Repository", "Tag", "Events", "Debug", "Secret", "About", "Expression", "Request"]
        )


def test_the_choices_of_the_account_are_asked_for_again_after_an_error(open_form: Open) -> None:
    with open_form() as form:
        expect(form.page.get_by_role("alert")).to_have_text(f"not allowed to list {HTML}")
        form.button("Try again").click()
        expect(form.page.get_by_role("alert")).to_have_count(0)
        form.choose("Repository", f"team/web {HTML}")

        form.expect_reported({"repository": "team/web"})


def test_a_choice_can_be_cleared(open_form: Open) -> None:
    with open_form(repository="team/app") as form:
        field = form.page.locator(".form-field", has=form.input("Repository"))
        field.get_by_role("button", name="Clear").click()

        form.expect_reported({})


def test_a_chosen_value_that_is_not_in_the_list_is_kept_and_says_so(open_form: Open) -> None:
    with open_form(repository="team/gone") as form:
        expect(form.input("Repository")).to_have_value("team/gone")
        form.button("Load the choices of Repository again").click()
        expect(form.input("Repository")).to_have_value("team/gone (not in the list)")
        form.input("Limit").fill("5")

        form.expect_reported({"repository": "team/gone", "limit": "5"})


def test_a_prompt_says_what_to_choose(open_form: Open) -> None:
    with open_form() as form:
        expect(form.input("Repository")).to_have_attribute("placeholder", "Choose a repository")


def test_a_drop_down_waits_for_the_fields_that_it_needs(open_form: Open) -> None:
    with open_form() as form:
        expect(form.page.get_by_text("Fill in Repository first.")).to_be_visible()
        expect(form.input("Tag")).to_be_disabled()
        form.button("Try again").click()
        form.choose("Repository", "team/app")
        form.choose("Tag", "1.4.2 of team/app")

        form.expect_reported({"repository": "team/app", "tag": "1.4.2"})


def test_nothing_stands_between_a_list_and_its_options_for_screen_readers(open_form: Open) -> None:
    with open_form() as form:
        form.input("Events").click()
        expect(form.page.get_by_role("option", name="Pushed")).to_be_visible()

        expect(form.page.locator("[role=listbox] > [tabindex]")).to_have_count(0)


def test_several_values_are_chosen(open_form: Open) -> None:
    with open_form() as form:
        form.choose("Events", "Deleted", "Pushed")

        form.expect_reported({"events": ["delete", "push"]})


def test_a_check_box_is_true_or_left_out(open_form: Open) -> None:
    with open_form() as form:
        form.box("Debug").click()
        form.expect_reported({"debug": True})
        form.box("Debug").click()

        form.expect_reported({})


@pytest.mark.parametrize("ticked", [True, "true", "on"])
def test_a_check_box_is_ticked_as_the_platform_writes_it(open_form: Open, ticked: Any) -> None:
    with open_form(debug=ticked) as form:
        expect(form.box("Debug")).to_be_checked()


def test_texts_are_reported_and_left_out_when_they_are_emptied(open_form: Open) -> None:
    with open_form(limit=7, other="kept") as form:
        expect(form.input("Limit")).to_have_value("7")
        form.input("About").fill("one\ntwo")
        form.expect_reported({"limit": 7, "other": "kept", "about": "one\ntwo"})
        form.input("Limit").fill("")

        form.expect_reported({"other": "kept", "about": "one\ntwo"})


def test_a_password_is_hidden(open_form: Open) -> None:
    with open_form(secret="x") as form:
        expect(form.input("Secret")).to_have_attribute("type", "password")


def test_a_note_is_shown_as_text_on_hovering_and_by_the_keyboard(open_form: Open) -> None:
    with open_form() as form:
        form.button("Help: Repository").hover()
        expect(form.page.get_by_role("tooltip")).to_have_text("The repository; see there.")
        form.button("Help: Repository").focus()
        form.page.keyboard.press("Enter")
        expect(form.page.get_by_role("dialog")).to_have_text("The repository; see there.")
        form.page.keyboard.press("Escape")

        expect(form.page.get_by_role("dialog")).to_have_count(0)


def test_jsonata_shows_its_value_and_its_mistakes(open_form: Open) -> None:
    with open_form(expression="repository &") as form:
        field = form.page.locator(".form-field", has=form.input("Expression"))
        expect(field).to_contain_text("Unexpected end of expression")
        form.input("Expression").fill("repository & tags[0]")

        expect(field).to_contain_text('"team/app1.4.2"')
        form.expect_reported({"expression": "repository & tags[0]"})


def test_values_follow_the_sample(open_form: Open) -> None:
    with open_form(expression="repository") as form:
        field = form.page.locator(".form-field", has=form.input("Expression"))
        expect(field).to_contain_text('"team/app"')
        form.button("Another sample").click()

        expect(field).to_contain_text('"team/web"')


def test_a_request_keeps_what_the_form_does_not_show(open_form: Open) -> None:
    with open_form(reader={"method": "GET", "url": "a", "headers": []}) as form:
        form.input("URL").fill("repository")

        form.expect_reported({"reader": {"method": "GET", "url": "repository", "headers": []}})


def test_a_required_field_says_so_to_screen_readers(open_form: Open) -> None:
    with open_form() as form:
        expect(form.input("Repository")).to_have_attribute("aria-required", "true")
