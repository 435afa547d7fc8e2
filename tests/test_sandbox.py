"""lib.sandbox: an Amazon ECR on this machine."""

import json
import os
import shlex
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

from lib.component.connection import client_of
from lib.ecr import ServiceError
from lib.sandbox import Sandbox, SandboxError, serve_sandbox
from tests.support.decoys import DECOY
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[1]
COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
# The last line of the instructions
LAST_LINE = "in memory. Press Ctrl-C to stop it.\n"


def call(cfg: dict[str, str], operation: str, **members: Any) -> dict[str, Any]:
    client = client_of(cfg)
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


def test_what_it_does_not_implement_is_refused_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(ServiceError, match="The sandbox does not implement this operation"):
        call(sandbox.cfg, "DescribePullThroughCacheRules")


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


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with (
            pytest.raises(SandboxError, match=rf"Address already in use.*{port}"),
            Sandbox(port),
        ):
            pytest.fail("it started")


@pytest.mark.parametrize("module", ["moto.core.authorization", "moto.moto_server.werkzeug_app"])
def test_without_moto_the_error_says_how_to_install_it(
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


@pytest.mark.slow
def test_the_machines_aws_settings_are_never_read() -> None:
    # Given a profile that does not exist, which boto3 would stumble over, and an eye on each file
    assert DECOY in os.environ["AWS_ACCESS_KEY_ID"]
    script = f"""
import os, sys
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
import orjson
from lib.component.connection import client_of
from lib.sandbox import Sandbox
with Sandbox() as sandbox:
    client_of(sandbox.cfg).call("DescribeRepositories", b"{{}}")
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


@pytest.mark.slow
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
        instructions = "".join(iter(served.stderr.readline, LAST_LINE))
        served.send_signal(number)
        farewell = served.stderr.read()

    # Then
    assert set(cfg) == {"accessKeyId", "secretAccessKey", "region", "endpoint"}
    assert answer == {"repositories": []}
    assert f"--cfg '{json.dumps(cfg, separators=(',', ':'))}'" in instructions
    assert "To keep the cfg in a file" in instructions
    assert farewell == "\nThe sandbox has stopped, and its repositories are gone.\n"
    assert served.returncode == 0


@pytest.mark.slow
def test_the_command_keeps_the_key_off_the_screen_if_its_cfg_is_in_a_file(tmp_path: Path) -> None:
    # Given
    command = f"exec {shlex.quote(COMMAND)} sandbox > cfg.json"

    # When
    terminal = Terminal(["bash", "-c", command], cwd=tmp_path)
    terminal.wait_for(LAST_LINE.strip())
    cfg = json.loads((tmp_path / "cfg.json").read_bytes())
    terminal.interrupt()

    # Then
    assert terminal.wait() == 0
    assert terminal.screen == (
        f"\nAn empty Amazon ECR is listening on {cfg['endpoint']}. In a second terminal:\n\n"
        "  .venv/bin/ecr-connector run CreateRepository \\\n"
        """    --body '{"repositoryName": "demo"}' --cfg @cfg.json\n\n"""
        "It accepts requests that are signed with the key in its cfg, and keeps everything\n"
        "in memory. Press Ctrl-C to stop it.\n\n"
        "The sandbox has stopped, and its repositories are gone."
    )


def test_the_command_leaves_signals_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a SIGTERM that comes after the last line
    before = signal.getsignal(signal.SIGTERM)
    said: list[str] = []

    def echo(text: str, *, err: bool = False) -> None:
        said.append(text)
        if err and LAST_LINE in text:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("lib.sandbox.command.typer.echo", echo)

    # When
    serve_sandbox()

    # Then
    assert signal.getsignal(signal.SIGTERM) == before
    assert set(json.loads(said[0])) == {"accessKeyId", "secretAccessKey", "region", "endpoint"}
