"""The browser in which the studio is tested, on pages that misbehave."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Watch, open_page


@pytest.fixture
def blank(browser: Browser) -> Iterator[Watch]:
    with open_page(browser, "about:blank") as watched:
        yield watched


def test_a_page_that_does_nothing_wrong_passes(blank: Watch) -> None:
    blank.page.set_content("<h1>Hello</h1>")
    expect(blank.page.get_by_role("heading")).to_have_text("Hello")
    blank.check()


@pytest.mark.parametrize(
    ("script", "event", "fault"),
    [
        ("console.error('it went wrong')", "console", "logged: it went wrong"),
        ("setTimeout(() => {throw new Error('broken')})", "pageerror", "not caught: broken"),
        ("fetch('http://127.0.0.2:9/')", "request", "asked another host: http://127.0.0.2:9/"),
    ],
)
def test_a_page_that_misbehaves_fails(blank: Watch, script: str, event: str, fault: str) -> None:
    with blank.page.expect_event(event):
        blank.page.add_script_tag(content=script)
    with pytest.raises(AssertionError, match=fault):
        blank.check()


def test_an_error_that_a_test_expects_passes(blank: Watch) -> None:
    blank.expect("went wrong")
    blank.page.evaluate("console.error('it went wrong')")
    blank.check()
