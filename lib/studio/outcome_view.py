"""What an expression makes of the sample, as the page shows it below the expression."""

from nicegui import ui

from lib.platform.errors import MappingError
from lib.studio.labels import span
from lib.studio.sample_value import Outcome, excerpt


class OutcomeView:
    """What an expression makes: a value, nothing, or errors."""

    def __init__(self) -> None:
        self._root = ui.element("div").classes("mapper-outcome").props('aria-live="polite"')
        self._shown: tuple[Outcome, bool] | None = None

    @property
    def html_id(self) -> str:
        """Its HTML id."""
        return self._root.html_id

    def clear(self) -> None:
        """Show nothing."""
        if self._shown is not None:
            self._shown = None
            self._root.clear()

    def show(self, outcome: Outcome, *, has_sample: bool, indented: bool = False) -> None:
        """Show an outcome.

        Args:
            outcome: The outcome.
            has_sample: Whether there is a sample; without one there is no value.
            indented: Whether to show each member of an object on a separate line.
        """
        if self._shown == (outcome, has_sample):
            return
        self._shown = (outcome, has_sample)
        self._root.clear()
        with self._root:
            for error in outcome.errors:
                _show_error(error)
            if outcome.errors or not has_sample:
                return
            if outcome.is_nothing:
                span("nothing: it is left out", "mapper-nothing")
            else:
                with ui.element("div").classes("mapper-value").props('tabindex="0"'):
                    span(outcome.text(indented=indented))


def _show_error(error: MappingError) -> None:
    with ui.element("div").classes("mapper-error"):
        ui.icon("error_outline").props('aria-hidden="true"')
        with ui.element("div"):
            # The row shows which member it is; the parts of a whole need their names.
            member = error.path.partition(".")[2]
            span(f"{member}: {error.cause.reason}" if member else error.cause.reason)
            before, after = excerpt(error.text, error.cause)
            if after:
                with ui.element("div").classes("mapper-excerpt"):
                    span(before)
                    span("", "mapper-caret")
                    span(after)
