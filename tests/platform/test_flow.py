"""Flows on the broker of this machine."""

import threading

import pytest

from lib.platform import Flow
from lib.platform.errors import DeadlineExceededError, QueueDeletedError


def test_a_message_is_taken_with_its_headers_and_decrypted(flow: Flow) -> None:
    for version in (1, 2):
        message_id = flow.publish({"body": "Grüße"}, version=version)
        received = flow.take_one(flow.step.input)

        assert received["messageId"] == message_id
        assert received.body == "Grüße"
    assert flow.depth(flow.step.input) == 0


def test_a_message_without_headers_has_none(flow: Flow) -> None:
    flow.publish({"body": 1}, headers=None)

    received = flow.take_one(flow.step.input)

    assert received.headers is None
    with pytest.raises(KeyError):
        _ = received["messageId"]


def test_messages_that_do_not_arrive_are_an_error_and_the_others_stay(flow: Flow) -> None:
    flow.publish({"body": 1})

    with pytest.raises(DeadlineExceededError) as late:
        flow.take(flow.step.input, 2, within=0.2)

    assert str(late.value) == f"2 messages in {flow.step.input}: not within 0.2 s, but 1"
    assert flow.take_one(flow.step.input).body == 1


def test_a_queue_that_is_deleted_meanwhile_is_an_error(flow: Flow) -> None:
    def delete() -> None:
        flow.until_consumed()
        with flow.broker.channel() as channel:
            channel.queue_delete(flow.step.input)

    deleting = threading.Thread(target=delete)
    deleting.start()
    with pytest.raises(QueueDeletedError) as deleted:
        flow.take(flow.step.input)
    deleting.join()

    assert str(deleted.value) == f"{flow.step.input} was deleted"
