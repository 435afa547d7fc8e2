"""The command line, ``ecr-connector COMMAND``."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lib import __version__
from lib.cli import ROOT
from lib.platform import RestApi
from tests.support.aws_model import KEYS, OPERATIONS, cfg_for, operation_model
from tests.support.command import Ran, command, run
from tests.support.loopback import Loopback, Reply
from tests.support.settings import ALWAYS
from tests.support.terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
COMMANDS = ["run", "flow", "serve", "service", "actions", "sandbox", "studio", "demo", "generate"]
IMAGES = {"imageDetails": [{"imageTags": ["1.0.0"]}]}
BODY = {"repositoryName": "shop"}
TRIGGERS = json.loads((ROOT / "component.json").read_bytes())["triggers"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        running.answer(Reply(IMAGES, headers={"x-amzn-requestid": "1b2c"}))
        yield running


@pytest.fixture
def cfg(server: Loopback) -> str:
    return json.dumps(cfg_for(server))


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ecr.client.time.sleep", lambda _: None)
    monkeypatch.delenv("LOG_LEVEL", raising=False)


# run


def test_run_prints_what_the_action_emits_as_a_line_of_json(server: Loopback) -> None:
    # When
    ran = run("DescribeImages", BODY, cfg_for(server))

    # Then
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.event["event"] == "data"
    message = ran.event["payload"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", message.pop("id"))
    assert message == {
        "body": IMAGES,
        "headers": {"x-amzn-requestid": "1b2c"},
        "attachments": {},
        "metadata": {},
    }
    assert server.requests[0].json == BODY


def test_run_works_in_any_folder(cfg: str, tmp_path: Path) -> None:
    # When
    ended = subprocess.run(
        [COMMAND, "run", "DescribeImages", "--cfg", cfg, "--body", "-"],
        input=json.dumps(BODY),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    # Then
    ran = Ran(ended.returncode, ended.stdout, ended.stderr)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.event["payload"]["body"] == IMAGES


@pytest.mark.slow
def test_run_shows_a_spinner_on_a_terminal(server: Loopback, cfg: str) -> None:
    # Given
    server.answer(Reply(IMAGES, delay=0.3))
    ours, theirs = pty.openpty()

    # When
    with os.fdopen(ours, "rb", buffering=0) as terminal, os.fdopen(theirs, "wb") as stderr:
        ended = subprocess.run(
            [COMMAND, "run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, "TERM": "xterm"},
            check=False,
        )
        shown = terminal.read(1 << 16).decode()

    # Then
    assert "DescribeImages …" in shown
    assert Ran(ended.returncode, ended.stdout, "").event["payload"]["body"] == IMAGES


@pytest.mark.parametrize("form", ["text", "@FILE", "-"])
def test_run_takes_a_body_as_text_from_a_file_or_from_standard_input(
    server: Loopback, cfg: str, form: str, tmp_path: Path
) -> None:
    # Given
    body = {"repositoryName": "shop", "registryId": "123456789012"}
    text = json.dumps(body)
    (tmp_path / "body.json").write_text(text)
    argument = {"text": text, "@FILE": f"@{tmp_path / 'body.json'}", "-": "-"}[form]

    # When
    ran = command("run", "DescribeImages", "--cfg", cfg, "--body", argument, given=text)

    # Then
    assert ran.code == 0
    assert server.requests[0].json == body


def test_run_takes_cfg_and_snapshot_from_files(server: Loopback, cfg: str, tmp_path: Path) -> None:
    # Given
    (tmp_path / "cfg.json").write_text(cfg)
    (tmp_path / "snapshot.json").write_text("{}")

    # When
    files = ["--cfg", f"@{tmp_path / 'cfg.json'}", "--snapshot", f"@{tmp_path / 'snapshot.json'}"]
    ran = command("run", "DescribeRepositories", *files)

    # Then
    assert ran.code == 0
    assert server.requests[0].json == {}


def test_run_exits_1_on_an_error(server: Loopback) -> None:
    # Given
    server.answer(Reply({"__type": "RepositoryNotFoundException", "message": "no"}, status=400))

    # When
    ran = run("DescribeImages", BODY, cfg_for(server))

    # Then
    assert ran.code == 1
    assert ran.event["event"] == "error"
    payload = ran.event["payload"]
    assert payload["name"] == "RepositoryNotFoundException"
    assert payload["message"] == (
        "RepositoryNotFoundException: no (DescribeImages, eu-central-1, HTTP 400)"
    )
    assert payload["stack"].startswith("Traceback")


@pytest.mark.parametrize("body", [[], None, "text", 5])
def test_run_leaves_it_to_the_action_to_refuse_a_body(server: Loopback, body: Any) -> None:
    ran = run("DescribeImages", body, cfg_for(server))

    assert ran.code == 1
    assert ran.event["payload"]["name"] == "InvalidMessage"
    assert server.requests == []


def test_run_exits_75_on_a_transient_error_that_lasts(server: Loopback) -> None:
    # Given
    server.answer(Reply({"__type": "ServerException", "message": "try again"}, status=500))

    # When
    ran = run("DescribeImages", BODY, cfg_for(server))

    # Then
    assert ran.code == 75
    assert ran.event == {
        "event": "rebound",
        "payload": "DescribeImages failed after 3 attempts: ServerException: try again"
        " (DescribeImages, eu-central-1, HTTP 500)",
    }
    assert [line["level"] for line in ran.log] == [40, 40]


OPTIONS = ["--cfg", "--body", "--snapshot"]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("text", ["{", "repositoryName=shop", "", "'{}'"])
def test_run_refuses_what_is_not_json(option: str, text: str) -> None:
    ran = command("run", "DescribeImages", option, text)

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for {option}: this is not JSON: " in ran.words


@pytest.mark.parametrize("option", ["--cfg", "--snapshot"])
def test_run_refuses_a_cfg_or_snapshot_that_is_not_an_object(option: str) -> None:
    ran = command("run", "DescribeImages", option, "[]")

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for {option}: expected a JSON object" in ran.words


@pytest.mark.parametrize("option", OPTIONS)
def test_run_names_a_file_that_does_not_exist(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    ran = command("run", "DescribeImages", option, "@no.json")

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for {option}: no.json: No such file or directory" in ran.words


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("DescribImages", "did you mean DescribeImages?"),
        ("describeimages", "did you mean DescribeImages?"),
        ("DESCRIBEIMAGES", "did you mean DescribeImages?"),
        ("describe-images", "did you mean DescribeImages?"),
        ("NewImages", "did you mean newImages?"),
        ("push", "see ecr-connector actions"),
        ("StartImageScan", 'run CallOperation, with "operation": "StartImageScan" in --cfg'),
    ],
)
def test_run_suggests_the_name_of_an_action(name: str, hint: str) -> None:
    ran = command("run", name)

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for ACTION: there is no action '{name}'; {hint}" in ran.words


QUOTES = """Put JSON into single quotes: {option} '{{"name": "value"}}'"""


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("text", ["{repositoryName:", "{repositoryName:shop}", "a:1"])
def test_run_knows_json_without_its_quotes(option: str, text: str) -> None:
    ran = command("run", "DescribeImages", option, text, "shop}")

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for {option}: this is not JSON: " in ran.words
    assert ran.words.endswith(QUOTES.format(option=option))


def test_a_hint_about_quotes_shows_no_secret() -> None:
    ran = command("run", "DescribeImages", "--cfg", "{secretAccessKey:", "wJalrXUtnFEMI}")

    assert ran.words.endswith(QUOTES.format(option="--cfg"))
    assert "wJalrXUtnFEMI" not in ran.words


@pytest.mark.parametrize(
    ("rest", "more"),
    [
        (['{"repositoryName": "shop"}'], "1 more argument"),
        (["{repositoryName:", "shop}"], "2 more arguments"),
    ],
)
def test_run_knows_a_message_without_its_option(rest: list[str], more: str) -> None:
    ran = command("run", "DescribeImages", *rest)

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.words.endswith(
        f"Invalid value for ACTION: expected one action, got {more}. The message goes into --body."
        f" {QUOTES.format(option='--body')}"
    )


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("name", ["there.json", "gone.json", "there"])
def test_run_knows_a_file_without_its_at_sign(
    option: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("there", "there.json"):
        Path(file).write_text("{}")

    ran = command("run", "DescribeImages", option, name)

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.words.endswith(f"; did you mean {option} @{name}?")


@pytest.mark.parametrize("option", OPTIONS)
def test_run_gives_no_hint_about_what_is_in_a_file(option: str, tmp_path: Path) -> None:
    (tmp_path / "cfg.json").write_text("{")

    ran = command("run", "DescribeImages", option, f"@{tmp_path / 'cfg.json'}")

    assert (ran.code, ran.stdout) == (2, "")
    assert "this is not JSON: " in ran.words
    assert "single quotes" not in ran.words
    assert "did you mean" not in ran.words


def test_json_may_be_longer_than_the_name_of_a_file() -> None:
    ran = command("run", "DescribeImages", "--body", "{" + "x" * 10_000)

    assert ran.words.endswith(QUOTES.format(option="--body"))


# Credentials that are missing

HOW_TO = (
    " Put them into a file as a JSON object and pass it with --cfg @cfg.json. To try things out"
    " without an AWS account, let a sandbox write that file: ecr-connector sandbox > cfg.json"
)


@pytest.mark.parametrize(
    ("cfg", "lacks"),
    [
        ({}, "cfg lacks accessKeyId, secretAccessKey and region."),
        ({"accessKeyId": "", "region": "eu"}, "cfg lacks accessKeyId and secretAccessKey."),
        ({"accessKeyId": "AKIA", "secretAccessKey": "s"}, "cfg lacks region."),
    ],
)
def test_run_names_all_missing_credentials_and_how_to_pass_them(
    cfg: dict[str, str], lacks: str
) -> None:
    ran = run("DescribeRepositories", {}, cfg)

    assert ran.code == 1
    assert ran.event["event"] == "error"
    (line,) = ran.log
    assert (line["level"], line["msg"]) == (40, lacks + HOW_TO)


def test_run_without_cfg_names_the_credentials_whatever_the_error_is() -> None:
    ran = run("DescribeImages", {}, {})

    assert ran.event["payload"]["name"] == "InvalidMessage"
    assert [line["msg"] for line in ran.log] == [
        "cfg lacks accessKeyId, secretAccessKey and region." + HOW_TO
    ]


@pytest.mark.parametrize(
    ("name", "cfg"),
    [
        ("imageEvent", {}),  # needs no credentials
        ("DescribeImages", {**KEYS, "region": "eu-central-1"}),
        ("DescribeImages", {"region": "eu-central-1"}),  # the message may bring a signature
    ],
)
def test_run_gives_no_hint_if_credentials_are_not_the_cause(name: str, cfg: dict[str, str]) -> None:
    ran = run(name, 5, cfg)

    assert (ran.code, ran.event["event"], ran.log) == (1, "error", [])


# On a terminal


# Runs the command without pauses between attempts.
IMPATIENT = "import random; random.uniform = lambda *_: 0; from lib.cli import main; main()"


def on_terminal(*arguments: str, columns: int = 80, env: dict[str, str] | None = None) -> Terminal:
    """Run the command on a terminal until it ends."""
    terminal = Terminal([sys.executable, "-c", IMPATIENT, *arguments], columns=columns, env=env)
    terminal.wait()
    return terminal


@pytest.mark.slow
def test_a_terminal_shows_data_for_a_person(cfg: str) -> None:
    shown = on_terminal("run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY))

    assert shown.wait() == 0
    assert shown.screen == (
        "data  x-amzn-requestid: 1b2c\n"
        "{\n"
        '  "imageDetails": [\n'
        "    {\n"
        '      "imageTags": [\n'
        '        "1.0.0"\n'
        "      ]\n"
        "    }\n"
        "  ]\n"
        "}"
    )
    assert "\x1b[1;32mdata" in shown.written


@pytest.mark.slow
@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colors_gets_none(cfg: str, env: dict[str, str]) -> None:
    shown = on_terminal("run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY), env=env)

    assert shown.screen.startswith("data  x-amzn-requestid: 1b2c\n{\n")
    assert not re.search(r"\x1b\[[0-9;]*3\dm", shown.written)


@pytest.mark.slow
def test_a_terminal_shows_large_data_whole(server: Loopback, cfg: str) -> None:
    tags = [f"{number:0128}" for number in range(10_000)]
    server.answer(Reply({"imageDetails": [{"imageTags": tags}]}))

    shown = on_terminal("run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY))

    heading, _, body = shown.screen.partition("\n")
    assert heading == "data"
    assert json.loads(body) == {"imageDetails": [{"imageTags": tags}]}


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_terminal_shows_an_error_for_a_person(server: Loopback, cfg: str, columns: int) -> None:
    message = "The repository with name 'shop' does not exist in the registry"
    server.answer(Reply({"__type": "RepositoryNotFoundException", "message": message}, status=400))

    arguments = ["run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY)]
    shown = on_terminal(*arguments, columns=columns)

    assert shown.wait() == 1
    heading, *lines = shown.screen.splitlines()
    assert heading == "error  RepositoryNotFoundException"
    assert " ".join(lines) == f"{message} (DescribeImages, eu-central-1, HTTP 400)"
    assert max(map(len, lines)) <= columns


@pytest.mark.slow
def test_a_terminal_shows_the_traceback_on_request(cfg: str) -> None:
    shown = on_terminal("run", "DescribeImages", "--cfg", cfg, "--body", "5", "--debug")

    assert shown.wait() == 1
    heading, _, *lines = shown.screen.splitlines()
    assert heading == "error  InvalidMessage"
    assert "Traceback (most recent call last):" in lines


@pytest.mark.slow
def test_an_error_has_no_power_over_the_terminal(server: Loopback, cfg: str) -> None:
    server.answer(Reply({"__type": "SomeException", "message": "\x1b[2Jgone\a"}, status=400))

    shown = on_terminal("run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY))

    assert shown.screen.splitlines()[1].startswith("�[2Jgone� (DescribeImages, ")


@pytest.mark.slow
def test_a_terminal_shows_a_rebound_and_logs_for_a_person(server: Loopback, cfg: str) -> None:
    server.answer(Reply({"__type": "ServerException", "message": "try again"}, status=500))

    arguments = ["run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY)]
    shown = on_terminal(*arguments, columns=200)

    assert shown.wait() == 75
    first, second, heading, reason = shown.screen.splitlines()
    assert first.startswith("warning  Attempt 1 failed: ")
    assert second.startswith("warning  Attempt 2 failed: ")
    assert heading == "rebound  a transient error, try again later"
    assert reason == (
        "DescribeImages failed after 3 attempts: ServerException: try again"
        " (DescribeImages, eu-central-1, HTTP 500)"
    )


@pytest.mark.slow
def test_a_terminal_shows_a_snapshot(server: Loopback, cfg: str) -> None:
    server.answer(Reply({"repositories": []}, headers={"Date": "Wed, 01 Jan 2025 00:00:00 GMT"}))

    shown = on_terminal("run", "newImages", "--cfg", cfg)

    assert shown.wait() == 0
    assert shown.screen.startswith("snapshot\n{\n")


@pytest.mark.slow
def test_a_terminal_gets_lines_of_json_on_request(cfg: str) -> None:
    arguments = ["run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY), "--json"]
    shown = on_terminal(*arguments)

    assert Ran(shown.wait(), f"{shown.screen}\n", "").event["payload"]["body"] == IMAGES


@pytest.mark.slow
def test_the_spinner_leaves_nothing_on_the_terminal(server: Loopback, cfg: str) -> None:
    server.answer(Reply(IMAGES, delay=0.5))

    shown = on_terminal("run", "DescribeImages", "--cfg", cfg, "--body", json.dumps(BODY))

    assert "DescribeImages …" in shown.written
    assert "DescribeImages …" not in shown.screen
    assert shown.written.rindex("DescribeImages …") < shown.written.index("data")


# Logs


def test_logs_are_bunyan_lines_on_stderr(server: Loopback) -> None:
    # When
    ran = run("DescribeImages", BODY, cfg_for(server, verbose=True))

    # Then
    assert len(ran.events) == 1
    asked, answered = ran.log
    for line in (asked, answered):
        assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
        message = line.pop("msg")
        assert message.startswith("DescribeImages ")
        assert line == {
            "name": "component",
            "hostname": socket.gethostname(),
            "pid": os.getpid(),
            "level": 30,
            "v": 0,
        }


@pytest.mark.parametrize(("level", "lines"), [("", 2), ("warn", 2), ("error", 0), ("fatal", 0)])
def test_log_level_sets_how_much_is_logged(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, level: str, lines: int
) -> None:
    # Given
    monkeypatch.setenv("LOG_LEVEL", level)
    server.answer(Reply(status=503))

    # When
    ran = run("DescribeImages", BODY, cfg_for(server))

    # Then
    assert ran.code == 75
    assert len(ran.log) == lines


def test_an_unknown_log_level_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")

    ran = command("run", "DescribeImages")

    assert (ran.code, ran.stdout) == (2, "")
    assert (
        "Invalid value for LOG_LEVEL: got 'loud', expected one of trace, debug, info, warn, error,"
        " fatal"
    ) in ran.words


# actions


def test_actions_lists_all_28_with_their_members() -> None:
    # When
    ran = command("actions")

    # Then
    assert ran.code == 0
    head, *lines = ran.stdout.partition("\nTrigger ")[0].splitlines()
    needs, may_take = head.index("Needs"), head.index("May take")
    rows: list[list[str]] = []
    for line in lines:
        cells = [line[:needs], line[needs:may_take], line[may_take:]]
        if cells[0].strip():
            rows.append(cells)
        else:  # the row above goes on
            rows[-1] = [above + below for above, below in zip(rows[-1], cells, strict=True)]
    listed = {name.strip(): (names_in(needed), names_in(taken)) for name, needed, taken in rows}
    assert listed.pop("CallOperation") == (
        {"the", "field", "operation"},
        {"what", "that", "operation", "takes"},
    )
    assert listed.pop("ScanImage") == (
        {"repositoryName", "imageTag"},
        {"imageDigest", "registryId"},
    )
    needed, taken = listed.pop("CopyImage")
    assert needed == {"repositoryName"}
    assert {"imageTag", "targetRepositoryName", "platform"} <= taken
    assert len(listed) == 25
    assert listed == {operation: members(operation) for operation in OPERATIONS}


def test_actions_lists_the_triggers_with_their_fields() -> None:
    listed = command("actions").stdout.partition("\nTrigger ")[2]

    for name, trigger in TRIGGERS.items():
        assert f"\n{name} " in listed
        assert all(re.search(rf"\b{field}\b", listed) for field in trigger["fields"])


@pytest.mark.parametrize("columns", [60, 80])
def test_actions_cuts_no_name_on_a_narrow_terminal(columns: int) -> None:
    shown = on_terminal("actions", columns=columns)

    assert shown.wait() == 0
    assert "…" not in shown.screen
    assert {*OPERATIONS, *TRIGGERS} <= set(re.findall(r"^\w+", shown.screen, re.MULTILINE))
    assert max(map(len, shown.screen.splitlines())) <= columns


def names_in(cell: str) -> set[str]:
    return set(re.findall(r"\w+", cell)) - {"nothing"}


def members(operation: str) -> tuple[set[str], set[str]]:
    """Return an operation's required and its other members, as botocore's model has them."""
    shape = operation_model(operation).input_shape
    required = set(shape.required_members)
    return required, set(shape.members) - required


# Exit codes of the other commands


def ended(
    arguments: Sequence[str], folder: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as its users do, without settings of the platform but those given."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ELASTICIO_")}
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=kept | environ,
        check=False,
        timeout=60,
    )


def test_serve_exits_1_if_it_can_t_start(tmp_path: Path) -> None:
    served = ended(["serve"], tmp_path)

    assert served.returncode == 1
    assert '"level":60' in served.stdout


def test_serve_exits_0_once_the_shutdown_hook_has_run(tmp_path: Path) -> None:
    # Given
    (tmp_path / "component.json").write_text('{"actions": {"function": {"main": "end.py"}}}')
    (tmp_path / "end.py").write_text("def shutdown(cfg, startup_data):\n    pass\n")
    with RestApi(steps={("flow", "step"): {}}, startup_data={"flow": {}}) as api:
        settings = {
            **ALWAYS,
            "ELASTICIO_API_URI": api.url,
            "ELASTICIO_API_USERNAME": api.username,
            "ELASTICIO_API_KEY": api.key,
            "ELASTICIO_COMPONENT_PATH": str(tmp_path),
            "ELASTICIO_HOOK_SHUTDOWN": "true",
        }

        # When
        served = ended(["serve"], tmp_path, **settings)

    # Then
    assert served.returncode == 0, served.stdout
    assert api.startup_data == {}


@pytest.mark.parametrize(("status", "code"), [(200, 0), (201, 1), (404, 1)])
def test_service_exits_0_once_its_answer_is_delivered(
    server: Loopback, cfg: str, tmp_path: Path, status: int, code: int
) -> None:
    # Given
    server.answer(Reply({}), Reply(status=status))
    settings = {
        **ALWAYS,
        "ELASTICIO_POST_RESULT_URL": f"{server.url}/result",
        "ELASTICIO_CFG": cfg,
    }

    # When
    answered = ended(["service", "verifyCredentials"], tmp_path, **settings)

    # Then
    assert answered.returncode == code, answered.stdout
    assert [request.path for request in server.requests] == ["/", "/result"]


def test_service_exits_1_without_a_place_for_its_answer(tmp_path: Path) -> None:
    assert ended(["service", "verifyCredentials"], tmp_path).returncode == 1


def test_sandbox_exits_1_if_its_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = command("sandbox", "--port", str(taken.getsockname()[1]))

    assert (ran.code, ran.stdout) == (1, "")
    assert "Address already in use" in ran.stderr


@pytest.mark.parametrize("code", [0, 1])
def test_demo_exits_with_what_it_returns(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.demo.demo", lambda: code)

    assert command("demo").code == code


def test_a_traceback_shows_no_local_variables(cfg: str, tmp_path: Path) -> None:
    # Given a fault of our own while the credentials are in local variables
    code = (
        "import sys, lib.sailor.local, lib.cli\n"
        "def run(*values):\n    1 / 0\n"
        "lib.sailor.local.run = run\n"
        "sys.argv[0] = 'ecr-connector'\n"
        "lib.cli.main()"
    )

    # When
    crashed = subprocess.run(
        [sys.executable, "-c", code, "run", "DescribeImages", "--cfg", cfg],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    # Then
    assert crashed.returncode == 1
    assert "ZeroDivisionError" in crashed.stderr
    assert KEYS["secretAccessKey"] not in crashed.stdout + crashed.stderr


# Help and version


def test_version_is_the_project_s() -> None:
    assert command("--version") == Ran(0, f"ecr-connector {__version__}\n", "")


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_h_is_short_for_help(name: str | None) -> None:
    before = [name] if name else []

    ran = command(*before, "-h")

    assert (ran.code, ran.stderr) == (0, "")
    assert ran == command(*before, "--help")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_the_commands(arguments: list[str]) -> None:
    ran = command(*arguments)

    assert "Amazon ECR for flowground and elastic.io: 25 operations as actions." in ran.words
    described = dict(re.findall(r"│ (\w+) +([A-Z].+?) +│", ran.stdout + ran.stderr))
    assert list(described) == COMMANDS


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        (
            "run",
            [
                "An action or a trigger, such as DescribeImages.",
                "JSON, @FILE, or - for standard input",
                'In a pipe or a file, each is a line of JSON: {"event": "data", "payload":',
                "Logs go to standard error; LOG_LEVEL (trace, debug, info, warn, error, fatal)",
                "0 on success, 1 if an error was emitted, 75 if it was a rebound (a transient",
                "Example: ecr-connector run DescribeImages --cfg @cfg.json --body",
            ],
        ),
        (
            "flow",
            [
                "The file of a flow, such as flows/hello.json.",
                "Without them, the flow plays in a sandbox.",
                'each event is a line of JSON: {"step": "step_2", "event": "data", "payload":',
                "0 on success; 1 if there was an error that no error handling of the flow takes;",
                "Example: ecr-connector flow flows/hello.json",
            ],
        ),
        (
            "actions",
            ["List the actions with their members, and the triggers with their fields."],
        ),
        (
            "sandbox",
            ["It checks request signatures as AWS does", "--port", "until you press Ctrl-C"],
        ),
        ("studio", ["Open a page on which flows are drawn and run", "127.0.0.1 only"]),
        ("demo", ["Take one container image through its whole life"]),
        ("generate", ["--check", "Write nothing; exit 1 if something is out of date."]),
    ],
)
def test_every_command_explains_itself(name: str, phrases: list[str]) -> None:
    ran = command(name, "--help")

    assert ran.code == 0
    for phrase in phrases:
        assert phrase in ran.words


@pytest.mark.parametrize("arguments", [["push"], ["run"], ["run", "DescribeImages", "--force"]])
def test_wrong_usage_exits_2_and_points_at_the_help(arguments: list[str]) -> None:
    ran = command(*arguments)

    assert (ran.code, ran.stdout) == (2, "")
    assert "--help" in ran.words


# generate


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is generated, in place of the project's own."""
    for folder in ("docs", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in ("component.json", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr("lib.cli.ROOT", tmp_path)
    command("generate")
    return tmp_path


def test_generate_check_says_that_everything_is_up_to_date() -> None:
    ran = command("generate", "--check")

    assert (ran.code, ran.stdout) == (0, "Everything is up to date.\n")


def test_generate_check_names_what_is_out_of_date_and_writes_nothing(copy: Path) -> None:
    # Given
    file = copy / "schemas" / "DescribeImages.in.json"
    file.write_text("{}")

    # When
    ran = command("generate", "--check")

    # Then
    assert (ran.code, ran.stdout) == (1, "schemas/DescribeImages.in.json is out of date\n")
    assert file.read_text() == "{}"


def test_generate_writes_what_is_out_of_date(copy: Path) -> None:
    # Given
    file = copy / "schemas" / "DescribeImages.in.json"
    generated = file.read_bytes()
    file.write_text("{}")

    # When
    ran = command("generate")

    # Then
    assert (ran.code, ran.stdout) == (0, "schemas/DescribeImages.in.json written\n")
    assert file.read_bytes() == generated
    assert command("generate", "--check").code == 0
