"""The publisher: which messages are sent again, and which become errors. The broker is a test."""

import re
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest
from pika import BasicProperties
from pika.exceptions import (
    AMQPConnectionError,
    ChannelClosedByBroker,
    ChannelWrongStateError,
    ConnectionClosedByBroker,
)

from lib.platform import until
from lib.sailor.errors import PublishError, PublishInterruptedError, UnsendableMessageError
from lib.sailor.publisher import Patience, Publisher
from lib.sailor.settings import Settings
from tests.support.channels import WAIT, DirectLoop, HandClock, RecordingChannel
from tests.support.settings import ENVIRON

QUICK = {"AMQP_PUBLISH_RETRY_DELAY": "1", "AMQP_PUBLISH_MAX_RETRY_DELAY": "4"}
IMPATIENT = Patience(
    refusals=3, refusal_pause=0.001, longest_refusal_pause=0.004, grace=10, stopping_pause=0.001
)
LOST = AMQPConnectionError("lost")


class WatchedPublisher(Publisher):
    """A publisher that notes why it would replace its connection."""

    failed: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        self.failed = error


@dataclass
class Writer:
    """A publisher, its connection, and threads that publish."""

    patience: Patience = IMPATIENT
    settings: dict[str, str] = field(default_factory=dict)
    loop: DirectLoop = field(default_factory=DirectLoop)
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        variables = {f"ELASTICIO_{name}": text for name, text in (QUICK | self.settings).items()}
        self.publisher = WatchedPublisher(
            Settings.read(ENVIRON | variables), self.loop.loop, self.patience, self.clock
        )

    def connect(self) -> RecordingChannel:
        channel = RecordingChannel(self.loop)
        self.loop.call(self.publisher.on_channel, channel.channel)
        return channel

    def lose(self, cause: str | BaseException = LOST) -> None:
        """Lose the channel, as the connection does it."""

        def lose() -> None:
            self.publisher.channel = None
            self.publisher.on_lost(cause)

        self.loop.call(lose)

    def until_waiting(self, count: int) -> None:
        """Wait until so many messages wait for the channel."""
        waiting = self.publisher._waiting  # nothing else shows them
        until(lambda: len(waiting) == count, f"{count} messages wait", within=WAIT, every=0.002)

    def send(
        self, routing_key: Any = "key", content: bytes = b"content", **properties: Any
    ) -> "Future[None]":
        """Publish on another thread, which does not hold the process if it waits for ever."""
        sent: Future[None] = Future()

        def publish() -> None:
            try:
                self.publisher.publish(routing_key, content, BasicProperties(**properties))
                sent.set_result(None)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                sent.set_exception(error)

        Thread(target=publish, daemon=True).start()
        return sent


@pytest.fixture
def writer() -> Writer:
    return Writer()


def outcome(sent: "Future[None]") -> str:
    """Return the error that publishing ended with, or nothing."""
    error = sent.exception(timeout=WAIT)
    return "" if error is None else f"{type(error).__name__}: {error}"


def logged_pauses(caplog: pytest.LogCaptureFixture) -> list[tuple[int, float]]:
    """Return the numbers of the attempts that were announced, and the seconds before each."""
    logged = [re.search(r"attempt (\d) in (.*) s$", line) for line in caplog.messages]
    return [(int(line[1]), float(line[2])) for line in logged if line]


def test_a_message_is_published_when_the_broker_has_confirmed_it(writer: Writer) -> None:
    channel = writer.connect()

    sent = writer.send("key", b"content", headers={"a": 1})
    channel.until_published(1)
    assert not sent.done()
    channel.confirm(1)

    assert outcome(sent) == ""
    [(routing_key, content, properties)] = channel.published
    assert (routing_key, content, properties.headers) == ("key", b"content", {"a": 1})


@pytest.mark.parametrize(("persistent", "mode"), [("", 1), ("true", 2)])
def test_messages_persist_if_the_settings_say_so(persistent: str, mode: int) -> None:
    writer = Writer(settings={"AMQP_PERSISTENT_MESSAGES": persistent})
    channel = writer.connect()

    sent = writer.send()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""
    assert channel.published[0][2].delivery_mode == mode


def test_what_comes_before_the_connection_waits_for_it(writer: Writer) -> None:
    sent = writer.send()
    writer.until_waiting(1)

    channel = writer.connect()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


def test_a_refusal_is_no_confirm(writer: Writer) -> None:
    channel = writer.connect()

    sent = writer.send()
    for attempt in (1, 2, 3):
        channel.until_published(attempt)
        channel.refuse(attempt)

    assert outcome(sent) == (
        "PublishError: Publishing to 'key' failed: the broker refused it (attempt 3)"
    )
    assert len(channel.published) == 3


def test_the_confirm_of_a_message_that_came_back_is_no_success(writer: Writer) -> None:
    channel = writer.connect()

    sent = writer.send("nowhere")
    for attempt in (1, 2, 3):
        channel.until_published(attempt)
        channel.hand_back("nowhere", b"content")
        channel.confirm(attempt)

    assert outcome(sent) == (
        "PublishError: Publishing to 'nowhere' failed: 312 NO_ROUTE (attempt 3)"
    )


def test_a_refused_message_that_is_taken_in_the_end_is_published(writer: Writer) -> None:
    channel = writer.connect()

    sent = writer.send("later", headers={"a": 1})
    for attempt in (1, 2):
        channel.until_published(attempt)
        channel.hand_back("later", b"content")
        channel.confirm(attempt)
    channel.until_published(3)
    channel.confirm(3)

    assert outcome(sent) == ""
    assert [properties.headers for *_, properties in channel.published] == [
        {"a": 1},
        {"a": 1, "retry": 1},
        {"a": 1, "retry": 2},
    ]


def test_of_messages_in_flight_the_one_that_came_back_failed(writer: Writer) -> None:
    channel = writer.connect()
    routed = writer.send("key", b"1")
    channel.until_published(1)
    others = [writer.send("nowhere", b"2"), writer.send("nowhere", b"1")]
    channel.until_published(3)

    tags = {published[:2]: tag for tag, published in enumerate(channel.published, 1)}
    channel.hand_back("nowhere", b"1")
    channel.confirm(3, multiple=True)

    assert outcome(routed) == outcome(others[0]) == ""
    channel.until_published(4)
    assert channel.published[3][:2] == ("nowhere", b"1")
    assert tags["key", b"1"] == 1
    channel.confirm(4)
    assert outcome(others[1]) == ""


def test_two_equal_messages_that_came_back_both_failed(writer: Writer) -> None:
    channel = writer.connect()
    both = [writer.send("nowhere"), writer.send("nowhere")]
    channel.until_published(2)

    for tag in (1, 2):
        channel.hand_back("nowhere", b"content")
        channel.confirm(tag)

    channel.until_published(4)
    channel.confirm(4, multiple=True)
    assert [outcome(sent) for sent in both] == ["", ""]


def test_a_confirm_for_one_confirms_no_other(writer: Writer) -> None:
    channel = writer.connect()
    first = writer.send("key", b"1")
    channel.until_published(1)
    second = writer.send("key", b"2")
    channel.until_published(2)

    channel.confirm(2)

    assert outcome(second) == ""
    assert not first.done()
    channel.confirm(1)
    assert outcome(first) == ""


def test_a_confirm_for_multiple_confirms_none_that_is_later(writer: Writer) -> None:
    channel = writer.connect()
    sent = []
    for number in (1, 2, 3):
        sent.append(writer.send("key", str(number).encode()))
        channel.until_published(number)

    channel.confirm(2, multiple=True)

    assert [outcome(each) for each in sent[:2]] == ["", ""]
    assert not sent[2].done()
    channel.confirm(3)
    assert outcome(sent[2]) == ""


def test_what_is_lost_with_a_connection_is_published_again_without_limit(writer: Writer) -> None:
    sent = writer.send()
    for _ in range(10):
        channel = writer.connect()
        channel.until_published(1)
        writer.lose()
    channel = writer.connect()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""
    assert (channel.published[0][2].headers or {})["retry"] == 10


def test_attempts_end_where_the_settings_say() -> None:
    writer = Writer(settings={"AMQP_PUBLISH_RETRY_ATTEMPTS": "2"})

    sent = writer.send()
    for _ in range(2):
        channel = writer.connect()
        channel.until_published(1)
        writer.lose("no reason")

    assert outcome(sent) == (
        "PublishError: Publishing to 'key' failed: "
        "lost before the broker confirmed: no reason (attempt 2)"
    )


def test_pauses_between_attempts_double_up_to_the_longest(caplog: pytest.LogCaptureFixture) -> None:
    # Given a step that stops, which shortens pauses: they are logged as they would be
    writer = Writer(
        Patience(refusals=5, refusal_pause=100, longest_refusal_pause=400, stopping_pause=0),
        {"AMQP_PUBLISH_RETRY_DELAY": "1000000", "AMQP_PUBLISH_MAX_RETRY_DELAY": "4000000"},
    )
    writer.publisher.stop_soon()

    # When a message is refused, and another one lost
    sent = writer.send()
    channel = writer.connect()
    for attempt in range(1, 6):
        channel.until_published(attempt)
        channel.refuse(attempt)
    assert outcome(sent).startswith("PublishError: ")
    sent = writer.send()
    channel.until_published(6)
    for _ in range(4):
        writer.lose()
        channel = writer.connect()
        channel.until_published(1)
    channel.confirm(1)
    assert outcome(sent) == ""

    # Then each has its own pauses
    pauses = logged_pauses(caplog)
    assert [attempt for attempt, _ in pauses] == [2, 3, 4, 5] * 2
    whole = [100, 200, 400, 400, 1000, 2000, 4000, 4000]
    assert all(most / 2 <= pause <= most for most, (_, pause) in zip(whole, pauses, strict=True))


def test_five_refusals_in_three_seconds_are_final(caplog: pytest.LogCaptureFixture) -> None:
    # Given a step that stops, which shortens pauses: they are logged as they would be
    writer = Writer(Patience(stopping_pause=0))
    writer.publisher.stop_soon()
    channel = writer.connect()

    sent = writer.send()
    for attempt in range(1, 6):
        channel.until_published(attempt)
        channel.refuse(attempt)

    assert outcome(sent).endswith("(attempt 5)")
    assert 1.4 <= sum(pause for _, pause in logged_pauses(caplog)) <= 3.1


def test_a_late_confirm_of_a_lost_channel_confirms_nothing_on_the_next(writer: Writer) -> None:
    first = writer.connect()
    sent = writer.send()
    first.until_published(1)
    writer.lose()
    second = writer.connect()
    second.until_published(1)

    first.confirm(1)

    time.sleep(0.02)
    assert not sent.done()
    second.confirm(1)
    assert outcome(sent) == ""


@pytest.mark.parametrize(
    "cause",
    [
        ChannelClosedByBroker(406, "PRECONDITION_FAILED"),
        ConnectionClosedByBroker(501, "FRAME_ERROR"),
        ConnectionClosedByBroker(541, "INTERNAL_ERROR"),
    ],
)
def test_a_message_that_the_broker_closes_the_channel_for_is_refused(
    writer: Writer, cause: BaseException
) -> None:
    sent = writer.send()
    for _ in range(3):
        channel = writer.connect()
        channel.until_published(1)
        writer.lose(cause)

    assert outcome(sent).endswith(f"{cause.args[1]} (attempt 3)")


@pytest.mark.parametrize(
    "cause", [ConnectionClosedByBroker(320, "CONNECTION_FORCED"), LOST, "no reason"]
)
def test_a_broker_that_goes_away_refuses_nothing(
    writer: Writer, cause: str | BaseException
) -> None:
    sent = writer.send()
    for _ in range(5):
        channel = writer.connect()
        channel.until_published(1)
        writer.lose(cause)
    channel = writer.connect()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


def test_of_several_in_flight_the_one_at_fault_is_found(writer: Writer) -> None:
    # Given two messages in flight, one of which the broker closes every channel for
    good, bad = writer.send("key", b"good"), writer.send("key", b"bad")
    fault = ChannelClosedByBroker(406, "PRECONDITION_FAILED")
    channel = writer.connect()
    channel.until_published(2)
    writer.lose(fault)

    # When they are sent again, then one at a time
    refused = 0
    while refused < 3:
        channel = writer.connect()
        tag = 1
        channel.until_published(tag)
        while channel.published[-1][1] == b"good":
            time.sleep(0.01)
            assert len(channel.published) == tag
            channel.confirm(tag)
            tag += 1
            channel.until_published(tag)
        time.sleep(0.01)
        assert len(channel.published) == tag
        writer.lose(fault)
        refused += 1

    assert outcome(good) == ""
    assert outcome(bad).startswith("PublishError: Publishing to 'key' failed: lost before")


def test_a_message_that_may_be_at_fault_is_sent_alone(writer: Writer) -> None:
    # Given two messages that were in flight when the broker closed the channel
    suspects = [writer.send("key", b"suspect"), writer.send("key", b"suspect")]
    channel = writer.connect()
    channel.until_published(2)
    writer.lose(ChannelClosedByBroker(406, "PRECONDITION_FAILED"))
    writer.until_waiting(2)

    # When another one is in flight on the next channel, then they wait for its confirm
    others = [writer.send("key", b"other")]
    writer.until_waiting(3)
    writer.publisher._waiting.rotate()  # it was there before them
    channel = writer.connect()
    assert [content for _, content, _ in channel.published] == [b"other"]
    channel.confirm(1)
    assert [content for _, content, _ in channel.published] == [b"other", b"suspect"]

    # And when one of them is in flight, then all others wait for its confirm
    others.append(writer.send("key", b"another"))
    writer.until_waiting(2)
    writer.publisher._waiting.rotate()
    assert len(channel.published) == 2
    for tag in (2, 3, 4):
        channel.confirm(tag)
    assert [outcome(sent) for sent in suspects + others] == [""] * 4


def test_a_message_that_pika_refuses_is_tried_again(writer: Writer) -> None:
    channel = writer.connect()
    channel.refusal = ChannelWrongStateError("Channel is closing.")
    sent = writer.send()
    time.sleep(0.01)

    channel.refusal = None
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


@pytest.mark.parametrize("refusal", [ValueError("v"), TypeError("t"), AMQPConnectionError("a")])
def test_what_pika_raises_is_a_failed_attempt(refusal: Exception) -> None:
    writer = Writer(settings={"AMQP_PUBLISH_RETRY_ATTEMPTS": "1"})
    writer.connect().refusal = refusal

    assert outcome(writer.send()) == (
        f"PublishError: Publishing to 'key' failed: {type(refusal).__name__}: {refusal} (attempt 1)"
    )


@pytest.mark.parametrize(
    ("routing_key", "properties", "text"),
    [
        (7, {}, "the routing key: got 7, expected text"),
        ("", {}, "the routing key: got '', expected text"),
        ("k" * 256, {}, "the routing key: got 256 bytes, expected at most 255"),
        ("é" * 128, {}, "the routing key: got 256 bytes, expected at most 255"),
        (
            "key",
            {"headers": {"a": 1, "b": {1}, "c": {2}}},
            (
                "AMQP cannot carry the header 'b': "
                "UnsupportedAMQPFieldException: Unsupported field kind <class 'set'>"
            ),
        ),
        (
            "key",
            {"headers": {"a": "x" * 300 + "\ud83d"}},
            "AMQP cannot carry the header 'a': UnicodeEncodeError('utf-8', '" + "x" * 171,
        ),
        (
            "key",
            {"priority": "high"},
            "AMQP cannot carry the properties: error('required argument is not an integer')",
        ),
    ],
)
def test_what_amqp_cannot_carry_is_never_sent(
    writer: Writer, routing_key: Any, properties: dict[str, Any], text: str
) -> None:
    channel = writer.connect()

    error = writer.send(routing_key, b"", **properties).exception(timeout=WAIT)

    assert isinstance(error, UnsendableMessageError)
    assert str(error) == text
    assert channel.published == []


def test_the_longest_routing_key_is_sent(writer: Writer) -> None:
    channel = writer.connect()

    sent = writer.send("k" * 255)
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


def test_headers_fill_a_frame_and_no_more(writer: Writer) -> None:
    # A frame has 131072 bytes; 20 are its own, 2 the flags, 4 + 2 + 5 the table, the name, the text
    channel = writer.connect()
    room = 131_072 - 20 - 2 - 1 - 11
    sent = writer.send(headers={"a": "x" * room})
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""
    assert outcome(writer.send(headers={"a": "x" * (room + 1)})) == (
        "UnsendableMessageError: the AMQP headers: got 131053 bytes, expected at most 131052"
    )


# ---- a broker that is short of memory


def test_a_blocked_broker_gets_nothing_until_it_is_well(writer: Writer) -> None:
    channel = writer.connect()
    channel.block()
    sent = writer.send()
    writer.until_waiting(1)
    assert channel.published == []

    channel.unblock()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


def test_a_connection_that_is_lost_while_it_was_blocked_publishes_again_on_the_next(
    writer: Writer,
) -> None:
    writer.connect().block()
    sent = writer.send()
    writer.lose()

    channel = writer.connect()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


def test_blocked_time_is_not_the_time_of_a_confirm() -> None:
    # Given a message in flight when the broker blocks the connection
    writer = Writer(settings={"AMQP_PUBLISH_CONFIRM_TIMEOUT": "30000"})
    writer.publisher.start()
    channel = writer.connect()
    sent = writer.send()
    channel.until_published(1)
    channel.block()

    # When more time passes than a confirm may take, then nothing is late
    writer.clock.now += 100
    writer.loop.io.run()
    assert writer.publisher.failed is None
    channel.unblock()
    writer.loop.io.run()
    assert writer.publisher.failed is None

    # When as much time passes while the broker is well, then it is
    writer.clock.now += 30
    assert writer.loop.io.run() == [1]
    assert writer.publisher.failed is None
    writer.clock.now += 1
    assert writer.loop.io.run() == [1]
    assert str(writer.publisher.failed) == "no confirm after 31 s"
    channel.confirm(1)
    assert outcome(sent) == ""


# ---- a step that stops


def test_a_step_that_stops_gives_up_what_fails_after_ten_seconds() -> None:
    # Given a message that was in flight for long when the step stops
    writer = Writer(Patience())
    channel = writer.connect()
    sent = writer.send()
    channel.until_published(1)
    writer.clock.now += 100
    writer.publisher.stop_soon()

    # When it is lost in the ten seconds after that, then it is tried again
    writer.clock.now += 10
    writer.lose()
    channel = writer.connect()
    channel.until_published(1)

    # When it is lost later, then it is not
    writer.clock.now += 0.5
    writer.lose("no reason")
    assert outcome(sent) == (
        "PublishInterruptedError: Publishing to 'key' failed: "
        "lost before the broker confirmed: no reason, and the step stops"
    )
    assert issubclass(PublishInterruptedError, PublishError)


def test_a_step_that_stops_pauses_shortly_between_attempts() -> None:
    writer = Writer(
        Patience(stopping_pause=0.05),
        {"AMQP_PUBLISH_RETRY_DELAY": "60000", "AMQP_PUBLISH_MAX_RETRY_DELAY": "60000"},
    )
    writer.publisher.stop_soon()
    channel = writer.connect()
    sent = writer.send()
    channel.until_published(1)

    lost = time.monotonic()
    writer.lose()
    channel = writer.connect()
    channel.until_published(1)

    assert time.monotonic() - lost >= 0.05
    channel.confirm(1)
    assert outcome(sent) == ""


def test_a_step_that_stops_waits_for_no_connection_after_its_grace(writer: Writer) -> None:
    writer.publisher.start()
    assert len(writer.loop.connections) == 1
    sent = writer.send()
    writer.publisher.stop_soon()
    writer.loop.io.run()
    assert not sent.done()

    writer.clock.now += 11
    writer.loop.io.run()

    assert outcome(sent) == (
        "PublishInterruptedError: Publishing to 'key' failed: "
        "there is no connection, and the step stops"
    )


def test_a_step_that_stops_waits_for_no_confirm_after_its_grace(writer: Writer) -> None:
    writer.publisher.start()
    channel = writer.connect()
    sent = writer.send()
    channel.until_published(1)
    writer.publisher.stop_soon()
    writer.loop.io.run()
    assert writer.publisher.failed is None

    writer.clock.now += 11
    writer.loop.io.run()

    assert isinstance(writer.publisher.failed, TimeoutError)
    channel.confirm(1)
    assert outcome(sent) == ""


def test_what_is_emitted_late_in_a_stopping_step_has_its_own_grace(writer: Writer) -> None:
    writer.publisher.stop_soon()
    writer.clock.now += 11

    sent = writer.send()
    channel = writer.connect()
    channel.until_published(1)
    writer.lose()
    channel = writer.connect()
    channel.until_published(1)
    channel.confirm(1)

    assert outcome(sent) == ""


def test_the_pause_before_an_attempt_ends_when_the_step_stops() -> None:
    writer = Writer(
        settings={"AMQP_PUBLISH_RETRY_DELAY": "60000", "AMQP_PUBLISH_MAX_RETRY_DELAY": "60000"}
    )
    channel = writer.connect()
    sent = writer.send()
    channel.until_published(1)
    writer.lose()
    channel = writer.connect()

    writer.publisher.stop_soon()

    channel.until_published(1)
    channel.confirm(1)
    assert outcome(sent) == ""
