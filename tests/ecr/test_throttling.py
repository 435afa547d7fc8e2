"""Once Amazon ECR throttles a call, all calls of a client slow down together."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from lib.component.connection import configuration_of
from lib.ecr import Client, Limits, RateLimiter, UnavailableError
from tests.support.aws_model import cfg_for
from tests.support.clock import StandingClock
from tests.support.loopback import Loopback, Reply

THROTTLED = Reply({"__type": "ThrottlingException", "message": "Rate exceeded"}, status=400)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def limiter(clock: StandingClock) -> RateLimiter:
    return RateLimiter(clock)


def rate(limiter: RateLimiter, clock: StandingClock, seconds: float = 10) -> float:
    """Return the requests per second that a limiter lets pass while nothing is answered."""
    passed, started = 0, clock.time()
    while limiter.wait(started + seconds - clock.time()):
        passed += 1
    return passed / seconds


def test_nothing_waits_before_the_first_throttled_answer(
    limiter: RateLimiter, clock: StandingClock
) -> None:
    for _ in range(1000):
        assert limiter.wait(1)
        limiter.granted()

    assert clock.waits == []


def test_the_limiter_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys, lib.ecr; lib.ecr.RateLimiter(lib.ecr.Clock()).granted();"
        "sys.exit('botocore.retries.bucket' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_first_rate_is_what_was_granted_in_the_last_second(
    limiter: RateLimiter, clock: StandingClock
) -> None:
    clock.sleep(100)
    for _ in range(20):
        limiter.granted()

    limiter.throttled(clock.time())

    assert rate(limiter, clock) == pytest.approx(20 * 0.85, abs=0.2)


def test_requests_that_are_throttled_together_slow_down_once(
    limiter: RateLimiter, clock: StandingClock
) -> None:
    clock.sleep(100)
    for _ in range(20):
        limiter.granted()

    for _ in range(10):
        limiter.throttled(clock.time())

    assert rate(limiter, clock) == pytest.approx(20 * 0.85, abs=0.2)


def test_a_rate_that_is_throttled_again_falls_again(
    limiter: RateLimiter, clock: StandingClock
) -> None:
    clock.sleep(100)
    for _ in range(20):
        limiter.granted()
    limiter.throttled(clock.time())
    clock.sleep(1.5)  # the 20 of the last 2 s are 10 per second

    limiter.throttled(clock.time())

    assert rate(limiter, clock) == pytest.approx(10 * 0.85, abs=0.9)


def test_granted_requests_raise_the_rate_again(limiter: RateLimiter, clock: StandingClock) -> None:
    clock.sleep(100)
    limiter.throttled(clock.time())
    assert rate(limiter, clock) == pytest.approx(0.5, abs=0.11)

    for _ in range(200):
        assert limiter.wait(100)
        limiter.granted()

    started = len(clock.waits)
    assert rate(limiter, clock) > 5
    assert clock.waits[started:]


def test_a_request_whose_turn_does_not_come_in_time_is_not_sent(
    server: Loopback, clock: StandingClock
) -> None:
    # Given
    server.answer(THROTTLED, Reply())
    limiter = RateLimiter(clock)
    limiter.throttled(clock.time())
    limits = Limits(call_timeout=0.5)
    client = Client(configuration_of(cfg_for(server)), clock, limits, clock.draw, limiter)

    # When
    with pytest.raises(UnavailableError) as raised:
        client.call("DescribeImages", b"{}")

    # Then
    assert str(raised.value) == (
        "DescribeImages failed after 1 attempt: the account is throttled, and the request did not"
        " get its turn in time"
    )
    assert server.requests == []


def test_a_call_is_repeated_beyond_three_attempts_while_others_are_granted(
    server: Loopback, clock: StandingClock
) -> None:
    # Given
    limiter = RateLimiter(clock)
    client = Client(configuration_of(cfg_for(server)), clock, None, clock.draw, limiter)
    server.answer(*[THROTTLED] * 5, Reply())
    sleep = clock.sleep

    def sleep_while_another_is_granted(seconds: float) -> None:
        sleep(seconds / 2)
        limiter.granted()
        sleep(seconds / 2)

    clock.sleep = sleep_while_another_is_granted  # type: ignore[method-assign]

    # When
    answer = client.call("DescribeImages", b"{}")

    # Then
    assert answer.members == {}
    assert len(server.requests) == 6


def test_threads_share_the_rate(limiter: RateLimiter, clock: StandingClock) -> None:
    # Given
    clock.sleep(100)
    for _ in range(10):
        limiter.granted()
    limiter.throttled(clock.time())
    passed: list[bool] = []
    started = clock.time()

    # When
    threads = [threading.Thread(target=lambda: passed.append(limiter.wait(60))) for _ in range(17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then
    assert passed == [True] * 17
    assert clock.time() - started == pytest.approx(17 / 8.5, abs=0.1)
