"""Rate limits, which protect the platform from a step that emits too fast."""

import time

import pytest

from lib.platform import Flow
from tests.support.steps import Starter, script

pytestmark = pytest.mark.alone


def test_emits_of_each_kind_keep_to_their_rate(flow: Flow, start: Starter) -> None:
    # Given at most 5 data, 2 errors and 2 snapshots in each half second
    runtime = start(
        flow,
        RATE_INTERVAL=500,
        DATA_RATE_LIMIT=5,
        ERROR_RATE_LIMIT=2,
        SNAPSHOT_RATE_LIMIT=2,
        RABBITMQ_PREFETCH_SAILOR=3,
    )

    # When handlers emit more than that, all at once
    began = time.monotonic()
    flow.publish(script(*[["emit", "data", {"body": n}] for n in range(11)]))
    flow.publish(script(*[["emit", "error", f"e{n}"] for n in range(5)]))
    flow.publish(script(*[["emit", "snapshot", {"n": n}] for n in range(5)]))

    # Then all come, in their order, in the third half second and no earlier
    assert [received.body for received in flow.take(flow.output, 11)] == list(range(11))
    data_took = time.monotonic() - began
    errors = [received.error["message"] for received in flow.take(flow.step.errors, 5)]
    assert errors == [f"e{n}" for n in range(5)]
    snapshots = [received.plain["n"] for received in flow.take(flow.step.snapshots, 5)]
    assert snapshots == list(range(5))
    all_took = time.monotonic() - began
    assert 1.0 <= data_took <= all_took < 2.5
    assert runtime.stop() == 0


def test_the_rate_holds_for_all_messages_in_process_together(flow: Flow, start: Starter) -> None:
    start(flow, RATE_INTERVAL=500, DATA_RATE_LIMIT=5, RABBITMQ_PREFETCH_SAILOR=11)
    began = time.monotonic()
    flow.publish_all(script(["return", {"body": n}]) for n in range(11))
    assert sorted(received.body for received in flow.take(flow.output, 11)) == list(range(11))
    assert 1.0 <= time.monotonic() - began < 2.5
