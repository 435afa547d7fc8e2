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
    ledger = Ledger(10)
    first = delivery(1)
    ledger.enter(first)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is first
    assert ledger.recognize(("'m'", b"other"), PLAIN, channel_number=1) is None


def test_a_message_of_this_channel_is_another_one() -> None:
    # Given two emits that share an id and a content, on one channel
    ledger = Ledger(10)
    ledger.enter(delivery(1))

    # Then the second is not taken for the first
    assert ledger.recognize(KEY, PLAIN, channel_number=0) is None


def test_messages_with_one_id_and_content_are_counted() -> None:
    # Given two of them in progress when the channel is lost
    ledger = Ledger(10)
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
    ledger = Ledger(10)
    settled = delivery(1)
    ledger.enter(settled)

    ledger.settle(settled, Verdict.ACK)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is settled
    assert (settled.verdict, settled.content) == (Verdict.ACK, b"")
    assert ledger.in_progress() == []


def work_off(ledger: Ledger, count: int) -> list[Delivery]:
    """Deliver and ack messages on channel 0, one after the other."""
    done = []
    for number in range(count):
        ledger.count_delivery()
        each = delivery(number, key=(str(number), b""))
        ledger.enter(each)
        ledger.settle(each, Verdict.ACK)
        ledger.count_verdict(each)
        done.append(each)
    return done


def test_only_acks_that_may_be_lost_are_remembered() -> None:
    # With a prefetch of 3 the 1000th delivery shows that 997 acks have arrived.
    ledger = Ledger(3)
    done = work_off(ledger, 1000)

    known = [each for each in done if ledger.recognize(each.key, PLAIN, channel_number=1)]

    assert known == done[997:]
    assert len(ledger) == 3  # what is forgotten leaves nothing behind


def test_a_second_lost_channel_ends_the_doubt_about_the_first() -> None:
    ledger = Ledger(3)
    done = work_off(ledger, 3)
    ledger.lose_channel(0)
    assert all(ledger.recognize(each.key, PLAIN, channel_number=1) for each in done)

    ledger.lose_channel(1)

    assert len(ledger) == 0


def test_deliveries_are_counted_by_channel() -> None:
    # Given a hundred messages acked on a channel that is lost
    ledger = Ledger(3)
    work_off(ledger, 100)
    ledger.lose_channel(0)

    # When one is acked on the next channel, then that ack may be lost, too
    ledger.count_delivery()
    again = delivery(1, channel_number=1, key=("again", b""))
    ledger.enter(again)
    ledger.settle(again, Verdict.ACK)
    ledger.count_verdict(again)

    assert ledger.recognize(again.key, PLAIN, channel_number=2) is again


def test_acks_in_doubt_are_counted_by_channel() -> None:
    # Given a message whose ack may have been lost with its channel
    ledger = Ledger(1)
    [before] = work_off(ledger, 1)
    ledger.lose_channel(0)

    # When the second delivery on the next channel shows that the first ack on it has arrived
    ledger.count_delivery()
    arrived = delivery(1, channel_number=1, key=("arrived", b""))
    ledger.enter(arrived)
    ledger.settle(arrived, Verdict.ACK)
    ledger.count_verdict(arrived)
    ledger.count_delivery()

    # Then it is that one which is no longer in doubt
    assert ledger.recognize(before.key, PLAIN, channel_number=1) is before
    assert ledger.recognize(arrived.key, PLAIN, channel_number=2) is None


def test_what_is_forgotten_leaves_no_memory_in_use() -> None:
    ledger = Ledger(10)
    ledger.enter(each := delivery(1))

    ledger.forget(each)

    assert not ledger._known  # nothing else shows what it keeps for ever


def test_a_copy_of_what_is_forgotten_is_still_known() -> None:
    ledger = Ledger(10)
    ledger.enter(one := delivery(1))
    ledger.enter(other := delivery(2))

    ledger.forget(one)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is other


def test_what_went_back_to_the_queue_is_new_when_it_comes_again() -> None:
    ledger = Ledger(10)
    each = delivery(1)
    ledger.enter(each)

    ledger.forget(each)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is None


def test_a_rebounded_message_is_another_one() -> None:
    # Given a message that was acked when it was rebounded, and is in progress again
    ledger = Ledger(10)
    ledger.enter(before := delivery(1))
    ledger.settle(before, Verdict.ACK)
    rebounded = BasicProperties(headers={"messageId": "m", "reboundIteration": 1})
    ledger.enter(again := delivery(2, properties=rebounded))

    # When its channel is lost, then it is the one in progress that comes again
    assert ledger.recognize(KEY, rebounded, channel_number=1) is again


def test_a_message_with_other_headers_is_another_one() -> None:
    ledger = Ledger(10)
    ledger.enter(delivery(1))
    rebounded = BasicProperties(headers={"messageId": "m", "reboundIteration": 1})

    assert ledger.recognize(KEY, rebounded, channel_number=1) is None


def test_a_message_without_headers_is_recognized() -> None:
    ledger = Ledger(10)
    ledger.enter(bare := delivery(1, properties=BasicProperties()))

    assert ledger.recognize(KEY, BasicProperties(), channel_number=1) is bare


def test_of_two_that_are_the_same_the_one_in_process_comes_again() -> None:
    ledger = Ledger(10)
    ledger.enter(before := delivery(1))
    ledger.settle(before, Verdict.ACK)
    ledger.enter(again := delivery(2))

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is again


def test_of_two_that_are_far_apart_the_one_in_process_comes_again() -> None:
    # Given a message that takes long, and a copy of it that comes when nothing recalls the first
    ledger = Ledger(10)
    ledger.enter(slow := delivery(1))
    for number in range(1000):
        ledger.enter(other := delivery(number, key=(str(number), b"")))
        ledger.forget(other)
    ledger.enter(copy := delivery(2))
    ledger.settle(copy, Verdict.ACK)
    ledger.count_verdict(copy)

    assert ledger.recognize(KEY, PLAIN, channel_number=1) is slow


def test_an_ack_in_doubt_is_not_taken_for_that_of_a_copy() -> None:
    # Given two copies, both acked: a third may have been delivered and lost with the channel
    ledger = Ledger(10)
    for tag in (1, 2):
        ledger.enter(copy := delivery(tag))
        ledger.settle(copy, Verdict.ACK)
        ledger.count_verdict(copy)

    # When a copy is redelivered, then it is a message of its own
    assert ledger.recognize(KEY, PLAIN, channel_number=1) is None


def test_copies_are_forgotten_after_a_thousand_other_messages() -> None:
    # Given two copies, and then many messages
    ledger = Ledger(10)
    for tag in (1, 2):
        ledger.enter(copy := delivery(tag))
        ledger.forget(copy)
    for number in range(999):
        ledger.enter(delivery(number, key=(str(number), b"")))

    def is_recognized_by_its_ack() -> bool:
        ledger.enter(last := delivery(3))
        ledger.settle(last, Verdict.ACK)
        recognized = ledger.recognize(KEY, PLAIN, channel_number=1) is last
        ledger.forget(last)
        return recognized

    # Then the thousandth ends the memory of the copies
    assert not is_recognized_by_its_ack()
    for number in range(1000):
        ledger.enter(delivery(number, key=(f"more {number}", b"")))
    assert is_recognized_by_its_ack()


def test_how_often_a_quorum_queue_delivered_a_message_does_not_matter() -> None:
    ledger = Ledger(10)
    ledger.enter(first := delivery(1))
    counted = BasicProperties(headers={"messageId": "m", "x-delivery-count": 1})

    assert ledger.recognize(KEY, counted, channel_number=1) is first
