"""The command line: ``ecr-connector COMMAND``."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lib.cli import ROOT
from tests.support.aws_model import OPERATIONS, cfg_for, operation_model
from tests.support.command import Ran, command, run
from tests.support.loopback import Loopback, Reply
from tests.support.repository import DESCRIPTOR

COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
COMMANDS = ["run", "serve", "service", "actions", "sandbox", "demo", "generate"]
IMAGES = {"imageDetails": [{"imageTags": ["1.0.0"]}]}
BODY = {"repositoryName": "shop"}


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


def test_run_is_a_command_that_works_in_any_folder(cfg: str, tmp_path: Path) -> None:
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


def test_run_shows_on_a_terminal_that_a_call_is_under_way(server: Loopback, cfg: str) -> None:
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


def test_run_exits_75_on_a_passing_fault_that_lasts(server: Loopback) -> None:
    # Given
    server.answer(Reply({"__type": "ThrottlingException", "message": "slow down"}, status=400))

    # When
    ran = run("DescribeImages", BODY, cfg_for(server))

    # Then
    assert ran.code == 75
    assert ran.event == {
        "event": "rebound",
        "payload": "DescribeImages found no answer in 3 attempts: ThrottlingException: slow down"
        " (DescribeImages, eu-central-1, HTTP 400)",
    }
    assert [line["level"] for line in ran.log] == [40, 40]


OPTIONS = ["--cfg", "--body", "--snapshot"]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("text", ["{", "repositoryName=shop", "", "'{}'"])
def test_run_refuses_what_is_no_json(option: str, text: str) -> None:
    ran = command("run", "DescribeImages", option, text)

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for {option}: this is not JSON: " in ran.words


@pytest.mark.parametrize("option", ["--cfg", "--snapshot"])
def test_run_refuses_a_cfg_or_snapshot_that_is_no_object(option: str) -> None:
    ran = command("run", "DescribeImages", option, "[]")

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for {option}: a JSON object is needed" in ran.words


@pytest.mark.parametrize("option", OPTIONS)
def test_run_tells_of_a_file_that_is_not_there(
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
        ("push", "see ecr-connector actions"),
    ],
)
def test_run_tells_of_an_action_that_is_not_there(name: str, hint: str) -> None:
    ran = command("run", name)

    assert (ran.code, ran.stdout) == (2, "")
    assert f"Invalid value for ACTION: there is no action '{name}'; {hint}" in ran.words


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
def test_log_level_says_how_much_is_logged(
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


def test_a_log_level_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")

    ran = command("run", "DescribeImages")

    assert (ran.code, ran.stdout) == (2, "")
    assert (
        "Invalid value for LOG_LEVEL: 'loud' is not one of trace, debug, info, warn, error, fatal"
    ) in ran.words


# actions


def test_actions_lists_all_25_with_what_each_needs() -> None:
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
    assert len(rows) == 25
    assert listed == {operation: members(operation) for operation in OPERATIONS}


def test_actions_lists_the_triggers_with_their_fields() -> None:
    listed = command("actions").stdout.partition("\nTrigger ")[2]

    for name, trigger in DESCRIPTOR["triggers"].items():
        assert f"\n{name} " in listed
        assert all(re.search(rf"\b{field}\b", listed) for field in trigger["fields"])


def names_in(cell: str) -> set[str]:
    return set(re.findall(r"\w+", cell)) - {"nothing"}


def members(operation: str) -> tuple[set[str], set[str]]:
    """Return an operation's required and its other members, as botocore's model has them."""
    shape = operation_model(operation).input_shape
    required = set(shape.required_members)
    return required, set(shape.members) - required


# Help


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
                "Each event that the action emits is a line of JSON on standard output",
                "Logs go to standard error; LOG_LEVEL (trace, debug, info, warn, error, fatal)",
                "Exits 0 when all went well, 1 when an error was emitted, 75 when a passing fault",
                "Example: ecr-connector run DescribeImages --cfg @cfg.json --body",
            ],
        ),
        (
            "actions",
            ["List the 25 actions and what each needs, and the triggers"],
        ),
        ("sandbox", ["It checks request signatures as AWS does", "--port", "end it with Ctrl-C"]),
        ("demo", ["one container image live its whole life"]),
        ("generate", ["--check", "Write nothing; exit 1 if something is out of date."]),
    ],
)
def test_every_command_explains_itself(name: str, phrases: list[str]) -> None:
    ran = command(name, "--help")

    assert ran.code == 0
    for phrase in phrases:
        assert phrase in ran.words


@pytest.mark.parametrize("arguments", [["push"], ["run"], ["run", "DescribeImages", "--force"]])
def test_what_is_no_command_exits_2_and_points_at_the_help(arguments: list[str]) -> None:
    ran = command(*arguments)

    assert (ran.code, ran.stdout) == (2, "")
    assert "--help" in ran.words


# generate


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is generated, in place of the project's own."""
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    for name in ("component.json", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr("lib.cli.ROOT", tmp_path)
    command("generate")
    return tmp_path


def test_generate_check_says_that_all_is_up_to_date() -> None:
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
