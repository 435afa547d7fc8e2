"""The pace: rate limits and back-off."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sailor import backoff
from lib.sailor.rate_limit import RateLimit


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.integers(1, 1_000_000))
def test_a_pause_is_between_half_and_all_of_what_was_doubled(
    initial: int, attempt: int, limit: int
) -> None:
    whole = min(initial * 2**attempt, limit)

    assert whole / 2 <= backoff.delay(initial, attempt, limit) <= whole


def test_pauses_differ() -> None:
    assert len({backoff.delay(100, 3, 10_000) for _ in range(10)}) > 1


@pytest.mark.parametrize("callers", [1, 4])
def test_no_more_calls_pass_in_an_interval_than_allowed(callers: int) -> None:
    # Given two calls allowed in 50 ms
    limit = RateLimit(2, 50)
    passed: list[float] = []

    # When eight come at once
    def call() -> None:
        for _ in range(8 // callers):
            limit.wait()
            passed.append(time.monotonic())

    began = time.monotonic()
    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then two pass in each interval
    late = [int((moment - began) / 0.05) for moment in sorted(passed)]
    assert all(interval >= number // 2 for number, interval in enumerate(late))
    assert len(passed) == 8


def test_calls_after_a_pause_pass_at_once() -> None:
    limit = RateLimit(2, 20)
    for _ in range(2):
        limit.wait()
    time.sleep(0.05)

    began = time.monotonic()
    for _ in range(2):
        limit.wait()

    assert time.monotonic() - began < 0.015
