"""A drop-down of a form, whose choices may come from the account."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import background_tasks, ui

from lib.studio.labels import icon_button, small_button, span

Field = Mapping[str, Any]
Values = Mapping[str, Any]
Choices = Callable[[str, Values], Awaitable[Mapping[str, str]]]

_SEARCHED = 8  # more choices than that can be searched
# In Quasar's list, a box that can have the focus stands between the list and its options, where
# screen readers expect no such thing.
_MEND_LIST = """() => setTimeout(() => {
    for (const box of document.querySelectorAll(".q-menu .q-virtual-scroll__content"))
        box.removeAttribute("tabindex");
})"""


class ChoiceField:
    """A drop-down, of which one or several values are chosen.

    Args:
        field: The field, as ``component.json`` has it.
        needs: The labels of the fields that must be filled in before, by the fields' names.
        value: The value, or the list of values.
        choices: Asks for the choices; see :func:`lib.studio.form.FormView`.
        on_change: Gets the value or the list of values; None if nothing is chosen.

    Attributes:
        needs: The labels of the fields that must be filled in before, by the fields' names.
        is_live: Whether its choices come from the account.
    """

    def __init__(
        self,
        field: Field,
        needs: Mapping[str, str],
        value: Any,
        choices: Choices,
        on_change: Callable[[Any], None],
    ) -> None:
        self.needs = needs
        self._model = field.get("model")
        self.is_live = isinstance(self._model, str)
        self._prompt = str(field.get("prompt") or "")
        self._is_several = field.get("viewClass") == "MultiSelectView"
        self._choices = choices
        self._on_change = on_change
        self._listed: Mapping[str, str] = self._model if isinstance(self._model, Mapping) else {}
        self._values: Values = {}
        self._asked = 0
        self._chosen = _chosen(value)
        can_search = self.is_live or len(self._listed) > _SEARCHED
        self._select = ui.select(
            self._options(),
            value=self._shown_value(),
            multiple=self._is_several,
            with_input=can_search,
            clearable=True,
            on_change=lambda event: self._choose(event.value),
        ).props("dense outlined hide-bottom-space options-dense no-error-icon")
        self._select.on("popup-show", js_handler=_MEND_LIST)
        self._select.props["for"] = self.field_id
        if self._is_several:
            self._select.props("use-chips")
        if field.get("required"):
            self._select.props["aria-required"] = "true"
        self._note = ui.element("div").classes("form-note").props('aria-live="polite"')
        self._show_prompt()

    @property
    def field_id(self) -> str:
        """The HTML id of the input."""
        return f"{self._select.html_id}-field"

    def load(self, values: Values) -> None:
        """Ask for the choices, if they come from the account and all that it needs is filled in.

        Args:
            values: The values of the form.
        """
        if not self.is_live:
            return
        self._values = values
        missing = [label for name, label in self.needs.items() if not values.get(name)]
        self._select.set_enabled(not missing)
        self._note.clear()
        if missing:
            with self._note:
                span(f"Fill in {' and '.join(missing)} first.", "form-hint")
        else:
            background_tasks.create(self._load(), name=f"choices of {self._model}")

    def show_reload(self, title: str) -> None:
        """Show the button that asks for the choices again.

        Args:
            title: The field's label.
        """
        icon_button(
            "refresh", f"Load the choices of {title} again", lambda: self.load(self._values)
        )

    async def _load(self) -> None:
        self._asked += 1
        asked = self._asked
        self._select.props("loading")
        try:
            listed, error = await self._choices(str(self._model), dict(self._values)), ""
        except Exception as failure:  # noqa: BLE001 - a module may raise anything
            listed, error = {}, str(failure) or type(failure).__name__
        if asked != self._asked or self._select.is_deleted:
            return  # asked again meanwhile, or no longer shown
        self._select.props(remove="loading")
        self._listed = listed
        self._select.set_options(self._options())
        self._select.props["error"] = bool(error)
        with self._note:
            if error:
                span(error, "form-error").props('role="alert"')
                small_button("Try again", "refresh", lambda: self.load(self._values))
            elif not listed:
                span("The account has none.", "form-hint")

    def _choose(self, value: Any) -> None:
        self._chosen = _chosen(value)
        self._show_prompt()
        if self._is_several:
            self._on_change(self._chosen or None)
        else:
            self._on_change(self._chosen[0] if self._chosen else None)

    def _options(self) -> dict[Any, str]:
        """Return the choices, with what is chosen already though it is not among them."""
        is_known = not self.is_live or bool(self._listed)
        others = [one for one in self._chosen if one not in self._listed]
        return {
            **{one: f"{one} (not in the list)" if is_known else str(one) for one in others},
            **self._listed,
        }

    def _shown_value(self) -> Any:
        return self._chosen if self._is_several else next(iter(self._chosen), None)

    def _show_prompt(self) -> None:
        """Show the prompt while nothing is chosen."""
        if self._chosen:
            self._select.props(remove="placeholder display-value")
            self._select.classes(remove="prompted")
        else:
            self._select.props["placeholder"] = self._prompt
            if "use-input" not in self._select.props:
                self._select.props["display-value"] = self._prompt
            self._select.classes("prompted")


def _chosen(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]
