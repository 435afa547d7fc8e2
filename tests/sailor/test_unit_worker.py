"""One message's way through a worker, and the verdict on it. The broker is a list here."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any, cast

import orjson
import pytest
from pika import BasicProperties

from lib.sailor import wire
from lib.sailor.consumer import Consumer
from lib.sailor.context import StepContext
from lib.sailor.delivery import Delivery, Verdict
from lib.sailor.errors import PublishError
from lib.sailor.logs import message_context
from lib.sailor.object_storage import ObjectStorage
from lib.sailor.worker import Worker
from tests.support.publishing import CIPHER, Broker, context

Handler = Callable[[Any, dict[str, Any], dict[str, Any], dict[str, Any]], Any]


@dataclass
class Settled:
    """What becomes of each delivery, as a consumer would know it."""

    live: bool = True
    verdicts: list[Verdict] = field(default_factory=list)
    abandoned: list[Delivery] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def is_live(self, _: Delivery) -> bool:
        return self.live

    def abandon(self, delivery: Delivery) -> None:
        self.abandoned.append(delivery)

    def settle(self, _: Delivery, verdict: Verdict) -> None:
        self.verdicts.append(verdict)


@dataclass
class Shelf:
    """An object storage that counts."""

    bodies: dict[str, Any] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    stored: list[bytes] = field(default_factory=list)

    def fetch(self, object_id: str) -> Any:
        self.fetched.append(object_id)
        return self.bodies[object_id]

    def store(self, body: bytes) -> str:
        self.stored.append(body)
        return f"id-{len(self.stored)}"

    @property
    def storage(self) -> ObjectStorage:
        return cast("ObjectStorage", self)


def delivery(message: Any, headers: dict[str, Any] | None) -> Delivery:
    content = message if isinstance(message, bytes) else wire.encode(message, CIPHER)
    return Delivery(content, BasicProperties(headers=headers), ("in", b""), 1, 0)


def work(
    shared: StepContext,
    *messages: Any,
    headers: dict[str, Any] | None = {"messageId": "in"},  # noqa: B006 - nobody changes it
    settled: Settled | None = None,
) -> Settled:
    """Let a worker handle messages, and return what became of them."""
    settled = settled or Settled()
    backlog: SimpleQueue[Delivery | None] = SimpleQueue()
    for message in messages:
        backlog.put(delivery(message, headers))
    backlog.put(None)
    worker = Worker(1, shared, backlog, cast("Consumer", settled), settled.pauses.append)
    worker.start()
    worker.join(10)
    return settled


def handled_by(process: Handler, shared: StepContext) -> StepContext:
    return replace(shared, process=process)


def fail(*_: Any) -> None:
    raise ValueError("oops")


def test_what_a_handler_returns_is_published_and_its_message_acked() -> None:
    broker = Broker()
    shared = handled_by(lambda *_: {"body": 1}, context(broker))

    settled = work(shared, {"body": 0})

    assert (settled.verdicts, settled.pauses) == ([Verdict.ACK], [])
    assert [routing_key for routing_key, *_ in broker.published] == ["data"]


def test_a_worker_does_not_hold_a_process_that_ends() -> None:
    consumer = cast("Consumer", Settled())

    assert Worker(1, context(Broker()), SimpleQueue(), consumer).daemon


def test_lines_that_a_component_logs_name_the_message() -> None:
    seen = []
    shared = handled_by(lambda *_: seen.append(message_context.get()), context(Broker()))

    work(shared, {"body": 0}, headers={"messageId": "in", "threadId": "t"})

    assert seen == [{"messageId": "in", "threadId": "t"}]


def test_a_message_whose_channel_is_lost_is_not_started() -> None:
    broker = Broker()

    settled = work(handled_by(fail, context(broker)), {"body": 0}, settled=Settled(live=False))

    assert (settled.verdicts, broker.published) == ([], [])
    assert len(settled.abandoned) == 1


@pytest.mark.parametrize("error", [ValueError("oops"), KeyboardInterrupt(), SystemExit(3)])
def test_a_handler_that_fails_costs_its_message_alone(error: BaseException) -> None:
    broker = Broker()

    def process(_step: Any, msg: dict[str, Any], *_: Any) -> Any:
        if msg["body"] == "bad":
            raise error
        return {"body": 1}

    settled = work(handled_by(process, context(broker)), {"body": "bad"}, {"body": "good"})

    assert settled.verdicts == [Verdict.REJECT, Verdict.ACK]
    assert [routing_key for routing_key, *_ in broker.published] == ["error", "data"]


@pytest.mark.parametrize(
    ("message", "headers"),
    [({"body": 0}, None), (b"no base64!", {}), ({"body": 0}, {"protocolVersion": float("inf")})],
    ids=["no header table", "no payload", "an infinite version"],
)
def test_what_is_no_message_is_rejected_without_an_error(
    message: Any, headers: dict[str, Any] | None, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Broker()

    settled = work(handled_by(fail, context(broker)), message, headers=headers)

    assert (settled.verdicts, broker.published) == ([Verdict.REJECT], [])
    assert "is rejected: " in caplog.text


def test_a_message_whose_error_cannot_be_published_returns_to_its_queue_after_a_second() -> None:
    broker = Broker(failures={"error": PublishError("no route")})

    settled = work(handled_by(fail, context(broker)), {"body": 0})

    assert (settled.verdicts, settled.pauses) == ([Verdict.REQUEUE], [1])


def test_a_body_that_cannot_be_fetched_is_an_error() -> None:
    broker = Broker()
    shared = replace(handled_by(fail, context(broker)), storage=Shelf().storage)
    reference = {"body": {}, "headers": {"x-ipaas-object-storage-id": "gone"}}

    settled = work(shared, reference)

    assert settled.verdicts == [Verdict.REJECT]
    [(routing_key, content, properties)] = broker.published
    assert routing_key == "error"
    assert CIPHER.decrypt(b64decode(json.loads(content)["error"]))
    assert {"start", "end", "messageId", "parentMessageId"} <= set(properties.headers or {})


def test_a_stored_body_is_fetched_once() -> None:
    shelf = Shelf({"one": {"n": 1}, "two": {"n": 2}})
    shared = replace(context(Broker(), {"is_passthrough": True}), storage=shelf.storage)
    seen = []

    def process(step: Any, msg: dict[str, Any], *_: Any) -> None:
        seen.append(msg["body"])
        for _twice in range(2):
            step.emit("data", {"body": 0})

    def reference(name: str) -> dict[str, Any]:
        return {"body": {}, "headers": {"x-ipaas-object-storage-id": name}}

    message = {**reference("one"), "passthrough": {"before": reference("two")}}
    work(handled_by(process, shared), message)

    assert seen == [{"n": 1}]
    assert shelf.fetched == ["two", "one"]


def test_a_handlers_changes_to_its_message_never_reach_the_passthrough() -> None:
    broker = Broker()
    before = {"body": {"deep": [{"a": 1}]}}

    def process(_step: Any, msg: dict[str, Any], *_: Any) -> Any:
        msg["passthrough"]["before"]["body"]["deep"][0]["a"] = "changed"
        msg["body"]["deep"].append("changed")
        return {"body": 0}

    for settings in ({}, {"NO_SELF_PASSTRHOUGH": "1"}):
        shared = context(broker, {"is_passthrough": True}, **settings)
        work(
            handled_by(process, shared),
            {"body": {"deep": []}, "passthrough": {"before": before}},
            headers={"messageId": "in", "stepId": "previous"},
        )

    (_, first, _), (_, second, _) = broker.published
    assert wire.decode(first, {}, CIPHER)["passthrough"]["before"] == before
    carried = wire.decode(second, {}, CIPHER)["passthrough"]
    assert carried == {"before": before, "previous": {"body": {"deep": []}, "headers": {}}}


def test_each_message_gets_its_own_configuration_and_snapshot() -> None:
    seen = []

    def process(_step: Any, _msg: Any, cfg: dict[str, Any], snapshot: dict[str, Any]) -> None:
        seen.append((dict(cfg), dict(snapshot)))
        cfg["a"] = snapshot["b"] = "changed"

    shared = context(Broker(), {"config": {"a": 1}, "snapshot": {"b": 2}})
    work(handled_by(process, shared), {"body": 0}, {"body": 0})

    assert seen == [({"a": 1}, {"b": 2})] * 2


def test_a_body_that_is_stored_already_is_not_stored_again() -> None:
    shelf = Shelf({"one": "yyy"})
    shared = context(
        Broker(),
        {"is_passthrough": True},
        EMIT_LIGHTWEIGHT_MESSAGE="true",
        OBJECT_STORAGE_SIZE_THRESHOLD="1",
    )
    shared = handled_by(lambda *_: {"body": "xxxx"}, replace(shared, storage=shelf.storage))

    before = {"body": {}, "headers": {"x-ipaas-object-storage-id": "one"}}
    work(shared, {"body": 0, "passthrough": {"before": before}})

    assert shelf.stored == [b'"xxxx"']


@pytest.mark.parametrize(("extra", "stored"), [(0, []), (1, [b'"xxxx"', b'"yyy"'])])
def test_bodies_are_stored_once_they_exceed_the_threshold(extra: int, stored: list[bytes]) -> None:
    # The bodies have 6 and 5 bytes as JSON.
    shelf = Shelf()
    shared = context(
        Broker(),
        {"is_passthrough": True},
        EMIT_LIGHTWEIGHT_MESSAGE="true",
        OBJECT_STORAGE_SIZE_THRESHOLD=str(11 - extra),
    )
    shared = handled_by(lambda *_: {"body": "xxxx"}, replace(shared, storage=shelf.storage))

    work(shared, {"body": 0, "passthrough": {"before": {"body": "yyy"}}})

    assert shelf.stored == stored


@pytest.mark.parametrize(("missing", "routing_key"), [(0, "data"), (1, "error")])
def test_a_message_may_be_as_large_as_the_limit(missing: int, routing_key: str) -> None:
    size = len(wire.encode({"body": "x" * 100, "headers": {}}, CIPHER))
    broker = Broker()
    shared = context(broker, OUTGOING_MESSAGE_SIZE_LIMIT=str(size - missing))

    work(handled_by(lambda *_: {"body": "x" * 100}, shared), {"body": 0})

    assert [key for key, *_ in broker.published] == [routing_key]


# ---- errors and the replies with them


@pytest.mark.parametrize(
    ("no_replies", "published"), [("", ["error", "asker"]), ("true", ["error"])]
)
def test_an_error_is_replied_to_who_asks_in_three_attempts(
    no_replies: str, published: list[str]
) -> None:
    broker = Broker()
    shared = handled_by(fail, context(broker, NO_ERROR_REPLIES=no_replies))

    work(shared, {"body": 0}, headers={"messageId": "in", "reply_to": "asker"})

    assert [routing_key for routing_key, *_ in broker.published] == published
    assert broker.attempts == [None, 3][: len(published)]
    if no_replies:
        return
    (_, _, error), (_, content, reply) = broker.published
    assert reply.headers == {**(error.headers or {}), "x-eio-error-response": True}
    assert json.loads(CIPHER.decrypt(b64decode(content)))["message"] == "oops"


LARGEST = 10_485_760


@pytest.mark.parametrize(
    ("size", "settings", "goes_along"),
    [
        (LARGEST, {"OUTGOING_MESSAGE_SIZE_LIMIT": "100"}, True),
        (LARGEST + 1, {"OUTGOING_MESSAGE_SIZE_LIMIT": "100"}, False),
        (LARGEST + 1, {"OUTGOING_MESSAGE_SIZE_LIMIT": str(LARGEST + 1)}, True),
        (LARGEST + 2, {"OUTGOING_MESSAGE_SIZE_LIMIT": str(LARGEST + 1)}, False),
    ],
)
def test_an_error_goes_with_an_input_that_is_no_larger_than_a_message_may_be(
    size: int, settings: dict[str, str], *, goes_along: bool
) -> None:
    broker = Broker()
    errors = context(broker, None, **settings).errors

    errors.report(ValueError("oops"), {}, delivery(b"x" * size, {}))

    [(_, content, _)] = broker.published
    assert ("errorInput" in orjson.loads(content)) is goes_along


@pytest.mark.parametrize(
    ("content", "headers", "settings", "error_input"),
    [
        (CIPHER.encrypt(b"{}"), {"protocolVersion": 2}, {}, b"{}"),
        (b64encode(CIPHER.encrypt(b"{}")), {}, {}, b"{}"),
        (b'{"more":1}', {"protocolVersion": 2}, {"INPUT_FORMAT": "error"}, b'{"more":1}'),
    ],
    ids=["version 2", "version 1", "an error"],
)
def test_the_input_of_an_error_is_in_the_first_version_whatever_it_was_in(
    content: bytes, headers: dict[str, Any], settings: dict[str, str], error_input: bytes
) -> None:
    broker = Broker()

    work(handled_by(fail, context(broker, None, **settings)), content, headers=headers)

    [(routing_key, payload, _)] = broker.published
    assert routing_key == "error"
    assert CIPHER.decrypt(b64decode(json.loads(payload)["errorInput"])) == error_input
