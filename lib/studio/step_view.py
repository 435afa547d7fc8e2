"""The selected step on the page: its settings, its input, and its results."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from nicegui import background_tasks, ui

from lib.platform.errors import MappingError
from lib.platform.flows.components import Function
from lib.sailor import ComponentError
from lib.sailor.step import Message
from lib.studio import labels, questions
from lib.studio.editor import Editor
from lib.studio.form import FormView
from lib.studio.mapper import MapperView, show_mapper
from lib.studio.player import Player
from lib.studio.questions import QuestionError
from lib.studio.results import ResultsView
from lib.studio.step_results import StepResults
from lib.studio.workspace import Workspace

_TABS = ("Settings", "Input", "Result")


class StepView:
    """The selected step on the page; without one, the flow.

    Args:
        workspace: The workspace.
        editor: Knows which steps are triggers.
        player: Runs the step.
        on_sample: Called when somebody wants a sample of a step.
    """

    def __init__(
        self,
        workspace: Workspace,
        editor: Editor,
        player: Player,
        *,
        on_sample: Callable[[str], Awaitable[None]],
    ) -> None:
        self.tab = _TABS[0]
        self._workspace = workspace
        self._editor = editor
        self._player = player
        self._on_sample = on_sample
        self._step: str | None = None
        self._form: FormView | None = None
        self._mapper: MapperView | None = None
        self._results: ResultsView | None = None
        self._faults: Sequence[str] = ()
        self._root = ui.element("div").classes("step-view")
        self.show()

    def show(self) -> None:
        """Show the step that is selected now, as it is now."""
        self._step = self._workspace.selected
        self._form = self._mapper = self._results = None
        self._root.clear()
        with self._root:
            if self._step is None:
                self._show_flow()
            else:
                self._show_step(self._step)

    def show_samples(self) -> None:
        """Show other values of expressions."""
        if self._step is None:
            return
        message = self._workspace.input_sample(self._step)
        trail = self._workspace.trail(message)
        if self._mapper:
            self._mapper.show_sample(message, trail)
        if self._form:
            self._form.show_sample(self._mapped(self._step, message), trail)

    def ask_again(self) -> None:
        """Let the drop-downs ask again, since there is another account."""
        if self._form and self._step:
            self._form.show_values(self._workspace.document.node(self._step).get("fields") or {})

    def show_results(self) -> None:
        """Show what the step did in the last run."""
        if self._step is None:
            return
        is_mine = self._player.is_running and self._player.step in {None, self._step}
        self._sample.set_enabled(not self._player.is_running)
        self._sample.props(add="loading" if is_mine else "", remove="" if is_mine else "loading")
        if self._results:
            self._results.update(self._player.results.get(self._step, StepResults()))

    def open_tab(self, name: str) -> None:
        """Open a tab of the selected step, and of those that are selected later.

        Args:
            name: ``Settings``, ``Input`` or ``Result``.
        """
        self.tab = name
        if self._step is not None:
            self._tabs.set_value(name)

    def show_faults(self, faults: Sequence[str]) -> None:
        """Show what keeps the flow from running, if no step is selected."""
        self._faults = faults
        if self._step is None:
            labels.show_faults(self._fault_list, faults)

    def _show_flow(self) -> None:
        document = self._workspace.document
        with ui.element("div").classes("step-head"):
            ui.label("Flow").classes("eyebrow")
            description = ui.textarea(
                placeholder="What the flow does",
                value=document.description,
                on_change=lambda event: self._describe(event.value or ""),
            )
            description.props("dense outlined autogrow debounce=300").classes("full")
            description.props["aria-label"] = "What the flow does"
        self._fault_list = ui.element("div").classes("flow-faults").props("role=status")
        self.show_faults(self._faults)
        with ui.element("div").classes("hint"):
            ui.icon("touch_app").props("aria-hidden=true")
            ui.label("Select a step to see its settings, its input and its results.")

    def _describe(self, text: str) -> None:
        self._workspace.document.set_description(text)
        self._workspace.publish("document")

    def _show_step(self, step: str) -> None:
        try:
            function = self._workspace.function(step)
        except ComponentError as error:
            self._show_head(step, step, None)
            _show_problem(str(error))
            return
        self._show_head(step, str(function.entry.get("title") or function.name), function)
        with ui.tabs() as self._tabs:
            for name in _TABS:
                ui.tab(name)
        self._tabs.props("dense no-caps align=left inline-label").classes("step-tabs")
        self._tabs.set_value(self.tab)
        self._tabs.on_value_change(lambda event: self._open(event.value))
        self._body = ui.element("div").classes("step-body")
        self._fill(step, function)
        self.show_results()

    def _show_head(self, step: str, kind: str, function: Function | None) -> None:
        help_of: Mapping[str, Any] = function.entry.get("help") or {} if function else {}
        with ui.element("div").classes("step-head"):
            with ui.element("div").classes("eyebrow"):
                ui.label(kind)
                ui.label(step).classes("mono")
                if link := help_of.get("link"):
                    ui.link("Documentation", str(link), new_tab=True)
            with ui.element("div").classes("step-head-row"):
                name = ui.input(
                    value=self._workspace.title(step),
                    on_change=lambda event: self._rename(step, event.value or ""),
                )
                name.props("dense borderless debounce=200").classes("step-name")
                name.props["aria-label"] = "Name of the step"
                with name.add_slot("append"):
                    ui.icon("edit").props("aria-hidden=true size=16px")
                if function:
                    self._sample = ui.button(
                        "Retrieve a sample",
                        icon="play_arrow",
                        color=None,
                        on_click=partial(self._on_sample, step),
                    )
                    self._sample.props("outline no-caps dense").classes("secondary")
            ui.label(str(help_of.get("description") or "")).classes("step-about")

    def _rename(self, step: str, name: str) -> None:
        self._workspace.document.rename(step, name)
        self._workspace.publish("document")

    def _open(self, tab: str) -> None:
        self.tab = tab
        if self._step is not None:
            self._fill(self._step, self._workspace.function(self._step))

    def _fill(self, step: str, function: Function) -> None:
        """Show the open tab."""
        self._form = self._mapper = self._results = None
        self._body.clear()
        with self._body:
            if self.tab == "Settings":
                self._show_settings(step, function)
            elif self.tab == "Result":
                self._results = ResultsView(self._player.results.get(step))
            elif edge := self._workspace.document.edge_to(step):
                self._show_input(step, function, edge.get("source"))
            else:
                self._show_beginning()

    def _show_settings(self, step: str, function: Function) -> None:
        fields = function.entry.get("fields") or {}
        if not fields:
            with ui.element("div").classes("hint"):
                ui.icon("check").props("aria-hidden=true")
                ui.label("This step has no settings.")
            return

        async def choices(model: str, values: Mapping[str, Any]) -> Mapping[str, str]:
            credentials = self._workspace.credentials if function.takes_credentials else {}
            return await questions.choices(function, model, {**credentials, **values})

        def change(values: Mapping[str, Any]) -> None:
            self._workspace.document.set_fields(step, values)
            self._workspace.publish("document")

        message = self._workspace.input_sample(step)
        self._form = FormView(
            fields,
            self._workspace.document.node(step).get("fields") or {},
            choices=choices,
            on_change=change,
            message=self._mapped(step, message),
            trail=self._workspace.trail(message),
        )

    def _missing(self, step: str, function: Function) -> str:
        """Return the labels of the required fields that are empty."""
        values = self._workspace.document.node(step).get("fields") or {}
        fields: Mapping[str, Any] = function.entry.get("fields") or {}
        return " and ".join(
            str(field.get("label") or name)
            for name, field in fields.items()
            if field.get("required") and not values.get(name)
        )

    def _mapped(self, step: str, message: Message | None) -> Message | None:
        """Return what a step gets; what its mapper fails on, as it is, since its tab shows why."""
        if message:
            with suppress(MappingError):
                return self._workspace.mapped(step, message)
        return message

    def _show_input(self, step: str, function: Function, source: str | None) -> None:
        """Show the mapper, once the metadata are there."""
        body = self._body
        if function.entry.get("dynamicMetadata") and (missing := self._missing(step, function)):
            with ui.element("div").classes("hint"):
                ui.icon("tune").props("aria-hidden=true")
                ui.label(f"What can be mapped depends on the settings: choose {missing} there.")
            return
        with ui.element("div").classes("hint").props("role=status"):
            ui.spinner(size="sm")
            ui.label("Asking for the metadata …")

        async def load() -> None:
            try:
                metadata = await questions.metadata(function, self._workspace.cfg(step))
                emitted = await self._out_metadata(source)
            except QuestionError as error:
                problem, metadata, emitted = str(error), {}, None
            else:
                problem = ""
            if self._step != step or self.tab != "Input" or body.is_deleted:
                return
            body.clear()
            with body:
                if problem:
                    _show_problem(problem, again=partial(self._fill, step, function))
                else:
                    self._show_mapper(step, source, metadata.get("in") or {}, emitted)

        background_tasks.create(load(), name="metadata")

    async def _out_metadata(self, source: str | None) -> Mapping[str, Any] | None:
        """Return what the step before emits, as far as it is known."""
        if source is None:
            return None
        try:
            function = self._workspace.function(source)
            metadata = await questions.metadata(function, self._workspace.cfg(source))
        except (ComponentError, QuestionError):
            return None
        return metadata.get("out")

    def _show_mapper(
        self,
        step: str,
        source: str | None,
        schema: Mapping[str, Any],
        emitted: Mapping[str, Any] | None,
    ) -> None:
        edge = self._workspace.document.edge_to(step) or {}

        def change(mapper: Mapping[str, Any] | str | None) -> None:
            self._workspace.document.set_mapper(source, step, mapper)
            self._workspace.publish("document")

        message = self._workspace.input_sample(step)
        self._mapper = show_mapper(
            schema,
            (edge.get("config") or {}).get("mapper"),
            message=message,
            trail=self._workspace.trail(message),
            on_change=change,
            source=emitted,
        )

    def _show_beginning(self) -> None:
        """Show the body that the flow begins with."""
        ui.label(
            "The flow begins with this step. On the platform, its trigger gets a schedule or an"
            " HTTP request; here, you can say what the body of that request is."
        ).classes("muted")
        given = self._player.input
        field = ui.textarea(
            label="Body that the flow begins with (JSON)",
            placeholder="what the trigger suggests",
            value="" if given is None else json.dumps(given, indent=2, ensure_ascii=False),
            validation=_json_problem,
        )
        field.props("dense outlined autogrow stack-label debounce=300").classes("full mono")

        def change() -> None:
            text = field.value or ""
            if not _json_problem(text):
                self._player.input = json.loads(text) if text.strip() else None

        field.on_value_change(change)


def _json_problem(text: str | None) -> str | None:
    """Return what is wrong with JSON that somebody types; None if nothing is, or it is empty."""
    if text and text.strip():
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            return f"Not JSON: {error}"
    return None


def _show_problem(text: str, again: Callable[[], None] | None = None) -> None:
    with ui.element("div").classes("problem").props("role=alert"):
        ui.icon("error_outline").props("aria-hidden=true")
        ui.label(text)
        if again:
            ui.button("Try again", color=None, on_click=again).props("flat dense no-caps")
