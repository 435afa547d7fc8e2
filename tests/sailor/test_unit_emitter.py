"""Events: what is published, and what becomes of the message. The broker is a list here."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from pika import BasicProperties

from lib.sailor import wire
from lib.sailor.context import StepContext
from lib.sailor.delivery import Delivery, Verdict
from lib.sailor.errors import InvalidEventError, PublishError, PublishInterruptedError
from lib.sailor.events import Emitter
from lib.sailor.headers import IncomingHeaders
from tests.support.publishing import CIPHER, Broker, context


def emitter(
    broker: Broker,
    *,
    headers: Mapping[str, Any] | None = None,
    message: dict[str, Any] | None = None,
    shared: StepContext | None = None,
    **settings: str,
) -> Emitter:
    shared = shared or context(broker, None, **settings)
    headers = {"messageId": "in", **(headers or {})}
    message = message or {"body": 1, "headers": {}}
    properties = BasicProperties(headers=headers, priority=3, user_id="someone", expiration="7")
    delivery = Delivery(wire.encode(message, CIPHER), properties, ("in", b""), 1, 0)
    return Emitter(shared, delivery, IncomingHeaders.read(headers), message)


@pytest.mark.parametrize(
    ("before", "iteration", "expiration"),
    [
        (None, 1, "100"),
        (0, 1, "100"),
        (1, 2, "200"),
        (4, 5, "1600"),
        ("4", 1, "100"),
        (49, 50, "315360000000"),
    ],
)
def test_each_rebound_waits_twice_as_long(before: object, iteration: int, expiration: str) -> None:
    broker = Broker()
    headers = {} if before is None else {"reboundIteration": before}

    rebounded = emitter(
        broker, headers=headers, REBOUND_INITIAL_EXPIRATION="100", REBOUND_LIMIT="50"
    )
    rebounded.emit("rebound", "not yet")

    [(routing_key, _, properties)] = broker.published
    assert (routing_key, properties.expiration) == ("rebound", expiration)
    assert (properties.priority, properties.user_id) == (3, None)
    assert broker.headers()["reboundIteration"] == iteration
    assert broker.headers()["reboundReason"] == "not yet"
    assert rebounded.verdict is Verdict.ACK


def test_past_the_limit_a_rebound_is_an_error_and_the_message_acked() -> None:
    broker = Broker()

    limited = emitter(broker, headers={"reboundIteration": 2}, REBOUND_LIMIT="2")
    limited.emit("rebound", "not yet")

    assert [routing_key for routing_key, *_ in broker.published] == ["error"]
    assert limited.verdict is Verdict.ACK


def test_ids_are_those_of_the_messages_else_new_ones() -> None:
    broker = Broker()
    one = emitter(broker)

    for payload in ({"body": 1, "id": "mine"}, {"body": 2}, {"body": 3}):
        one.emit("data", payload)

    ids = [(properties.headers or {})["messageId"] for *_, properties in broker.published]
    assert ids[0] == "mine"
    assert len(set(ids)) == 3


def test_what_a_handler_emitted_is_left_as_it_was() -> None:
    broker = Broker()
    payload = {"body": 1, "headers": {"X-EIO-Routing-Key": "elsewhere", "a": 1}}

    emitter(broker, shared=context(broker, {"is_passthrough": True})).emit("data", payload)

    assert payload == {"body": 1, "headers": {"X-EIO-Routing-Key": "elsewhere", "a": 1}}
    routing_key, content, properties = broker.published[0]
    assert routing_key == "elsewhere"
    assert wire.decode(content, properties.headers or {}, CIPHER)["headers"] == {"a": 1}


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({}, {"before": {"body": 0}, "step": {"body": 2, "headers": {}}}),
        (
            {"NO_SELF_PASSTRHOUGH": "1"},
            {"before": {"body": 0}, "previous": {"body": 1, "headers": {}}},
        ),
    ],
)
def test_messages_carry_those_of_the_steps_before(
    settings: dict[str, str], parts: dict[str, Any]
) -> None:
    broker = Broker()
    message: dict[str, Any] = {"body": 1, "headers": {}, "passthrough": {"before": {"body": 0}}}

    carrying = emitter(
        broker,
        headers={"stepId": "previous"},
        message=message,
        shared=context(broker, {"is_passthrough": True}, **settings),
    )
    del message["passthrough"]  # A handler may do what it likes with what it gets.
    carrying.emit("data", {"body": 2})

    _, content, properties = broker.published[0]
    assert wire.decode(content, properties.headers or {}, CIPHER)["passthrough"] == parts


@pytest.mark.parametrize("payload", [None, "text", {"body": object()}, {"body": "x" * 200}])
def test_what_can_not_be_sent_is_told_as_an_error_and_the_handler_goes_on(payload: object) -> None:
    broker = Broker()
    limited = emitter(broker, OUTGOING_MESSAGE_SIZE_LIMIT="200")

    limited.emit("data", payload)
    limited.emit("data", {"body": 1})

    assert [routing_key for routing_key, *_ in broker.published] == ["error", "data"]
    assert limited.verdict is Verdict.REJECT


def test_data_that_the_broker_does_not_take_become_an_error() -> None:
    broker = Broker(failures={"data": PublishError("no route")})
    unroutable = emitter(broker)

    unroutable.emit("data", {"body": 1})

    assert [routing_key for routing_key, *_ in broker.published] == ["error"]
    assert unroutable.verdict is Verdict.REJECT


@pytest.mark.parametrize(("event", "key"), [("snapshot", "snapshot"), ("rebound", "rebound")])
def test_any_event_that_the_broker_does_not_take_becomes_an_error(event: str, key: str) -> None:
    broker = Broker(failures={key: PublishError("no route")})
    unroutable = emitter(broker)

    unroutable.emit(event, {})

    assert [routing_key for routing_key, *_ in broker.published] == ["error"]
    assert unroutable.verdict is Verdict.REJECT


def test_without_a_way_to_tell_an_error_the_message_goes_back() -> None:
    broker = Broker(failures={"error": PublishError("no route")})
    unroutable = emitter(broker)

    for event in ("error", "data"):
        with pytest.raises(PublishError):
            unroutable.emit(event, {"body": 1})

    assert broker.published == []
    assert unroutable.verdict is Verdict.REQUEUE


def test_an_interrupted_message_goes_back_without_an_error() -> None:
    broker = Broker(failures={"data": PublishInterruptedError("the step stops")})
    interrupted = emitter(broker)

    with pytest.raises(PublishInterruptedError):
        interrupted.emit("data", {"body": 1})

    assert broker.published == []
    assert interrupted.verdict is Verdict.REQUEUE


def test_an_error_shows_no_secret_of_the_settings() -> None:
    broker = Broker()

    emitter(broker).emit("error", ValueError("refused: key api-secret, p%40ss and api&#45;secret"))

    payload = json.loads(broker.published[0][1])
    error = json.loads(CIPHER.decrypt(base64.b64decode(payload["error"])))
    assert error["message"] == "refused: key ***, *** and ***"
    assert "secret" not in error["stack"]


def test_a_reply_with_an_error_is_no_condition_of_the_error() -> None:
    broker = Broker(failures={"asker": PublishError("no route")})
    asked = emitter(broker, headers={"reply_to": "asker"})

    asked.emit("error", ValueError("oops"))

    assert [routing_key for routing_key, *_ in broker.published] == ["error"]
    assert asked.verdict is Verdict.REJECT


@pytest.mark.parametrize(("event", "payload"), [("end", None), ("httpReply", {"body": 1})])
def test_what_can_not_be_emitted_is_said(event: str, payload: object) -> None:
    with pytest.raises(InvalidEventError):
        emitter(Broker()).emit(event, payload)
    with pytest.raises(InvalidEventError):
        emitter(Broker(), headers={"reply_to": "r"}).emit("httpReply", "no object")


def test_the_next_message_sees_the_snapshot() -> None:
    broker = Broker()
    shared = context(broker, {"snapshot": {"a": 1, "b": 1}})
    step, snapshot = emitter(broker, shared=shared), shared.snapshot

    step.emit("updateSnapshot", {"b": 2})
    assert snapshot.copy() == {"a": 1, "b": 2}
    step.emit("snapshot", {"c": 3})
    assert snapshot.copy() == {"c": 3}
    for ignored in ({"$set": {"d": 4}}, "no object"):
        step.emit("updateSnapshot", ignored)

    assert snapshot.copy() == {"c": 3}
    assert [json.loads(content) for _, content, _ in broker.published] == [{"b": 2}, {"c": 3}]
