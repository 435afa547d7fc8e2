"""The consumer: which deliveries are handled, and which verdict is sent where. No broker here."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from pika.exceptions import ChannelClosedByBroker

from lib.platform import until
from lib.sailor.consumer import Consumer
from lib.sailor.delivery import Delivery, Verdict
from lib.sailor.errors import BrokerUnavailableError
from lib.sailor.settings import Settings
from tests.support.channels import WAIT, DirectLoop, RecordingChannel
from tests.support.settings import ENVIRON

LOST = ConnectionResetError("lost")


@dataclass
class Reader:
    """A consumer, its connection, and what it delivered."""

    prefetch: int = 2
    loop: DirectLoop = field(default_factory=DirectLoop)
    delivered: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = Settings.read(
            {**ENVIRON, "ELASTICIO_RABBITMQ_PREFETCH_SAILOR": str(self.prefetch)}
        )
        self.consumer = Consumer(settings, self.delivered.append, self.loop.loop)

    def begin(self) -> RecordingChannel:
        """Consume on a first channel."""
        self.consumer.start()
        channel = self.loop.connections[0].open()
        self.consumer.consume()
        return channel

    def lose(self) -> RecordingChannel:
        """Lose the connection, and return the channel of the next one."""
        self.loop.connections[-1].end(LOST)
        return self.again()

    def again(self) -> RecordingChannel:
        """Return the channel of the connection after one that is lost."""
        self.loop.io.run()
        return self.loop.connections[-1].open()


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_a_message_is_delivered_and_acked(reader: Reader) -> None:
    channel = reader.begin()
    channel.deliver(1, b"content", headers={"a": 1})

    [delivery] = reader.delivered
    assert delivery.content == b"content"
    assert delivery.properties.headers == {"messageId": "m", "a": 1}
    assert channel.verdicts == []
    reader.consumer.settle(delivery, Verdict.ACK)

    assert (channel.consumed, channel.prefetch, channel.verdicts) == (["in"], 2, [("ack", 1)])
    assert delivery.content == b""


@pytest.mark.parametrize(
    ("verdict", "sent"), [(Verdict.REJECT, "reject"), (Verdict.REQUEUE, "requeue")]
)
def test_a_verdict_is_sent_as_it_is(reader: Reader, verdict: Verdict, sent: str) -> None:
    channel = reader.begin()
    channel.deliver(7)

    reader.consumer.settle(reader.delivered[0], verdict)

    assert channel.verdicts == [(sent, 7)]


def test_nothing_is_consumed_before_the_step_asks_for_it(reader: Reader) -> None:
    reader.consumer.start()
    channel = reader.loop.connections[0].open()
    reader.consumer.wait_until_open()

    assert channel.consumed == []


def test_a_step_that_waits_for_its_connection_consumes_once_it_is_there(reader: Reader) -> None:
    reader.consumer.start()
    with ThreadPoolExecutor(1) as threads:
        consuming = threads.submit(reader.consumer.consume)
        until(consuming.running, "the step waits")
        channel = reader.loop.connections[0].open()
        consuming.result(WAIT)

    assert channel.consumed == ["in"]


def test_a_queue_that_cannot_be_consumed_is_named(reader: Reader) -> None:
    reader.consumer.start()
    channel = reader.loop.connections[0].open()
    channel.answers = False
    with ThreadPoolExecutor(1) as threads:
        consuming = threads.submit(reader.consumer.consume)
        until(lambda: channel.consumed, "the step waits")
        reader.loop.connections[0].end(ChannelClosedByBroker(404, "NOT_FOUND"))

        error = consuming.exception(WAIT)

    assert isinstance(error, BrokerUnavailableError)
    assert str(error) == "the queue 'in' cannot be consumed: 404 NOT_FOUND"

    # And when the connection is back, nothing is consumed, or cancelled at the end
    channel = reader.again()
    reader.consumer.stop()
    assert (channel.consumed, channel.cancelled) == ([], [])


# ---- after a lost connection


def test_a_message_in_progress_that_comes_again_is_not_run_twice(reader: Reader) -> None:
    reader.begin().deliver(5)

    channel = reader.lose()
    channel.deliver(1, redelivered=True)
    reader.consumer.settle(reader.delivered[0], Verdict.ACK)

    assert len(reader.delivered) == 1
    assert channel.verdicts == [("ack", 1)]


def test_a_message_that_is_not_marked_as_redelivered_is_another(reader: Reader) -> None:
    reader.begin().deliver(5)

    reader.lose().deliver(1)

    assert len(reader.delivered) == 2


def test_two_messages_with_one_id_and_other_contents_are_two(reader: Reader) -> None:
    reader.begin().deliver(5, b"one")

    channel = reader.lose()
    channel.deliver(1, b"other", redelivered=True)
    channel.deliver(2, b"one", redelivered=True)
    assert [delivery.content for delivery in reader.delivered] == [b"one", b"other"]
    for delivery in reader.delivered:
        reader.consumer.settle(delivery, Verdict.ACK)

    assert sorted(channel.verdicts) == [("ack", 1), ("ack", 2)]


def test_a_verdict_on_a_message_of_a_lost_channel_is_not_sent_on_the_next(reader: Reader) -> None:
    first = reader.begin()
    first.deliver(1)

    second = reader.lose()
    second.deliver(1, b"another", headers={"messageId": "n"})
    reader.consumer.settle(reader.delivered[0], Verdict.REJECT)
    assert (first.verdicts, second.verdicts) == ([], [])

    # It is sent when the message comes again.
    second.deliver(2, redelivered=True)
    assert second.verdicts == [("reject", 2)]
    assert len(reader.delivered) == 2


def test_an_ack_that_may_be_lost_is_sent_again(reader: Reader) -> None:
    reader.begin().deliver(1)
    reader.consumer.settle(reader.delivered[0], Verdict.ACK)

    channel = reader.lose()
    channel.deliver(1, redelivered=True)

    assert channel.verdicts == [("ack", 1)]
    assert len(reader.delivered) == 1


def test_an_ack_of_the_channel_before_the_last_is_no_longer_in_doubt(reader: Reader) -> None:
    reader.begin().deliver(1)
    reader.consumer.settle(reader.delivered[0], Verdict.ACK)
    reader.lose()

    reader.lose().deliver(1, redelivered=True)

    assert len(reader.delivered) == 2


def test_an_ack_that_has_arrived_is_for_no_other_message() -> None:
    # With a prefetch of one, the next delivery proves the ack of the one before.
    reader = Reader(prefetch=1)
    channel = reader.begin()
    channel.deliver(1)
    reader.consumer.settle(reader.delivered[0], Verdict.ACK)
    channel.deliver(2, b"next", headers={"messageId": "n"})
    reader.consumer.settle(reader.delivered[1], Verdict.ACK)

    reader.lose().deliver(1, redelivered=True)

    assert len(reader.delivered) == 3


def test_a_message_that_went_back_to_the_queue_is_run_again(reader: Reader) -> None:
    reader.begin().deliver(1)
    reader.consumer.settle(reader.delivered[0], Verdict.REQUEUE)

    reader.lose().deliver(1, redelivered=True)

    assert len(reader.delivered) == 2


def test_what_a_lost_channel_still_delivers_is_ignored(reader: Reader) -> None:
    first = reader.begin()
    reader.lose()

    first.deliver(1)

    assert reader.delivered == []


def test_a_verdict_is_not_sent_on_a_channel_that_closes(reader: Reader) -> None:
    channel = reader.begin()
    channel.deliver(1)
    channel.is_open = False

    reader.consumer.settle(reader.delivered[0], Verdict.ACK)
    assert channel.verdicts == []

    # It is sent when the message comes again.
    after = reader.lose()
    after.deliver(1, redelivered=True)
    assert after.verdicts == [("ack", 1)]


def test_a_message_is_live_as_long_as_its_channel(reader: Reader) -> None:
    reader.begin().deliver(1)
    [delivery] = reader.delivered
    assert reader.consumer.is_live(delivery)

    reader.lose()

    assert not reader.consumer.is_live(delivery)


def test_an_abandoned_message_is_handled_when_it_comes_again(reader: Reader) -> None:
    reader.begin().deliver(1)
    channel = reader.lose()
    reader.consumer.abandon(reader.delivered[0])

    channel.deliver(1, redelivered=True)
    reader.consumer.settle(reader.delivered[1], Verdict.ACK)

    assert len(reader.delivered) == 2
    assert channel.verdicts == [("ack", 1)]


def test_an_abandoned_message_that_came_again_before_is_handled_now(reader: Reader) -> None:
    reader.begin().deliver(1)
    channel = reader.lose()
    channel.deliver(1, redelivered=True)
    assert len(reader.delivered) == 1

    reader.consumer.abandon(reader.delivered[0])

    assert reader.delivered[0] is reader.delivered[1]
    reader.consumer.settle(reader.delivered[1], Verdict.ACK)
    assert channel.verdicts == [("ack", 1)]


def test_a_consumer_that_the_broker_cancels_consumes_on_a_new_connection(reader: Reader) -> None:
    channel = reader.begin()

    channel.cancel()
    [connection] = reader.loop.connections
    assert connection.closed_with == ["BrokerUnavailableError"]
    connection.end(LOST)

    assert reader.again().consumed == ["in"]


# ---- messages that return to the queue


def test_a_message_that_returns_for_the_fourth_time_is_rejected(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    channel = reader.begin()

    for tag in range(1, 6):
        channel.deliver(tag, redelivered=tag > 1)
        reader.consumer.settle(reader.delivered[-1], Verdict.REQUEUE)

    sent = [verdict for verdict, _ in channel.verdicts]
    assert sent == ["requeue", "requeue", "requeue", "reject", "requeue"]
    [fatal] = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert fatal.getMessage() == (
        "Message 'm' is rejected: it returned to its queue 3 times in a row, and neither its "
        "events nor an error about it can be published"
    )


@pytest.mark.parametrize("verdict", [Verdict.ACK, Verdict.REJECT])
def test_returns_are_counted_in_a_row(reader: Reader, verdict: Verdict) -> None:
    channel = reader.begin()
    verdicts = [Verdict.REQUEUE] * 3 + [verdict] + [Verdict.REQUEUE] * 3

    for tag, each in enumerate(verdicts, 1):
        channel.deliver(tag)
        reader.consumer.settle(reader.delivered[-1], each)

    assert [sent for sent, _ in channel.verdicts].count("requeue") == 6


def test_returns_are_forgotten_after_ten_thousand_other_messages(reader: Reader) -> None:
    # Given a message that returned three times
    channel = reader.begin()
    for tag in range(1, 4):
        channel.deliver(tag, b"first")
        reader.consumer.settle(reader.delivered[-1], Verdict.REQUEUE)

    # When ten thousand others return, then nobody knows that the first one did
    for tag in range(10_000):
        channel.deliver(tag, str(tag).encode())
        reader.consumer.settle(reader.delivered.pop(), Verdict.REQUEUE)
    channel.deliver(0, b"first")
    reader.consumer.settle(reader.delivered[-1], Verdict.REQUEUE)

    assert {sent for sent, _ in channel.verdicts} == {"requeue"}


def test_returns_are_counted_for_each_message(reader: Reader) -> None:
    channel = reader.begin()

    for tag in range(1, 7):
        channel.deliver(tag, b"even" if tag % 2 else b"odd")
        reader.consumer.settle(reader.delivered[-1], Verdict.REQUEUE)

    assert [sent for sent, _ in channel.verdicts] == ["requeue"] * 6


# ---- a step that stops


def test_a_step_that_stops_with_nothing_to_do_is_settled(reader: Reader) -> None:
    channel = reader.begin()

    reader.consumer.stop()

    assert channel.cancelled == ["consumer-1"]
    assert reader.consumer.wait_until_settled(0)


def test_a_step_that_stops_waits_for_what_is_in_progress(reader: Reader) -> None:
    channel = reader.begin()
    for tag in (1, 2):
        channel.deliver(tag, str(tag).encode())
    reader.consumer.stop()

    for delivery in reader.delivered:
        assert not reader.consumer.wait_until_settled(0)
        reader.consumer.settle(delivery, Verdict.ACK)

    assert reader.consumer.wait_until_settled(0)
    assert channel.verdicts == [("ack", 1), ("ack", 2)]


def test_a_step_that_stops_takes_nothing_new(reader: Reader) -> None:
    channel = reader.begin()
    channel.deliver(1, b"one")
    reader.consumer.stop()

    channel.deliver(2, b"two")

    assert len(reader.delivered) == 1
    assert channel.verdicts == []


def test_a_stop_ends_when_the_broker_agrees_or_the_connection_is_lost(reader: Reader) -> None:
    channel = reader.begin()
    channel.answers = False
    with ThreadPoolExecutor(1) as threads:
        stopping = threads.submit(reader.consumer.stop)
        until(lambda: channel.cancelled, "the step stops")
        assert not stopping.done()

        reader.loop.connections[0].end(LOST)

        stopping.result(WAIT)


def test_what_returns_to_the_queue_is_settled(reader: Reader) -> None:
    reader.begin().deliver(1)
    reader.consumer.stop()

    reader.consumer.settle(reader.delivered[0], Verdict.REQUEUE)

    assert reader.consumer.wait_until_settled(0)


def test_what_returns_to_the_queue_without_its_channel_is_settled(reader: Reader) -> None:
    # Given a message whose connection is lost: the broker has returned it
    reader.begin().deliver(1)
    channel = reader.lose()
    reader.consumer.stop()

    reader.consumer.settle(reader.delivered[0], Verdict.REQUEUE)

    assert reader.consumer.wait_until_settled(0)
    assert channel.verdicts == []


def test_a_step_that_stops_consumes_for_what_lost_its_channel(reader: Reader) -> None:
    # Given a message in progress whose connection is lost when the step stops
    reader.begin().deliver(1)
    channel = reader.lose()
    reader.consumer.stop()
    assert channel.cancelled == []
    reader.consumer.settle(reader.delivered[0], Verdict.ACK)
    assert not reader.consumer.wait_until_settled(0)

    # When another one comes, and then that one
    channel.deliver(1, b"another")
    channel.deliver(2, redelivered=True)

    # Then that one is settled, and the other stays with the broker
    assert reader.consumer.wait_until_settled(0)
    assert channel.verdicts == [("ack", 2)]
    assert len(reader.delivered) == 1


def test_a_step_whose_connection_is_lost_while_it_stops_consumes_again(reader: Reader) -> None:
    reader.begin().deliver(1)
    reader.consumer.stop()
    channel = reader.lose()

    channel.deliver(1, redelivered=True)
    reader.consumer.settle(reader.delivered[0], Verdict.ACK)

    assert channel.verdicts == [("ack", 1)]
    assert reader.consumer.wait_until_settled(0)


def test_a_step_that_stopped_with_nothing_to_do_consumes_no_more(reader: Reader) -> None:
    reader.begin()
    reader.consumer.stop()

    assert reader.lose().consumed == []


def test_a_step_that_stops_while_it_has_no_connection_does_not_wait_for_one(
    reader: Reader,
) -> None:
    reader.begin()
    reader.loop.connections[0].end(LOST)

    reader.consumer.stop()

    assert reader.consumer.wait_until_settled(0)


def test_an_abandoned_message_is_settled_for_a_step_that_stops(reader: Reader) -> None:
    reader.begin().deliver(1)
    reader.lose()
    reader.consumer.stop()

    reader.consumer.abandon(reader.delivered[0])

    assert reader.consumer.wait_until_settled(0)
