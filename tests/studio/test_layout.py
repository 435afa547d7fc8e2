"""The page in a wide and a narrow window: nothing overlaps, and nothing is cut."""

import pytest
from playwright.sync_api import Browser

from tests.support.browser import NARROW, WIDE, open_studio
from tests.support.pictures import SCENES, faults_of_layout
from tests.support.studio_page import StudioPage


@pytest.mark.long
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scene", SCENES)
def test_nothing_overlaps_and_nothing_is_cut(
    browser: Browser, studio: str, scene: str, size: tuple[int, int]
) -> None:
    with open_studio(browser, studio, size=size) as watch:
        page = StudioPage(watch.page)
        page.restore_examples()
        SCENES[scene](page)
        page.wait_until_quiet()

        assert faults_of_layout(watch.page) == []
        watch.check()


@pytest.mark.long
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_an_icon_covers_nothing_while_its_font_is_not_there(
    browser: Browser, studio: str, size: tuple[int, int]
) -> None:
    with open_studio(browser, studio, size=size) as watch:
        StudioPage(watch.page).begin("Hello, images")

        # When icons show as the words that they are made of
        watch.page.add_style_tag(content=".q-icon { font-family: monospace !important }")

        covered = [fault for fault in faults_of_layout(watch.page) if fault.startswith("covered")]
        assert covered == []
