"""Thousands of messages: none is lost, none is double, and memory stays what it was."""

import itertools
from collections import Counter
from typing import Any

import pytest

from lib.platform import Flow, ObjectStorage, until
from tests.support.poison import CHEAP, Poison
from tests.support.steps import Starter, script

pytestmark = pytest.mark.alone

MESSAGES = 10_000
FIRST = 1_000
FIRST_BAD = 8_000  # once each worker had one of the largest


@pytest.mark.timeout(180)
def test_ten_thousand_messages_come_out_once_each_in_steady_memory(
    flow: Flow, start: Starter
) -> None:
    # Given a step that takes ten messages at once, as fast as it can
    settings: dict[str, Any] = {"RABBITMQ_PREFETCH_SAILOR": 10, "DATA_RATE_LIMIT": 1_000_000}
    runtime = start(flow, **settings)

    # When a thousand messages are through, and then nine thousand more
    flow.publish_all(script(["return", {"body": n}]) for n in range(FIRST))
    until(lambda: flow.depth(flow.output) == FIRST, "the first", within=60, every=0.1)
    before = runtime.resident_kib
    flow.publish_all(script(["return", {"body": n}]) for n in range(FIRST, MESSAGES))
    until(lambda: flow.depth(flow.output) == MESSAGES, "all", within=120, every=0.1)
    after = runtime.resident_kib

    # Then each came out once, and the process has not grown
    assert after <= before * 1.1
    assert runtime.stop() == 0
    count = Counter(received.body for received in flow.drain(flow.output))
    assert count == Counter(range(MESSAGES))
    assert flow.depth(flow.step.input) == 0


@pytest.mark.timeout(300)
def test_twenty_thousand_messages_of_which_each_tenth_is_bad(
    flow: Flow, storage: ObjectStorage, start: Starter
) -> None:
    # Given a step that takes ten messages at once, as fast as it can
    flow.storage = storage
    flow.configure("step_1", passthrough=True)
    runtime = start(
        flow,
        "misbehaves",
        COMPONENT_PATH="tests/sailor/components/own",
        RABBITMQ_PREFETCH_SAILOR=10,
        DATA_RATE_LIMIT=1_000_000,
        ERROR_RATE_LIMIT=1_000_000,
    )
    bad = [f"bad-{n}" for n in range(0, 2 * MESSAGES, 10)]
    good = [f"good-{n}" for n in range(2 * MESSAGES) if n % 10]

    def publish(first: int, last: int) -> None:
        kinds = itertools.cycle(CHEAP)
        with flow.broker.channel() as channel:
            for n in range(first, last):
                poison = Poison("good", {"n": 0}) if n % 10 else next(kinds)
                poison.publish(flow, channel, f"{'good' if n % 10 else 'bad'}-{n}")

    def until_through(count: int) -> None:
        until(
            lambda: flow.depth(flow.output) + flow.depth(flow.step.errors) >= count,
            f"{count} messages are through",
            within=240,
            every=0.1,
        )

    # When a part of them is through, and then the others
    publish(0, FIRST_BAD)
    until_through(FIRST_BAD)
    before = runtime.resident_kib
    publish(FIRST_BAD, 2 * MESSAGES)
    until_through(2 * MESSAGES)
    after = runtime.resident_kib

    # Then each good one came out once, each bad one was reported once, and memory is what it was
    assert after <= before * 1.1
    assert runtime.stop() == 0
    passed = [received["parentMessageId"] for received in flow.drain(flow.output)]
    reported = [received["parentMessageId"] for received in flow.drain(flow.step.errors)]
    rejected = [received["messageId"] for received in flow.drain(flow.step.rejected)]
    assert Counter(passed) == Counter(good)
    assert Counter(reported) == Counter(rejected) == Counter(bad)
    assert flow.depth(flow.step.input) == 0
