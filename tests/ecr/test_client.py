"""A client: shared by equal configurations, and what it tells its rate limiter and transport."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from lib.component.connection import configuration_of
from lib.ecr import (
    Client,
    Configuration,
    EcrError,
    InvalidConfigurationError,
    Limits,
    RateLimiter,
    connect,
)
from tests.support.aws_model import KEYS, REGION, TOKEN, cfg_for
from tests.support.clock import StandingClock
from tests.support.loopback import Loopback, Reply
from tests.support.timeouts import recorded

HANDLERS = 10
ARN = "arn:aws:iam::123456789012:role/ecr-reader"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


class Told(RateLimiter):
    """A rate limiter that notes what it is told.

    Attributes:
        notes: The names of the calls, in order.
        timeouts: The seconds that requests would have waited at most.
    """

    def __init__(self, clock: StandingClock) -> None:
        super().__init__(clock)
        self.notes: list[str] = []
        self.timeouts: list[float] = []

    def wait(self, timeout: float) -> bool:
        self.timeouts.append(timeout)
        return super().wait(timeout)

    def granted(self) -> None:
        self.notes.append("granted")

    def throttled(self, sent: float) -> None:
        self.notes.append(f"throttled {sent:.0f}")


def call(server: Loopback, limits: Limits | None = None) -> Told:
    """Call an operation; return what the client told its rate limiter."""
    clock = StandingClock()
    clock.sleep(7)
    limiter = Told(clock)
    client = Client(configuration_of(cfg_for(server)), clock, limits, clock.draw, limiter)
    try:
        client.call("DescribeImages", b"{}")
    except EcrError:
        assert server.requests
    return limiter


# Clients


def test_handlers_that_start_together_share_one_client() -> None:
    # Given
    start = Barrier(HANDLERS)

    def client() -> Client:
        configuration = Configuration.create(
            access_key_id="AKIDSTARTSTOGETHER",
            secret_access_key="secret",
            region="eu-central-1",
        )
        start.wait()
        return connect(configuration)

    # When
    with ThreadPoolExecutor(HANDLERS) as handlers:
        clients = [handlers.submit(client) for _ in range(HANDLERS)]

    # Then
    assert len({id(found.result()) for found in clients}) == 1


def test_another_configuration_has_another_client() -> None:
    here = Configuration.create(region="eu-central-1")
    there = Configuration.create(region="eu-west-1")

    assert connect(here) is not connect(there)


# Signatures


def test_without_a_key_there_is_no_signature(server: Loopback) -> None:
    client = Client(configuration_of({"region": REGION, "endpoint": server.url}))

    with pytest.raises(InvalidConfigurationError) as raised:
        client.key_signature()

    assert raised.value.by_setting == {"accessKeyId": "accessKeyId and secretAccessKey are missing"}


def test_a_token_takes_the_place_of_the_key_s_own(server: Loopback) -> None:
    # Given
    client = Client(configuration_of(cfg_for(server, sessionToken="of-the-key")))

    # When
    client.call("DescribeImages", b"{}")
    client.call("DescribeImages", b"{}", client.key_signature(TOKEN))

    # Then
    tokens = [request.headers["X-Amz-Security-Token"] for request in server.requests]
    assert tokens == ["of-the-key", TOKEN]


def test_a_token_can_t_be_combined_with_a_role() -> None:
    client = Client(configuration_of({**KEYS, "region": REGION, "roleArn": ARN}))

    with pytest.raises(InvalidConfigurationError) as raised:
        client.key_signature(TOKEN)

    assert list(raised.value.by_setting) == ["roleArn"]


# What the rate limiter is told

THROTTLED = Reply({"__type": "ThrottlingException", "message": "slow down"}, status=400)
NOT_FOUND = Reply({"__type": "RepositoryNotFoundException", "message": "no"}, status=400)


@pytest.mark.parametrize(
    ("reply", "notes"),
    [
        pytest.param(Reply(), ["granted"], id="data"),
        pytest.param(NOT_FOUND, ["granted"], id="an error of Amazon ECR"),
        pytest.param(Reply(b"<html>", status=403), [], id="a proxy's page"),
        pytest.param(Reply(status=503), [], id="a transient error"),
        pytest.param(
            Reply({"__type": "ServerException", "message": "oops"}, status=500), [], id="a 500"
        ),
        pytest.param(Reply(hang_up=True), [], id="no answer"),
        pytest.param(THROTTLED, ["throttled 7"], id="throttled"),
        pytest.param(Reply(b"busy", status=429), ["throttled 7"], id="a page with HTTP 429"),
    ],
)
def test_the_rate_limiter_is_told_what_was_granted_and_what_was_not(
    server: Loopback, reply: Reply, notes: list[str]
) -> None:
    server.answer(reply)

    assert call(server, Limits(attempts=1)).notes == notes


def test_each_attempt_waits_for_its_turn_no_longer_than_the_call_may_take(
    server: Loopback,
) -> None:
    server.answer(Reply(status=503))

    timeouts = call(server, Limits(call_timeout=50)).timeouts

    assert timeouts == [pytest.approx(50, abs=1)] * 3
    assert timeouts == sorted(timeouts, reverse=True)


def test_a_call_without_time_left_has_a_millisecond(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    server.answer(Reply(delay=0.1))
    timeouts = recorded(monkeypatch)
    limiter = Told(StandingClock())
    client = Client(configuration_of(cfg_for(server)), limiter=limiter)

    # When
    with pytest.raises(EcrError):
        client.call("DescribeImages", b"{}", timeout=1e-9)

    # Then
    assert limiter.timeouts == [0.001]
    assert [timeout.total for timeout in timeouts] == [0.001]


def test_each_further_attempt_is_announced_in_the_log(
    server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer(Reply(status=503), NOT_FOUND)

    call(server)

    [line] = caplog.messages
    assert line.startswith("Attempt 1 failed: The answer to DescribeImages (HTTP 503) does not ")
    assert line.endswith("; retrying in 2.0 s")
