"""The mapper: a row for each member of a step's input, with its value for the current sample."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto

from nicegui import ui
from nicegui.element import Element

from lib.sailor.step import Message
from lib.studio.expression_input import SuggestionScope
from lib.studio.labels import focus, icon_button, segments, small_button, span
from lib.studio.mapper_rows import (
    PassedOn,
    ValueRow,
    WholeRow,
    show_about,
    show_kinds,
    show_remove,
)
from lib.studio.mapper_state import Kind, Mapper, MapperState, Mode
from lib.studio.metadata_tree import Member, Path, Schema


class _Button(Enum):
    """A button after whose click the rows are shown again."""

    MODE = auto()
    FOLD = auto()
    KIND = auto()
    OPTIONAL = auto()
    ADD = auto()


def show_mapper(
    schema: Schema,
    mapper: Mapper,
    *,
    message: Message | None,
    trail: Mapping[str, Message],
    on_change: Callable[[Mapper], None],
    source: Schema | None = None,
) -> "MapperView":
    """Show the mapper of a step in the current slot.

    Args:
        schema: The step's in-metadata.
        mapper: The mapping of its input, as a flow's file has it: an object of expressions, one
            expression for the whole body, or None, which passes the body on.
        message: What the step before emitted last; None if nothing yet.
        trail: The messages of earlier steps, by the steps' ids.
        on_change: Gets the mapping when it is changed here. The mapper shows the change itself.
        source: The out-metadata of the step before: paths to suggest without a message.

    Returns:
        The view, which can show other samples.
    """
    return MapperView(MapperState(schema, mapper, message, trail, on_change, source))


class MapperView:
    """The mapper on the page; see :func:`show_mapper`."""

    def __init__(self, state: MapperState) -> None:
        self._state = state
        self._rows: dict[Path, ValueRow] = {}
        self._whole: WholeRow | PassedOn | None = None
        self._buttons: dict[tuple[_Button, Path], Element] = {}
        with SuggestionScope(state.suggestions).classes("mapper") as self._root:
            self._render()

    def show_sample(self, message: Message | None, trail: Mapping[str, Message]) -> None:
        """Show the values for another sample."""
        self._state.show_sample(message, trail)
        self._root.suggest(self._state.suggestions)
        self._hint.set_visibility(not self._state.has_sample)
        for row in (*self._rows.values(), *([self._whole] if self._whole else [])):
            row.show_sample()

    def _render(self, pressed: _Button | None = None, path: Path = ()) -> None:
        """Show all rows again.

        Args:
            pressed: The button that was pressed, which gets the focus again.
            path: Where it is.
        """
        state = self._state
        self._root.clear()
        self._rows, self._whole, self._buttons = {}, None, {}
        with self._root:
            mode = segments(
                "How the input is made", list(Mode), state.mode, lambda one: self._switch(Mode(one))
            )
            self._buttons[_Button.MODE, ()] = mode
            self._hint = span("Values appear once the step before has run.", "mapper-hint")
            self._hint.set_visibility(not state.has_sample)
            with ui.element("div").classes("mapper-rows"):
                match state.mode:
                    case Mode.PASS_ON:
                        self._whole = PassedOn(state, lambda: self._switch(Mode.MEMBERS))
                    case Mode.MEMBERS:
                        self._show_members(state.members, ())
                    case Mode.DEVELOPER:
                        self._whole = WholeRow(state)
        if pressed is not None and (button := self._buttons.get((pressed, path))):
            focus(button)

    def _show_members(self, members: Sequence[Member], path: Path) -> None:
        state = self._state
        if not members:
            span(
                "The metadata of this step name no members; Developer mode makes any input.",
                "mapper-hint",
            )
        shown, optional = state.visible(members, path)
        for member in shown:
            self._show_member(member)
        if optional:
            is_all = state.shows_optional(path)
            noun = "member" if optional == 1 else "members"
            self._buttons[_Button.OPTIONAL, path] = small_button(
                f"{'Hide' if is_all else 'Show'} {optional} optional {noun}",
                "expand_less" if is_all else "expand_more",
                lambda: self._toggle_optional(path),
            )

    def _show_member(self, member: Member) -> None:
        if self._state.kind(member) is Kind.PARTS:
            self._show_container(member)
            return
        row = ValueRow(self._state, member, self._write_as, self._remove)
        self._rows[member.path] = row
        if row.kinds is not None:
            self._buttons[_Button.KIND, member.path] = row.kinds

    def _show_container(self, member: Member) -> None:
        state = self._state
        is_open = state.is_open(member)
        with ui.element("div").classes("mapper-row"):
            with ui.element("div").classes("mapper-title"):
                icon = "expand_more" if is_open else "chevron_right"
                fold = icon_button(icon, member.title, lambda: self._fold(member))
                fold.props["aria-expanded"] = "true" if is_open else "false"
                self._buttons[_Button.FOLD, member.path] = fold
                with ui.element("div").classes("mapper-about"):
                    span(member.title, "field-label")
                    show_about(member)
                    if member.is_missing:
                        span("missing", "mapper-missing")
                if kinds := show_kinds(state, member, self._write_as):
                    self._buttons[_Button.KIND, member.path] = kinds
                if member.is_removable:
                    show_remove(member, self._remove)
            if is_open:
                with ui.element("div").classes("mapper-nested"):
                    self._show_parts(member)

    def _show_parts(self, member: Member) -> None:
        if member.item is None:
            self._show_members(member.members, member.path)
            return
        for item in member.members:
            self._show_member(item)
        self._buttons[_Button.ADD, member.path] = small_button(
            "Add item", "add", lambda: self._add(member)
        )

    def _switch(self, mode: Mode) -> None:
        if self._state.switch(mode):
            self._render(_Button.MODE)
        else:
            _refuse("an object of members", "Developer mode")

    def _write_as(self, member: Member, kind: Kind) -> None:
        if self._state.write_as(member, kind):
            self._render(_Button.KIND, member.path)
        else:
            _refuse("an object or a list of objects", "JSONata")

    def _toggle_optional(self, path: Path) -> None:
        self._state.toggle_optional(path)
        self._render(_Button.OPTIONAL, path)

    def _fold(self, member: Member) -> None:
        self._state.fold(member)
        self._render(_Button.FOLD, member.path)

    def _add(self, member: Member) -> None:
        added = self._state.add_item(member)
        self._render()
        for path, row in self._rows.items():
            if path[: len(added)] == added:
                row.focus()
                return

    def _remove(self, member: Member) -> None:
        self._state.change(member.path, None)
        self._render(_Button.ADD, member.path[:-1])


def _refuse(expected: str, other: str) -> None:
    ui.notify(f"This expression is more than {expected}: only {other} can show it.")
