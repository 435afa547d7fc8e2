"""The form of a step or of credentials, as a descriptor describes it.

https://docs.elastic.io/developers/view-classes.html
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from nicegui import ui
from nicegui.element import Element

from lib.sailor.step import Message
from lib.studio.choice_field import ChoiceField, Choices, Field, Values
from lib.studio.expression_input import EXPRESSION_PROMPT, ExpressionInput, SuggestionScope
from lib.studio.labels import help_button, help_pop_up, label, plain, span, star
from lib.studio.outcome_view import OutcomeView
from lib.studio.sample_value import outcome
from lib.studio.suggestions import suggestions

_TICKED = (True, "true", "on")
_INPUT = "dense outlined hide-bottom-space debounce=150"
_URL_PROMPT = 'JSONata, such as "https://example.com"'
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class FormView:
    """A form, in the slot of the page in which the view is made.

    Args:
        fields: The fields, by their names, as ``component.json`` has them.
        values: The values of the fields that are filled in. Others in it are kept.
        choices: Asks for the choices of a drop-down: gets the name of the function in the module,
            and the form's values; returns each value with its label. The text of an error that it
            raises is shown at the field.
        on_change: Gets all values when one has changed; a field that is empty is left out.
        message: The message that the step gets, for fields that hold JSONata.
        trail: The messages of earlier steps, by the steps' ids.
    """

    def __init__(
        self,
        fields: Mapping[str, Field],
        values: Values,
        *,
        choices: Choices,
        on_change: Callable[[dict[str, Any]], None],
        message: Message | None = None,
        trail: Mapping[str, Message] = MappingProxyType({}),
    ) -> None:
        self._fields = fields
        self._values = dict(values)
        self._choices = choices
        self._on_change = on_change
        self._message, self._trail = message, trail
        self._choice_fields: list[ChoiceField] = []
        self._expressions: list[Callable[[], None]] = []  # each shows its value again
        self._root = SuggestionScope(suggestions(message, trail)).classes("form")
        self._render()

    def show_values(self, values: Values) -> None:
        """Show other values; the choices of the drop-downs are asked for again."""
        self._values = dict(values)
        self._render()

    def show_sample(self, message: Message | None, trail: Mapping[str, Message]) -> None:
        """Show the values of JSONata for another message that the step gets."""
        self._message, self._trail = message, trail
        self._root.suggest(suggestions(message, trail))
        for show in self._expressions:
            show()

    def _render(self) -> None:
        self._root.clear()
        self._choice_fields, self._expressions = [], []
        with self._root:
            for name in sorted(self._fields, key=self._order):
                with ui.element("div").classes("form-field"):
                    self._show_field(name, self._fields[name])
        self._load_choices()

    def _order(self, name: str) -> float:
        return -float(self._fields[name].get("order") or 0)

    def _change(self, name: str, value: Any) -> None:
        if self._values.get(name) == value:
            return
        self._values.pop(name, None)
        if value is not None:
            self._values[name] = value
        self._on_change(dict(self._values))
        self._load_choices(name)

    def _load_choices(self, changed: str | None = None) -> None:
        """Ask for the choices of all drop-downs, or of those that need a changed field."""
        for field in self._choice_fields:
            if changed is None or changed in field.needs:
                field.load(self._values)

    def _show_field(self, name: str, field: Field) -> None:
        title = str(field.get("label") or name)
        match field.get("viewClass"):
            case "CheckBoxView":
                self._show_check_box(name, field, title)
                return
            case "SelectView" | "MultiSelectView":
                self._show_drop_down(name, field, title)
            case "JSONataView":
                self._show_jsonata(name, field, title)
            case "RESTAPIView":
                self._show_request(name, field, title)
            case view_class:
                self._show_text(name, field, title, str(view_class))

    def _show_check_box(self, name: str, field: Field, title: str) -> None:
        with ui.element("div").classes("form-check-box"):
            ui.checkbox(
                title,
                value=self._values.get(name) in _TICKED,
                on_change=lambda event: self._change(name, True if event.value else None),
            ).props("dense")
            _show_note(title, field)

    def _show_drop_down(self, name: str, field: Field, title: str) -> None:
        head = _Head(title, field)
        shown = ChoiceField(
            field,
            {one: str(self._fields.get(one, {}).get("label") or one) for one in _needs(field)},
            self._values.get(name),
            self._choices,
            lambda value: self._change(name, value),
        )
        head.fill(shown.field_id)
        if shown.is_live:
            with head.element:
                ui.space()
                shown.show_reload(title)
        self._choice_fields.append(shown)

    def _show_text(self, name: str, field: Field, title: str, view_class: str) -> None:
        head = _Head(title, field)
        is_area = view_class == "TextAreaView"
        value = self._values.get(name)
        shown = (ui.textarea if is_area else ui.input)(
            value="" if value is None else str(value),
            placeholder=field.get("placeholder"),
            on_change=lambda event: self._change(name, event.value or None),
        ).props(_INPUT)
        if is_area:
            shown.props("autogrow")
        elif view_class == "PasswordFieldView":
            shown.props("type=password autocomplete=new-password")
        else:
            shown.props("autocomplete=off spellcheck=false")
        _require(shown, field)
        head.fill(shown.html_id)

    def _show_jsonata(self, name: str, field: Field, title: str) -> None:
        head = _Head(title, field)
        shown = self._show_expression(
            str(self._values.get(name) or ""),
            title,
            str(field.get("placeholder") or EXPRESSION_PROMPT),
            lambda text: self._change(name, text or None),
        )
        _require(shown, field)
        head.fill(shown.field_id)

    def _show_request(self, name: str, field: Field, title: str) -> None:
        """Show an HTTP request: an object with its method, and its URL as JSONata."""

        def change(part: str, value: str) -> None:
            self._change(name, {"method": _METHODS[0], **self._request(name), part: value})

        _Head(title, field).fill(None)
        request = self._request(name)
        method = request.get("method")
        with ui.element("div").classes("form-request"):
            ui.select(
                _METHODS,
                value=method if method in _METHODS else _METHODS[0],
                on_change=lambda event: change("method", event.value),
            ).props("dense outlined aria-label=Method")
            with ui.element("div").classes("form-request-url"):
                url = str(request.get("url") or "")
                shown = self._show_expression(
                    url, "URL", _URL_PROMPT, lambda text: change("url", text)
                )
                _require(shown, field)

    def _request(self, name: str) -> dict[str, Any]:
        value = self._values.get(name)
        return value if isinstance(value, dict) else {}

    def _show_expression(
        self, text: str, title: str, prompt: str, on_change: Callable[[str], None]
    ) -> ExpressionInput:
        def changed(text: str) -> None:
            on_change(text)
            show()

        def show() -> None:
            text = shown.value
            made = outcome(text, self._message, self._trail) if text.strip() else None
            shown.set_invalid(invalid=made is not None and bool(made.errors))
            if made is None:
                result.clear()
            else:
                result.show(made, has_sample=self._message is not None)

        shown = ExpressionInput(text, label=title, on_change=changed, placeholder=prompt)
        result = OutcomeView()
        shown.describe_by(result.html_id)
        self._expressions.append(show)
        show()
        return shown


class _Head:
    """The line above an input: its label, star and help; filled once the input is there."""

    def __init__(self, title: str, field: Field) -> None:
        self.element = ui.element("div").classes("form-head")
        self._title, self._field = title, field

    def fill(self, target: str | None) -> None:
        """Show the label of the input with that HTML id."""
        with self.element:
            if target is None:
                span(self._title, "field-label")
            else:
                label(self._title, target=target)
            if self._field.get("required"):
                star()
            _show_note(self._title, self._field)


def _show_note(title: str, field: Field) -> None:
    """Show a field's note as a tool-tip, and as a pop-up for those who click or use the keys."""
    own = field.get("help")
    texts = [field.get("note"), own.get("description") if isinstance(own, Mapping) else None]
    shown = [plain(str(text)) for text in texts if text]
    if shown:
        with help_button(title):
            ui.tooltip(" ".join(shown)).classes("note-tooltip").props("delay=300")
            with help_pop_up(title), ui.element("div").classes("help-content"):
                for text in shown:
                    span(text, "help-text")


def _needs(field: Field) -> list[str]:
    needed = field.get("require") or []
    return [needed] if isinstance(needed, str) else list(needed)


def _require(shown: Element, field: Field) -> None:
    if field.get("required"):
        shown.props["aria-required"] = "true"
