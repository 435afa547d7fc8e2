"""The rows of the mapper: how a member is written, and its value for the sample."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from nicegui import ui

from lib.sailor.step import shortened
from lib.studio import jsonata_text
from lib.studio.expression_input import EXPRESSION_PROMPT, ExpressionInput
from lib.studio.labels import (
    help_button,
    help_pop_up,
    icon_button,
    label,
    segments,
    small_button,
    span,
    star,
)
from lib.studio.mapper_state import Kind, MapperState
from lib.studio.metadata_tree import Help, Member
from lib.studio.outcome_view import OutcomeView
from lib.studio.suggestions import Suggestion

_CHIP = 60  # characters of an example on its button
_TEXT_PROMPT = "Type a text"
_BOOLEANS = (True, False)


class ValueRow:
    """A member that an expression or a text makes.

    Args:
        state: What the mapper works on.
        member: The member.
        on_kind: Called when it shall be written in another way.
        on_remove: Called when a member that the metadata lack shall be removed.

    Attributes:
        kinds: The pressed button of the switch between the ways to write it, if there are several.
    """

    def __init__(
        self,
        state: MapperState,
        member: Member,
        on_kind: Callable[[Member, Kind], None],
        on_remove: Callable[[Member], None],
    ) -> None:
        self._state = state
        self._member = member
        self._is_text = state.kind(member) is Kind.TEXT
        with ui.element("div").classes("mapper-row"):
            head = ui.element("div").classes("mapper-title")
            self._input = ExpressionInput(
                self._shown(),
                label=member.title,
                on_change=self._write,
                constants=self._constants(),
                placeholder=_TEXT_PROMPT if self._is_text else EXPRESSION_PROMPT,
                is_constant=self._is_text,
            )
            self._outcome = OutcomeView()
            self._input.describe_by(self._outcome.html_id)
            with head:
                with ui.element("div").classes("mapper-about"):
                    label(member.title, target=self._input.field_id)
                    show_about(member, on_value=self._take)
                    self._missing = span("missing", "mapper-missing")
                    if not member.is_known:
                        span("not in the metadata", "mapper-unknown")
                self.kinds = show_kinds(state, member, on_kind)
                if member.is_removable:
                    show_remove(member, on_remove)
        self.show_sample()

    def focus(self) -> None:
        """Put the cursor into it."""
        self._input.run_method("focus")

    def show_sample(self) -> None:
        """Show the value for the sample as it is now."""
        self._show_outcome()

    def _shown(self) -> str:
        content = self._state.content(self._member.path)
        if self._is_text:
            return jsonata_text.constant(content) or ""
        return jsonata_text.expression_text(content)

    def _write(self, text: str) -> None:
        content = jsonata_text.literal(text) if self._is_text and text else text
        self._state.change(self._member.path, content if text.strip() else None)
        self._show_outcome()

    def _take(self, value: Any) -> None:
        """Take a value from the help: the member becomes this constant."""
        as_text = value if isinstance(value, str) else _json(value)
        as_expression = jsonata_text.literal(value) if isinstance(value, str) else as_text
        self._input.set_value(as_text if self._is_text else as_expression)
        self.focus()

    def _constants(self) -> Sequence[Suggestion]:
        about = self._member.help
        values = about.allowed or (_BOOLEANS if self._member.type == "boolean" else ())
        if self._is_text:
            return [Suggestion(str(value), "") for value in values]
        return [Suggestion(_json(value), "constant") for value in values]

    def _show_outcome(self) -> None:
        member = self._member
        is_mapped = self._state.content(member.path) is not None
        self._missing.set_visibility(member.is_required and not is_mapped)
        outcome = self._state.outcome(member.path)
        self._input.set_invalid(invalid=bool(outcome.errors))
        if is_mapped and (outcome.errors or not self._is_text):
            self._outcome.show(outcome, has_sample=self._state.has_sample)
        else:
            self._outcome.clear()


class WholeRow:
    """The whole input as one expression: Developer mode."""

    def __init__(self, state: MapperState) -> None:
        self._state = state
        with ui.element("div").classes("mapper-whole"):
            self._input = ExpressionInput(
                jsonata_text.expression_text(state.mapper),
                label="The whole input as JSONata",
                on_change=self._write,
            )
            self._outcome = OutcomeView()
            self._input.describe_by(self._outcome.html_id)
        self.show_sample()

    def show_sample(self) -> None:
        """Show the body for the sample as it is now."""
        outcome = self._state.outcome(())
        self._input.set_invalid(invalid=bool(outcome.errors))
        self._outcome.show(outcome, has_sample=self._state.has_sample, indented=True)

    def _write(self, text: str) -> None:
        self._state.change((), text if text.strip() else {})
        self.show_sample()


class PassedOn:
    """The input that is what the step before emits.

    Args:
        state: What the mapper works on.
        on_map: Called when members shall be mapped.
    """

    def __init__(self, state: MapperState, on_map: Callable[[], None]) -> None:
        self._state = state
        with ui.element("div").classes("mapper-banner"):
            span("The step gets the message of the step before, unchanged.")
            small_button("Map members", "edit", on_map)
        with ui.element("div").classes("mapper-whole"):
            self._outcome = OutcomeView()
        self.show_sample()

    def show_sample(self) -> None:
        """Show the body of the sample as it is now."""
        self._outcome.show(
            self._state.outcome(()), has_sample=self._state.has_sample, indented=True
        )


def show_about(member: Member, on_value: Callable[[Any], None] | None = None) -> None:
    """Show a member's star, key, type and help.

    Args:
        member: The member.
        on_value: Gets an example or an allowed value that is clicked; None if that is impossible.
    """
    if member.is_required:
        star()
    if member.help:
        with help_button(member.title), help_pop_up(member.title):
            _show_help(member.help, on_value)
    has_key = member.key != member.title and not member.is_item
    span(f"{member.key} · {member.type}" if has_key else member.type, "mapper-key")


def show_kinds(
    state: MapperState, member: Member, on_kind: Callable[[Member, Kind], None]
) -> ui.button | None:
    """Show the switch between the ways in which a member can be written, if there are several.

    Returns:
        The button that is pressed.
    """
    kinds = {_kind_text(kind, member): kind for kind in state.kinds(member)}
    if len(kinds) == 1:
        return None
    return segments(
        f"How to write {member.title}",
        [*kinds],
        _kind_text(state.kind(member), member),
        lambda text: on_kind(member, kinds[text]),
        "segments-small",
    )


def show_remove(member: Member, on_remove: Callable[[Member], None]) -> None:
    """Show the button that removes a member or an item."""
    icon_button("close", f"Remove {member.title}", lambda: on_remove(member))


def _kind_text(kind: Kind, member: Member) -> str:
    return "Items" if kind is Kind.PARTS and member.item is not None else str(kind)


def _show_help(about: Help, on_value: Callable[[Any], None] | None) -> None:
    with ui.element("div").classes("help-content"):
        if about.description:
            span(about.description, "help-text")
        if about.default is not None:
            span(f"If you don't provide a value, it is {_json(about.default)}.", "help-text")
        _show_values("Allowed values", about.allowed, on_value)
        if not about.allowed:
            _show_values("Examples", about.examples, on_value)


def _show_values(title: str, values: Sequence[Any], on_value: Callable[[Any], None] | None) -> None:
    if not values:
        return
    span(title, "help-heading")
    with ui.element("div").classes("help-values"):
        for value in values:
            text = value if isinstance(value, str) else _json(value)
            shown = shortened(text, _CHIP)
            if on_value is None:
                span(shown, "help-value")
                continue
            chip = ui.button(shown, color=None, on_click=lambda _, value=value: on_value(value))
            chip.props("flat dense no-caps v-close-popup").classes("help-value")
            chip.props["aria-label"] = f"Use {shown}"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
