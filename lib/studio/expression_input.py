"""The input of an expression or a text, and what is suggested in it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from nicegui.element import Element
from nicegui.elements.mixins.value_element import ValueElement

from lib.studio.suggestions import Suggestion

EXPRESSION_PROMPT = "Choose or type an expression"


class SuggestionScope(Element, component="static/suggestion_scope.js"):
    """A part of the page in which all expressions have the same suggestions.

    Args:
        suggestions: The suggestions, the best first.
    """

    def __init__(self, suggestions: Sequence[Suggestion]) -> None:
        super().__init__()
        self.suggest(suggestions)

    def suggest(self, suggestions: Sequence[Suggestion]) -> None:
        """Suggest something else from now on."""
        self._props["suggestions"] = [asdict(one) for one in suggestions]


class ExpressionInput(ValueElement[str], component="static/expression_input.js"):
    """A text area that grows with its text; it reports the text once typing pauses for 150 ms.

    Args:
        value: The text.
        label: Its name for screen readers.
        on_change: Gets the text.
        constants: What it suggests before the paths of its scope.
        placeholder: Shown while it is empty.
        is_constant: Whether the text stands for itself: it is shown in the font of prose, and a
            suggestion replaces it as a whole.
    """

    VALUE_PROP = "value"
    LOOPBACK = False

    def __init__(
        self,
        value: str,
        *,
        label: str,
        on_change: Callable[[str], None],
        constants: Sequence[Suggestion] = (),
        placeholder: str = "",
        is_constant: bool = False,
    ) -> None:
        super().__init__(value=value, on_value_change=lambda event: on_change(event.value))
        self._props["label"] = label
        self._props["placeholder"] = placeholder
        self._props["whole"] = is_constant
        self._props["monospace"] = not is_constant
        self._props["constants"] = [asdict(one) for one in constants]

    @property
    def field_id(self) -> str:
        """The HTML id of the text area itself."""
        return f"{self.html_id}-field"

    def describe_by(self, html_id: str) -> None:
        """Let screen readers read another element after the input."""
        self._props["describedby"] = html_id

    def set_invalid(self, *, invalid: bool) -> None:
        """Say whether the text is wrong."""
        self._props["invalid"] = invalid
