"""A studio, started as people start it, and a browser on it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import (
    Watch,
    open_studio,
    running_browser,
    running_component_page,
    running_studio,
)
from tests.support.provision import Machine
from tests.support.studio_page import StudioPage


@pytest.fixture(scope="module")
def studio() -> Iterator[str]:
    """Return the URL of a studio."""
    with running_studio() as url:
        yield url


# For a module only: while Playwright runs, no other test of this process can use asyncio.
@pytest.fixture(scope="module")
def browser(machine: Machine) -> Iterator[Browser]:
    """Return a browser."""
    with running_browser(machine.need_browser()) as running:
        yield running


@pytest.fixture
def watch(browser: Browser, studio: str) -> Iterator[Watch]:
    """Return a page of the studio; the test fails if the page logs an error."""
    with open_studio(browser, studio) as watched:
        yield watched
        watched.check()


@pytest.fixture
def page(watch: Watch) -> StudioPage:
    """Return the page of ``watch``."""
    return StudioPage(watch.page)


@pytest.fixture(scope="module")
def components() -> Iterator[str]:
    """Return the address of the page that shows forms, the mapper and credentials alone."""
    with running_component_page() as address:
        yield address
