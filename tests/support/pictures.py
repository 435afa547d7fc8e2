"""The pictures of docs/pictures, taken from the real page: ``python -m tests.support.pictures``."""

from playwright.sync_api import Page

from tests.support.browser import open_studio, running_browser, running_studio
from tests.support.provision import Machine
from tests.support.repository import ROOT
from tests.support.studio_page import StudioPage

FOLDER = ROOT / "docs/pictures"

# What is cut off: texts that are wider than their box, without an ellipsis or a scrollbar.
_CUT = """
() => [...document.querySelectorAll("body *")]
  .filter((each) => each.childElementCount === 0 && each.textContent.trim() && each.offsetParent)
  .filter((each) => {
    const style = getComputedStyle(each);
    const clips = (style.overflowX !== "visible" && style.textOverflow !== "ellipsis"
                   && style.overflowX !== "auto" && style.overflowX !== "scroll");
    return clips && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0;
  })
  .map((each) => `cut: ${each.textContent.trim().slice(0, 60)}`)
"""
# What is beyond the window's edge, or under another text.
_OVERLAPS = """
() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.push(`the page is ${wide} pixels wide`);
  const buttons = [...document.querySelectorAll("button, input, [role=tab]")]
    .filter((each) => each.offsetParent && each.getClientRects().length);
  for (const each of buttons) {
    const box = each.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(x, y);
    if (top?.closest(".q-menu")) continue;  // an open drop-down covers what is below it
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) continue;
    if (top && !each.contains(top) && !top.contains(each) && !top.closest("label")?.contains(each))
      faults.push(`covered: ${each.getAttribute("aria-label") || each.textContent.trim()}`);
  }
  return faults;
}
"""


def faults_of_layout(page: Page) -> list[str]:
    """Return what overlaps, is cut or is beyond the edge of the window."""
    found: list[str] = page.evaluate(_OVERLAPS) + page.evaluate(_CUT)
    return found


def palette_and_flow(page: StudioPage) -> None:
    """Show a flow with branches."""
    page.begin("Scan, then promote or report")


def form(page: StudioPage) -> None:
    """Show a form, with a drop-down that was filled from the account."""
    page.begin("Hello, images")
    page.open("Describe Images", "Settings")
    page.open_choices("Repository")


def mapper(page: StudioPage) -> None:
    """Show expressions with their values for the sample of the step before."""
    page.begin("Promote an approved image")
    page.run()
    page.open("Put Image", "Input")


def run(page: StudioPage) -> None:
    """Show what came out of a flow."""
    page.begin("Hello, images")
    page.run()
    page.open("Describe Images", "Result")


def error(page: StudioPage) -> None:
    """Show what Amazon ECR refuses."""
    page.begin("Empty flow")
    page.add("Describe Images")
    page.open("Describe Images", "Input")
    page.selected.get_by_role("textbox", name="Repository Name").fill('"team/application"')
    page.run("1 error")
    page.open("Describe Images", "Result")


SCENES = {
    "palette-and-flow": palette_and_flow,
    "form": form,
    "mapper": mapper,
    "run": run,
    "error": error,
}


def main() -> None:
    """Take all pictures, in light and dark."""
    FOLDER.mkdir(exist_ok=True)
    # The fonts and the clock of the machine show in pictures; all else is the same each time.
    with running_browser(Machine().need_browser()) as browser, running_studio() as url:
        for name, show in SCENES.items():
            for dark in (False, True):
                with open_studio(browser, url, dark=dark) as watch:
                    page = StudioPage(watch.page)
                    page.restore_examples()
                    show(page)
                    watch.page.mouse.move(0, 0)  # so that nothing is highlighted
                    page.wait_until_quiet()
                    file = FOLDER / f"{name}-{'dark' if dark else 'light'}.png"
                    watch.page.screenshot(path=file)
                    watch.check()


if __name__ == "__main__":
    main()
