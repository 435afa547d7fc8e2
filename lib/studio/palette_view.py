"""The palette on the page: what can be put into a flow, with a search."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from lib.studio.flow_view import draggable
from lib.studio.palette import Entry, Palette


class PaletteView:
    """The palette on the page.

    Args:
        palette: The entries.
        on_choose: Called with an entry that is clicked.
        on_drag: Called with an entry when somebody begins to drag it.
    """

    def __init__(
        self,
        palette: Palette,
        *,
        on_choose: Callable[[Entry], None],
        on_drag: Callable[[Entry], None],
    ) -> None:
        self._palette = palette
        self._on_choose = on_choose
        self._items: dict[str, ui.element] = {}
        self._groups: dict[str, ui.element] = {}
        with ui.element("aside").classes("palette").props('aria-label="Palette"'):
            with ui.element("div").classes("palette-search"):
                self._search = ui.input(
                    placeholder="Search the palette",
                    on_change=lambda event: self._filter(event.value or ""),
                )
                self._search.props("dense outlined clearable debounce=100 type=search")
                self._search.props["aria-label"] = "Search the palette"
                with self._search.add_slot("prepend"):
                    ui.icon("search").props("aria-hidden=true")
                self._search.on("keydown.enter", self._choose_first)
                self._request = ui.label().classes("palette-request").props("role=status")
            with ui.element("div").classes("palette-list"):
                for group in palette.groups:
                    with ui.element("section") as section:
                        ui.label(group.title).classes("palette-group").props(
                            "role=heading aria-level=2"
                        )
                        for entry in group.entries:
                            self._show_entry(entry, on_drag)
                    self._groups[group.title] = section
                self._none = ui.label("Nothing matches.").classes("muted palette-none")
        self._none.set_visibility(False)
        self.show_request("")

    def show_request(self, text: str) -> None:
        """Show what the next choice is for; an empty text if it is for nothing in particular."""
        self._request.set_text(text)
        self._request.set_visibility(bool(text))

    def focus(self) -> None:
        """Let the keyboard go to the search."""
        self._search.run_method("focus")

    def _show_entry(self, entry: Entry, on_drag: Callable[[Entry], None]) -> None:
        with ui.element("div").classes("entry") as item:
            button = ui.element("button").classes("entry-main").props("type=button")
            with button:
                ui.icon(entry.icon).classes("entry-icon").props("aria-hidden=true")
                with ui.element("div").classes("entry-text"):
                    ui.label(entry.title).classes("entry-title")
                    ui.label(entry.description).classes("entry-about")
            button.on("click", partial(self._on_choose, entry))
            link = ui.link(target=entry.link, new_tab=True).classes("entry-link")
            link.props["aria-label"] = f"Documentation of {entry.title}"
            with link:
                ui.icon("open_in_new").props("aria-hidden=true")
        draggable(item, partial(on_drag, entry))
        self._items[entry.command] = item

    def _filter(self, text: str) -> None:
        found = self._palette.search(text)
        commands = {entry.command for group in found for entry in group.entries}
        for command, item in self._items.items():
            item.set_visibility(command in commands)
        titles = {group.title for group in found}
        for title, section in self._groups.items():
            section.set_visibility(title in titles)
        self._none.set_visibility(not found)

    def _choose_first(self) -> None:
        found = self._palette.best_match(self._search.value or "")
        if found and self._search.value:
            self._search.set_value("")
            self._on_choose(found)
