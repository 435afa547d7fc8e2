"""Transient errors are retried, each time with a new signature; then they become a rebound."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from botocore.auth import SIGV4_TIMESTAMP

from lib.component.connection import configuration_of
from lib.ecr import Client, Limits, ServiceError, UnavailableError
from tests.support.aws_model import TOKEN, Event, ask_action, botocore_authorization, cfg_for
from tests.support.clock import StandingClock
from tests.support.loopback import Captured, Loopback, Reply

IMAGES = {"imageDetails": [{"imageTags": ["1.0.0"]}]}
BODY = {"repositoryName": "shop"}


def refusal(code: str, status: int = 400, message: str = "Rate exceeded") -> Reply:
    return Reply({"__type": code, "message": message}, status=status)


THROTTLES = [
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServerException",
    "ServiceUnavailable",
]
PASSING_FAULTS = [
    *(pytest.param(refusal(code), id=code) for code in THROTTLES),
    *(pytest.param(refusal(f"com.amazonaws.ecr#{code}"), id=f"ecr#{code}") for code in THROTTLES),
    *(
        pytest.param(Reply(b"<html>busy</html>", status=status), id=f"HTTP {status}")
        for status in (429, 500, 501, 502, 503, 504)
    ),
    pytest.param(refusal("InternalFailure", status=500), id="a code with HTTP 500"),
    pytest.param(refusal("AccessDeniedException", status=429), id="a code with HTTP 429"),
    pytest.param(Reply(b"<Code>SlowDown</Code><Message>m</Message>", status=503), id="XML"),
    pytest.param(Reply(hang_up=True), id="no answer"),
    pytest.param(Reply(IMAGES, cut=10), id="half an answer"),
]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def action_clock(clock: StandingClock, monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """Let actions, which make their client themselves, wait by the clock that stands still."""
    monkeypatch.setattr("lib.ecr.Clock.sleep", lambda _, seconds: clock.sleep(seconds))
    monkeypatch.setattr("lib.ecr.Clock.time", lambda _: clock.time())
    monkeypatch.setattr("random.uniform", clock.draw)
    return clock


@pytest.fixture
def client(server: Loopback, clock: StandingClock) -> Client:
    return Client(configuration_of(cfg_for(server)), clock, jitter=clock.draw)


@pytest.fixture
def signing_clock(clock: StandingClock, monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """Sign by the clock that stands still."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", clock.now)
    return clock


@pytest.mark.parametrize("fault", PASSING_FAULTS)
def test_a_passing_fault_that_lasts_is_rebounded_after_three_attempts(
    server: Loopback, action_clock: StandingClock, fault: Reply
) -> None:
    # Given
    server.answer(fault)
    events: list[Event] = []

    # When
    returned = ask_action("DescribeImages", BODY, cfg_for(server), events)

    # Then
    assert returned == {}
    ((event, reason),) = events
    assert event == "rebound"
    assert reason.startswith("DescribeImages failed after 3 attempts: ")
    assert len(server.requests) == 3
    assert len(action_clock.waits) == 2


@pytest.mark.usefixtures("action_clock")
def test_the_reason_of_a_rebound_is_the_last_fault(server: Loopback) -> None:
    # Given
    server.answer(Reply(hang_up=True), Reply(status=500), refusal("ThrottlingException"))
    events: list[Event] = []

    # When
    ask_action("DescribeImages", BODY, cfg_for(server), events)

    # Then
    reason = (
        "DescribeImages failed after 3 attempts:"
        " ThrottlingException: Rate exceeded (DescribeImages, eu-central-1, HTTP 400)"
    )
    assert events == [("rebound", reason)]


@pytest.mark.parametrize("faults", [1, 2])
@pytest.mark.parametrize("fault", PASSING_FAULTS)
def test_a_passing_fault_that_passes_leaves_no_trace_in_the_data(
    server: Loopback, client: Client, fault: Reply, faults: int
) -> None:
    # Given
    server.answer(*[fault] * faults, Reply(IMAGES))

    # When
    answer = client.call("DescribeImages", b'{"repositoryName":"shop"}')

    # Then
    assert answer.members == IMAGES
    assert len(server.requests) == 1 + faults
    assert {request.body for request in server.requests} == {b'{"repositoryName":"shop"}'}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("RepositoryNotFoundException", 400),
        ("InvalidParameterException", 400),
        ("LimitExceededException", 400),
        ("ExpiredTokenException", 400),
        ("SignatureDoesNotMatch", 403),
        ("AccessDeniedException", 403),
        ("NotFound", 404),
        ("RequestTimeout", 408),
    ],
)
def test_any_other_error_is_asked_about_once(
    server: Loopback, client: Client, clock: StandingClock, code: str, status: int
) -> None:
    # Given
    server.answer(refusal(code, status))

    # When
    with pytest.raises(ServiceError) as raised:
        client.call("DescribeImages", b"{}")

    # Then
    assert raised.value.error_name == code
    assert len(server.requests) == 1
    assert clock.waits == []


def test_the_waits_are_drawn_from_nothing_to_a_bound_that_doubles(
    server: Loopback, client: Client, clock: StandingClock
) -> None:
    # Given
    server.answer(Reply(status=503))

    # When
    with pytest.raises(UnavailableError):
        client.call("DescribeImages", b"{}")

    # Then
    (low, first), (also_low, second) = clock.bounds[:2]
    assert (low, also_low) == (0, 0)
    assert 0 < first == second / 2
    assert clock.waits == [first, second]


def test_no_wait_is_longer_than_20_s(server: Loopback, clock: StandingClock) -> None:
    # Given
    limits = Limits(attempts=10, call_timeout=1000)
    client = Client(configuration_of(cfg_for(server)), clock, limits, jitter=clock.draw)
    server.answer(Reply(status=503))

    # When
    with pytest.raises(UnavailableError):
        client.call("DescribeImages", b"{}")

    # Then
    assert max(clock.waits) == 20
    assert clock.waits == sorted(clock.waits)


def test_no_wait_goes_beyond_the_call_s_time(server: Loopback, clock: StandingClock) -> None:
    # Given
    limits = Limits(call_timeout=1.5)
    client = Client(configuration_of(cfg_for(server)), clock, limits, jitter=clock.draw)
    server.answer(Reply(status=503))

    # When
    with pytest.raises(UnavailableError) as raised:
        client.call("DescribeImages", b"{}")

    # Then
    assert str(raised.value).startswith("DescribeImages failed after 1 attempt: ")
    assert len(server.requests) == 1
    assert clock.waits == []


@pytest.mark.parametrize("token", [None, TOKEN])
def test_each_attempt_is_signed_anew(
    server: Loopback, signing_clock: StandingClock, token: str | None
) -> None:
    # Given
    cfg = cfg_for(server, sessionToken=token)
    server.answer(Reply(status=500), refusal("ThrottlingException"), Reply(IMAGES))
    started = signing_clock.now()

    # When
    client = Client(configuration_of(cfg), signing_clock, jitter=signing_clock.draw)
    client.call("DescribeImages", b"{}")

    # Then
    first, second = signing_clock.waits
    times = (started, started + timedelta(seconds=first), signing_clock.now())
    assert signing_clock.now() == started + timedelta(seconds=first + second)
    assert [request.headers["X-Amz-Date"] for request in server.requests] == [
        time.strftime(SIGV4_TIMESTAMP) for time in times
    ]
    signatures = {request.headers["Authorization"] for request in server.requests}
    assert signatures == {botocore_authorization(request, token) for request in server.requests}
    assert len(signatures) == 3


# The clock

SKEWED = [
    pytest.param("RequestTimeTooSkewed", "The difference is too large.", id="too skewed"),
    pytest.param("RequestInTheFuture", "The request is of tomorrow.", id="in the future"),
    pytest.param("RequestExpired", "The request is of yesterday.", id="of the past"),
    pytest.param(
        "InvalidSignatureException",
        "Signature expired: 20250131T000000Z is now earlier than 20250131T120000Z",
        id="expired",
    ),
    pytest.param(
        "InvalidSignatureException",
        "Signature not yet current: 20250131T120000Z is still later than 20250131T000000Z",
        id="not yet current",
    ),
]


def too_skewed(date: str | None = None) -> Reply:
    reply = refusal("RequestTimeTooSkewed", 403, "The difference is too large.")
    return Reply(reply.body, reply.status, {"Date": date} if date else {})


def http_date(hours: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)


def hours_ahead(request: Captured) -> float:
    """Return how far a request's signature is ahead of this machine's clock."""
    signed = datetime.strptime(request.headers["X-Amz-Date"], SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    return (signed - datetime.now(UTC)) / timedelta(hours=1)


@pytest.mark.parametrize("hours", [-23, 3])
@pytest.mark.parametrize(("code", "message"), SKEWED)
def test_a_wrong_clock_is_corrected_by_the_answer_s_date_at_once(
    server: Loopback, client: Client, clock: StandingClock, code: str, message: str, hours: int
) -> None:
    # Given
    skewed = Reply(
        {"__type": f"com.amazonaws.ecr#{code}", "message": message},
        status=400,
        headers={"Date": http_date(hours)},
    )
    server.answer(skewed, Reply(IMAGES))

    # When
    answer = client.call("DescribeImages", b"{}")

    # Then
    assert answer.members == IMAGES
    first, second = server.requests
    assert hours_ahead(first) == pytest.approx(0, abs=0.01)
    assert hours_ahead(second) == pytest.approx(hours, abs=0.01)
    assert second.headers["Authorization"] == botocore_authorization(second)
    assert clock.waits == []


def test_a_corrected_clock_stays_corrected_for_the_calls_that_follow(
    server: Loopback, client: Client
) -> None:
    # Given
    server.answer(too_skewed(http_date(3)), Reply(IMAGES))
    client.call("DescribeImages", b"{}")

    # When
    client.call("DescribeImages", b"{}")

    # Then
    assert len(server.requests) == 3
    assert hours_ahead(server.requests[-1]) == pytest.approx(3, abs=0.01)


def test_a_clock_that_is_right_again_is_corrected_back(server: Loopback, client: Client) -> None:
    # Given
    server.answer(too_skewed(http_date(3)), Reply(), too_skewed(http_date(0)), Reply(IMAGES))
    client.call("DescribeImages", b"{}")

    # When
    answer = client.call("DescribeImages", b"{}")

    # Then
    assert answer.members == IMAGES
    assert hours_ahead(server.requests[-1]) == pytest.approx(0, abs=0.01)


def test_a_clock_that_is_wrong_for_the_second_time_is_an_error(
    server: Loopback, client: Client, clock: StandingClock
) -> None:
    # Given
    server.answer(too_skewed(http_date(3)))

    # When
    with pytest.raises(ServiceError) as raised:
        client.call("DescribeImages", b"{}")

    # Then
    assert str(raised.value) == (
        "RequestTimeTooSkewed: The difference is too large."
        " (DescribeImages, eu-central-1, HTTP 403)"
    )
    assert len(server.requests) == 2
    assert clock.waits == []


@pytest.mark.parametrize("date", [None, "yesterday", "Mon, 99 Jan 2025 00:00:00 GMT"])
def test_without_a_date_to_correct_it_by_a_wrong_clock_is_an_error_at_once(
    server: Loopback, client: Client, date: str | None
) -> None:
    # Given
    server.answer(too_skewed(date))

    # When
    with pytest.raises(ServiceError) as raised:
        client.call("DescribeImages", b"{}")

    # Then
    assert raised.value.error_name == "RequestTimeTooSkewed"
    assert len(server.requests) == 1


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000", ""])
def test_a_date_is_understood_whatever_its_zone_is_called(
    server: Loopback, client: Client, zone: str
) -> None:
    # Given
    server.answer(too_skewed(http_date(3).replace("GMT", zone).strip()), Reply(IMAGES))

    # When
    client.call("DescribeImages", b"{}")

    # Then
    assert hours_ahead(server.requests[-1]) == pytest.approx(3, abs=0.01)


def test_a_corrected_clock_takes_none_of_the_three_attempts(
    server: Loopback, client: Client
) -> None:
    server.answer(too_skewed(http_date(3)), Reply(status=500), Reply(status=500), Reply(IMAGES))

    assert client.call("DescribeImages", b"{}").members == IMAGES


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Sat, 01 Jan 2000 00:00:00 GMT",
    ],
)
def test_a_date_that_is_off_by_more_than_a_day_corrects_nothing(
    server: Loopback, client: Client, date: str
) -> None:
    # Given
    server.answer(too_skewed(date), Reply(IMAGES))

    # When
    with pytest.raises(ServiceError, match="RequestTimeTooSkewed"):
        client.call("DescribeImages", b"{}")
    answer = client.call("DescribeImages", b"{}")

    # Then
    assert answer.members == IMAGES
    assert abs(hours_ahead(server.requests[-1])) < 0.1


def test_a_date_that_is_off_by_less_than_a_day_corrects_the_clock(
    server: Loopback, client: Client
) -> None:
    server.answer(too_skewed(http_date(23)), Reply(IMAGES))

    assert client.call("DescribeImages", b"{}").members == IMAGES
    assert round(hours_ahead(server.requests[-1])) == 23
