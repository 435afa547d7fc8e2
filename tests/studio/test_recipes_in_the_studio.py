"""Each recipe, chosen on the start screen and played in the browser."""

import json

import pytest

from tests.support.repository import ROOT
from tests.support.studio_page import StudioPage

FLOWS = [
    json.loads(path.read_text())["data"]["attributes"]["name"]
    for path in sorted((ROOT / "flows").glob("*.json"))
]


def test_the_start_screen_offers_every_flow(page: StudioPage) -> None:
    for name in FLOWS:
        page.offer(name).wait_for()


@pytest.mark.long
@pytest.mark.parametrize("name", FLOWS)
def test_each_flow_plays_in_the_sandbox(page: StudioPage, name: str) -> None:
    page.restore_examples()
    page.begin(name)

    page.run()
