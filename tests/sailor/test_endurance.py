"""Ten thousand messages: none is lost, none is double, and memory stays what it was."""

from collections import Counter
from typing import Any

import pytest

from lib.platform import Flow, until
from tests.support.steps import Starter, script

pytestmark = pytest.mark.alone

MESSAGES = 10_000
FIRST = 1_000


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
