"""The page answers while a flow with a thousand messages runs, measured in the browser."""

from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import expect

from tests.support.flows import chain, node, write
from tests.support.studio_page import StudioPage

MESSAGES = 1_000
ECHOES = 12  # steps that pass each message on, so that the flow takes some seconds everywhere
SAME = {"expression": "{'number': number, 'text': text}"}
# Milliseconds from a click to the picture that shows its effect: less than 200 on a machine with
# nothing else to do, and seconds if the page is held up.
LONGEST = 1_000

# Clicks cards in turn, and measures until the card is marked and painted.
CLICK = """
async (title) => {
  const card = [...document.querySelectorAll(".flow .step-main")]
    .find((each) => each.textContent.includes(title));
  const begin = performance.now();
  card.click();
  while (card.getAttribute("aria-pressed") !== "true") {
    await new Promise((painted) => requestAnimationFrame(painted));
  }
  return performance.now() - begin;
}
"""


@pytest.mark.alone
def test_clicks_are_answered_while_a_thousand_messages_pass(
    page: StudioPage, tmp_path: Path
) -> None:
    page.open_file(flow_of_many_messages(tmp_path))
    for title in ("Echo-0", "Many"):
        page.select(title)  # the first time, the browser also fetches the parts of the form
    page.button("Run").click()
    expect(page.card("Many")).to_contain_text("message")

    times: list[float] = []
    while page.button("Stop").is_visible():
        times += [page.page.evaluate(CLICK, title) for title in ("Echo-0", "Many")]

    expect(page.progress).to_contain_text("Done in")
    expect(page.card("Echo-0")).to_contain_text(f"{MESSAGES:,} messages")
    print(f"milliseconds of the clicks: {sorted(map(round, times))}")  # noqa: T201 - for pytest -rP
    assert median(times) < LONGEST, f"milliseconds of the clicks: {times}"


def flow_of_many_messages(folder: Path) -> Path:
    """Return the file of a flow that takes a few seconds for its messages."""
    numbers = f"[1..{MESSAGES}].{{'number': $, 'text': 'some text'}}"
    echoes = [f"echo-{number}" for number in range(ECHOES)]
    nodes = [
        node("a", "elasticio/simple-trigger-component:timer", name="Timer"),
        node("b", "elasticio/jsonata:transform", name="Many", fields={"expression": numbers}),
        *(
            node(each, "elasticio/jsonata:transform", name=each.title(), fields=SAME)
            for each in echoes
        ),
    ]
    return write(folder, nodes, chain("a", "b", *echoes))
