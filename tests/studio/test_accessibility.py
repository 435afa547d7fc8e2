"""The studio's page by the rules of axe-core, and in narrow and dark windows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import Watch, open_studio
from tests.support.provision import Machine
from tests.support.repository import ROOT
from tests.support.studio_page import StudioPage

pytestmark = pytest.mark.long

AXE = ROOT / "tests/studio/axe"
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def axe(machine: Machine) -> str:
    """The script of axe-core."""
    return (machine.need_node(AXE) / "axe-core/axe.min.js").read_text()


@pytest.fixture(params=["light", "dark"])
def colored(request: pytest.FixtureRequest, browser: Browser, studio: str) -> Iterator[Watch]:
    with open_studio(browser, studio, dark=request.param == "dark") as watched:
        yield watched
        watched.check()


def violations(page: Page, axe: str) -> list[str]:
    """Return the serious violations of the page as it is now."""
    page.add_script_tag(content=axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{each['impact']} {each['id']}: {node['html'][:300]} {node['failureSummary']}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def test_no_part_of_the_page_violates_a_rule_seriously(colored: Watch, axe: str) -> None:
    page = StudioPage(colored.page)
    found = {"start": violations(page.page, axe)}
    page.begin("Hello, images")
    page.run()
    for tab in ("Settings", "Input", "Result"):
        page.open("Describe Images", tab)
        page.wait_until_quiet()
        found[tab] = violations(page.page, axe)
    page.page.get_by_role("button", name="Credentials").click()
    page.page.get_by_role("dialog").wait_for()
    page.wait_until_quiet()
    found["Credentials"] = violations(page.page, axe)
    faults = [f"{part}: {fault}" for part, several in found.items() for fault in several]
    assert not faults, "\n".join(faults)
