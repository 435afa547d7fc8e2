"""AMQP connections: how they are opened, replaced and closed; and the thread they live on."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from pika import BasicProperties, URLParameters
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.connection_workflow import (
    AMQPConnectionWorkflowFailed,
    AMQPConnectorPhaseErrorBase,
    AMQPConnectorStackTimeout,
)
from pika.channel import Channel
from pika.exceptions import (
    AMQPConnectionError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
)

from lib.platform import until
from lib.sailor.amqp import Connection, Loop, describe
from lib.sailor.errors import BrokerUnavailableError, SettingsError
from lib.sailor.settings import Settings
from tests.support.channels import WAIT, DirectLoop, RecordingConnection
from tests.support.settings import ENVIRON

REFUSED = AMQPConnectionError("refused")


class Plain(Connection):
    """A connection that uses its channel for nothing."""

    def __init__(self, loop: DirectLoop, **settings: str) -> None:
        variables = {f"ELASTICIO_{name}": text for name, text in settings.items()}
        super().__init__(Settings.read(ENVIRON | variables), "plain", loop.loop)
        self.lost: list[str | BaseException] = []

    def on_channel(self, channel: Channel) -> None:
        self.opened(channel)

    def on_lost(self, cause: str | BaseException) -> None:
        self.lost.append(cause)


@pytest.fixture
def loop() -> DirectLoop:
    return DirectLoop()


def opened(connection: Plain, loop: DirectLoop) -> RecordingConnection:
    connection.start()
    loop.connections[0].open()
    connection.wait_until_open()
    return loop.connections[0]


def test_a_connection_that_opens_has_a_channel(loop: DirectLoop) -> None:
    connection = Plain(loop)

    made = opened(connection, loop)

    assert connection.channel is made.channels[0].channel


def test_a_connection_has_a_name_and_fifteen_seconds_to_open(loop: DirectLoop) -> None:
    made = opened(Plain(loop), loop)

    assert made.parameters.client_properties == {"connection_name": f"{socket.gethostname()}-plain"}
    assert made.parameters.stack_timeout == 15


def test_the_first_connection_is_tried_as_often_as_the_settings_say(loop: DirectLoop) -> None:
    connection = Plain(loop, AMQP_RECONNECT_ATTEMPTS="2")
    connection.start()
    for _ in range(3):
        loop.connections[-1].end(REFUSED)
        loop.io.run()

    with pytest.raises(BrokerUnavailableError) as raised:
        connection.wait_until_open()

    assert str(raised.value) == "no AMQP connection in 3 attempts: refused"
    assert len(loop.connections) == 3


def test_a_connection_that_was_open_is_tried_without_limit(loop: DirectLoop) -> None:
    connection = Plain(loop, AMQP_RECONNECT_ATTEMPTS="1", AMQP_RECONNECT_TIMEOUT="100")
    opened(connection, loop).end(REFUSED)

    pauses = []
    for _ in range(12):
        pauses += loop.io.run()
        loop.connections[-1].end(REFUSED)

    assert len(loop.connections) == 13
    assert connection.lost == [REFUSED] * 13
    assert connection.channel is None
    for number, pause in enumerate(pauses):
        whole = min(0.1 * 2**number, 5)
        assert whole / 2 <= pause <= whole


def test_pauses_are_short_again_once_a_connection_worked(loop: DirectLoop) -> None:
    connection = Plain(loop, AMQP_RECONNECT_TIMEOUT="100")
    opened(connection, loop).end(REFUSED)
    for _ in range(6):
        loop.io.run()
        loop.connections[-1].end(REFUSED)
    loop.io.run()

    loop.connections[-1].open()
    loop.connections[-1].end(REFUSED)

    [pause] = loop.io.run()
    assert pause <= 0.1


def test_a_channel_that_the_broker_closes_costs_its_connection(loop: DirectLoop) -> None:
    connection = Plain(loop)
    made = opened(connection, loop)
    cause = ChannelClosedByBroker(406, "PRECONDITION_FAILED")

    made.channels[0].close(cause)
    assert connection.channel is None
    assert made.closed_with == ["ChannelClosedByBroker"]
    made.end(AMQPConnectionError("closed by us"))

    assert connection.lost == [cause]


def test_a_broker_that_does_not_answer_a_close_is_given_up(loop: DirectLoop) -> None:
    # Given a connection that is to be replaced, and a broker that is silent
    connection = Plain(loop)
    made = opened(connection, loop)
    cause = TimeoutError("no confirm")
    connection.fail(cause)
    assert (len(loop.connections), connection.lost) == (1, [])

    # When five seconds have passed, then another one is opened after a pause
    assert loop.io.run() == [5]
    assert connection.lost == [cause]
    loop.io.run()
    loop.connections[1].open()

    # And the old one's end is no concern of anybody
    made.end(REFUSED)
    assert connection.channel is loop.connections[1].channels[0].channel
    assert connection.lost == [cause]

    # Nor is its cause that of the next
    loop.connections[1].end(REFUSED)
    assert connection.lost == [cause, REFUSED]


def test_a_close_that_is_answered_is_not_given_up_later(loop: DirectLoop) -> None:
    connection = Plain(loop)
    made = opened(connection, loop)
    connection.fail(TimeoutError("no confirm"))
    made.end(REFUSED)

    loop.io.run()  # the limit of the close, and the pause

    assert len(loop.connections) == 2
    assert len(connection.lost) == 1


def test_a_connection_fails_once(loop: DirectLoop) -> None:
    connection = Plain(loop)
    made = opened(connection, loop)

    connection.fail(TimeoutError("one"))
    connection.fail(TimeoutError("two"))

    assert made.closed_with == ["TimeoutError"]


def test_a_connection_that_is_closed_is_not_opened_again(loop: DirectLoop) -> None:
    connection = Plain(loop)
    made = opened(connection, loop)
    with ThreadPoolExecutor(1) as threads:
        closing = threads.submit(connection.close)
        until(lambda: made.closed_with, "the connection is closed")
        assert not closing.done()
        made.end(REFUSED)
        closing.result(2)

    loop.io.run()
    assert len(loop.connections) == 1


def test_a_broker_that_does_not_answer_the_last_close_does_not_hold_the_step(
    loop: DirectLoop,
) -> None:
    connection = Plain(loop)
    made = opened(connection, loop)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(connection.close, 0.01).result(WAIT)

    assert made.closed_with == [""]


def test_a_connection_that_is_closed_while_it_waits_is_not_opened(loop: DirectLoop) -> None:
    connection = Plain(loop)
    opened(connection, loop).end(REFUSED)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(connection.close).result(2)

    loop.io.run()
    assert len(loop.connections) == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("text", "text"),
        (ValueError("v"), "v"),
        (ValueError(), "ValueError"),
        (ChannelClosedByBroker(404, "NOT_FOUND"), "404 NOT_FOUND"),
        (ConnectionClosedByBroker(320, "CONNECTION_FORCED"), "320 CONNECTION_FORCED"),
        (AMQPConnectorPhaseErrorBase(OSError("o")), "o"),
        (AMQPConnectionError(AMQPConnectorStackTimeout("late")), "late"),
        (AMQPConnectionError(OSError("first"), OSError("last")), "last"),
        (AMQPConnectionWorkflowFailed([OSError("first"), OSError("last")]), "last"),
        (
            AMQPConnectionError(ConnectionClosedByBroker(403, "ACCESS_REFUSED")),
            "403 ACCESS_REFUSED",
        ),
    ],
)
def test_an_error_is_described_by_its_innermost_cause(
    error: str | BaseException, text: str
) -> None:
    assert describe(error) == text


def test_a_malformed_address_is_said_without_the_address() -> None:
    with pytest.raises(SettingsError) as raised:
        Plain(DirectLoop(), AMQP_URI="amqp://me:secret@broker/%zz?heartbeat=soon")

    assert str(raised.value) == "ELASTICIO_AMQP_URI is malformed"
    assert raised.value.__cause__ is None


def test_headers_that_pika_alone_cannot_read_are_read() -> None:
    # Given a header with a time in milliseconds
    field = b"\x01aT" + (1_700_000_000_000).to_bytes(8, "big")
    flags = BasicProperties.FLAG_HEADERS.to_bytes(2, "big")

    properties = BasicProperties()
    properties.decode(flags + len(field).to_bytes(4, "big") + field)

    assert properties.headers == {"a": 1_700_000_000_000}


# ---- the thread


class Waking:
    """An event loop that notes what it is woken for."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


def test_the_thread_is_woken_once_for_all_the_calls_until_it_looks() -> None:
    loop = Loop(lambda _: None)
    loop.io.close()
    waking = Waking()
    loop.io = cast("IOLoop", waking)
    made: list[int] = []

    for number in (1, 2):
        loop.call(made.append, number)
    [run_calls] = waking.callbacks
    run_calls()
    assert made == [1, 2]

    loop.call(made.append, 3)
    assert len(waking.callbacks) == 2


def test_a_connection_speaks_amqp_from_its_first_bytes_on() -> None:
    # Given a port that accepts a connection
    ended = threading.Event()
    loop = Loop(lambda _: None)

    def connect(parameters: URLParameters) -> None:
        loop.connect(parameters, lambda _: None, lambda *_: ended.set())

    with socket.create_server(("127.0.0.1", 0)) as server:
        parameters = URLParameters(f"amqp://127.0.0.1:{server.getsockname()[1]}")
        loop.start()
        [thread] = [each for each in threading.enumerate() if each.name == "amqp"]
        assert thread.daemon
        loop.call(connect, parameters)

        # When the connection is made, then it says what it speaks
        server.settimeout(5)
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(5)
            assert accepted.recv(100) == b"AMQP\x00\x00\x09\x01"

    # And its end is reported
    assert ended.wait(WAIT)
    loop.call(loop.io.stop)
    close(loop)


def close(loop: Loop) -> None:
    """Close a loop once its thread has ended."""

    def has_ended() -> bool:
        return all(thread.name != "amqp" for thread in threading.enumerate())

    until(has_ended, "the loop's thread has ended")
    loop.io.close()


def test_an_error_on_the_loop_is_a_crash_of_the_process() -> None:
    crashed = threading.Event()
    errors: list[BaseException] = []

    def on_crash(error: BaseException) -> None:
        errors.append(error)
        crashed.set()

    def fail() -> None:
        raise ValueError("on the loop")

    loop = Loop(on_crash)
    loop.start()
    loop.call(fail)

    assert crashed.wait(WAIT)
    assert [str(error) for error in errors] == ["on the loop"]
    close(loop)


def test_calls_are_made_in_their_order_on_one_thread() -> None:
    loop = Loop(lambda _: None)
    loop.start()
    made: list[tuple[int, str]] = []

    def make(number: int) -> None:
        made.append((number, threading.current_thread().name))
        if number < 3:
            loop.call(make, number + 10)

    for number in range(100):
        loop.call(make, number)

    until(lambda: len(made) == 103, "all calls")
    loop.call(loop.io.stop)
    close(loop)
    assert [number for number, _ in made if number not in (10, 11, 12)] == [
        number for number in range(100) if number not in (10, 11, 12)
    ]
    assert {thread for _, thread in made} == {"amqp"}
