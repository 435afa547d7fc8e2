"""The flow on the page: its steps from top to bottom, and the places between them."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.element import Element

from lib.sailor import ComponentError
from lib.studio import labels
from lib.studio.editor import Editor, Place
from lib.studio.palette import Palette
from lib.studio.player import Player
from lib.studio.workspace import Workspace

_PREVIEW = 160  # characters of a message on its step's card

# In the browser alone: what is dragged shows where it can be put.
_DRAG_START = """(event) => {
    event.dataTransfer.setData("text/plain", "step");
    event.dataTransfer.effectAllowed = "copyMove";
    setTimeout(() => document.body.classList.add("dragging"));
    emit();
}"""
_DRAG_END = '() => document.body.classList.remove("dragging")'
_DRAG_OVER = '(event) => { event.preventDefault(); event.currentTarget.classList.add("over"); }'
_DRAG_LEAVE = '(event) => event.currentTarget.classList.remove("over")'
# The keyboard stays in a form or on a button of the header.
_FOCUS = """
    if (!document.activeElement?.closest(".header, .right, .q-dialog"))
        getHtmlElement({})?.focus();
"""
_DROP = """(event) => {
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.classList.remove("over");
    document.body.classList.remove("dragging");
    emit();
}"""


def draggable(element: Element, on_start: Callable[[], None]) -> None:
    """Let an element be dragged to a place of the flow."""
    element.props("draggable=true")
    element.on("dragstart", on_start, js_handler=_DRAG_START)
    element.on("dragend", js_handler=_DRAG_END)


def takes_drops(element: Element, on_drop: Callable[[], None]) -> None:
    """Let something be dropped on an element."""
    element.on("dragover", js_handler=_DRAG_OVER)
    element.on("dragleave", js_handler=_DRAG_LEAVE)
    element.on("drop", on_drop, js_handler=_DROP)


def toggle_class(element: Element, name: str, *, on: bool) -> None:
    """Give an element a class, or take it away."""
    element.classes(add=name if on else "", remove="" if on else name)


class FlowView:
    """The flow on the page.

    Args:
        workspace: The workspace.
        editor: Edits the flow.
        player: Runs the flow.
        palette: The icons of the steps.
        on_drop: Called when something is dropped on a place.
        on_insert: Called when somebody wants to put a step into a place.
    """

    def __init__(
        self,
        workspace: Workspace,
        editor: Editor,
        player: Player,
        palette: Palette,
        *,
        on_drop: Callable[[Place], None],
        on_insert: Callable[[Place], None],
    ) -> None:
        self.dragged: str | None = None
        self._workspace = workspace
        self._editor = editor
        self._player = player
        self._palette = palette
        self._on_drop = on_drop
        self._on_insert = on_insert
        self._cards: dict[str, _Card] = {}
        self._conditions: dict[tuple[str, str], ui.input] = {}
        self._places: dict[Place, Element] = {}
        self._drawn: Any = None
        self._faults: list[str] = []
        self._root = ui.element("div").classes("flow")
        self.draw()

    def draw(self) -> None:
        """Show the flow as it is: all of it if steps came, went or moved, else what they say."""
        self._root.set_visibility(self._workspace.has_begun)
        shape = self._shape()
        if shape != self._drawn:
            self._drawn = shape
            self._draw_all()
        for card in self._cards.values():
            card.show_texts()
        for (source, target), field in self._conditions.items():
            field.set_value(self._condition(source, target))
        self.show_results()
        self.show_selection()

    def show_selection(self, *, focus: bool = False) -> None:
        """Show which step is selected.

        Args:
            focus: Whether the keyboard goes to its card.
        """
        for step, card in self._cards.items():
            card.show_selected(selected=step == self._workspace.selected)
        if focus and self._workspace.selected in self._cards:
            self._cards[self._workspace.selected].focus()

    def show_results(self) -> None:
        """Show what the steps did in the last run."""
        for card in self._cards.values():
            card.show_results()

    def mark(self, place: Place | None) -> None:
        """Show where the next step is to be inserted; None for no place in particular."""
        for each, zone in self._places.items():
            toggle_class(zone, "chosen", on=each == place)

    def show_faults(self, faults: list[str]) -> None:
        """Show what keeps the flow from running, at the steps that it is about."""
        self._faults = faults
        for step, card in self._cards.items():
            card.show_faults(
                [_without_step(fault, step) for fault in faults if _is_about(fault, step)]
            )

    def _shape(self) -> Any:
        document = self._workspace.document
        return (
            [(node["id"], json.dumps(node.get("command"))) for node in document.nodes],
            [(edge.get("source"), edge["target"]) for edge in document.edges],
            document.first,
        )

    def _draw_all(self) -> None:
        self._root.clear()
        self._cards, self._conditions, self._places = {}, {}, {}
        document = self._workspace.document
        with self._root:
            if document.first is None:
                self._show_nothing()
                return
            self._show_chain(document.first)
            for edge in document.edges:
                if edge.get("source") is None:
                    self._show_heading("error_outline", "When a step emits an error")
                    self._show_chain(edge["target"])
            for node in document.nodes:
                if node["id"] not in self._cards:
                    self._show_heading("link_off", "Not connected")
                    self._show_chain(node["id"])
        self.show_faults(self._faults)

    def _show_nothing(self) -> None:
        with ui.element("div").classes("flow-nothing") as place:
            ui.label("Drag a trigger or an action here").classes("flow-nothing-title")
            ui.label("A flow begins with a trigger; an action gets a timer before it.").classes(
                "muted"
            )
            button = ui.button(
                "Choose one", icon="add", color=None, on_click=partial(self._on_insert, Place(None))
            )
            button.props("outline no-caps").classes("secondary")
        takes_drops(place, partial(self._on_drop, Place(None)))

    def _show_heading(self, icon: str, text: str) -> None:
        with ui.element("div").classes("flow-heading"):
            ui.icon(icon).props("aria-hidden=true")
            ui.label(text)

    def _show_chain(self, step: str) -> None:
        """Show a step and all that come after it."""
        document = self._workspace.document
        while True:
            if step in self._cards:
                self._show_heading("subdirectory_arrow_right", f"continues at {self._title(step)}")
                return
            self._show_card(step)
            outgoing = document.edges_from(step)
            is_router = self._editor.is_router(step)
            if is_router or len(outgoing) > 1:
                self._show_branches(step, [edge["target"] for edge in outgoing], is_router)
                return
            self._show_place(Place(step), is_last=not outgoing)
            if not outgoing:
                return
            step = outgoing[0]["target"]

    def _show_card(self, step: str) -> None:
        self._cards[step] = _Card(
            step,
            self._workspace,
            self._editor,
            self._player,
            self._palette,
            on_drag=partial(self._drag, step),
            on_insert=partial(self._on_insert, Place(step)),
        )

    def _drag(self, step: str) -> None:
        self.dragged = step

    def _show_branches(self, step: str, targets: list[str], is_router: bool) -> None:
        with ui.element("div").classes("branches"):
            for number, target in enumerate(targets, 1):
                with ui.element("div").classes("branch"):
                    if is_router:
                        self._show_condition(step, target, number)
                    self._show_place(Place(step, target))
                    self._show_chain(target)
            with ui.element("div").classes("branch branch-new") as place:
                button = ui.button(
                    "Add a branch",
                    icon="add",
                    color=None,
                    on_click=partial(self._on_insert, Place(step, as_branch=True)),
                )
                button.props("flat no-caps dense").classes("quiet")
            takes_drops(place, partial(self._on_drop, Place(step, as_branch=True)))
            self._places[Place(step, as_branch=True)] = place

    def _show_condition(self, step: str, target: str, number: int) -> None:
        field = ui.input(
            label=f"Branch {number}",
            placeholder="otherwise: no condition",
            value=self._condition(step, target),
        )
        field.props("dense outlined stack-label hide-bottom-space").classes("condition mono")
        self._conditions[step, target] = field

        def change() -> None:
            document = self._workspace.document
            if field.value != self._condition(step, target):
                document.set_condition(step, target, field.value)
                self._workspace.publish("document")

        field.on("change", change)
        field.on("keydown.enter", change)

    def _condition(self, source: str, target: str) -> str:
        for edge in self._workspace.document.edges_from(source):
            if edge["target"] == target:
                return str((edge.get("config") or {}).get("condition") or "")
        return ""

    def _show_place(self, place: Place, *, is_last: bool = False) -> None:
        with ui.element("div").classes("place last" if is_last else "place") as zone:
            button = ui.button(icon="add", color=None, on_click=partial(self._on_insert, place))
            button.props("round dense unelevated size=xs").classes("place-add")
            button.props["aria-label"] = f"Insert a step after {self._title(place.after or '')}"
            ui.label("Drop here").classes("place-hint")
        takes_drops(zone, partial(self._on_drop, place))
        self._places[place] = zone

    def _title(self, step: str) -> str:
        return self._workspace.title(step)


class _Card:
    """A step of the flow."""

    def __init__(
        self,
        step: str,
        workspace: Workspace,
        editor: Editor,
        player: Player,
        palette: Palette,
        *,
        on_drag: Callable[[], None],
        on_insert: Callable[[], None],
    ) -> None:
        self._step = step
        self._workspace = workspace
        self._editor = editor
        self._player = player
        self._is_trigger = editor.is_trigger(step)
        self._texts: Any = None
        self._shown: Any = None
        try:
            function = workspace.function(step)
            icon, self._kind = palette.icon(function), str(function.entry.get("title") or "")
        except ComponentError:
            icon, self._kind = "help_outline", ""
        with ui.element("div").classes("step") as self._root:
            self._button = ui.element("button").classes("step-main").props("type=button")
            with self._button:
                ui.icon(icon).classes("step-icon").props("aria-hidden=true")
                with ui.element("div").classes("step-text"):
                    with ui.element("div").classes("step-heading"):
                        self._title = ui.label().classes("step-title")
                        self._badge = ui.element("div").classes("step-badge")
                    self._subtitle = ui.label().classes("step-subtitle")
                    self._last = ui.label().classes("step-last mono")
            self._menu = ui.button(icon="more_vert", color=None).classes("step-menu")
            self._menu.props("flat round dense size=sm")
            with self._menu:
                self._items = ui.menu().props("auto-close no-parent-event")
            self._menu.on_click(partial(self._open_menu, on_insert))
            self._fault_list = ui.element("div").classes("step-faults").props("role=status")
        if not self._is_trigger:
            draggable(self._root, on_drag)
        self._button.on("click", self._select)
        self._button.on("keydown.delete.prevent", partial(editor.remove, step))
        self._button.on("keydown.alt.up.prevent", partial(editor.move_up, step))
        self._button.on("keydown.alt.down.prevent", partial(editor.move_down, step))

    def show_texts(self) -> None:
        """Show the step's name, and what its fields say."""
        node = self._workspace.document.node(self._step)
        title = self._workspace.title(self._step)
        subtitle = [] if title == self._kind else [self._kind]
        subtitle += _repositories(node.get("fields") or {})
        self._title.set_text(title)
        self._subtitle.set_text(" · ".join(filter(None, subtitle)))
        self._menu.props["aria-label"] = f"More for {title}"

    def show_selected(self, *, selected: bool) -> None:
        """Show whether the step is selected."""
        self._root.classes(
            add="selected" if selected else "", remove="" if selected else "selected"
        )
        self._button.props(f"aria-pressed={'true' if selected else 'false'}")

    def focus(self) -> None:
        """Let the keyboard go to this card."""
        # Whatever publishes a change has this page's client in no context.
        self._button.client.run_javascript(_FOCUS.format(self._button.id))

    def show_results(self) -> None:
        """Show what the step did in the last run."""
        results = self._player.results.get(self._step)
        is_running = self._player.is_running and self._player.step in {None, self._step}
        count = results.count if results else None
        key = (is_running, count and (count.emitted, count.errors, count.rebounds, count.received))
        if key == self._shown:
            return
        self._shown = key
        self._badge.clear()
        self._last.set_text("")
        self._root.classes(remove="failed")
        if count is None:
            return
        with self._badge:
            if count.errors:
                self._root.classes("failed")
                _badge("error", "bad", _number(count.errors, "error"))
            if count.emitted:
                _badge("check_circle", "good", _number(count.emitted, "message"))
            if count.rebounds:
                _badge("history", "warn", _number(count.rebounds, "rebound"))
            if not (count.errors or count.emitted or count.rebounds):
                text = "at work" if is_running else "nothing emitted"
                _badge("hourglass_empty" if is_running else "remove", "calm", text)
        if results and results.errors:
            self._last.set_text(
                str(results.errors[-1].get("message", "")).split("\n")[0][:_PREVIEW]
            )
        elif results and results.messages:
            body = results.messages[-1].get("body")
            self._last.set_text(_preview(body))

    def show_faults(self, faults: list[str]) -> None:
        """Show what is wrong with the step."""
        labels.show_faults(self._fault_list, faults)

    def _select(self) -> None:
        if self._workspace.selected == self._step:
            return
        self._workspace.selected = self._step
        self._workspace.publish("selection")

    def _open_menu(self, on_insert: Callable[[], None]) -> None:
        editor, step = self._editor, self._step
        self._items.clear()
        with self._items:
            _menu_item("add", "Insert a step after it", "", on_insert)
            if not self._is_trigger:
                _menu_item("arrow_upward", "Move up", "Alt+↑", partial(editor.move_up, step))
                _menu_item("arrow_downward", "Move down", "Alt+↓", partial(editor.move_down, step))
                _menu_item("content_copy", "Duplicate", "Ctrl+D", partial(editor.duplicate, step))
            _menu_item("delete_outline", "Remove", "Delete", partial(editor.remove, step))
        self._items.open()


def _menu_item(icon: str, text: str, keys: str, on_click: Callable[[], None]) -> None:
    with ui.item(on_click=on_click).props("dense").classes("menu-item"):
        ui.icon(icon).props("aria-hidden=true")
        ui.label(text)
        ui.label(keys).classes("keys")


def _badge(icon: str, kind: str, text: str) -> None:
    with ui.element("div").classes(f"badge {kind}"):
        ui.icon(icon).props("aria-hidden=true")
        ui.label(text)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _preview(body: Any) -> str:
    """Return the beginning of a message's body on one line."""
    if not isinstance(body, dict):
        return json.dumps(body, ensure_ascii=False)[:_PREVIEW]
    members = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in body.items())
    return ", ".join(members)[:_PREVIEW] or "{}"


def _repositories(fields: Mapping[str, Any]) -> list[str]:
    """Return the repositories that a step's fields name."""
    found: list[str] = []
    for name, value in fields.items():
        if "repositor" in name.lower() and isinstance(value, str | list):
            found += [value] if isinstance(value, str) else map(str, value)
    return found


def _is_about(fault: str, step: str) -> bool:
    """Return whether a fault is about a step, or about the way to it."""
    return fault.startswith(f"{step}: ") or (
        fault.startswith("the edge ") and f" to {step}: " in fault.partition(": ")[0] + ": "
    )


def _without_step(fault: str, step: str) -> str:
    """Return a fault without the step that it is about."""
    start, _, rest = fault.partition(": ")
    return rest if start == step else f"Its input: {rest}"
