"""The form of the credentials in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import HTML, open_page


@pytest.fixture
def form(browser: Browser, components: str) -> Iterator[Page]:
    with open_page(browser, f"{components}/credentials") as watch:
        yield watch.page
        watch.check()


def test_credentials_that_are_not_good_show_the_reason(form: Page) -> None:
    form.get_by_label("Key").fill("wrong")
    form.get_by_role("button", name="Verify").click()

    expect(form.get_by_role("status")).to_contain_text(f"Check Key: {HTML}")


def test_good_credentials_are_reported_and_verified(form: Page) -> None:
    form.get_by_label("Key").fill("good")
    form.get_by_role("button", name="Verify").click()

    expect(form.get_by_role("status")).to_contain_text("Verified")
    expect(form.get_by_label("Reported")).to_have_text('{"key":"good"}')


def test_an_answer_goes_when_the_credentials_change(form: Page) -> None:
    form.get_by_role("button", name="Verify").click()
    expect(form.get_by_role("status")).to_contain_text("Check Key")
    form.get_by_label("Key").fill("good")

    expect(form.get_by_role("status")).to_be_empty()


def test_the_credentials_of_the_sandbox_take_the_place_of_the_others(form: Page) -> None:
    form.get_by_label("Key").fill("mine")
    form.get_by_role("button", name="Use the sandbox").click()

    expect(form.get_by_label("Key")).to_have_value("good")
    expect(form.get_by_label("Reported")).to_have_text('{"key":"good","secret":"sandbox"}')


def test_the_example_image_is_put_into_the_sandbox(form: Page) -> None:
    form.get_by_role("button", name="Add the example image").click()

    expect(form.get_by_role("status")).to_contain_text("The example image is in the sandbox")
    expect(form.get_by_label("Reported")).to_have_text('"example image"')
