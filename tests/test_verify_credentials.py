"""Verification of credentials: what a designer reads about them."""

import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from lib.sailor import Component
from lib.sandbox import Sandbox
from tests.support.aws_model import KEYS, TOKEN, cfg_for
from tests.support.loopback import Loopback, Reply
from tests.support.repository import ROOT
from tests.support.timeouts import recorded

ARN = "arn:aws:iam::123456789012:role/ecr-reader"
GOOD = {"authorizationData": [{"authorizationToken": "QVdTOnNlY3JldC1wYXNzd29yZA=="}]}


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def verify(cfg: dict[str, Any]) -> dict[str, Any]:
    """Ask as the platform does: the file next to component.json."""
    module = Component.load(ROOT).import_file("verify_credentials.py")
    answer: dict[str, Any] = module.verify_credentials(cfg)
    return answer


def refusal(code: str, message: str = "no", status: int = 400) -> Reply:
    return Reply({"__type": code, "message": message}, status=status)


def test_good_credentials_are_verified_by_one_request(
    server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer(Reply(GOOD))

    assert verify(cfg_for(server)) == {"verified": True}

    (request,) = server.requests
    assert request.headers["X-Amz-Target"].endswith(".GetAuthorizationToken")
    assert "QVdTOn" not in caplog.text


def test_the_sandbox_s_credentials_are_verified(sandbox: Sandbox) -> None:
    assert verify(dict(sandbox.cfg)) == {"verified": True}


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"accessKeyId": "AKIAUNKNOWNUNKNOWN00"}, "Check Access Key ID"),
        ({"secretAccessKey": "w" * 40}, "Check Secret Access Key"),
        ({"sessionToken": TOKEN}, "Check Access Key ID"),
        ({"accessKeyId": "AKIAUNKNOWNUNKNOWN00", "roleArn": ARN}, "Check Access Key ID"),
        ({"secretAccessKey": "w" * 40, "roleArn": ARN}, "Check Secret Access Key"),
        ({"region": "eu-centrl-1"}, "did you mean eu-central-1?"),
        ({"region": None}, "Region (region) is missing"),
        ({"accessKeyId": None, "secretAccessKey": None}, "Secret Access Key (secretAccessKey)"),
        ({"endpoint": "http://ecr.example"}, "expected https"),
        ({"roleArn": "ecr-reader"}, "Role ARN (roleArn): expected the ARN of a role"),
    ],
)
def test_bad_credentials_are_refused_with_what_to_do(
    sandbox: Sandbox, change: dict[str, Any], advice: str
) -> None:
    answer = verify({**sandbox.cfg, **change})

    assert answer["verified"] is False
    assert advice in answer["reason"]
    secrets = (sandbox.cfg["secretAccessKey"], sandbox.cfg["accessKeyId"], "w" * 40, TOKEN)
    assert not [secret for secret in secrets if secret in answer["reason"]]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("UnrecognizedClientException", "Check Access Key ID"),
        ("InvalidSignatureException", "Check Secret Access Key"),
        ("ExpiredTokenException", "The Session Token has expired"),
    ],
)
def test_what_amazon_ecr_answers_is_told_with_what_to_do(
    server: Loopback, code: str, advice: str
) -> None:
    server.answer(refusal(code))

    answer = verify(cfg_for(server))

    assert answer["verified"] is False
    assert answer["reason"].startswith(advice)
    assert f"{code}: no (GetAuthorizationToken, eu-central-1, HTTP 400)" in answer["reason"]


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_genuine_keys_without_the_permission_are_verified_and_the_log_says_which_to_add(
    server: Loopback, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    server.answer(refusal(code, "User is not authorized"))

    with caplog.at_level(logging.WARNING, "component"):
        assert verify(cfg_for(server)) == {"verified": True}

    assert 'add ecr:GetAuthorizationToken on the resource "*"' in caplog.text


def test_a_role_that_can_t_be_assumed_is_refused(server: Loopback) -> None:
    text = b"<Error><Code>AccessDenied</Code><Message>User: x is not authorized</Message></Error>"
    server.answer(Reply(text, status=403))

    answer = verify(cfg_for(server, roleArn=ARN))

    assert answer["verified"] is False
    assert answer["reason"].startswith("Check Role ARN and External ID")
    assert f"The role {ARN} can't be assumed: User: x is not authorized" in answer["reason"]


def test_an_endpoint_that_does_not_answer_is_told_as_such(server: Loopback) -> None:
    # Given
    server.answer(Reply(hang_up=True))

    # When
    answer = verify(cfg_for(server))

    # Then
    assert answer["verified"] is False
    assert "it was closed before the answer was complete" in answer["reason"]


def test_the_screen_waits_20_s_at_most(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    timeouts = recorded(monkeypatch)
    server.answer(Reply(status=503))

    # When
    verify(cfg_for(server))

    # Then
    totals = [timeout.total for timeout in timeouts]
    assert totals == [pytest.approx(20, abs=1)] * 3
    assert totals == sorted(totals, reverse=True)  # type: ignore[type-var] # each has one


def test_an_endpoint_that_is_not_there_is_told() -> None:
    answer = verify({**KEYS, "region": "eu-central-1", "endpoint": "http://127.0.0.1:1"})

    assert answer["verified"] is False
    assert "127.0.0.1:1 failed: Connection refused" in answer["reason"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "verified"), [({}, True), ({"secretAccessKey": "w" * 40}, False)]
)
def test_the_service_answers_the_screens(
    sandbox: Sandbox, server: Loopback, tmp_path: Path, change: dict[str, str], verified: bool
) -> None:
    # Given
    cfg = {**sandbox.cfg, **change}
    settings = {
        "ELASTICIO_POST_RESULT_URL": f"{server.url}/result",
        "ELASTICIO_CFG": orjson.dumps(cfg).decode(),
        "ELASTICIO_API_URI": server.url,
        "ELASTICIO_API_USERNAME": "user",
        "ELASTICIO_API_KEY": "key",
    }

    # When
    ended = subprocess.run(
        [ROOT / ".venv" / "bin" / "ecr-connector", "service", "verifyCredentials"],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        check=False,
        timeout=60,
    )

    # Then
    assert ended.returncode == 0, ended.stderr
    (result,) = server.requests
    assert result.json["status"] == "success"
    assert result.json["data"]["verified"] is verified
    assert ("Check Secret Access Key" in result.json["data"].get("reason", "")) is not verified
    assert cfg["secretAccessKey"].encode() not in ended.stdout + ended.stderr + result.body
