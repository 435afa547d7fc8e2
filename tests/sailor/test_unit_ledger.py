"""The ledger: which redelivery is which message."""

from pika import BasicProperties

from lib.sailor.delivery import Delivery, Ledger, Verdict

KEY = ("'m'", b"hash")
PLAIN = BasicProperties(headers={"messageId": "m"})


def delivery(
    tag: int,
    channel_number: int = 0,
    key: tuple[str, bytes] = KEY,
    properties: BasicProperties = PLAIN,
) -> Delivery:
    return Delivery(b"content", properties, key, tag, channel_number)


def test_a_message_of_a_lost_channel_is_recognized() -> None:
    ledger = Ledger(memory=10)
    first = delivery(1)
    ledger.enter(first)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is first
    assert ledger.recognize(("'m'", b"other"), PLAIN, channel_number=1) is None


def test_a_message_of_this_channel_is_another_one() -> None:
    # Given two emits that share an id and a content, on one channel
    ledger = Ledger(memory=10)
    ledger.enter(delivery(1))

    # Then the second is not taken for the first
    assert ledger.recognize(KEY, PLAIN, channel_number=0) is None


def test_messages_with_one_id_and_content_are_counted() -> None:
    # Given two of them in progress when the channel is lost
    ledger = Ledger(memory=10)
    twins = [delivery(1), delivery(2)]
    for twin in twins:
        ledger.enter(twin)

    # When three come, then two are known
    for tag in (1, 2):
        known = ledger.recognize(KEY, PLAIN, channel_number=1)
        assert known in twins
        assert known is not None
        known.tag, known.channel_number = tag, 1
    assert ledger.recognize(KEY, PLAIN, channel_number=1) is None


def test_a_settled_message_is_remembered_without_its_content() -> None:
    ledger = Ledger(memory=10)
    settled = delivery(1)
    ledger.enter(settled)

    ledger.settle(settled, Verdict.ACK)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is settled
    assert (settled.verdict, settled.content) == (Verdict.ACK, b"")
    assert ledger.in_progress() == []


def test_memory_is_bounded() -> None:
    ledger = Ledger(memory=3)
    for number in range(1000):
        each = delivery(number, key=(str(number), b""))
        ledger.enter(each)
        ledger.settle(each, Verdict.ACK)

    known = [
        number
        for number in range(1000)
        if ledger.recognize((str(number), b""), PLAIN, channel_number=1)
    ]

    assert known == [997, 998, 999]
    assert len(ledger) == 3  # what is forgotten leaves nothing behind


def test_what_went_back_to_the_queue_is_new_when_it_comes_again() -> None:
    ledger = Ledger(memory=10)
    each = delivery(1)
    ledger.enter(each)

    ledger.forget(each)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is None


def test_a_rebounded_message_is_another_one() -> None:
    # Given a message that was acked when it was rebounded, and is in progress again
    ledger = Ledger(memory=10)
    ledger.enter(before := delivery(1))
    ledger.settle(before, Verdict.ACK)
    rebounded = BasicProperties(headers={"messageId": "m", "reboundIteration": 1})
    ledger.enter(again := delivery(2, properties=rebounded))

    # When its channel is lost, then it is the one in progress that comes again
    assert ledger.recognize(KEY, rebounded, channel_number=1) is again


def test_of_two_that_are_the_same_the_one_in_process_comes_again() -> None:
    ledger = Ledger(memory=10)
    ledger.enter(before := delivery(1))
    ledger.settle(before, Verdict.ACK)
    ledger.enter(again := delivery(2))

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is again


def test_how_often_a_quorum_queue_delivered_a_message_does_not_matter() -> None:
    ledger = Ledger(memory=10)
    ledger.enter(first := delivery(1))
    counted = BasicProperties(headers={"messageId": "m", "x-delivery-count": 1})

    assert ledger.recognize(KEY, counted, channel_number=1) is first
