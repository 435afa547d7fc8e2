"""The studio's page, as a person uses it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class StudioPage:
    """The page.

    Args:
        page: The page in the browser.
    """

    page: Page

    @property
    def palette(self) -> Locator:
        """The palette."""
        return self.page.get_by_role("complementary", name="Palette")

    @property
    def selected(self) -> Locator:
        """The column about the selected step."""
        return self.page.get_by_role("complementary", name="Selected step")

    @property
    def progress(self) -> Locator:
        """What is said about the run."""
        return self.page.locator(".progress")

    def begin(self, name: str) -> None:
        """Begin with a flow of the start screen.

        Args:
            name: The flow's name, or ``Empty flow``.
        """
        self.offer(name).click()
        if name != "Empty flow":
            expect(self.page.get_by_label("Name of the flow")).to_have_value(name)

    def offer(self, name: str) -> Locator:
        """Return what begins a flow on the start screen."""
        return self.page.get_by_role("button", name=_beginning(name))

    def entry(self, title: str) -> Locator:
        """Return an entry of the palette."""
        return self.palette.get_by_role("button", name=_beginning(f"{title} "))

    def add(self, title: str) -> None:
        """Click an entry of the palette, which a narrow window hides at first."""
        if not self.palette.is_visible():
            self.button("Palette").click()
        self.entry(title).click()

    def card(self, title: str) -> Locator:
        """Return the card of a step."""
        return self.page.locator(".flow").get_by_role("button", name=_beginning(title))

    def select(self, title: str) -> None:
        """Select a step."""
        name = self.selected.get_by_label("Name of the step")
        if not name.is_visible() or name.input_value() != title:
            self.card(title).click()
            expect(name).to_have_value(title)

    def open(self, title: str, tab: str) -> None:
        """Select a step, and open one of its tabs."""
        self.select(title)
        chosen = self.selected.get_by_role("tab", name=tab)
        chosen.click()
        expect(chosen).to_have_attribute("aria-selected", "true")

    def button(self, name: str) -> Locator:
        """Return a button."""
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, field: str, choice: str) -> None:
        """Choose something in a drop-down of the form."""
        self.open_choices(field)
        self.page.get_by_role("option", name=_beginning(choice)).click()

    def open_choices(self, field: str) -> None:
        """Open a drop-down of the form."""
        self.selected.get_by_role("combobox", name=_beginning(field)).click()
        expect(self.page.get_by_role("option").first).to_be_visible()

    def run(self, outcome: str = "Done in") -> None:
        """Run the flow, and wait until it has ended so."""
        self.button("Run").click()
        expect(self.progress).to_contain_text(outcome)

    def restore_examples(self) -> None:
        """Let the sandbox hold what it held at first."""
        self.page.get_by_role("button", name="Credentials").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="example image").click()
        expect(dialog.get_by_role("status")).to_contain_text("example image")
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_have_count(0)

    def wait_until_quiet(self) -> None:
        """Wait until nothing on the page loads or moves."""
        expect(self.page.locator(".q-spinner")).to_have_count(0)
        self.page.wait_for_function(
            "document.getAnimations().every((each) => each.playState !== 'running')"
        )

    def download(self) -> dict[str, Any]:
        """Download the flow, and return its attributes."""
        with self.page.expect_download() as download:
            self.button("Download").click()
        content = json.loads(Path(download.value.path()).read_text())
        attributes: dict[str, Any] = content["data"]["attributes"]
        return attributes

    def save(self, file: Path) -> None:
        """Save the flow."""
        self.button("Save (Ctrl+S)").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("File").fill(str(file))
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)

    def open_file(self, file: Path) -> None:
        """Open the flow in a file."""
        self.choose_file(file)
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def choose_file(self, file: Path) -> None:
        """Choose a file to be opened."""
        self.button("Open (Ctrl+O)").click()
        self.page.get_by_role("dialog").locator("input[type=file]").set_input_files(file)


def _beginning(text: str) -> re.Pattern[str]:
    # Playwright writes the pattern between slashes.
    return re.compile("^" + re.escape(text).replace("/", r"\/"))
