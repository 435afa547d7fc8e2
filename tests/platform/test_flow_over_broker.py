"""Flows over RabbitMQ: next to the same flows in one process, and where only a broker matters."""

import json
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.platform import Broker, PrivateBroker, Runtime
from lib.platform.errors import MissingSoftwareError, ProcessEndedError
from lib.platform.flows.input import first_message
from lib.platform.flows.over_broker import API_PORT, BrokerRunner
from lib.platform.flows.plan import Plan, prepare
from lib.platform.flows.runner import Runner
from lib.platform.process import OURS, Sailor
from lib.sailor.step import Message, describe_error
from lib.sandbox import Sandbox
from tests.support.command import command, started
from tests.support.fixtures import NODE_FOLDER
from tests.support.flows import CONNECTOR, Log, chain, edge, node, says, write
from tests.support.provision import one_process_at_a_time
from tests.support.repository import ROOT
from tests.support.steps import TWINS

FLOWS = sorted((ROOT / "flows").glob("*.json"))
HELLO = ROOT / "flows/hello.json"
ByHand = Callable[[str, str, Broker], Runtime]
EMPTY: Message = {"body": {}, "headers": {}, "attachments": {}, "metadata": {}}
TRANSFORM = "elasticio/jsonata:transform"

# What differs between two runs, wherever they take place.
VARIABLE = {
    "ID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "TIME": r"\d{4}-\d\d-\d\dT[0-9:.]+Z|\w{3}, \d\d \w{3} \d{4} [0-9:]{8} GMT",
    "URL": r"http://127\.0\.0\.1:\d+/[^\"]*",
    "ACCOUNT": r"\b\d{12}\b",
    "SECONDS": r'(?<="pushedAt": )\d{10}\.\d+',
    "REQUEST": r'(?<="x-amzn-requestid": ")[^"]*|(?<=request id )\w+',
    "QUEUE": r'(?<="reply_to": ")[^"]*',
}


def comparable(log: Log) -> Counter[tuple[str, str, str]]:
    """Return all events but rebounds, whose number depends on time, without what differs."""
    return Counter(
        (step, event, comparable_text(event, payload))
        for step, event, payload in log.events
        if event != "rebound"
    )


def comparable_text(event: str, payload: Any) -> str:
    if event == "error":
        payload = {**describe_error(payload), "stack": ""}
    text = json.dumps(payload, sort_keys=True)
    for name, pattern in VARIABLE.items():
        text = re.sub(pattern, name, text)
    return text


def flow(folder: Path, nodes: list[Any], edges: list[Any]) -> Plan:
    return prepare(write(folder, nodes, edges), CONNECTOR, runs_node=True)


def run(plan: Plan, broker: Broker, *messages: Message, cfg: Any = None, **options: Any) -> Log:
    """Let messages go through a flow over a broker, and return what is seen of it."""
    log = Log()
    with BrokerRunner(plan, cfg or {}, log, broker, **options) as runner:
        for message in messages or [EMPTY]:
            runner.publish(message)
        runner.finish()
    return log


# As in one process


@pytest.mark.long
@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_the_same_messages_come_out_of_every_step(broker: Broker, path: Path) -> None:
    plan = prepare(path, CONNECTOR)
    message = first_message(plan, None)
    here = Log()
    with Sandbox(for_flows=True) as sandbox:
        Runner(plan, sandbox.cfg, here).run(message)
    with Sandbox(for_flows=True) as sandbox:
        there = run(plan, broker, message, cfg=sandbox.cfg)

    assert comparable(there) == comparable(here)
    assert Counter(there.received_by) == Counter(here.received_by)


def test_errors_and_mappings_that_fail_go_to_the_error_handling(
    broker: Broker, tmp_path: Path
) -> None:
    plan = flow(
        tmp_path,
        [
            says("a", ["emit", "data", {"body": {"n": 1}}], ["emit", "data", {"body": {"n": "x"}}]),
            says("b", ["fail", "Error", "too much"]),
            node(
                "handler", TRANSFORM, error=True, fields={"expression": '{"text": error.message}'}
            ),
        ],
        [edge("a", "b", {"doubled": "n * 2"}), edge(None, "handler")],
    )
    here = Log()
    Runner(plan, {}, here).run(EMPTY)

    there = run(plan, broker)

    assert comparable(there) == comparable(here)
    assert len(there.bodies("handler")) == 2


def test_a_condition_that_fails_goes_to_the_error_handling(broker: Broker, tmp_path: Path) -> None:
    plan = flow(
        tmp_path,
        [
            says("a", ["emit", "data", {"body": {"n": "x"}}]),
            node("b", "elasticio/router:route"),
            node("c", TRANSFORM, fields={"expression": "$"}),
            node("handler", TRANSFORM, error=True, fields={"expression": '{"text": error.name}'}),
        ],
        [edge("a", "b"), edge("b", "c", condition="n * 2 > 1"), edge(None, "handler")],
    )
    here = Log()
    Runner(plan, {}, here).run(EMPTY)

    there = run(plan, broker)

    assert there.bodies("handler") == here.bodies("handler") == [{"text": "MappingError"}]
    assert there.bodies("c") == []


def test_a_message_over_the_size_limit_is_an_error(broker: Broker, tmp_path: Path) -> None:
    plan = flow(tmp_path, [says("a", ["emit", "data", {"body": "x" * 2000}])], [])

    log = run(plan, broker, message_size_limit=1000)

    [error] = log.of("a", "error")
    assert "more than the limit of 1000" in error["message"]
    assert log.bodies("a") == []


def test_a_reply_to_a_webhook_is_seen(broker: Broker, tmp_path: Path) -> None:
    plan = flow(
        tmp_path,
        [
            node("a", "elasticio/webhook:receive"),
            says("b", ["emit", "httpReply", {"body": "thanks"}], ["fail", "Error", "x"]),
        ],
        chain("a", "b"),
    )

    log = run(plan, broker)

    assert [message["body"] for message in log.of("b", "httpReply")] == ["thanks"]
    assert len(log.of("b", "error")) == 1  # the reply about the error is not counted again


# Only over a broker


@pytest.fixture
def node_component(node: Sailor, tmp_path: Path) -> Path:  # noqa: ARG001 - it installs the packages
    """A component folder for the Node sailor, with the sailor in it."""
    folder = tmp_path / "component"
    shutil.copytree(ROOT / TWINS, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "node_modules").symlink_to(NODE_FOLDER / "node_modules")
    return folder


@pytest.mark.parametrize("version", [1, 2])
def test_a_step_may_be_written_for_nodejs(
    broker: Broker, node_component: Path, tmp_path: Path, version: int
) -> None:
    plan = flow(
        tmp_path,
        [
            says("a", ["emit", "data", {"body": {"n": 1}}], ["emit", "data", {"body": {"n": 2}}]),
            node("b", f"{node_component}:script"),
            node("c", TRANSFORM, fields={"expression": '{"sum": n + elasticio.a.body.n}'}),
        ],
        [
            edge("a", "b", {"script": '[["emit", "data", {"body": {"n": n * 10}}]]'}),
            edge("b", "c"),
        ],
    )

    log = run(plan, broker, protocol_version=version)

    assert log.bodies("b") == [{"n": 10}, {"n": 20}]
    assert log.bodies("c") == [{"sum": 11}, {"sum": 22}]


def test_a_nodejs_component_without_its_packages_is_refused(
    broker: Broker, node_component: Path, tmp_path: Path
) -> None:
    (node_component / "node_modules").unlink()
    plan = flow(tmp_path, [node("a", f"{node_component}:script")], [])

    with pytest.raises(MissingSoftwareError, match=r"needs its npm packages.*npm install"):
        run(plan, broker)


def test_a_rebound_at_the_very_end_is_waited_for(broker: Broker, tmp_path: Path) -> None:
    # Given a step that takes long, so that it is asked to end meanwhile, and then rebounds
    component = tmp_path / "patient"
    component.mkdir()
    (component / "component.json").write_text('{"actions": {"wait": {"main": "wait.py"}}}')
    (component / "wait.py").write_text(
        "import pathlib, time\n"
        "def process(step, msg, cfg, snapshot):\n"
        "    been = pathlib.Path(__file__).with_name('been')\n"
        "    if not been.exists():\n"
        "        time.sleep(1.5)\n"
        "        been.touch()\n"
        "        return step.emit('rebound', 'later')\n"
        "    return {'body': 'done'}\n"
    )
    plan = flow(tmp_path, [node("a", f"{component}:wait")], [])

    log = run(plan, broker, rebound_delay=0.2)

    assert log.of("a", "rebound") == ["later"]
    assert log.bodies("a") == ["done"]


def test_a_step_that_cannot_start_ends_the_flow(
    private_broker: PrivateBroker, tmp_path: Path
) -> None:
    before = at(private_broker)
    plan = flow(
        tmp_path,
        [says("a"), node("b", f"{ROOT / TWINS}:initFails", fields={"name": "b"})],
        chain("a", "b"),
    )

    with pytest.raises(ProcessEndedError, match=r"^b cannot start: .*no init for b"):
        run(plan, private_broker.broker)

    assert at(private_broker) == before


def test_a_step_that_dies_ends_the_flow(private_broker: PrivateBroker, tmp_path: Path) -> None:
    before = at(private_broker)
    component = tmp_path / "mortal"
    component.mkdir()
    (component / "component.json").write_text('{"actions": {"die": {"main": "die.py"}}}')
    (component / "die.py").write_text("import os\ndef process(*_):\n    os._exit(7)\n")
    plan = flow(tmp_path, [node("a", f"{component}:die")], [])

    with pytest.raises(ProcessEndedError, match=r"^a ended with exit status 7"):
        run(plan, private_broker.broker)

    assert at(private_broker) == before


# The command


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("amqp://guest:no@{broker}", "the broker at {broker} refuses the user 'guest' and its"),
        ("amqp://{nobody}", "no RabbitMQ broker can be used at {nobody}: [Errno 111] Connection"),
        ("amqp://{silent}", "what listens at {silent} did not greet as a RabbitMQ broker does"),
    ],
)
def test_a_broker_that_cannot_be_used_is_one_line(broker: Broker, uri: str, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with socket.create_server(("127.0.0.1", 0)) as closed_soon:
            nobody = f"127.0.0.1:{closed_soon.getsockname()[1]}"
        names = {
            "broker": broker.address,
            "nobody": nobody,
            "silent": f"127.0.0.1:{silent.getsockname()[1]}",
        }
        ran = command("flow", str(HELLO), "--broker", uri.format(**names))

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith(said.format(**names))
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "uri",
    ["127.0.0.1:5672", "http://127.0.0.1", "amqp://:5672", "amqp://host:no", "amqp://h:99999"],
)
def test_what_is_no_address_of_a_broker_is_refused_and_not_shown(uri: str) -> None:
    ran = command("flow", str(HELLO), "--broker", uri.replace("//", "//user:very-secret@"))

    assert ran.code == 2
    assert "Invalid value for --broker" in ran.words
    assert "very-secret" not in ran.words


@pytest.mark.parametrize(
    "uri",
    [
        "amqp://guest:guest@127.0.0.1:5672",
        "amqps://a%40b:c%2Fd@broker.example:5671/team%2Fone",
        "amqp://guest:guest@[::1]:5672",
    ],
)
def test_a_step_gets_the_address_of_its_broker_as_it_was_given(uri: str) -> None:
    assert Broker.of(uri).uri == uri


@pytest.fixture
def fixed_port() -> Iterator[None]:
    """The port of the flows that a person starts a step of, for one test at a time."""
    with one_process_at_a_time("flow-by-hand"):
        yield


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[ByHand]:
    """Return what starts a step of a flow, with the environment that is printed for it."""
    started: list[Runtime] = []

    def start(file: str, step: str, broker: Broker) -> Runtime:
        printed = command("flow", file, "--broker", broker.uri, "--print-env", step).stdout
        assignments = (line.partition("=") for line in printed.splitlines() if line[0] != "#")
        environment = {name: " ".join(shlex.split(value)) for name, _, value in assignments}
        started.append(Runtime(OURS.serve, environment, tmp_path / f"{len(started)}.log"))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.mark.usefixtures("fixed_port")
def test_a_step_that_is_started_by_hand_is_waited_for(broker: Broker, by_hand: ByHand) -> None:
    # Given a flow that leaves one step to a person
    with started("flow", str(HELLO), "--broker", broker.uri, "--by-hand", "step_2") as running:
        until_logged(running, "Start step_2 now")

        # When the person starts it, and ends it when it is done
        step = by_hand(str(HELLO), "step_2", broker)
        until_logged(running, "step_2 has nothing left to do")
        assert step.stop() == 0

        # Then all messages have gone through it
        output, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    events = [json.loads(line) for line in output.splitlines()]
    assert [event["step"] for event in events if event["event"] == "data"] == [
        "step_1",
        *("step_2", "step_2"),
        *("step_3", "step_3"),
    ]


@pytest.mark.usefixtures("fixed_port")
def test_what_a_step_emits_after_a_person_has_ended_it_is_waited_for(
    broker: Broker, by_hand: ByHand, tmp_path: Path
) -> None:
    # Given a step that is at work when a person asks it to end
    may_end = tmp_path / "may-end"
    slow = says("a", ["wait", str(may_end)], ["emit", "data", {"body": {"n": 1}}])
    file = unique(write(tmp_path, [slow, says("b", ["see"])], chain("a", "b")))
    with started("flow", file, "--broker", broker.uri, "--by-hand", "a") as running:
        until_logged(running, "Start a now")
        step = by_hand(file, "a", broker)
        until_logged(running, "a has nothing left to do")
        step.signal(signal.SIGTERM)
        until_logged(running, "a takes no more messages")
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(2)

        # When it finishes
        may_end.touch()
        assert step.wait() == 0

        # Then what it emitted has gone its way
        output, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    events = [json.loads(line) for line in output.splitlines()]
    assert [event["step"] for event in events] == ["a", "b"]


@pytest.mark.usefixtures("fixed_port")
def test_what_a_person_kills_can_be_started_again(
    broker: Broker, by_hand: ByHand, tmp_path: Path
) -> None:
    # Given a step that is killed at its work
    may_end = tmp_path / "may-end"
    slow = says("a", ["wait", str(may_end)], ["emit", "data", {"body": {"n": 1}}])
    file = unique(write(tmp_path, [slow], []))
    with started("flow", file, "--broker", broker.uri, "--by-hand", "a") as running:
        until_logged(running, "Start a now")
        step = by_hand(file, "a", broker)
        until_logged(running, "a has nothing left to do")
        step.kill()
        killed = time.monotonic()

        # When it is started again, before the time for a step that may still emit is over
        until_logged(running, "Start a now")
        assert time.monotonic() - killed < 30
        may_end.touch()
        step = by_hand(file, "a", broker)
        until_logged(running, "a has nothing left to do")
        assert step.stop() == 0

        # Then its message has been handled
        output, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    [event] = map(json.loads, output.splitlines())
    assert event["payload"]["body"] == {"n": 1}


def unique(file: Path) -> str:
    """Give a flow's file a name of its own, from which the names at the broker come."""
    return str(file.rename(file.with_stem(uuid.uuid4().hex)))


def until_logged(running: "subprocess.Popen[str]", text: str) -> None:
    assert running.stderr
    for line in running.stderr:
        if text in line:
            return
    raise AssertionError(f"it ended without {text!r} in its log")


@pytest.mark.usefixtures("fixed_port")
def test_the_port_of_the_rest_api_may_be_taken(broker: Broker) -> None:
    with socket.create_server(("127.0.0.1", API_PORT)):
        ran = command("flow", str(HELLO), "--broker", broker.uri, "--by-hand", "step_2")

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr == "the REST API needs the port 8000: Address already in use\n"


def test_a_reader_that_has_seen_enough_ends_the_flow(private_broker: PrivateBroker) -> None:
    before = at(private_broker)
    with started("flow", str(HELLO), "--broker", private_broker.broker.uri) as running:
        assert running.stdout
        assert running.stdout.readline()
        running.stdout.close()

        assert running.wait(30) == 130
    assert at(private_broker) == before


def test_a_broker_that_is_lost_is_one_line(private_broker: PrivateBroker, tmp_path: Path) -> None:
    file = write(tmp_path, [says("a", ["emit", "data", {"body": 1}])], [])
    address = private_broker.broker.address
    with started("flow", str(file), "--broker", f"amqp://{address}", "--repeat", "0.1") as running:
        assert running.stdout
        assert running.stdout.readline()
        private_broker.kill()
        _, errors = running.communicate(timeout=30)

    assert running.returncode == 1
    last = [line for line in errors.splitlines() if not line.startswith("{")]
    assert len(last) == 1
    assert last[0].startswith(f"the connection to the broker at {address} was lost (")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_ctrl_c_at_any_moment_leaves_nothing_behind(
    private_broker: PrivateBroker, tmp_path: Path
) -> None:
    # Given a flow with more messages than it can handle in the time it gets
    many = [["emit", "data", {"body": {"n": n}}] for n in range(5000)]
    file = write(
        tmp_path,
        [says("a", *many), says("b", ["see"]), says("c", ["see"])],
        chain("a", "b", "c"),
    )
    before = at(private_broker)
    moments = random.Random(7)  # noqa: S311 - not for secrets

    for _ in range(20):
        # When it is interrupted under load
        uri = private_broker.broker.uri
        with started("flow", str(file), "--broker", uri, LOG_LEVEL="warn") as running:
            assert running.stdout
            assert running.stdout.readline()
            steps = children(running.pid)
            assert len(steps) == 3
            time.sleep(moments.uniform(0, 1.5))
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=30)

        # Then it ends as an interrupted command does, and nothing of it is left
        assert running.returncode == 130
        assert at(private_broker) == before
        assert not any(Path(f"/proc/{pid}").exists() for pid in steps)


@pytest.mark.long
def test_nothing_passes_once_a_flow_is_interrupted(broker: Broker, tmp_path: Path) -> None:
    # Given a flow that is interrupted while messages keep coming
    many = [["emit", "data", {"body": {"n": n}}] for n in range(1000)]
    plan = flow(tmp_path, [says("a", *many), says("b", ["see"])], chain("a", "b"))
    log = Log()

    def is_interrupted() -> bool:
        return len(log.events) >= 10

    # When it runs
    with BrokerRunner(plan, {}, log, broker, is_interrupted=is_interrupted) as runner:
        runner.publish(EMPTY)
        runner.finish()

    # Then
    assert len(log.events) == 10


def at(broker: PrivateBroker) -> set[str]:
    """Return the names of all queues and exchanges of flows at a broker."""
    listed = "\n".join(broker.control(f"list_{kind}", "name") for kind in ("queues", "exchanges"))
    return {name for name in listed.splitlines() if name.startswith("flow-")}


def children(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    command = ["ps", "-o", "pid=", "--ppid", str(pid)]
    return [int(line) for line in subprocess.check_output(command, text=True).split()]
