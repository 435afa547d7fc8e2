"""The command ``ecr-connector flow``: what it writes for a program, and shows a person."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lib.sailor.settings import Settings
from tests.support.aws_model import cfg_for
from tests.support.command import Ran, command, start
from tests.support.flows import chain, edge, node, says, write
from tests.support.loopback import Loopback, Reply
from tests.support.repository import ROOT
from tests.support.terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("ecr-connector"))
OURS = "flowground/amazonaws-com-ecr-connector"
FLOWS = sorted((ROOT / "flows").glob("*.json"))
# The branches of routers that no message of the sandbox takes.
NOT_TAKEN = {"scan-image": {"step_5"}}
GREETING = [["emit", "data", {"body": {"hello": "world"}}]]


@pytest.fixture(autouse=True)
def no_log_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOG_LEVEL", raising=False)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def seen(ran: Ran, step: str = "step_1") -> Any:
    """Return what the step's handler saw, if it says ``see``."""
    (event,) = [event for event in ran.events if event["step"] == step]
    return event["payload"]["body"]


# For a program


def test_each_event_of_each_step_is_a_line_of_json(tmp_path: Path) -> None:
    flow = write(
        tmp_path,
        [
            says("step_1", *GREETING, ["emit", "snapshot", {"n": 1}]),
            says("step_2", ["fail", "E", "x"]),
        ],
        chain("step_1", "step_2"),
    )

    ran = command("flow", str(flow))

    assert ran.code == 1
    events = ran.events
    assert events[1]["payload"].pop("stack").startswith("Traceback")
    assert events == [
        {
            "step": "step_1",
            "event": "data",
            "payload": {"body": {"hello": "world"}, "headers": {}},
        },
        {"step": "step_2", "event": "error", "payload": {"name": "E", "message": "x"}},
        {"step": "step_1", "event": "snapshot", "payload": {"n": 1}},
    ]


def test_a_flow_without_errors_exits_0(tmp_path: Path) -> None:
    ran = command("flow", str(write(tmp_path, [says("step_1", *GREETING)], [])))

    assert (ran.code, ran.stderr) == (0, "")


def test_an_error_that_is_handled_exits_0(tmp_path: Path) -> None:
    nodes = [says("step_1", ["fail", "E", "x"]), says("step_2", ["see"], error=True)]

    ran = command("flow", str(write(tmp_path, nodes, [edge(None, "step_2")])))

    assert ran.code == 0
    assert [event["event"] for event in ran.events] == ["error", "data"]


def test_a_message_that_is_rebounded_too_often_exits_75(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", ["emit", "rebound", "busy"])], [])

    ran = command("flow", str(flow), "--rebound-delay", "0")

    assert ran.code == 75
    assert [event["event"] for event in ran.events] == ["rebound"] * 20 + ["error"]
    assert ran.events[0]["payload"] == "busy"


def test_a_step_logs_with_its_id(tmp_path: Path) -> None:
    ran = command("flow", str(write(tmp_path, [says("step_1", ["log", "hello"])], [])))

    (line,) = ran.log
    assert (line["msg"], line["ELASTICIO_STEP_ID"]) == ("hello", "step_1")


@pytest.mark.slow
def test_a_reader_may_leave_early(tmp_path: Path) -> None:
    instructions = [["emit", "data", {"body": {"n": n}}] for n in range(1000)]
    flow = write(tmp_path, [says("step_1", *instructions)], [])

    ended = subprocess.run(
        ["/bin/sh", "-c", f"{COMMAND} flow {flow} | head -n 1"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert lines(ended.stdout)[0]["payload"]["body"] == {"n": 0}
    assert ended.stderr == ""


def component(folder: Path, code: str) -> str:
    """Write a component, and return the command for its one action."""
    (folder / "component.json").write_text('{"actions": {"act": {"main": "./act.py"}}}')
    (folder / "act.py").write_text(f"def process(step, msg, cfg, snapshot):\n    {code}\n")
    return ".:act"


ODD = r"""return {"body": {"half": "\ud83d", "large": 1 << 70}}"""


def test_what_plain_json_has_no_form_for_is_written_too(tmp_path: Path) -> None:
    flow = write(tmp_path, [node("step_1", component(tmp_path, ODD))], [])

    ran = command("flow", str(flow))

    assert ran.code == 0
    payload = json.loads(ran.stdout)["payload"]
    assert payload["body"] == {"half": "\ud83d", "large": 1 << 70}
    assert "1180591620717411303424" in on_terminal(flow).screen


def test_what_a_component_prints_goes_to_standard_error(tmp_path: Path) -> None:
    flow = write(tmp_path, [node("step_1", component(tmp_path, 'print("hello")'))], [])

    ran = command("flow", str(flow))

    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "hello\n")


# Input


@pytest.mark.parametrize("form", ["text", "@FILE", "-"])
def test_input_is_the_body_of_the_first_message(tmp_path: Path, form: str) -> None:
    flow = write(tmp_path, [says("step_1", ["see"])], [])
    text = '{"repositoryName": "shop"}'
    (tmp_path / "input.json").write_text(text)
    argument = {"text": text, "@FILE": f"@{tmp_path / 'input.json'}", "-": "-"}[form]

    ran = command("flow", str(flow), "--input", argument, given=text)

    assert seen(ran)["msg"] == {
        "body": {"repositoryName": "shop"},
        "headers": {},
        "attachments": {},
        "metadata": {},
    }


def test_input_may_be_a_whole_message(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", ["see"])], [])
    message = {"id": "m-1", "body": {"a": 1}, "headers": {"h": "1"}}

    ran = command("flow", str(flow), "--input", json.dumps(message))

    assert seen(ran)["msg"] == {**message, "attachments": {}, "metadata": {}}


def test_a_body_with_other_members_is_no_message(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", ["see"])], [])
    letter = {"body": "text", "subject": "hello"}

    ran = command("flow", str(flow), "--input", json.dumps(letter))

    assert seen(ran)["msg"]["body"] == letter


def test_without_input_the_first_message_is_empty(tmp_path: Path) -> None:
    ran = command("flow", str(write(tmp_path, [says("step_1", ["see"])], [])))

    assert seen(ran)["msg"] == {"body": {}, "headers": {}, "attachments": {}, "metadata": {}}


REPLY_TO = {"reply_to": "replies"}
WEBHOOK = node("step_1", "elasticio/webhook:receive@latest", fields={"payload": '{"sample": 1}'})


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (None, {"sample": 1, "_headers": REPLY_TO, "_method": "POST", "_url": "/"}),
        ({"a": 1}, {"a": 1, "_headers": REPLY_TO, "_method": "POST", "_url": "/"}),
        (
            {"body": {"a": 1}, "query": {"q": "1"}, "method": "PUT", "headers": {"h": "1"}},
            {
                "a": 1,
                "_query": {"q": "1"},
                "_headers": {"h": "1", **REPLY_TO},
                "_method": "PUT",
                "_url": "/",
            },
        ),
    ],
)
def test_a_webhook_gets_a_request(tmp_path: Path, given: Any, body: Any) -> None:
    flow = write(tmp_path, [WEBHOOK], [])

    ran = command("flow", str(flow), *([] if given is None else ["--input", json.dumps(given)]))

    assert seen(ran) == body


def test_the_sample_of_a_webhook_has_to_be_json(tmp_path: Path) -> None:
    flow = write(tmp_path, [{**WEBHOOK, "fields": {"payload": "{"}}], [])

    ran = command("flow", str(flow))

    assert (ran.code, ran.stdout) == (2, "")
    assert "- step_1: its field payload is not JSON: " in ran.stderr
    assert command("flow", str(flow), "--input", "{}").code == 0


# Credentials and the sandbox


def test_cfg_holds_the_credentials_of_the_connector_s_steps(tmp_path: Path) -> None:
    fields = {"repositoryName": "shop"}
    flow = write(
        tmp_path,
        [node("step_1", f"{OURS}:DescribeImages", fields=fields), says("step_2", ["see"])],
        chain("step_1", "step_2"),
    )

    with Loopback() as server:
        server.answer(Reply({"imageDetails": []}))
        ran = command("flow", str(flow), "--cfg", json.dumps(cfg_for(server)))

    assert ran.code == 0
    assert server.requests[0].json == {"repositoryName": "shop"}
    assert seen(ran, "step_2")["cfg"] == {"script": [["see"]]}


@pytest.mark.long
@pytest.mark.parametrize("flow", FLOWS, ids=lambda path: path.stem)
def test_each_of_our_flows_plays_in_a_sandbox(flow: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [COMMAND, "flow", str(flow)], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert ended.returncode == 0, ended.stderr
    steps = json.loads(flow.read_text())["data"]["attributes"]["graph"]["nodes"]
    emitted = {event["step"] for event in lines(ended.stdout) if event["event"] == "data"}
    assert {step["id"] for step in steps} - emitted == NOT_TAKEN.get(flow.stem, set())


def test_there_are_flows() -> None:
    assert len(FLOWS) == 8


# What is wrong


def test_a_wrong_flow_exits_2_and_names_all_faults(tmp_path: Path) -> None:
    flow = write(
        tmp_path,
        [says("step_1", *GREETING), node("step_2", f"{OURS}:DescribImages")],
        [edge("step_1", "step_2", {"a": "("}), edge("step_2", "step_3")],
    )

    ran = command("flow", str(flow))

    assert (ran.code, ran.stdout) == (2, "")
    heading, *faults = ran.stderr.splitlines()
    assert heading == f"{flow} cannot run:"
    assert [fault.partition(":")[0] for fault in faults] == [
        "- step_2",
        "- the edge from step_2 to step_3",
        "- the edge from step_1 to step_2",
    ]


def test_a_step_that_cannot_start_exits_1(tmp_path: Path) -> None:
    twins = ROOT / "tests/sailor/components/twins"
    flow = write(tmp_path, [node("step_1", f"{twins}:initFails")], [])

    ran = command("flow", str(flow))

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("step_1 cannot start: ")


@pytest.mark.parametrize(
    ("package", "fault"),
    [("jsonata", "Flows need jsonata-python ("), ("moto", "The sandbox needs moto's server (")],
)
def test_a_package_that_is_not_installed_is_named(package: str, fault: str) -> None:
    code = (
        f"import sys; sys.modules['{package}'] = None;"
        "sys.argv[1:] = ['flow', 'flows/hello.json']; from lib.cli import main; main()"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(fault)
    assert "`make setup` installs it" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--input", "{"], "Invalid value for --input: this is not JSON: "),
        (["--cfg", "[]"], "Invalid value for --cfg: expected a JSON object"),
        (["--repeat", "-1"], "Invalid value for '--repeat': -1.0 is not in the range x>=0."),
        (["--rebound-delay", "-1"], "Invalid value for '--rebound-delay': -1.0 is not in the"),
    ],
)
def test_a_wrong_option_exits_2(tmp_path: Path, options: list[str], fault: str) -> None:
    ran = command("flow", str(write(tmp_path, [says("step_1", *GREETING)], [])), *options)

    assert (ran.code, ran.stdout) == (2, "")
    assert fault in ran.words


# Repetition and Ctrl-C


@pytest.mark.slow
def test_a_flow_is_repeated_until_ctrl_c(tmp_path: Path) -> None:
    flow = write(
        tmp_path,
        [says("step_1", ["see"], ["emit", "updateSnapshot", {"n": 1}])],
        [],
    )
    running = start("flow", str(flow), "--repeat", "0.1")
    assert running.stdout
    shown = [json.loads(running.stdout.readline()) for _ in range(4)]

    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)

    assert running.returncode == 0
    assert errors == ""
    snapshots = [
        event["payload"]["body"]["snapshot"] for event in shown if event["event"] == "data"
    ]
    assert snapshots == [{}, {"n": 1}]


@pytest.mark.slow
def test_ctrl_c_ends_a_handler(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", *GREETING, ["wait", str(tmp_path / "never")])], [])
    running = start("flow", str(flow))
    assert running.stdout
    running.stdout.readline()

    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=20)

    assert (running.returncode, output, errors) == (130, "", "")


# The environment of a step


def variables(text: str) -> dict[str, str]:
    """Return the variables of a file, as a shell reads them."""
    assignments = [line.partition("=") for line in text.splitlines() if line[:1] != "#"]
    return {name: " ".join(shlex.split(value)) for name, _, value in assignments}


def test_the_environment_of_a_step_is_printed_as_a_file() -> None:
    ran = command("flow", str(ROOT / "flows/hello.json"), "--print-env", "step_2")

    assert (ran.code, ran.stderr) == (0, "")
    settings = Settings.read(variables(ran.stdout))
    assert (settings.step_id, settings.function) == ("step_2", "DescribeImages")
    assert (settings.listen_messages_on, settings.data_routing_key) == (
        "flow-hello:step_2:messages",
        "flow-hello:step_2:output",
    )
    assert (ROOT / settings.component_path).samefile(ROOT)
    assert settings.amqp_uri == "amqp://guest:guest@127.0.0.1:5672"


def test_the_environments_of_a_flow_s_steps_fit_together() -> None:
    files = [
        command("flow", str(ROOT / "flows/hello.json"), "--print-env", step).stdout
        for step in ("step_1", "step_2", "step_2")
    ]

    first, second, again = map(variables, files)
    assert second == again
    assert (ROOT / first["ELASTICIO_COMPONENT_PATH"]).samefile(ROOT / "lib/platform/standard")
    same = {name for name in first if first[name] == second[name]}
    assert {
        "ELASTICIO_FLOW_ID",
        "ELASTICIO_PUBLISH_MESSAGES_TO",
        "ELASTICIO_MESSAGE_CRYPTO_IV",
        "ELASTICIO_MESSAGE_CRYPTO_PASSWORD",
    } <= same


def test_a_shell_reads_the_environment_of_a_step(tmp_path: Path) -> None:
    file = tmp_path / "step.env"
    file.write_text(command("flow", str(ROOT / "flows/hello.json"), "--print-env", "step_2").stdout)

    ended = subprocess.run(
        ["/bin/sh", "-c", f"set -a; . {file}; exec {sys.executable} -c '{SHOW}'"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(ended.stdout) == variables(file.read_text())


SHOW = (
    "import json, os;"
    'print(json.dumps({n: v for n, v in os.environ.items() if n.startswith("ELASTICIO_")}))'
)


def test_a_step_that_is_not_there_has_no_environment() -> None:
    ran = command("flow", str(ROOT / "flows/hello.json"), "--print-env", "step_9")

    assert (ran.code, ran.stdout) == (2, "")
    assert (
        "Invalid value for --print-env: there is no step 'step_9'; the flow has step_1, step_2 and"
        " step_3" in ran.words
    )


# For a person


def on_terminal(*arguments: object, columns: int = 80, **env: str) -> Terminal:
    """Run the command on a terminal until it ends."""
    terminal = Terminal([COMMAND, "flow", *map(str, arguments)], columns=columns, env=env)
    terminal.wait()
    return terminal


def comparable(screen: str) -> str:
    """Return a screen without the times, which differ from run to run."""
    screen = re.sub(r"in \d+\.\d s$", "in N s", screen, flags=re.MULTILINE)
    return re.sub(r" +[\d,]+(\.\d)?$", " N", screen, flags=re.MULTILINE)


def branching(folder: Path) -> Path:
    """Write a flow with a branch, an error, and its handling."""
    return write(
        folder,
        [
            says("step_1", ["return", {"body": {}}]),
            says("step_2", ["return", {"body": {"sorry": False}}], name="Look"),
            says("step_3", ["fail", "Broken", "Broken: it does not work"], name="Break"),
            says("step_4", ["return", {"body": {"sorry": True}}], name="Apologize", error=True),
        ],
        [edge("step_1", "step_2"), edge("step_1", "step_3"), edge(None, "step_4")],
    )


@pytest.mark.slow
def test_a_terminal_shows_the_steps_and_what_comes_out(tmp_path: Path) -> None:
    flow = write(
        tmp_path,
        [
            says("step_1", ["emit", "data", {"body": {}}], ["emit", "data", {"body": {}}]),
            says("step_2", ["return", {"body": {"hello": "world"}}], name="Greet"),
        ],
        [edge("step_1", "step_2")],
        name="A flow",
        description="Greets everybody.",
    )

    shown = on_terminal(flow)

    assert shown.wait() == 0
    assert comparable(shown.screen).splitlines() == [
        "",
        "A flow",
        "Runs in this process.",
        "",
        "Greets everybody.",
        "",
        "                                       in  out  errors  rebounds  ms each",
        "✓  step_1  Does what its message says   1    2       ·         · N",
        "✓  step_2  Greet                        2    2       ·         · N",
        "",
        "3 messages in N s",
        "",
        "Greet  step_2  2 messages ──────────────────────────────────────────────────────",
        *["{", '  "hello": "world"', "}"] * 2,
    ]


@pytest.mark.slow
def test_a_terminal_shows_errors_branches_and_the_error_handling(tmp_path: Path) -> None:
    shown = on_terminal(branching(tmp_path))

    assert shown.wait() == 0
    assert comparable(shown.screen).splitlines()[4:] == [
        "error  Break  step_3  handled by step_4",
        "Broken: it does not work",
        "",
        "                                       in  out  errors  rebounds  ms each",
        "✓  step_1  Does what its message says   1    1       ·         · N",
        "✓  step_2  ├ Look                       1    1       ·         · N",
        "✗  step_3  └ Break                      1    ·       1         · N",
        "✓  step_4  on error  Apologize          1    1       ·         · N",
        "",
        "4 messages in N s",
        "",
        "Look  step_2  1 message ────────────────────────────────────────────────────────",
        "{",
        '  "sorry": false',
        "}",
        "",
        "Apologize  step_4  1 message ───────────────────────────────────────────────────",
        "{",
        '  "sorry": true',
        "}",
    ]
    assert "\x1b[33merror" in shown.written


@pytest.mark.slow
def test_a_terminal_shows_a_step_once_that_two_ways_lead_to(tmp_path: Path) -> None:
    nodes = [says(f"step_{n}", *GREETING, name=f"Name {n}") for n in range(1, 5)]
    edges = [*chain("step_1", "step_2", "step_4"), *chain("step_1", "step_3", "step_4")]

    shown = on_terminal(write(tmp_path, nodes, edges)).screen

    assert [line.split()[1:-4] for line in shown.splitlines() if line.startswith("✓")] == [
        ["step_1", "Name", "1", "1"],
        ["step_2", "├", "Name", "2", "1"],
        ["step_4", "│", "Name", "4", "2"],
        ["step_3", "└", "Name", "3", "1"],
    ]


@pytest.mark.slow
def test_a_terminal_shows_an_error_that_nothing_handles(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", ["fail", "Broken", "it does not work"])], [])

    shown = on_terminal(flow)

    assert shown.wait() == 1
    assert "error  Does what its message says  step_1\nBroken: it does not work\n" in shown.screen
    assert "1 error without error handling, 1 message in " in shown.screen
    assert "\x1b[1;31merror" in shown.written
    assert "Traceback" not in shown.screen
    assert "Traceback" in on_terminal(flow, "--debug").screen


@pytest.mark.slow
def test_a_terminal_shows_rebounds_while_they_are_waited_for(tmp_path: Path) -> None:
    own = ROOT / "tests/sailor/components/own"
    fields = {"journal": str(tmp_path / "journal"), "gate": str(tmp_path / "gate")}
    flow = write(tmp_path, [node("step_1", f"{own}:hesitates", fields=fields)], [])
    shown = Terminal([COMMAND, "flow", str(flow), "--rebound-delay", "0.1"])

    shown.wait_for("rebound  Rebounds once, then waits  step_1")
    (tmp_path / "gate").touch()

    assert shown.wait() == 0
    assert re.search(r"✓  step_1 .* 1    1       ·         1", shown.screen)


@pytest.mark.slow
def test_a_terminal_shows_the_first_of_many(tmp_path: Path) -> None:
    instructions = [["emit", "data", {"body": {"n": n}}] for n in range(8)]
    instructions += [["emit", "error", {"name": "E", "message": f"no {n}"}] for n in range(8)]
    flow = write(tmp_path, [says("step_1", *instructions)], [])

    shown = on_terminal(flow).screen

    assert re.findall(r"no \d", shown) == [f"no {n}" for n in range(5)]
    assert "no 4\nMore of these are only counted.\n" in shown
    assert re.findall(r'"n": \d', shown) == [f'"n": {n}' for n in range(5)]
    assert shown.endswith("\n… and 3 more messages")
    assert re.search(r"✗  step_1 .* 1    8       8         ·", shown)


@pytest.mark.slow
def test_a_terminal_shows_the_beginning_of_what_is_long(tmp_path: Path) -> None:
    body = {"text": "x" * 300, "list": [*range(100)], "deep": [{"text": "y" * 300}]}
    flow = write(tmp_path, [says("step_1", ["return", {"body": body}])], [])

    shown = on_terminal(flow, columns=400).screen

    assert f'"text": "{"x" * 240}… (300 characters)"' in shown
    assert shown.endswith("\n… and 50 more lines; --json shows all")


@pytest.mark.slow
def test_a_terminal_says_where_the_messages_ended(tmp_path: Path) -> None:
    nodes = [says("step_1", *GREETING), says("step_2", name="Sieve"), says("step_3", *GREETING)]
    flow = write(tmp_path, nodes, chain("step_1", "step_2", "step_3"))

    shown = on_terminal(flow).screen

    assert "○  step_3" in shown
    assert shown.endswith("No message came out of the flow. Sieve (step_2) emitted none.")


@pytest.mark.slow
def test_a_terminal_shows_replies_and_that_there_are_new_keys(tmp_path: Path) -> None:
    reply = ["emit", "httpReply", {"body": {"ok": True}}]
    nodes = [WEBHOOK, says("step_2", reply, ["emit", "updateKeys", {"token": "secret"}])]

    shown = on_terminal(write(tmp_path, nodes, chain("step_1", "step_2"))).screen

    assert 'httpReply  Does what its message says  step_2\n{\n  "ok": true\n}\n' in shown
    assert "updateKeys  Does what its message says  step_2\nThe step has new credentials." in shown
    assert "secret" not in shown


@pytest.mark.slow
def test_a_terminal_shows_no_log_below_warn(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", ["log", "a line of the log"])], [])

    assert "a line of the log" not in on_terminal(flow).screen
    assert "info  a line of the log\n" in on_terminal(flow, LOG_LEVEL="info").screen


@pytest.mark.slow
def test_logs_that_go_to_a_file_stay_as_they_are(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", ["log", "a line of the log"])], [])
    file = tmp_path / "log"

    shown = Terminal(["/bin/sh", "-c", f"LOG_LEVEL=info {COMMAND} flow {flow} 2> {file}"])

    assert shown.wait() == 0
    assert json.loads(file.read_text())["msg"] == "a line of the log"


@pytest.mark.slow
def test_codes_in_texts_do_not_reach_the_terminal(tmp_path: Path) -> None:
    code = "\x1b[2J"
    flow = write(
        tmp_path,
        [
            says("step_1", ["fail", f"E{code}", f"x{code}"], name=f"Name{code}"),
        ],
        [],
        name=f"Flow{code}",
        description=f"About{code}",
    )

    assert code not in on_terminal(flow).written


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 140])
def test_the_view_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    text = "a long description of what this flow does " * 5
    nodes = [
        says("step_1", ["return", {"body": {"digest": "sha256:" + "0" * 64}}], name="Title " * 30),
        says("step_2", ["fail", "Broken", text], name="Break"),
        says("step_3", ["return", {"body": {"text": text}}]),
    ]
    edges = [edge("step_1", "step_2", {}), edge("step_1", "step_3", {})]

    shown = on_terminal(write(tmp_path, nodes, edges, description=text), columns=columns).screen

    assert max(map(len, shown.splitlines())) <= columns
    assert len(re.findall(r"^[✓✗] .*Title .*…  +1    1 ", shown, re.MULTILINE)) == 1
    assert ("step_2  ├ Break" in shown) == (columns > 60)
    assert ("━━━━" in shown) == (columns > 80)


def test_a_terminal_gets_lines_of_json_on_request(tmp_path: Path) -> None:
    shown = on_terminal(write(tmp_path, [says("step_1", *GREETING)], []), "--json")

    assert lines(shown.screen) == [
        {"step": "step_1", "event": "data", "payload": {"body": {"hello": "world"}, "headers": {}}}
    ]


@pytest.mark.slow
def test_a_repeated_flow_shows_each_round_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    flow = write(tmp_path, [says("step_1", *GREETING)], [])
    shown = Terminal([COMMAND, "flow", str(flow), "--repeat", "0.2"])
    shown.wait_for("hello")
    time.sleep(0.5)

    shown.interrupt()

    assert shown.wait() == 0
    assert shown.screen.count('"hello": "world"') >= 2
    assert re.search(r"^✓  step_1 ", shown.screen, re.MULTILINE)


@pytest.mark.slow
def test_a_sandbox_is_named_in_the_heading() -> None:
    shown = on_terminal(ROOT / "flows/hello.json").screen

    assert "\nPlays in a sandbox that is made for it.\n" in shown
