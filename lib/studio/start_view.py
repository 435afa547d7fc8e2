"""The choice of a flow to begin with."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from lib.studio.dialogs import Dialogs
from lib.studio.document import Document
from lib.studio.start import Example
from lib.studio.studio import Desk, Studio


class StartView:
    """The choice of a flow to begin with, shown until one is chosen.

    Args:
        studio: The flows to begin with.
        desk: Where the chosen flow goes.
        dialogs: Opens files.
    """

    def __init__(self, studio: Studio, desk: Desk, dialogs: Dialogs) -> None:
        self._desk = desk
        with ui.element("div").classes("start") as self._root:
            with ui.element("div").classes("start-head"):
                heading = ui.label("What shall the flow do?").classes("start-title")
                heading.props("role=heading aria-level=1")
                _button("add", "Empty flow", self._open_empty)
                _button("folder_open", "Open a file", dialogs.open_file)
            ui.label(
                "Draw a flow, or begin with one that works. It plays in a sandbox: an Amazon ECR on"
                " this machine, with a few images in it."
            ).classes("muted")
            with ui.element("div").classes("start-cards"):
                for number, example in enumerate(studio.examples):
                    self._show_example(example, is_first=number == 0)
        self.show()

    def show(self) -> None:
        """Show the choice, unless one was made."""
        self._root.set_visibility(not self._desk.workspace.has_begun)

    def _show_example(self, example: Example, *, is_first: bool) -> None:
        with ui.element("button").classes("start-card").props("type=button") as card:
            ui.label(example.name).classes("start-name")
            if is_first:
                card.classes("first")
                ui.label("Start here").classes("start-hint")
            ui.label(example.description).classes("start-about")
            with ui.element("div").classes("start-steps"):
                ui.label(" → ".join(example.steps))
        card.on("click", partial(self._open, example))

    def _open(self, example: Example) -> None:
        self._desk.player.reset()
        self._desk.workspace.open(Document.read(example.file))

    def _open_empty(self) -> None:
        self._desk.player.reset()
        self._desk.workspace.open(Document())


def _button(icon: str, text: str, on_click: Callable[[], object]) -> None:
    button = ui.button(text, icon=icon, color=None, on_click=on_click)
    button.props("outline no-caps").classes("secondary")
