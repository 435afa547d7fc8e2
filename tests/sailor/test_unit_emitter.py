"""Events: what is published, and what becomes of the message. The broker is a list here."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import Any, cast
from unittest.mock import ANY

import pytest
from pika import BasicProperties

from lib.platform import until
from lib.sailor import wire
from lib.sailor.context import StepContext
from lib.sailor.delivery import Delivery, Verdict
from lib.sailor.errors import (
    InvalidEventError,
    PublishError,
    PublishInterruptedError,
    UnsendableMessageError,
)
from lib.sailor.events import Emitter
from lib.sailor.headers import IncomingHeaders
from lib.sailor.rest_api import RestApi
from tests.support.channels import WAIT
from tests.support.publishing import CIPHER, Broker, context


@dataclass
class Keys:
    """The part of the REST API that keeps keys."""

    updated: list[tuple[object, object]] = field(default_factory=list)

    def update_keys(self, account: object, keys: object) -> None:
        self.updated.append((account, keys))

    @property
    def api(self) -> RestApi:
        return cast("RestApi", self)


def error_of(broker: Broker) -> dict[str, Any]:
    """Return what the first message says, which is an error."""
    payload = json.loads(broker.published[0][1])
    error: dict[str, Any] = json.loads(CIPHER.decrypt(base64.b64decode(payload["error"])))
    return error


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
        (999, 1000, "315360000000"),
        (1000, 1, "100"),
        (-1, 1, "100"),
    ],
)
def test_each_rebound_waits_twice_as_long(before: object, iteration: int, expiration: str) -> None:
    broker = Broker()
    headers = {} if before is None else {"reboundIteration": before}

    rebounded = emitter(
        broker, headers=headers, REBOUND_INITIAL_EXPIRATION="100", REBOUND_LIMIT="1000"
    )
    rebounded.emit("rebound", "not yet")

    [(routing_key, _, properties)] = broker.published
    assert (routing_key, properties.expiration) == ("rebound", expiration)
    assert (properties.priority, properties.user_id) == (3, None)
    assert broker.headers() == {
        "messageId": "in",
        "reboundIteration": iteration,
        "reboundReason": "not yet",
        "end": ANY,
    }
    assert rebounded.verdict is Verdict.ACK


@pytest.mark.parametrize(
    ("reason", "header"),
    [
        ("x" * 2000, "x" * 2000),
        ("x" * 2001, "x" * 2000 + "… (2001 characters)"),
        ("half \ud83d", "half ?"),
    ],
)
def test_the_reason_of_a_rebound_fits_into_a_header(reason: str, header: str) -> None:
    broker = Broker()

    emitter(broker).emit("rebound", reason)

    assert broker.headers()["reboundReason"] == header


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


def test_what_is_no_message_is_said_in_the_error() -> None:
    broker = Broker()

    emitter(broker).emit("data", "text")

    assert error_of(broker)["message"] == "got str as a message, expected an object with a body"


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

    assert len(broker.attempts) == 1
    assert unroutable.verdict is Verdict.REQUEUE


def test_an_error_that_can_not_be_sent_at_all_makes_the_message_go_back() -> None:
    broker = Broker(failures={"error": UnsendableMessageError("too long a routing key")})
    unsendable = emitter(broker)

    with pytest.raises(UnsendableMessageError):
        unsendable.emit("error", ValueError("oops"))
    with pytest.raises(PublishError) as raised:
        unsendable.emit("data", {"body": 1})

    assert str(raised.value) == "the error cannot be published: too long a routing key"
    assert len(broker.attempts) == 1
    assert unsendable.verdict is Verdict.REQUEUE


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

    error = error_of(broker)
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


@pytest.mark.parametrize(("headers", "own"), [({}, {}), ({"headers": {"a": 1}}, {"a": 1})])
def test_a_reply_goes_to_who_asks_in_the_first_version(
    headers: dict[str, Any], own: dict[str, Any]
) -> None:
    # Given a step that emits in another version
    broker = Broker()
    asked = emitter(broker, headers={"reply_to": "asker"}, PROTOCOL_VERSION="2")

    asked.emit("httpReply", {"body": 1, **headers})

    [(routing_key, content, _)] = broker.published
    assert routing_key == "asker"
    assert wire.decode(content, {"protocolVersion": 1}, CIPHER) == {"body": 1, "headers": own}
    assert broker.headers()["protocolVersion"] == 1
    assert "end" not in broker.headers()
    assert asked.verdict is Verdict.ACK


def test_keys_are_updated_for_the_account_of_the_configuration() -> None:
    broker = Broker()
    keys = Keys()
    shared = replace(context(broker, {"config": {"_account": "account"}}), api=keys.api)

    emitter(broker, shared=shared).emit("updateKeys", {"token": "new"})

    assert keys.updated == [("account", {"token": "new"})]


@pytest.mark.parametrize(
    ("event", "payload", "limit"),
    [("data", {"body": 1}, 4), ("error", "oops", 3), ("snapshot", {"a": 1}, 2)],
)
def test_each_kind_of_event_keeps_to_its_own_rate(event: str, payload: object, limit: int) -> None:
    # Given an interval that does not end
    broker = Broker()
    limited = emitter(
        broker,
        RATE_INTERVAL="600000",
        DATA_RATE_LIMIT="4",
        ERROR_RATE_LIMIT="3",
        SNAPSHOT_RATE_LIMIT="2",
    )

    # When more is emitted than it has room for
    def emit() -> None:
        for _ in range(limit + 1):
            limited.emit(event, payload)

    Thread(target=emit, daemon=True).start()

    # Then the rest waits for the next one
    until(
        lambda: len(broker.published) == limit, "all that the rate allows", within=WAIT, every=0.002
    )
    time.sleep(0.02)
    assert len(broker.published) == limit


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
