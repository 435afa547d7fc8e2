"""Runs of flows in child processes: what the studio learns of them, and how they end."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lib.platform import until
from lib.studio.execution import Execution, Outcome
from lib.studio.step_results import MOST_EVENTS, StepEvent, StepResults
from tests.support.flows import CONNECTOR, Json, chain, edge, node, says
from tests.support.repository import ROOT

SECRET = "a-secret-that-nobody-may-see"


def flow(nodes: Sequence[Json], edges: Sequence[Json]) -> Json:
    return {"name": "A test", "graph": {"nodes": nodes, "edges": edges}}


class Run:
    """A run that has ended.

    Args:
        folder: Where the flow's file would be.
        content: The flow.
        options: Those of ``Execution.start``.
    """

    def __init__(self, folder: Path, content: Json, **options: Any) -> None:
        self.changes: list[set[str]] = []
        self.outcome, self.steps = asyncio.run(self._run(folder / "flow.json", content, options))

    async def _run(
        self, path: Path, content: Json, options: Json
    ) -> tuple[Outcome, dict[str, StepResults]]:
        credentials = options.pop("credentials", {})
        execution = await Execution.start(
            content, path, CONNECTOR, credentials, on_change=self.changes.append, **options
        )
        return await execution.finished(), execution.steps

    def bodies(self, step: str) -> list[Any]:
        return [message["body"] for message in self.steps[step].messages]


def test_a_run_reports_messages_errors_and_counts_of_each_step(tmp_path: Path) -> None:
    script = [["emit", "data", {"body": {"n": 1}}], ["emit", "data", {"body": {"n": 2}}]]
    nodes = [says("a", *script), says("b", ["fail", "OopsError", "it went wrong"])]

    run = Run(tmp_path, flow(nodes, chain("a", "b")))

    assert run.outcome == Outcome("finished")
    assert run.bodies("a") == [{"n": 1}, {"n": 2}]
    assert [error["message"] for error in run.steps["b"].errors] == ["it went wrong"] * 2
    assert run.steps["b"].errors[0]["name"] == "OopsError"
    assert "Traceback" in run.steps["b"].errors[0]["stack"]
    counts = {step: results.count for step, results in run.steps.items()}
    assert (counts["a"].received, counts["a"].emitted, counts["a"].errors) == (1, 2, 0)
    assert (counts["b"].received, counts["b"].emitted, counts["b"].errors) == (2, 0, 2)
    assert counts["b"].milliseconds > 0
    assert set().union(*run.changes) == {"a", "b"}


@pytest.mark.slow
def test_messages_carry_those_of_the_steps_before_for_the_mapper_of_the_next(
    tmp_path: Path,
) -> None:
    nodes = [says("a", ["return", {"body": {"n": 1}}]), says("b", ["return", {"body": {"m": 2}}])]

    run = Run(tmp_path, flow(nodes, chain("a", "b")))

    [message] = run.steps["b"].messages
    assert {step: part["body"] for step, part in message["passthrough"].items()} == {
        "a": {"n": 1},
        "b": {"m": 2},
    }


def test_log_lines_go_to_their_step_without_the_secrets_of_the_credentials(tmp_path: Path) -> None:
    nodes = [says("a", ["log", f"the key is {SECRET}"])]

    run = Run(tmp_path, flow(nodes, []), credentials={"secretAccessKey": SECRET})

    [line] = run.steps["a"].lines
    assert (line.level, line.text) == ("info", "the key is ***")
    assert line.time.endswith("Z")


def test_all_events_are_reported_in_their_order(tmp_path: Path) -> None:
    nodes = [says("a", ["emit", "snapshot", {"at": 1}], ["return", {"body": 1}])]

    run = Run(tmp_path, flow(nodes, []))

    snapshot, message = run.steps["a"].events
    assert snapshot == StepEvent("snapshot", {"at": 1})
    assert message.name == "data"


def test_a_step_runs_alone_on_a_message_whatever_is_wrong_with_the_others(tmp_path: Path) -> None:
    nodes = [node("a", "nobody/nothing:none"), says("b", ["see"]), says("c")]
    passthrough = {"a": {"body": {"n": 6}, "headers": {}}}
    message = {"body": {"n": 7}, "headers": {}, "passthrough": passthrough}

    run = Run(
        tmp_path,
        flow(nodes, [edge("a", "b", {"n": "1 +"}), edge("b", "c")]),
        step="b",
        message=message,
    )

    assert run.outcome == Outcome("finished")
    [body] = run.bodies("b")
    assert body["msg"] == message
    assert set(run.steps) == {"b"}


def test_a_webhook_begins_with_the_sample_of_its_field(tmp_path: Path) -> None:
    command = "elasticio/webhook:receive@latest"
    fields = {"payload": json.dumps({"hello": "there"})}

    run = Run(tmp_path, flow([node("a", command, fields=fields)], []), step="a")

    [body] = run.bodies("a")
    assert (body["hello"], body["_method"]) == ("there", "POST")


def test_a_flow_that_cannot_run_says_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    nodes = [node("a", "nobody/nothing:none"), node("b", "elasticio/jsonata:nothing")]

    run = Run(tmp_path, flow(nodes, chain("a", "b")))

    assert run.outcome.state == "failed"
    assert [fault.partition(":")[0] for fault in run.outcome.faults] == ["a", "b"]


def test_a_step_that_cannot_start_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    descriptor = {"title": "Broken", "actions": {"one": {"main": "./one.py"}}}
    (folder / "component.json").write_text(json.dumps(descriptor))
    (folder / "one.py").write_text(
        "def init(cfg):\n    raise ValueError('no luck')\ndef process(*_):\n    pass\n"
    )

    run = Run(tmp_path, flow([node("a", "./broken:one")], []))

    assert run.outcome == Outcome("failed", ("a cannot start: no luck",))


def test_of_many_messages_all_are_counted_and_the_newest_kept(tmp_path: Path) -> None:
    script = [["emit", "data", {"body": n}] for n in range(1000)]

    run = Run(tmp_path, flow([says("a", *script)], []))

    assert run.steps["a"].count.emitted == 1000
    assert run.bodies("a") == [*range(1000 - MOST_EVENTS, 1000)]
    assert len(run.changes) < 100


@pytest.mark.slow
def test_of_large_messages_at_least_the_newest_is_kept(tmp_path: Path) -> None:
    script = [["emit", "data", {"body": [n, "x" * 3_000_000]}] for n in range(4)]

    run = Run(tmp_path, flow([says("a", *script)], []))

    assert run.steps["a"].count.emitted == 4
    assert run.bodies("a")[-1][0] == 3


@pytest.mark.slow
def test_what_a_component_prints_or_crashes_with_does_not_disturb_the_report(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "loud"
    folder.mkdir()
    actions = {"print": {"main": "./print.py"}, "exit": {"main": "./exit.py"}}
    (folder / "component.json").write_text(json.dumps({"title": "Loud", "actions": actions}))
    (folder / "print.py").write_text(
        "def process(*_):\n    print('x' * 10_000, flush=True)\n    return {'body': 1}\n"
    )
    (folder / "exit.py").write_text("import os\n\ndef process(*_):\n    os._exit(3)\n")

    printed = Run(tmp_path, flow([node("a", "./loud:print")], []))
    crashed = Run(tmp_path, flow([node("a", "./loud:exit")], []))

    assert printed.bodies("a") == [1]
    assert crashed.outcome == Outcome("failed", ("the run has ended with exit status 3",))


def test_stop_ends_a_run_at_once_and_keeps_what_was_reported(tmp_path: Path) -> None:
    nodes = [says("a", ["return", {"body": {}}]), says("b", ["wait", str(tmp_path / "never")])]

    async def stop_once_something_came() -> tuple[Outcome, Execution, float]:
        changed = asyncio.Event()
        execution = await Execution.start(
            flow(nodes, chain("a", "b")),
            tmp_path / "flow.json",
            CONNECTOR,
            {},
            on_change=lambda _: changed.set(),
        )
        await asyncio.wait_for(changed.wait(), 60)
        assert execution.is_running
        begin = time.monotonic()
        execution.stop()
        outcome = await execution.finished()
        return outcome, execution, time.monotonic() - begin

    outcome, execution, seconds = asyncio.run(stop_once_something_came())

    assert outcome == Outcome("stopped")
    assert not execution.is_running
    assert execution.steps["a"].count.emitted == 1
    assert seconds < 1


STUDIO = """
import asyncio, json, sys
from pathlib import Path
from lib.studio.execution import Execution
from lib.studio.sandbox_process import SandboxProcess
from tests.support.flows import CONNECTOR

async def main():
    await SandboxProcess().start()
    run = await Execution.start(
        json.loads(sys.argv[1]),
        Path("flow.json"),
        CONNECTOR,
        {"secretAccessKey": sys.stdin.readline()},
        on_change=lambda _: print("running", flush=True),
    )
    await run.finished()

asyncio.run(main())
"""


@pytest.fixture
def studio_of_two_children(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process with a sandbox, and with a run that never ends."""
    content = flow([says("a", ["log", "begun"], ["wait", str(tmp_path / "never")])], [])
    with subprocess.Popen(
        [sys.executable, "-c", STUDIO, json.dumps(content)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{SECRET}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "running\n"
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_and_the_sandbox_end_with_the_studio(
    studio_of_two_children: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    children = processes("--ppid", studio_of_two_children.pid)
    assert len(children) == 2

    studio_of_two_children.send_signal(number)

    until(lambda: not processes("-p", *children), "the end of the children")


def test_credentials_are_in_no_command_line_and_no_environment(
    studio_of_two_children: "subprocess.Popen[str]",
) -> None:
    command = ["ps", "ewww", "-o", "args=", "--ppid", str(studio_of_two_children.pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "lib.studio.flow_child" in shown
    assert "PATH=" in shown
    assert SECRET not in shown


def processes(option: str, *pids: int) -> list[int]:
    """Return the ids of the processes that ``ps`` lists."""
    command = ["ps", "-o", "pid=", option, ",".join(map(str, pids))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(line) for line in ended.stdout.split()]
