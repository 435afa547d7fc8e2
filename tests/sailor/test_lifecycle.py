"""How a step starts, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest.mock import ANY

import pytest

from lib.platform import Broker, Flow, RestApi, until
from lib.platform.process import OURS, Sailor
from tests.support.amqp_proxy import AmqpProxy
from tests.support.repository import ROOT
from tests.support.settings import ENVIRON
from tests.support.steps import Starter, script

FIXED_HEADERS = {
    "execId": "exec-5d",
    "stepId": "step_1",
    "containerId": "container-9a",
    "workspaceId": "workspace-2b",
    "userId": "user-7c",
    "compId": "comp-4e",
}


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def noted(journal: Path) -> list[Any]:
    """Return what the hooks of the twins' ``hooked`` have noted."""
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_the_hooks_are_called_in_their_order(
    flow: Flow, api: RestApi, start: Starter, journal: Path
) -> None:
    # Given a component whose startup subscribes to something
    startup_data = {"webhook": "id-1"}
    config = {"journal": str(journal), "name": "N", "startup": startup_data}
    flow.configure("step_1", config=config)

    # When its step starts, and gets a message
    runtime = start(flow, "hooked", STARTUP_REQUIRED="true")
    flow.publish(script())
    flow.take_one(flow.output)

    # Then what startup returned is kept by the platform
    assert noted(journal) == [["startup", "N", None], ["init", "N", None], ["process", "N", None]]
    assert api.startup_data == {flow.id: startup_data}
    assert runtime.stop() == 0

    # And when the flow is stopped, shutdown gets it and it is forgotten
    ending = start(
        flow,
        "hooked",
        consumers=0,
        HOOK_SHUTDOWN="true",
        AMQP_URI=None,
        LISTEN_MESSAGES_ON=None,
        PUBLISH_MESSAGES_TO=None,
        DATA_ROUTING_KEY=None,
        ERROR_ROUTING_KEY=None,
        REBOUND_ROUTING_KEY=None,
        SNAPSHOT_ROUTING_KEY=None,
        MESSAGE_CRYPTO_IV=None,
        MESSAGE_CRYPTO_PASSWORD=None,
    )
    assert ending.wait() == 0
    assert noted(journal)[3:] == [["shutdown", "N", startup_data]]
    assert api.startup_data == {}


def test_a_step_that_needs_no_startup_hook_gets_none(
    flow: Flow, api: RestApi, start: Starter, journal: Path
) -> None:
    flow.configure("step_1", config={"journal": str(journal), "name": "N"})
    start(flow, "hooked")
    assert noted(journal) == [["init", "N", None]]
    assert api.asked("POST") == []


def test_startup_data_of_an_earlier_start_are_replaced(
    flow: Flow, api: RestApi, start: Starter, journal: Path
) -> None:
    # Given a step that was started before and never shut down, and a startup that returns nothing
    api.startup_data[flow.id] = {"old": True}
    flow.configure("step_1", config={"journal": str(journal), "name": "N"})

    start(flow, "hooked", STARTUP_REQUIRED="true")

    assert api.startup_data == {flow.id: {}}
    hooks = [request for request in api.requests if "startup" in request.path]
    assert [(request.method, request.status) for request in hooks] == [
        ("POST", 409),
        ("DELETE", 204),
        ("POST", 201),
    ]


def test_a_component_without_hooks_starts_with_the_hooks_required(
    flow: Flow, api: RestApi, start: Starter
) -> None:
    start(flow, STARTUP_REQUIRED="true")
    assert api.startup_data == {flow.id: {}}


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("nonsense", "nonsense"),
        ("absent", "absent"),
        ("broken", "broken"),
        ("initFails", "no init for N"),
    ],
)
def test_a_component_that_cannot_run_is_told_of_by_both_runtimes(
    flow: Flow, start: Starter, node: Sailor, function: str, told: str
) -> None:
    # Given a message that waits, and a component that can't run
    flow.configure("step_1", config={"name": "N"})
    flow.publish(script())

    for sailor in (node, OURS):
        # When a runtime starts it
        runtime = start(flow, function, sailor=sailor, consumers=0)

        # Then it ends, an error without input is published, and the message stays
        assert runtime.wait() == 1
        received = flow.take_one(flow.step.errors)
        assert told in received.error["message"]
        assert sorted(received.error) == ["message", "name", "stack"]
        assert received.error_input is None
        assert received.headers == FIXED_HEADERS | {
            "taskId": flow.id,
            "function": function,
            "messageId": received["messageId"],
        }
        assert flow.depth(flow.step.input) == 1


def test_a_module_without_a_process_function_is_told_of_at_start(
    flow: Flow, start: Starter
) -> None:
    # Given a message that the Node sailor would reject, and lose
    flow.publish(script())
    runtime = start(flow, "idle", consumers=0)
    assert runtime.wait() == 1
    assert "process" in flow.take_one(flow.step.errors).error["message"]
    assert flow.depth(flow.step.input) == 1


def test_a_step_that_the_api_does_not_know_is_told_of(
    flow: Flow, api: RestApi, start: Starter
) -> None:
    del api.steps[flow.id, "step_1"]
    runtime = start(flow, consumers=0)
    assert runtime.wait() == 1
    assert "404" in flow.take_one(flow.step.errors).error["message"]
    assert len(api.asked("GET")) == 1


def test_an_api_that_stays_ill_is_told_of(flow: Flow, api: RestApi, start: Starter) -> None:
    api.fail(503, times=99)
    runtime = start(flow, consumers=0, API_REQUEST_RETRY_DELAY=10)
    assert runtime.wait() == 1
    assert "503" in flow.take_one(flow.step.errors).error["message"]
    assert len(api.asked("GET")) == 3


def test_an_api_that_is_ill_for_a_moment_is_asked_again(
    flow: Flow, api: RestApi, start: Starter
) -> None:
    api.fail(500, times=2)
    start(flow, API_REQUEST_RETRY_DELAY=10)
    assert [request.status for request in api.asked("GET")] == [500, 500, 200]


def test_an_api_that_is_down_at_start_and_then_up_is_found(
    flow: Flow, api: RestApi, start: Starter
) -> None:
    # Given an API where nobody listens
    api.down()
    runtime = start(
        flow,
        consumers=0,
        API_REQUEST_RETRY_ATTEMPTS=100,
        API_REQUEST_RETRY_DELAY=100,
    )
    runtime.until_logged("Connection refused; attempt 2")

    # When it is up again
    api.up()

    # Then the step starts
    flow.until_consumed()


def test_wrong_api_credentials_are_told_of(flow: Flow, start: Starter) -> None:
    runtime = start(flow, consumers=0, API_KEY="wrong-key")
    assert runtime.wait() == 1
    assert "401" in flow.take_one(flow.step.errors).error["message"]
    assert "wrong-key" not in runtime.output


def test_a_missing_queue_is_told_of(flow: Flow, start: Starter) -> None:
    runtime = start(flow, consumers=0, LISTEN_MESSAGES_ON="no-such-queue")
    assert runtime.wait() == 1
    assert "no-such-queue" in flow.take_one(flow.step.errors).error["message"]


def test_a_broker_that_refuses_the_credentials_is_told_of_in_the_log(
    flow: Flow, broker: Broker, start: Starter
) -> None:
    uri = f"amqp://guest:wrong-word@{broker.host}:{broker.port}"
    runtime = start(flow, consumers=0, AMQP_URI=uri)
    assert runtime.wait() == 1
    [fatal] = [line for line in runtime.lines if line["level"] == 60]
    assert "ACCESS_REFUSED" in fatal["msg"]
    assert "wrong-word" not in runtime.output


def test_a_broker_that_cannot_be_reached_is_tried_as_often_as_the_settings_say(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter
) -> None:
    proxy.down()
    runtime = start(proxied_flow, consumers=0, AMQP_RECONNECT_ATTEMPTS=2, AMQP_RECONNECT_TIMEOUT=10)
    assert runtime.wait() == 1
    [fatal] = [line for line in runtime.lines if line["level"] == 60]
    assert "3 attempts" in fatal["msg"]
    assert "refused" in fatal["msg"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLOW_ID", None),
        ("AMQP_URI", None),
        ("MESSAGE_CRYPTO_PASSWORD", ""),
        ("RABBITMQ_PREFETCH_SAILOR", "ten"),
        ("AMQP_URI", "broker.example.com:5672"),
        ("MESSAGE_CRYPTO_IV", "too-short"),
    ],
)
def test_a_missing_or_malformed_setting_is_named_in_one_line(
    flow: Flow, start: Starter, name: str, value: str | None
) -> None:
    settings: dict[str, Any] = {name: value}
    runtime = start(flow, consumers=0, **settings)
    assert runtime.wait() == 1
    [line] = runtime.lines
    assert line["level"] == 60
    assert f"ELASTICIO_{name} " in line["msg"]
    assert flow.depth(flow.step.errors) == 0


def test_an_exchange_that_is_missing_at_start_does_not_hold_the_process(
    flow: Flow, start: Starter
) -> None:
    runtime = start(flow, "nonsense", consumers=0, PUBLISH_MESSAGES_TO="no-such-exchange")
    assert runtime.wait() == 1
    [fatal] = [line for line in runtime.lines if line["level"] == 60]
    assert "nonsense" in fatal["msg"]


def test_a_log_level_that_does_not_exist_is_named(flow: Flow, start: Starter) -> None:
    runtime = start(flow, consumers=0, log_level="loud")
    assert runtime.wait() == 1
    assert "LOG_LEVEL" in runtime.output


def test_a_setting_of_zero_means_its_default(flow: Flow, start: Starter) -> None:
    start(
        flow,
        RABBITMQ_PREFETCH_SAILOR=0,
        REBOUND_LIMIT=0,
        REBOUND_INITIAL_EXPIRATION=0,
        DATA_RATE_LIMIT=0,
        OUTGOING_MESSAGE_SIZE_LIMIT=0,
    )
    flow.publish(script(["emit", "rebound", "later"]))
    assert flow.take_one(flow.step.rebounds).properties["expiration"] == "15000"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_step_ends_at_once(flow: Flow, start: Starter, number: signal.Signals) -> None:
    runtime = start(flow)
    runtime.signal(number)
    assert runtime.wait(within=5) == 0


def test_a_signal_while_the_step_starts_ends_it_before_it_takes_a_message(
    flow: Flow, api: RestApi, start: Starter
) -> None:
    # Given an API that takes its time
    api.fail(None, delay=1.5)
    flow.publish(script())
    runtime = start(flow, consumers=0)
    until(lambda: api.asked("GET") or api.pending, "the step data are asked for")

    # When the platform stops the step meanwhile
    assert runtime.stop() == 0

    # Then it never took a message
    assert flow.depth(flow.step.input) == 1
    assert flow.depth(flow.step.errors) == 0


def test_a_broker_that_is_silent_does_not_hold_a_step_that_is_to_stop(
    flow: Flow, api: RestApi, start: Starter
) -> None:
    # Given a broker that accepts connections and says nothing
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        runtime = start(flow, consumers=0, AMQP_URI=f"amqp://guest:guest@127.0.0.1:{port}")
        silent.settimeout(20)
        accepted = [silent.accept()[0] for _ in range(2)]
        until(lambda: api.asked("GET"), "the step data are asked for")
        time.sleep(0.5)  # Now the step waits for the broker alone.

        # When the platform stops the step, then it ends
        assert runtime.stop(within=5) == 0
        for connection in accepted:
            connection.close()


def test_a_module_outside_the_component_is_not_run(
    flow: Flow, start: Starter, tmp_path: Path
) -> None:
    folder = tmp_path / "component"
    folder.mkdir()
    (tmp_path / "outside.py").write_text("raise SystemExit(7)\n")
    (folder / "component.json").write_text('{"actions": {"out": {"main": "../outside.py"}}}')

    runtime = start(flow, "out", consumers=0, COMPONENT_PATH=str(folder))

    assert runtime.wait() == 1
    assert flow.take_one(flow.step.errors).error == {
        "name": "Component",
        "message": "the module '../outside.py' is outside the component's folder",
        "stack": ANY,
    }


def test_what_is_in_process_ends_before_the_step_does(
    flow: Flow, start: Starter, tmp_path: Path
) -> None:
    # Given a message in process, and one that waits
    gate, journal = tmp_path / "gate", tmp_path / "journal"
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(flow)
    flow.publish(script(["wait", str(gate)], ["return", {"body": "done"}], label="first"))
    flow.publish(script(label="second"))
    until(journal.exists, "the first message is in process")

    # When the step is told to stop, and told again
    runtime.signal(signal.SIGTERM)
    flow.until_consumed(by=0)
    runtime.signal(signal.SIGTERM)
    runtime.signal(signal.SIGINT)
    gate.touch()

    # Then the first is published and acked, and the second is left to others
    assert runtime.wait() == 0
    assert flow.take_one(flow.output).body == "done"
    assert flow.depth(flow.step.input) == 1
    assert journal.read_text() == "first\n"


def test_garbage_is_collected_while_messages_are_handled(flow: Flow, start: Starter) -> None:
    runtime = start(flow, "litters", COMPONENT_PATH="tests/sailor/components/own")

    flow.publish({"body": {"pieces": 20_000}})

    assert flow.take_one(flow.output).body["gone"] > 10_000
    assert runtime.stop() == 0


def test_a_crash_of_the_connections_thread_ends_the_process_and_says_why() -> None:
    # Given a step whose connections' thread meets an error that nobody expects
    crash = """
        import os
        from lib.sailor import logs
        from lib.sailor.runtime import Runtime
        from lib.sailor.settings import Settings

        def fail():
            raise ValueError("nobody expects this")

        logs.configure("info")
        runtime = Runtime(Settings.read(os.environ))
        runtime._loop.call(fail)  # no message, no answer of a broker is known that would
        runtime.run()
    """
    nowhere = {
        "ELASTICIO_AMQP_URI": "amqp://127.0.0.1:1",
        "ELASTICIO_API_URI": "http://127.0.0.1:1",
    }

    ended = subprocess.run(
        [sys.executable, "-c", dedent(crash)],
        cwd=ROOT,
        env={**os.environ, **ENVIRON, **nowhere, "ELASTICIO_API_REQUEST_RETRY_ATTEMPTS": "1000"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 1
    [fatal] = [line for line in map(json.loads, ended.stdout.splitlines()) if line["level"] == 60]
    assert fatal["msg"].startswith("The runtime crashed\nTraceback ")
    assert fatal["msg"].endswith("ValueError: nobody expects this")


def test_the_prefetch_says_how_many_messages_are_in_process(
    flow: Flow, start: Starter, tmp_path: Path
) -> None:
    # Given five messages that each wait for a sign, and a prefetch of three
    gate, journal = tmp_path / "gate", tmp_path / "journal"
    flow.configure("step_1", config={"journal": str(journal)})
    start(flow, RABBITMQ_PREFETCH_SAILOR=3)
    flow.publish_all(script(["wait", str(gate)], ["return", {"body": n}]) for n in range(5))

    # Then three are in process and two wait in the queue
    until(lambda: journal.exists() and len(journal.read_text().splitlines()) == 3, "three")
    assert flow.depth(flow.step.input) == 2

    # And when the sign comes, all are done
    gate.touch()
    assert sorted(received.body for received in flow.take(flow.output, 5)) == [0, 1, 2, 3, 4]
