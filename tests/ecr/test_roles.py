"""Roles are assumed through AWS STS: once for many calls, again before they expire, and unseen."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from lib.component.connection import configuration_of
from lib.ecr import (
    Client,
    Clock,
    Configuration,
    EcrError,
    InvalidConfigurationError,
    RoleError,
    ServiceError,
    UnreadableAnswerError,
)
from lib.ecr.role import AssumedRole, RoleSignature
from lib.ecr.signing import Request, Signature
from lib.platform import until
from lib.sandbox import Sandbox
from tests.support.aws_model import KEYS, REGION, TOKEN, Event, ask_action, cfg_for
from tests.support.decoys import DECOY
from tests.support.loopback import Captured, Loopback, Reply
from tests.support.repository import named
from tests.support.roles import EXTERNAL_ID, role_in
from tests.support.timeouts import recorded

ARN = "arn:aws:iam::123456789012:role/team/ecr-reader"
SECRET = "assumed/secret+of/the/role/EXAMPLEKEY00"
SESSION = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEassumed+token=="


def assumed(number: int = 1, minutes: int = 60) -> Reply:
    """Return what AWS STS answers; the number stands in the access key id."""
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    return Reply(
        f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><Credentials>
    <AccessKeyId>ASIAASSUMEDROLE{number:05}</AccessKeyId>
    <SecretAccessKey>{SECRET}</SecretAccessKey>
    <SessionToken>{SESSION}</SessionToken>
    <Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration>
  </Credentials></AssumeRoleResult>
</AssumeRoleResponse>""".encode()
    )


def refused(code: str, message: str = "no", status: int = 403, **headers: str) -> Reply:
    text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(text.encode(), status, headers)


class Aws(Loopback):
    """Amazon ECR and AWS STS on one endpoint, each with its script."""

    def __init__(self) -> None:
        super().__init__()
        self.sts_requests: list[Captured] = []
        self.sts_script = [assumed()]
        self._sts_lock = threading.Lock()

    def keep(self, request: Captured) -> Reply:
        if "X-Amz-Target" in request.headers:
            return super().keep(request)
        with self._sts_lock:
            self.sts_requests.append(request)
            return self.sts_script.pop(0) if len(self.sts_script) > 1 else self.sts_script[0]

    @property
    def keys(self) -> list[str]:
        """The access key ids that Amazon ECR was asked with, in order."""
        return [
            request.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
            for request in self.requests
        ]


@pytest.fixture
def aws() -> Iterator[Aws]:
    with Aws() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(aws: Aws, clock: Clock) -> Client:
    return Client(configuration_of(cfg_for(aws, roleArn=ARN)), clock, jitter=lambda *_: 0)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)


def call(client: Client) -> None:
    client.call("DescribeRepositories", b"{}")


# In the sandbox, which checks signatures, tokens, trust policies and permissions


@pytest.mark.usefixtures("no_profile")
def test_a_call_goes_out_in_the_role_s_name(sandbox: Sandbox) -> None:
    # Given a role that may do less than the user
    arn = role_in(sandbox, "lists", "ecr:DescribeRepositories")
    client = Client(
        Configuration.create(
            access_key_id=sandbox.cfg["accessKeyId"],
            secret_access_key=sandbox.cfg["secretAccessKey"],
            region=REGION,
            endpoint=sandbox.cfg["endpoint"],
            role_arn=arn,
            external_id=EXTERNAL_ID,
            session_name="flow-1",
        )
    )

    # When
    call(client)
    with pytest.raises(ServiceError) as refusal:
        client.call("GetAuthorizationToken", b"{}")

    # Then
    assert "assumed-role/lists/flow-1 is not authorized" in str(refusal.value)


@pytest.mark.usefixtures("no_profile")
def test_a_role_that_can_t_be_assumed_is_named_with_the_reason(sandbox: Sandbox) -> None:
    # Given
    arn = role_in(sandbox, "refuses")
    cfg = {**sandbox.cfg, "roleArn": arn, "externalId": "another"}

    # When
    with pytest.raises(RoleError) as refusal:
        call(Client(configuration_of(cfg)))

    # Then
    assert str(refusal.value).startswith(f"AccessDenied: The role {arn} can't be assumed: User: ")
    assert "(AssumeRole, eu-central-1, HTTP 403" in str(refusal.value)


@pytest.mark.slow
@pytest.mark.usefixtures("no_profile")
def test_a_wrong_secret_does_not_assume_a_role(sandbox: Sandbox) -> None:
    arn = role_in(sandbox, "wants-a-secret")
    cfg = {**sandbox.cfg, "secretAccessKey": "w" * 40, "roleArn": arn, "externalId": EXTERNAL_ID}

    with pytest.raises(RoleError, match="SignatureDoesNotMatch: The role "):
        call(Client(configuration_of(cfg)))


# What AWS STS is asked


def test_aws_sts_is_asked_with_the_key_for_the_role(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("ELASTICIO_FLOW_ID", "5")
    cfg = cfg_for(aws, roleArn=ARN, externalId=EXTERNAL_ID, sessionToken=TOKEN)

    # When
    call(Client(configuration_of(cfg)))

    # Then
    (request,) = aws.sts_requests
    assert parse_qs(request.body.decode()) == {
        "Action": ["AssumeRole"],
        "Version": ["2011-06-15"],
        "RoleArn": [ARN],
        "RoleSessionName": ["flowground-5"],
        "ExternalId": [EXTERNAL_ID],
    }
    assert request.headers["X-Amz-Security-Token"] == TOKEN
    assert f"Credential={KEYS['accessKeyId']}/" in request.headers["Authorization"]
    assert f"/{REGION}/sts/aws4_request" in request.headers["Authorization"]
    assert DECOY not in str(request.headers)
    (asked,) = aws.requests
    assert asked.headers["X-Amz-Security-Token"] == SESSION


def test_the_session_is_named_after_the_flow(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setenv("ELASTICIO_FLOW_ID", "58b4/" + "e" * 99)

    # When
    ask_action("DescribeRepositories", {}, cfg_for(aws, roleArn=ARN))

    # Then
    (name,) = parse_qs(aws.sts_requests[0].body.decode())["RoleSessionName"]
    assert name == ("flowground-58b4-" + "e" * 99)[:64]


@pytest.mark.parametrize(
    ("cfg", "url"),
    [
        ({}, "https://sts.eu-central-1.amazonaws.com/"),
        ({"region": "us-east-1", "useFips": True}, "https://sts-fips.us-east-1.amazonaws.com/"),
        ({"useDualStack": True}, "https://sts.eu-central-1.api.aws/"),
        ({"region": "cn-north-1"}, "https://sts.cn-north-1.amazonaws.com.cn/"),
        ({"endpoint": "https://ecr.example"}, "https://sts.eu-central-1.amazonaws.com/"),
        ({"endpoint": "http://127.0.0.1:5000"}, "http://127.0.0.1:5000/"),
    ],
)
def test_aws_sts_is_the_region_s_or_this_machine_s(cfg: dict[str, Any], url: str) -> None:
    role = configuration_of({**KEYS, "region": REGION, "roleArn": ARN, **cfg}).role

    assert role
    assert role.url == url


# For how long


def test_many_calls_at_once_assume_the_role_once(aws: Aws, client: Client) -> None:
    # Given
    aws.sts_script = [Reply(assumed().body, delay=0.2)]
    threads = [threading.Thread(target=call, args=(client,)) for _ in range(8)]

    # When
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then
    assert len(aws.requests) == 8
    assert len(aws.sts_requests) == 1


def test_many_calls_at_once_share_a_refusal(aws: Aws, client: Client) -> None:
    # Given
    aws.sts_script = [Reply(refused("AccessDenied").body, 403, delay=0.5)]
    caught: list[RoleError] = []

    def refused_call() -> None:
        with pytest.raises(RoleError) as refusal:
            call(client)
        caught.append(refusal.value)

    threads = [threading.Thread(target=refused_call) for _ in range(8)]

    # When
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then
    assert len(caught) == 8
    assert len(aws.sts_requests) == 1


@pytest.mark.parametrize(("minutes", "times"), [(40, 1), (46, 2), (59, 2), (90, 2)])
def test_a_role_is_assumed_anew_before_it_ends(
    aws: Aws, client: Client, clock: Clock, minutes: int, times: int
) -> None:
    # Given
    aws.sts_script = [assumed(1), assumed(2, minutes=180)]
    call(client)

    # When
    clock.offset = timedelta(minutes=minutes)
    call(client)

    # Then
    assert len(aws.sts_requests) == times
    assert aws.keys == ["ASIAASSUMEDROLE00001", f"ASIAASSUMEDROLE{times:05}"]


def test_a_call_goes_on_with_the_role_if_it_can_t_be_assumed_anew_yet(
    aws: Aws, client: Client, clock: Clock
) -> None:
    # Given
    aws.sts_script = [assumed(1), Reply(status=503)]
    call(client)

    # When
    clock.offset = timedelta(minutes=47)
    call(client)

    # Then
    assert len(aws.sts_requests) == 2
    assert aws.keys == ["ASIAASSUMEDROLE00001"] * 2


# Faults


EXPIRED = Reply({"__type": "ExpiredTokenException", "message": "expired"}, status=400)


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException"])
def test_a_role_that_has_expired_early_is_assumed_again_once(
    aws: Aws, client: Client, code: str
) -> None:
    # Given
    aws.sts_script = [assumed(1), assumed(2)]
    aws.answer(Reply({"__type": code, "message": "expired"}, status=400), Reply())

    # When
    call(client)
    call(client)

    # Then
    assert aws.keys == ["ASIAASSUMEDROLE00001", "ASIAASSUMEDROLE00002", "ASIAASSUMEDROLE00002"]
    assert len(aws.sts_requests) == 2


def test_a_role_that_expires_at_once_again_is_an_error(aws: Aws, client: Client) -> None:
    aws.answer(EXPIRED)

    with pytest.raises(ServiceError, match="ExpiredTokenException: expired"):
        call(client)

    assert (len(aws.sts_requests), len(aws.requests)) == (2, 2)


def test_renewed_credentials_are_kept_when_an_older_request_fails_late(
    aws: Aws, client: Client
) -> None:
    # Given two requests with the same credentials
    aws.sts_script = [assumed(1), assumed(2), assumed(3)]
    early, late = client.key_signature(), client.key_signature()
    assert isinstance(early, RoleSignature)
    assert isinstance(late, RoleSignature)
    for signature in (early, late):
        signature.sign(Request(aws.url, {}, b"{}"), timedelta(0))

    # When both turn out to have expired, the second after the role was assumed again
    early.forget()
    early.sign(Request(aws.url, {}, b"{}"), timedelta(0))
    late.forget()
    late.sign(Request(aws.url, {}, b"{}"), timedelta(0))

    # Then
    assert len(aws.sts_requests) == 2


def test_credentials_that_are_being_renewed_are_renewed_once(aws: Aws, client: Client) -> None:
    # Given two requests with the same credentials
    aws.sts_script = [assumed(1), replace(assumed(2), delay=0.3), assumed(3)]
    signatures = [client.key_signature(), client.key_signature()]
    for signature in signatures:
        signature.sign(Request(aws.url, {}, b"{}"), timedelta(0))

    def renew(signature: Signature) -> None:
        assert isinstance(signature, RoleSignature)
        signature.forget()
        signature.sign(Request(aws.url, {}, b"{}"), timedelta(0))

    # When the second turns out to have expired while the role is assumed again for the first
    with ThreadPoolExecutor() as executor:
        renewals = [executor.submit(renew, signatures[0])]
        until(lambda: len(aws.sts_requests) == 2, "the renewal", every=0.01)
        renewals.append(executor.submit(renew, signatures[1]))

    # Then
    assert [renewal.result() for renewal in renewals] == [None, None]
    assert len(aws.sts_requests) == 2


def test_aws_sts_has_5_s_to_connect_and_10_s_to_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    timeouts = recorded(monkeypatch)

    # When
    call(client)

    # Then
    of_sts, of_ecr = timeouts
    assert (of_sts.connect_timeout, of_sts.read_timeout) == (5, 10)
    assert of_ecr.connect_timeout == 5
    assert of_ecr.read_timeout == pytest.approx(30, abs=0.1)
    assert of_ecr.total == pytest.approx(100, abs=1)


def test_an_expired_key_does_not_ask_again_for_the_role(aws: Aws, client: Client) -> None:
    aws.sts_script = [refused("ExpiredToken")]

    with pytest.raises(RoleError, match="ExpiredToken: The role "):
        call(client)

    assert (len(aws.sts_requests), len(aws.requests)) == (1, 0)


@pytest.mark.parametrize(
    "fault", [Reply(status=503), refused("Throttling", status=400), Reply(hang_up=True)]
)
def test_a_passing_fault_of_aws_sts_is_rebounded_after_three_attempts(
    aws: Aws, fault: Reply
) -> None:
    # Given
    aws.sts_script = [fault]
    events: list[Event] = []

    # When
    ask_action("DescribeRepositories", {}, cfg_for(aws, roleArn=ARN), events)

    # Then
    ((event, reason),) = events
    assert (event, reason[:46]) == (
        "rebound",
        "DescribeRepositories failed after 3 attempts: ",
    )
    assert len(aws.sts_requests) == 3


def test_a_clock_that_aws_sts_finds_wrong_is_corrected(aws: Aws, client: Client) -> None:
    # Given
    ahead = format_datetime(datetime.now(UTC) + timedelta(hours=3), usegmt=True)
    skewed = refused("SignatureDoesNotMatch", "Signature expired: earlier", Date=ahead)
    aws.sts_script = [skewed, assumed(minutes=240)]

    # When
    call(client)

    # Then
    signed = [request.headers["X-Amz-Date"] for request in (*aws.sts_requests, *aws.requests)]
    assert signed[0] < signed[1] <= signed[2]
    assert len(aws.sts_requests) == 2


# What can't be right


@pytest.mark.parametrize(
    ("cfg", "fault"),
    [
        (
            {"externalId": EXTERNAL_ID},
            "Role ARN (roleArn) is missing; it is needed with External ID (externalId)",
        ),
        (
            {"roleArn": "ecr-reader"},
            "Role ARN (roleArn): expected the ARN of a role, such as arn:aws:iam::",
        ),
        (
            {"roleArn": ARN.replace(":role/", ":user/")},
            "Role ARN (roleArn): expected the ARN of a role, such as arn:aws:iam::",
        ),
        (
            {"roleArn": ARN.replace("123456789012", "12345")},
            "Role ARN (roleArn): expected the ARN of a role, such as arn:aws:iam::",
        ),
        (
            {"roleArn": ARN + " x"},
            "Role ARN (roleArn): expected the ARN of a role, such as arn:aws:iam::",
        ),
        ({"roleArn": 7}, "Role ARN (roleArn): got a number, expected a string"),
        (
            {"roleArn": ARN, "externalId": "x"},
            "External ID (externalId): expected 2 to 1224 letters, digits and _+=,.@:/-",
        ),
        (
            {"roleArn": ARN, "externalId": "a b"},
            "External ID (externalId): expected 2 to 1224 letters, digits and _+=,.@:/-",
        ),
        (
            {"roleArn": ARN, "accessKeyId": "", "secretAccessKey": ""},
            (
                f"{named('accessKeyId')} and {named('secretAccessKey')} are missing;"
                f" they are needed with {named('roleArn')}"
            ),
        ),
    ],
)
def test_a_role_that_can_t_be_right_is_refused_unasked(
    aws: Aws, cfg: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InvalidConfigurationError) as refusal:
        ask_action("DescribeRepositories", {}, cfg_for(aws, **cfg))

    [told] = refusal.value.faults
    assert told.startswith(fault)
    assert aws.sts_requests == []


def test_a_message_s_token_is_refused_beside_a_role(aws: Aws) -> None:
    with pytest.raises(
        InvalidConfigurationError,
        match="roleArn can't be combined with a message's X-Amz-Security-Token",
    ):
        ask_action(
            "DescribeRepositories", {"X-Amz-Security-Token": TOKEN}, cfg_for(aws, roleArn=ARN)
        )


# Secrets


@pytest.mark.parametrize(
    "broken",
    [
        Reply(assumed().content[:-120], cut=None),
        Reply(assumed().content.replace(b"<Expiration>2", b"<Expiration>x")),
        Reply({"SecretAccessKey": SECRET, "SessionToken": SESSION}),
        assumed(minutes=-1),
        *(Reply(assumed().content[:-120], status=status) for status in (302, 403, 500)),
    ],
)
def test_an_answer_that_can_t_be_used_is_not_shown(aws: Aws, client: Client, broken: Reply) -> None:
    aws.sts_script = [broken]

    with pytest.raises(
        Exception, match=r"The answer to AssumeRole .* does not come from AWS STS"
    ) as told:
        call(client)

    assert SECRET[:12] not in str(told.value)
    assert SESSION[:12] not in str(told.value)


def test_a_proxy_s_page_in_place_of_aws_sts_is_told(aws: Aws, client: Client) -> None:
    aws.sts_script = [Reply(b"<html>the proxy says no", status=403)]

    with pytest.raises(UnreadableAnswerError, match=r"HTTP 403.*: <html>the proxy says no"):
        call(client)


KEY = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYX"  # may be part of a code
SESSION_TOKEN = "FwoGZXIvYXdzEBYaDEXAMPLETOKENOFTHEKEYwEaDA"


@pytest.mark.parametrize("secret", [KEY, SESSION_TOKEN, KEYS["accessKeyId"]])
@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(lambda secret: refused("AccessDenied", f"for {secret}"), id="message"),
        pytest.param(refused, id="code"),
        pytest.param(
            lambda secret: Reply(refused("Odd").content, headers={"x-amzn-requestid": secret}),
            id="request id",
        ),
        pytest.param(lambda secret: Reply(f"<pre>{secret}</pre>".encode()), id="page"),
    ],
)
def test_a_refusal_of_aws_sts_that_repeats_a_secret_is_told_without_it(
    aws: Aws,
    refusal: Callable[[str], Reply],
    status: int,
    secret: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given
    aws.sts_script = [replace(refusal(secret), status=status)]
    cfg = cfg_for(aws, roleArn=ARN, secretAccessKey=KEY, sessionToken=SESSION_TOKEN)

    # When
    with pytest.raises(EcrError) as told:
        call(Client(configuration_of(cfg), jitter=lambda *_: 0))

    # Then
    assert f"HTTP {status}" in str(told.value)
    for text in (str(told.value), getattr(told.value, "code", ""), caplog.text):
        assert secret[:16] not in text


@pytest.mark.parametrize(("status", "begins"), [(200, "[redacted]"), (201, "<html>Sign in")])
def test_a_page_where_credentials_should_be_is_not_shown(
    aws: Aws, client: Client, status: int, begins: str
) -> None:
    aws.sts_script = [Reply(b"<html>Sign in", status=status)]

    with pytest.raises(UnreadableAnswerError) as told:
        call(client)

    assert str(told.value).endswith(f"it begins: {begins}")


def test_an_error_that_shows_the_request_is_told_without_the_role_s_secrets(
    aws: Aws, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    shown = f"{SECRET} {SESSION} ASIAASSUMEDROLE00001 {KEYS['secretAccessKey']}"
    aws.answer(Reply({"__type": "Odd", "message": shown}, status=500))

    # When
    with pytest.raises(Exception, match="failed after 3 attempts") as told:
        call(client)

    # Then
    text = str(told.value) + caplog.text
    for secret in (SECRET, SESSION, "ASIAASSUMEDROLE00001", KEYS["secretAccessKey"]):
        assert secret not in text


def test_a_repr_shows_no_secret_of_the_role(aws: Aws, client: Client, clock: Clock) -> None:
    call(client)
    configuration = configuration_of(cfg_for(aws, roleArn=ARN, externalId=EXTERNAL_ID))
    assert configuration.role
    assert configuration.credentials
    role = AssumedRole(configuration.role, configuration.credentials, REGION, clock)
    assert role.credentials().token == SESSION

    shown = f"{client!r} {role!r} {client.key_signature()!r}"

    assert ARN in shown
    assert not [
        secret for secret in (SECRET, SESSION, EXTERNAL_ID, *KEYS.values()) if secret in shown
    ]
