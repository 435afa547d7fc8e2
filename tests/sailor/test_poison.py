"""No message stops a step: what is bad is reported, and what is good comes out meanwhile."""

import pytest

from lib.platform import Flow, ObjectStorage, Received
from tests.support.poison import POISON
from tests.support.steps import Starter

OWN = "tests/sailor/components/own"
BAD = [poison for poison in POISON if poison.error is not None]
REBOUNDED = [poison for poison in POISON if poison.rebounds]
HARMLESS = [poison for poison in POISON if poison.error is None and not poison.rebounds]


def text(received: Received) -> str:
    return f"{received.error['name']}: {received.error['message']}"


@pytest.mark.parametrize("prefetch", [pytest.param(1, marks=pytest.mark.long), 10])
def test_good_messages_pass_between_bad_ones(
    flow: Flow, storage: ObjectStorage, start: Starter, prefetch: int
) -> None:
    # Given a step that can meet all that is bad
    flow.storage = storage
    flow.configure("step_1", passthrough=True)
    runtime = start(
        flow,
        "misbehaves",
        COMPONENT_PATH=OWN,
        RABBITMQ_PREFETCH_SAILOR=prefetch,
        REBOUND_INITIAL_EXPIRATION=600_000,
    )

    # When each bad message is followed by a good one
    with flow.broker.channel() as channel:
        channel.confirm_delivery()
        for poison in POISON:
            poison.publish(flow, channel)
            flow.publish({"body": {"n": "good"}}, headers={"messageId": f"after {poison.name}"})

    # Then no good one waits for more than 15 s
    passed = [
        flow.take_one(flow.output, within=15)["parentMessageId"]
        for _ in range(len(POISON) + len(HARMLESS))
    ]
    assert sorted(passed) == sorted(
        [f"after {poison.name}" for poison in POISON] + [poison.name for poison in HARMLESS]
    )

    # And each bad one is reported with its cause, once, and rejected
    errors = flow.take(flow.step.errors, len(BAD))
    reported = {received["parentMessageId"]: text(received) for received in errors}
    assert sorted(reported) == sorted(poison.name for poison in BAD)
    expected = {poison.name: poison.error for poison in BAD}
    assert {
        name: reported[name][: len(cause or "")] for name, cause in expected.items()
    } == expected
    rejected = flow.take(flow.step.rejected, len(BAD))
    assert sorted(received["messageId"] for received in rejected) == sorted(expected)

    # And rebounds count from one, with a reason of bearable size
    rebounds = flow.take(flow.step.rebounds, len(REBOUNDED))
    assert sorted(received["messageId"] for received in rebounds) == sorted(
        poison.name for poison in REBOUNDED
    )
    assert [received["reboundIteration"] for received in rebounds] == [1] * len(REBOUNDED)
    assert all(len(received["reboundReason"]) < 2100 for received in rebounds)

    # And the step lives, and ends in good order
    assert runtime.stop() == 0
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


@pytest.mark.alone
def test_an_error_about_an_input_that_no_queue_would_take_goes_without_it(
    flow: Flow, start: Starter
) -> None:
    # Given a message of 120 MB, which is more than a step may emit and as much as a broker takes
    runtime = start(flow, "misbehaves", COMPONENT_PATH=OWN)
    flow.publish({"body": {"fail": 1}, "attachments": "x" * 90_000_000})
    flow.publish({"body": {"n": "good"}})

    # Then the error about it says what failed, and the next message passes
    assert flow.take_one(flow.output, within=15).body == "good"
    received = flow.take_one(flow.step.errors)
    assert (text(received), received.error_input) == ("ValueError: x", None)
    assert len(flow.take_one(flow.step.rejected).content) == 120_000_064
    assert runtime.stop() == 0
