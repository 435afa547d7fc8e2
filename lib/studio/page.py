"""The page: header, palette, flow and selected step, as one browser sees them."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import Request
from nicegui import background_tasks, ui

from lib.studio.dialogs import Dialogs
from lib.studio.editor import Place
from lib.studio.flow_view import FlowView, takes_drops, toggle_class
from lib.studio.guard import SESSION
from lib.studio.header import Header
from lib.studio.palette import Entry
from lib.studio.palette_view import PaletteView
from lib.studio.start_view import StartView
from lib.studio.step_view import StepView
from lib.studio.studio import Studio
from lib.studio.workspace import Topic

_PAUSE = 0.3  # seconds without an edit before the flow is checked


def show_page(studio: Studio, request: Request) -> None:
    """Show the page to a browser."""
    Page(studio, request.scope[SESSION])


class Page:
    """The page in one tab of a browser.

    Args:
        studio: What all pages share.
        session: The browser's session.
    """

    def __init__(self, studio: Studio, session: str) -> None:
        self._studio = studio
        desk = studio.desk(session)
        self._workspace, self._editor, self._player = desk.workspace, desk.editor, desk.player
        self._place: Place | None = None
        self._dragged: Entry | None = None
        self._checking: asyncio.Task[Any] | None = None
        self._dark = ui.dark_mode(self._workspace.is_dark)
        self._dialogs = Dialogs(studio, desk)
        with ui.element("div").classes("shell") as self._shell:
            self._header = Header(
                studio,
                desk,
                self._dialogs,
                on_palette=self._toggle_palette,
                on_run=self._run,
                on_theme=self._switch_theme,
            )
            with ui.element("div").classes("columns"):
                self._palette = PaletteView(
                    studio.palette, on_choose=self._choose, on_drag=self._drag
                )
                with ui.element("main").classes("middle") as middle:
                    self._start = StartView(studio, desk, self._dialogs)
                    self._flow = FlowView(
                        self._workspace,
                        self._editor,
                        self._player,
                        studio.palette,
                        on_drop=self._drop,
                        on_insert=self._insert,
                    )
                with ui.element("aside").classes("right").props('aria-label="Selected step"'):
                    self._step = StepView(
                        self._workspace,
                        self._editor,
                        self._player,
                        on_sample=self._retrieve_sample,
                    )
        takes_drops(middle, partial(self._drop, None))
        ui.on("key", lambda event: self._key(event.args))
        self._subscribe()
        self._show_document()

    def _subscribe(self) -> None:
        topics: dict[Topic, Callable[[], None]] = {
            "document": self._show_document,
            "selection": self._show_selection,
            "samples": self._step.show_samples,
            "credentials": self._header.show_credentials,
            "account": self._step.ask_again,
            "run": self._show_run,
        }
        client = ui.context.client
        for topic, show in topics.items():
            unsubscribe = self._workspace.subscribe(topic, show)
            client.on_delete(unsubscribe)
        client.on_delete(lambda: self._checking and self._checking.cancel())

    def _show_document(self) -> None:
        self._start.show()
        toggle_class(self._shell, "beginning", on=not self._workspace.has_begun)
        self._flow.draw()
        self._header.show_document()
        if self._checking:
            self._checking.cancel()
        self._checking = background_tasks.create(self._check(), name="check")

    async def _check(self) -> None:
        """Show what keeps the flow from running, once nobody has edited it for a moment."""
        await asyncio.sleep(_PAUSE)
        has_steps = self._workspace.document.first is not None
        faults = await asyncio.to_thread(self._workspace.faults) if has_steps else []
        self._flow.show_faults(faults)
        self._step.show_faults(faults)

    def _show_selection(self) -> None:
        self._mark(None)
        self._flow.show_selection(focus=True)
        self._step.show()

    def _show_run(self) -> None:
        self._flow.show_results()
        self._step.show_results()
        self._header.show_run()

    def _choose(self, entry: Entry) -> None:
        """Put an entry of the palette into the flow."""
        place, self._place = self._place, None
        self._workspace.has_begun = True
        self._shell.classes(remove="with-palette")
        self._step.tab = "Settings"
        self._editor.add(entry, place)

    def _drag(self, entry: Entry) -> None:
        self._dragged, self._flow.dragged = entry, None

    def _drop(self, place: Place | None) -> None:
        """Put what was dragged into a place; None for the end."""
        place = place or self._editor.end()
        entry, step = self._dragged, self._flow.dragged
        self._dragged = self._flow.dragged = None
        if step is not None:
            self._editor.move(step, place)
        elif entry is not None:
            self._place = place
            self._choose(entry)

    def _insert(self, place: Place) -> None:
        """Let the next entry that is chosen in the palette go to a place."""
        self._mark(place)
        self._shell.classes("with-palette")
        self._palette.focus()

    def _mark(self, place: Place | None) -> None:
        self._place = place
        self._flow.mark(place)
        self._palette.show_request("Choose what to insert" if place else "")

    async def _run(self) -> None:
        """Run the flow, and show how it ended: the first step that failed, or else the last one."""
        if not await self._dialogs.run():
            return
        failed = self._player.failed
        done = [step for step, each in self._player.results.items() if each.count.emitted]
        if failed or (done and self._workspace.selected is None):
            self._step.tab = "Result"
            self._workspace.selected = failed[0] if failed else done[-1]
            self._workspace.publish("selection")

    async def _retrieve_sample(self, step: str) -> None:
        if await self._dialogs.may_run(step):
            self._step.open_tab("Result")
            await self._player.run_step(step)

    def _toggle_palette(self) -> None:
        self._shell.classes(toggle="with-palette")

    def _switch_theme(self) -> None:
        self._workspace.is_dark = {None: True, True: False, False: None}[self._workspace.is_dark]
        self._dark.set_value(self._workspace.is_dark)
        self._header.show_theme()

    def _key(self, name: str) -> None:
        """Do what a key stands for; static/keys.js has the keys."""
        step = self._workspace.selected
        match name:
            case "escape":
                self._mark(None)
                self._shell.classes(remove="with-palette")
            case "undo":
                self._editor.undo()
            case "redo":
                self._editor.redo()
            case "duplicate" if step:
                self._editor.duplicate(step)
            case "save":
                self._dialogs.save()
            case "open":
                background_tasks.create(self._dialogs.open_file(), name="open")
            case "run":
                background_tasks.create(self._run(), name="run")
            case "search":
                self._shell.classes("with-palette")
                self._palette.focus()
            case _:
                pass
