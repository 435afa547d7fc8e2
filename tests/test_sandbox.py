"""lib.sandbox: an Amazon ECR of one's own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from moto import settings

from lib.demo import NOT_IN_SANDBOX
from lib.ecr import Configuration, ServiceError, connect
from lib.sandbox import Sandbox, SandboxError, serve_sandbox
from tests.support.decoys import DECOY

ROOT = Path(__file__).parents[1]
# The last line of how to use the sandbox
LAST_LINE = "then .venv/bin/ecr-connector run DescribeRepositories --cfg @cfg.json\n"


def call(cfg: dict[str, str], operation: str, **members: Any) -> dict[str, Any]:
    client = connect(Configuration.from_cfg(cfg))
    return client.call(operation, orjson.dumps(members)).members


def test_a_request_signed_with_its_key_is_answered(sandbox: Sandbox, repository: str) -> None:
    answer = call(sandbox.cfg, "DescribeRepositories", repositoryNames=[repository])

    assert [found["repositoryName"] for found in answer["repositories"]] == [repository]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secretAccessKey": "w" * 40}, "SignatureDoesNotMatch"),
        ({"accessKeyId": "AKIAUNKNOWNUNKNOWN00"}, "InvalidClientTokenId"),
        ({"sessionToken": "of-nobody"}, "InvalidClientTokenId"),
    ],
)
def test_a_request_signed_otherwise_is_refused(
    sandbox: Sandbox, change: dict[str, str], code: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        call(sandbox.cfg | change, "DescribeRepositories")

    assert caught.value.code == code
    assert "HTTP 403" in str(caught.value)


def test_a_request_without_a_signature_is_refused(sandbox: Sandbox) -> None:
    target = {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}

    answer = requests.post(sandbox.cfg["endpoint"], data=b"{}", headers=target, timeout=10)

    assert not answer.ok
    assert "repositories" not in answer.text


@pytest.mark.parametrize("operation", sorted(NOT_IN_SANDBOX))
def test_what_it_does_not_implement_is_told_at_once(
    sandbox: Sandbox, repository: str, operation: str
) -> None:
    with pytest.raises(ServiceError, match="The sandbox does not implement this operation"):
        call(sandbox.cfg, operation, repositoryName=repository, layerDigest=f"sha256:{'0' * 64}")


def test_sandboxes_share_neither_keys_nor_repositories() -> None:
    with Sandbox() as first, Sandbox() as second:
        call(first.cfg, "CreateRepository", repositoryName="mine")

        assert call(second.cfg, "DescribeRepositories") == {"repositories": []}
        with pytest.raises(ServiceError, match="InvalidClientTokenId"):
            call(first.cfg | {"accessKeyId": "AKIAUNKNOWNUNKNOWN00"}, "DescribeRepositories")


def test_a_sandbox_begins_empty_after_another_on_the_same_port() -> None:
    with Sandbox() as first:
        call(first.cfg, "CreateRepository", repositoryName="mine")
    port = int(first.cfg["endpoint"].rpartition(":")[2])

    with Sandbox(port) as second:
        assert second.cfg["endpoint"] == first.cfg["endpoint"]
        assert call(second.cfg, "DescribeRepositories") == {"repositories": []}
        with pytest.raises(ServiceError, match="InvalidClientTokenId"):
            call(first.cfg, "DescribeRepositories")


def test_nothing_is_left_when_it_stops() -> None:
    # Given
    threads = threading.active_count()
    environment = dict(os.environ)
    checked_from = settings.INITIAL_NO_AUTH_ACTION_COUNT

    # When
    with Sandbox() as stopped:
        call(stopped.cfg, "DescribeRepositories")

    # Then
    host, port = stopped.cfg["endpoint"].removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    assert threading.active_count() == threads
    assert dict(os.environ) == environment
    assert checked_from == settings.INITIAL_NO_AUTH_ACTION_COUNT


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with (
            pytest.raises(SandboxError, match=rf"Address already in use.*{port}"),
            Sandbox(port),
        ):
            pytest.fail("it started")


@pytest.mark.parametrize("module", ["moto.core.authorization", "moto.moto_server.werkzeug_app"])
def test_missing_moto_is_told_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SandboxError, match=r"needs moto.*make setup.*\.\[sandbox\]"), Sandbox():
        pytest.fail("it started")


def test_requests_leave_no_line_on_the_terminal(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    call(sandbox.cfg, "DescribeRepositories")

    assert capfd.readouterr() == ("", "")


def test_the_machines_aws_settings_are_never_read() -> None:
    # Given a profile that does not exist, which boto3 would stumble over, and an eye on each file
    script = f"""
import os, sys
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
import orjson
from lib.ecr import Configuration, connect
from lib.sandbox import Sandbox
with Sandbox() as sandbox:
    connect(Configuration.from_cfg(sandbox.cfg)).call("DescribeRepositories", b"{{}}")
assert os.environ["AWS_PROFILE"] == "nobody"
assert "{DECOY}" not in orjson.dumps(sandbox.cfg).decode()
print(orjson.dumps([path for path in opened if ".aws" in path]).decode())
"""

    # When
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"AWS_PROFILE": "nobody"},
        capture_output=True,
        check=False,
        text=True,
    )

    # Then
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_cfg_and_runs_until_it_is_stopped(number: signal.Signals) -> None:
    # Given
    command = [sys.executable, "-c", "from lib.sandbox import serve_sandbox; serve_sandbox()"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout
        assert served.stderr

        # When
        cfg = json.loads(served.stdout.readline())
        answer = call(cfg, "DescribeRepositories")
        told = "".join(iter(served.stderr.readline, LAST_LINE))
        served.send_signal(number)
        farewell = served.stderr.read()

    # Then
    assert set(cfg) == {"accessKeyId", "secretAccessKey", "region", "endpoint"}
    assert answer == {"repositories": []}
    assert f"--cfg '{json.dumps(cfg, separators=(',', ':'))}'" in told
    assert "The sandbox is gone" in farewell
    assert served.returncode == 0


def test_the_command_leaves_signals_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a SIGTERM that comes once all is said
    before = signal.getsignal(signal.SIGTERM)
    said: list[str] = []

    def echo(text: str, *, err: bool = False) -> None:
        said.append(text)
        if err and LAST_LINE in text:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("lib.sandbox.typer.echo", echo)

    # When
    serve_sandbox()

    # Then
    assert signal.getsignal(signal.SIGTERM) == before
    assert set(json.loads(said[0])) == {"accessKeyId", "secretAccessKey", "region", "endpoint"}
