"""Runs the same messages through a runtime, and tells what came of each, made comparable."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib.platform import Flow, ObjectStorage, Received, until
from lib.platform.process import Sailor
from tests.support.steps import Starter, script

# Everything that came of a message, by the place where it arrived.
Outcome = dict[str, list[Any]]

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
_END = "the end"


@dataclass(frozen=True)
class Case:
    """A message, and how it comes.

    Args:
        name: Becomes part of its messageId.
        message: As ``Flow.publish`` takes it; ``{elsewhere}`` and the like in its strings stand
            for the flow's queues, ``{object ...}`` for objects of the setting.
        headers: More AMQP headers.
        version: The protocol version.
        properties: More AMQP properties.
    """

    name: str
    message: Any
    headers: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """A step, and the cases that it is given one after another.

    Args:
        name: For the test's id.
        cases: In their order.
        function: The twins' action.
        environment: ELASTICIO_ variables without the prefix.
        step: What the REST API says of the step, as ``Flow.configure`` takes it.
        objects: What object storage holds.
        faults: Scripts faults of API and storage.
        errors: How many errors to wait for, where they come late.
        left_alone: Places whose messages are the flow's own business.
        end: The last message, whose output tells that all before it are dealt with.
    """

    name: str
    cases: Sequence[Case]
    function: str = "script"
    environment: Mapping[str, Any] = field(default_factory=dict)
    step: Mapping[str, Any] = field(default_factory=dict)
    objects: Mapping[str, Any] = field(default_factory=dict)
    faults: Callable[[Flow, ObjectStorage], None] | None = None
    errors: int = 0
    left_alone: Sequence[str] = ()
    end: Any = field(default_factory=lambda: script(["return", {"body": _END}]))


def run(
    setting: Setting, sailor: Sailor, flow: Flow, storage: ObjectStorage, start: Starter
) -> dict[str, Outcome]:
    """Give a runtime the cases of a setting, and return what came of each."""
    ids = {name: storage.put(flow.cipher.encrypt(body)) for name, body in setting.objects.items()}
    flow.storage = storage
    flow.configure(flow.step.id, **setting.step)
    if setting.faults is not None:
        setting.faults(flow, storage)
    runtime = start(flow, setting.function, sailor=sailor, **setting.environment)
    ending = Case(_END, setting.end)
    for case in [*setting.cases, ending]:
        places = {"elsewhere": flow.elsewhere, "replies": flow.replies, "nowhere": "nowhere"} | ids
        headers = {
            "messageId": f"in:{case.name}",
            "threadId": f"thread:{case.name}",
            **_filled(case.headers, places),
        }
        flow.publish(
            _filled(case.message, places), headers=headers, version=case.version, **case.properties
        )

    arrived: list[tuple[str, Received]] = []

    def ended() -> bool:
        for place, queue in _places(flow).items():
            if place not in setting.left_alone:
                arrived.extend((place, received) for received in flow.drain(queue))
        errors = sum(place == "errors" for place, _ in arrived)
        return errors >= setting.errors and any(
            _case_of(received) == _END for place, received in arrived if place != "snapshots"
        )

    until(ended, f"the last message of {setting.name} goes through {sailor.name}", every=0.1)
    if sailor.name == "node":
        runtime.kill()  # some of the cases leave it unable to stop
    else:
        assert runtime.stop() == 0
        assert flow.depth(flow.step.input) == 0
    ended()

    outcomes: dict[str, Outcome] = {case.name: {} for case in setting.cases}
    view = _View(flow, storage)
    for place, received in arrived:
        name = _case_of(received)
        if name != _END:
            outcomes[name].setdefault(place, []).append(view.of(place, received))
    outcomes[setting.cases[0].name]["api"] = [
        [request.method, request.path, request.json] for request in flow.api.asked("PUT")
    ]
    return outcomes


def _filled(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item, places) for item in value]
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return places[value[1:-1]]
    return value


def _places(flow: Flow) -> dict[str, str]:
    return {
        "output": flow.output,
        "errors": flow.step.errors,
        "rebounds": flow.step.rebounds,
        "snapshots": flow.step.snapshots,
        "replies": flow.replies,
        "elsewhere": flow.elsewhere,
        "rejected": flow.step.rejected,
    }


def _case_of(received: Received) -> str:
    headers = received.headers or {}
    for name in ("parentMessageId", "messageId"):
        if str(headers.get(name, "")).startswith("in:"):
            return str(headers[name]).removeprefix("in:")
    raise AssertionError(f"nobody knows what this came of: {received}")


@dataclass(frozen=True)
class _View:
    """Looks at messages without the ids and times that differ from run to run."""

    flow: Flow
    storage: ObjectStorage

    def of(self, place: str, received: Received) -> Any:
        if place == "rejected":  # as it came, so only that it is here matters
            return "rejected"
        return {
            "properties": self._same(received.properties),
            "headers": self._same(received.headers),
            "payload": self._same(self._payload(place, received)),
        }

    def _payload(self, place: str, received: Received) -> Any:
        headers = received.headers or {}
        if place == "snapshots":
            return received.plain
        if place == "errors":
            plain = received.plain
            given = plain.get("errorInput")
            if isinstance(given, str) and not given.startswith("{"):
                given = self.flow.cipher.decode(given)
            return {**plain, "error": received.error, "errorInput": given}
        if headers.get("x-eio-error-response"):
            return self.flow.cipher.decode(received.content)
        return received.content.decode() if received.content[:1] == b"{" else received.message

    def _same(self, value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: self._same(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self._same(item, key) for item in value]
        if isinstance(value, str):
            return self._same_text(value, key)
        if isinstance(value, datetime):
            return "<time>"
        if isinstance(value, int) and not isinstance(value, bool):
            is_time = key in ("start", "end") and value > 1_600_000_000_000
            return "int <ms>" if is_time else repr(int(value))  # pika has its own long
        return repr(value)

    def _same_text(self, value: str, key: str) -> Any:
        if key == "stack" and value:
            return "<stack>"
        if value in self.storage.objects:
            return {"stored": self._same(self.flow.cipher.decrypt(self.storage.objects[value]))}
        if _UUID.match(value):
            return "<uuid>"
        return repr(value.replace(self.flow.prefix, "<flow>").replace(self.flow.api.url, "<api>"))
