"""The view of what a step did: its messages, its errors and its log."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from lib.platform.flows.observer import Count
from lib.sailor.passthrough import without_passthrough
from lib.studio import message_tree
from lib.studio.step_results import LogLine, StepEvent, StepResults

_INTERVAL = 0.5  # seconds between two looks at what is new
_TITLES = {
    "data": "message",
    "error": "error",
    "httpReply": "reply",
    "rebound": "rebound",
    "snapshot": "snapshot",
    "updateSnapshot": "snapshot update",
    "updateKeys": "new credentials",
}
_IS_OPEN = "(event) => emit(event.target.open)"
_NODE = """
<span class="tree-name">{{ props.node.name }}</span>
<span :class="'tree-' + props.node.kind">{{ props.node.text }}</span>
"""


class ResultsView:
    """What a step did, in the slot of the page in which the view is made.

    A flow may change its results all the time; the view looks at them twice a second. It makes as
    few elements as it can, since each costs the page time in which it answers no click.

    Args:
        results: The results; None before the step has run.
    """

    def __init__(self, results: StepResults | None) -> None:
        self._results = results or StepResults()
        self._is_stale = False
        self._as_json = False
        self._rows: deque[_Row] = deque()  # the newest last
        self._open_row: _Row | None = None  # the newest, until somebody opens or closes one
        self._is_following = True
        with ui.column().classes("results"):
            self._summary = ui.label().classes("results-summary").props("role=status")
            with ui.row().classes("results-heading") as self._heading:
                self._hint = ui.label()
                self._toggle = ui.toggle({False: "Tree", True: "JSON"}, value=False)
                self._toggle.on_value_change(self._switch).props("dense no-caps unelevated")
            self._list = ui.column().classes("results-rows")
            self._log = _Log()
        self._show()
        ui.timer(_INTERVAL, self._refresh)

    def update(self, results: StepResults) -> None:
        """Show results; to be called again when they have changed.

        Args:
            results: The results.
        """
        self._results = results
        self._is_stale = True

    def _refresh(self) -> None:
        if self._is_stale:
            self._is_stale = False
            self._show()

    def _show(self) -> None:
        self._summary.text = _summary(self._results.count)
        self._show_events([*self._results.events])
        self._heading.visible = bool(self._rows)
        self._toggle.visible = any(row.event.name != "error" for row in self._rows)
        self._hint.text = _hint(self._results)
        self._log.show([*self._results.lines])

    def _show_events(self, events: Sequence[StepEvent]) -> None:
        """Remove the rows of events that are no longer kept, and add rows for new ones."""
        while self._rows and (not events or self._rows[0].event is not events[0]):
            row = self._rows.popleft()
            row.element.delete()
            if row is self._open_row:
                self._open_row = None
        added: list[_Row] = []
        with self._list:
            for event in reversed(events[len(self._rows) :]):
                row = _Row(event, as_json=self._as_json, on_choose=self._stop_following)
                if self._rows:
                    row.element.move(target_index=len(added))
                added.append(row)
        self._rows.extend(reversed(added))
        if self._is_following and self._rows and self._open_row is not self._rows[-1]:
            if self._open_row:
                self._open_row.close()
            self._open_row = self._rows[-1]
            self._open_row.open()

    def _stop_following(self) -> None:
        self._is_following = False

    def _switch(self) -> None:
        self._as_json = not self._as_json
        for row in self._rows:
            row.show(as_json=self._as_json)


class _Row:
    """An event: a line that opens.

    Args:
        event: The event.
        as_json: Whether its message is shown as JSON.
        on_choose: Called when somebody opens or closes it.
    """

    def __init__(self, event: StepEvent, *, as_json: bool, on_choose: Callable[[], None]) -> None:
        self.event = event
        self._as_json = as_json
        self._is_open = False
        self._on_choose = on_choose
        self._content: ui.element | None = None
        with ui.element("details").classes(f"result result-{event.name}") as self.element:
            summary = TextElement(tag="summary", text=_preview(event))
            summary.props["data-kind"] = _TITLES[event.name]
        self.element.on("toggle", self._toggled, js_handler=_IS_OPEN)

    def open(self) -> None:
        """Open it."""
        self._is_open = True
        self._fill()
        self.element.props("open")

    def close(self) -> None:
        """Close it."""
        self._is_open = False
        self.element.props(remove="open")

    def show(self, *, as_json: bool) -> None:
        """Show its message as JSON or as a tree."""
        self._as_json = as_json
        if self._content:
            self._content.delete()
            self._content = None
            self._fill()

    def _toggled(self, event: GenericEventArguments) -> None:
        if event.args == self._is_open:
            return
        self._is_open = event.args
        self._fill()
        self._on_choose()

    def _fill(self) -> None:
        if self._content:
            return
        with self.element, ui.element("div").classes("result-content") as self._content:
            if self.event.name == "error":
                _show_error(self.event.payload)
            else:
                _show_value(_content(self.event), as_json=self._as_json)


class _Log:
    """The lines of the log, folded."""

    def __init__(self) -> None:
        self._last: LogLine | None = None
        with ui.element("details").classes("result results-log") as self._element:
            with ui.element("summary"):
                self._title = ui.label()
            self._lines = ui.element("div").classes("results-lines")

    def show(self, lines: Sequence[LogLine]) -> None:
        """Show lines."""
        self._element.visible = bool(lines)
        last = lines[-1] if lines else None
        if last is self._last:
            return
        self._last = last
        self._title.text = f"Log: {_counted(len(lines), 'line')}"
        self._lines.clear()
        with self._lines:
            for line in lines:
                shown = ui.label(line.text).classes(f"log-line log-{line.level}")
                shown.props["data-time"] = line.time.partition("T")[2].rstrip("Z")
                shown.props["data-level"] = line.level


def _show_error(error: dict[str, str]) -> None:
    ui.label(error["name"]).classes("error-name")
    ui.label(_message(error)).classes("error-message")
    with ui.element("details").classes("error-stack"):
        with ui.element("summary"):
            ui.label("Stack")
        ui.label(error["stack"]).classes("json")


def _show_value(value: Any, *, as_json: bool) -> None:
    if as_json or not isinstance(value, dict | list):
        text = message_tree.indented(value)
        button = ui.button(icon="content_copy", on_click=lambda: ui.clipboard.write(text))
        button.props('flat dense round size=sm aria-label="Copy the JSON"').classes("result-copy")
        ui.label(text).classes("json")
        return
    nodes = message_tree.nodes(value)
    tree = ui.tree(nodes, label_key="name").props("dense no-connectors")
    tree.add_slot("default-header", _NODE)
    tree.expand(message_tree.opened(nodes))


def _content(event: StepEvent) -> Any:
    """Return what is shown of an event that is no error."""
    if event.name not in {"data", "httpReply"}:
        return event.payload
    message = without_passthrough(event.payload)
    return {"body": message.pop("body", None), **message}  # what matters first


def _preview(event: StepEvent) -> str:
    if event.name == "error":
        return message_tree.line(_message(event.payload))
    if event.name in {"data", "httpReply"}:
        return message_tree.line(event.payload.get("body"))
    return message_tree.line(event.payload)


def _message(error: dict[str, str]) -> str:
    """Return an error's message; many begin with its name."""
    return error["message"].removeprefix(f"{error['name']}: ")


def _summary(count: Count) -> str:
    """Return how much a step did, as a sentence."""
    if not count.received:
        return "Nothing yet: retrieve a sample of this step, or run the flow."
    parts = [f"{_counted(count.received, 'message')} in", f"{count.emitted:,} out"]
    if count.errors:
        parts.append(_counted(count.errors, "error"))
    if count.rebounds:
        parts.append(_counted(count.rebounds, "rebound"))
    parts.append(f"{count.milliseconds / count.received:,.0f} ms each")
    return " · ".join(parts)


def _hint(results: StepResults) -> str:
    count = results.count
    total = count.emitted + count.errors + count.rebounds
    shown = len(results.events)
    return f"The newest {shown} of {total:,}" if total > shown else "Newest first"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
