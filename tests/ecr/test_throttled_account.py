"""An account that grants some requests per second, under load."""

import pytest

from benchmarks.throttling import Load, NoLimiter, run
from tests.support.clock import StandingClock


@pytest.mark.alone
def test_a_throttled_account_is_asked_little_more_than_once_per_message() -> None:
    outcome = run(Load(messages=200, concurrency=20, granted=20))

    assert outcome.requests_per_message <= 1.2
    assert outcome.rebounds == 0
    assert outcome.times_ideal <= 1.10


@pytest.mark.alone
def test_without_the_limiter_it_would_be_asked_often() -> None:
    outcome = run(Load(messages=60, concurrency=20, granted=20), NoLimiter(StandingClock()))

    assert outcome.requests_per_message > 1.3
