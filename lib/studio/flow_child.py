"""One run of a flow as a child process of the studio: ``python -m lib.studio.flow_child``.

What the steps do is sent in batches of the newest events: a thousand messages cost the studio,
which has clicks to answer meanwhile, little more than a few.
"""

import os
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self, TextIO, cast

import orjson

from lib.platform.errors import InvalidFlowError
from lib.platform.flows.components import Connector
from lib.platform.flows.file import attributes_of
from lib.platform.flows.input import first_message
from lib.platform.flows.observer import Tally
from lib.platform.flows.plan import Plan, prepare_content
from lib.platform.flows.runner import Runner
from lib.sailor import Component, ComponentError, json_text, logs
from lib.sailor.local import json_line
from lib.sailor.settings import PREFIX
from lib.sailor.step import describe_error
from lib.studio.child import Parent
from lib.studio.step_results import MOST_EVENTS, MOST_LINES

_NICENESS = 10  # clicks come before messages
_INTERVAL = 0.1  # seconds between two batches
_LARGEST = 4_000_000  # bytes of a step's events in a batch; the newest is sent whatever its size
_LEVELS = [*logs.LEVELS]


def main() -> None:
    """Run the flow that the studio sends, and send what its steps do."""
    os.nice(_NICENESS)
    parent = Parent()
    job = parent.receive()
    parent.end_with_it()
    faults: Iterable[str] = ()
    try:
        _run(parent, **job)
    except InvalidFlowError as error:
        faults = error.faults
    except ComponentError as error:
        faults = [str(error)]
    parent.send(json_text.dump({"faults": [*faults]}))


def _run(
    parent: Parent,
    *,
    content: Mapping[str, Any],
    path: str,
    connector: Mapping[str, str],
    credentials: Mapping[str, Any],
    step: str | None,
    message: Any,
) -> None:
    """Run a flow, or one of its steps.

    Raises:
        InvalidFlowError: It cannot run.
        ComponentError: A step cannot start.
    """
    component = Connector(connector["name"], Path(connector["folder"]))
    plan = prepare_content(
        content if step is None else _alone(content, step), Path(path), component
    )
    first = first_message(plan, None) if message is None else message
    with _Reporter(plan, parent) as reporter:
        # The log may be seen in pictures and by people who look on.
        secrets = _secrets(component, credentials)
        logs.configure("info", stream=cast("TextIO", _LogStream(reporter)), secrets=secrets)
        Runner(plan, credentials, reporter).run(first)


def _alone(content: Mapping[str, Any], step: str) -> dict[str, Any]:
    """Return a flow that has one step of another, and no edges."""
    graph = (attributes_of(content) or {})["graph"]
    node = next(node for node in graph["nodes"] if node["id"] == step)
    return {"graph": {"nodes": [{**node, "first": True, "error": False}]}}


def _secrets(connector: Connector, credentials: Mapping[str, Any]) -> list[str]:
    """Return the credentials that screens hide."""
    fields = Component.load(connector.folder).descriptor["credentials"]["fields"]
    return [
        str(value)
        for name, value in credentials.items()
        if fields.get(name, {}).get("viewClass") == "PasswordFieldView"
    ]


@dataclass
class _Batch:
    """What the steps have done since the last batch.

    Attributes:
        events: The newest events of each step, as JSON text, by the steps' ids.
        lines: The newest lines of each step's log.
        touched: The ids of the steps that have done anything.
    """

    events: dict[str, deque[bytes]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=MOST_EVENTS))
    )
    lines: dict[str, deque[Any]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=MOST_LINES))
    )
    touched: set[str] = field(default_factory=set)


class _Reporter(Tally):
    """Sends the studio what the steps of a flow do; threads may share it.

    Args:
        plan: The flow.
        parent: The studio.
    """

    def __init__(self, plan: Plan, parent: Parent) -> None:
        super().__init__(plan)
        self._parent = parent
        self._lock = Lock()
        self._batch = _Batch()
        self._ended = Event()
        self._thread = Thread(target=self._send_batches)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def received(self, step: str) -> None:
        """See :meth:`Observer.received`."""
        with self._lock:
            super().received(step)
            self._batch.touched.add(step)

    def emitted(self, step: str, event: str, payload: Any) -> None:
        """See :meth:`Observer.emitted`."""
        content = describe_error(payload) if event == "error" else payload
        text = json_line({"name": event, "payload": content})
        with self._lock:
            super().emitted(step, event, payload)
            self._batch.touched.add(step)
            self._batch.events[step].append(text)

    def handled(self, step: str, milliseconds: float) -> None:
        """See :meth:`Observer.handled`."""
        with self._lock:
            super().handled(step, milliseconds)
            self._batch.touched.add(step)

    def logged(self, line: str) -> None:
        """Take a line of the log: one JSON object in bunyan's shape."""
        record = orjson.loads(line)
        step = record.get(f"{PREFIX}STEP_ID", "")
        level = _LEVELS[record["level"] // 10 - 1]
        with self._lock:
            self._batch.touched.add(step)
            self._batch.lines[step].append([record["time"], level, record["msg"]])

    def _send_batches(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._ended.wait(_INTERVAL)
            with self._lock:
                batch, self._batch = self._batch, _Batch()
                steps = {
                    step: {
                        "count": asdict(self.steps[step]) if step in self.steps else None,
                        "events": _newest(batch.events[step]),
                        "lines": [*batch.lines[step]],
                    }
                    for step in batch.touched
                }
            if steps:
                self._parent.send(json_text.dump({"steps": steps}))


def _newest(events: Iterable[bytes]) -> list[orjson.Fragment]:
    """Return the newest of some events that together are not too large, in their order."""
    chosen: list[orjson.Fragment] = []
    size = 0
    for event in reversed([*events]):
        size += len(event)
        if chosen and size > _LARGEST:
            break
        chosen.append(orjson.Fragment(event))
    return chosen[::-1]


class _LogStream:
    """Hands on the lines of the log, each of which is written at once."""

    def __init__(self, reporter: _Reporter) -> None:
        self._reporter = reporter

    def write(self, line: str) -> None:
        self._reporter.logged(line)

    def flush(self) -> None:
        """Do nothing: nothing is kept back."""


if __name__ == "__main__":
    main()
