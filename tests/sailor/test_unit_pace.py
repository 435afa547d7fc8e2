"""The pace: rate limits and back-off."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from lib.sailor import backoff
from lib.sailor.rate_limit import RateLimit
from tests.support.channels import HandClock


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.integers(1, 1_000_000))
def test_a_pause_is_between_half_and_all_of_what_was_doubled(
    initial: int, attempt: int, limit: int
) -> None:
    whole = min(initial * 2**attempt, limit)

    assert whole / 2 <= backoff.delay(initial, attempt, limit) <= whole


def test_pauses_differ() -> None:
    assert len({backoff.delay(100, 3, 10_000) for _ in range(10)}) > 1


def test_no_more_calls_pass_in_an_interval_than_allowed() -> None:
    # Given two calls allowed in 50 ms
    clock = HandClock()
    limit = RateLimit(2, 50, clock, clock.sleep)
    began, passed = clock.now, []

    # When seven come at once
    for _ in range(7):
        limit.wait()
        passed.append(round(clock.now - began, 6))

    # Then two pass in each interval
    assert passed == [0, 0, 0.05, 0.05, 0.1, 0.1, 0.15]


def test_calls_after_a_pause_pass_at_once() -> None:
    clock = HandClock()
    limit = RateLimit(2, 50, clock, clock.sleep)
    for _ in range(2):
        limit.wait()
    clock.now += 0.1
    later = clock.now

    for _ in range(2):
        limit.wait()

    assert clock.now == later


def test_a_limit_that_is_shared_by_threads_counts_all_their_calls() -> None:
    # Given a limit of one call, and one that has looked at the clock
    others_passed = threading.Event()
    looks = itertools.count()
    slept: list[float] = []

    def clock() -> float:
        if next(looks) == 0:
            assert not others_passed.wait(0.05), "another call passed in the middle of this one"
        return 3600

    limit = RateLimit(1, 50, clock, slept.append)

    # When others come before it has passed
    def call() -> None:
        limit.wait()
        others_passed.set()

    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(limit.wait), threads.submit(call), threads.submit(call)]:
            done.result(5)

    # Then each has an interval of its own
    assert sorted(round(pause, 6) for pause in slept) == [0.05, 0.1]
