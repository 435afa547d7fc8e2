"""The log: bunyan's shape to the last line, and no secret in it."""

import re
import socket
from typing import Any

from lib.platform import Flow, ObjectStorage
from tests.support.steps import Starter, script

LEVELS = {10, 20, 30, 40, 50, 60}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def check_shape(line: dict[str, Any], pid: int, flow: Flow) -> None:
    """Check what every line has."""
    assert line["name"] in ("sailor", "component")
    assert line["hostname"] == socket.gethostname()
    assert line["pid"] == pid
    assert line["level"] in LEVELS
    assert isinstance(line["msg"], str)
    assert TIME.match(line["time"])
    assert line["v"] == 0
    assert line["tag"] == flow.id
    context = {name: value for name, value in line.items() if name.startswith("ELASTICIO_")}
    assert context == {
        "ELASTICIO_API_USERNAME": flow.api.username,
        "ELASTICIO_COMP_ID": "comp-4e",
        "ELASTICIO_CONTAINER_ID": "container-9a",
        "ELASTICIO_EXEC_ID": "exec-5d",
        "ELASTICIO_FLOW_ID": flow.id,
        "ELASTICIO_FLOW_VERSION": "7",
        "ELASTICIO_FUNCTION": "script",
        "ELASTICIO_STEP_ID": "step_1",
        "ELASTICIO_TENANT_ID": "tenant-3",
        "ELASTICIO_USER_ID": "user-7c",
        "ELASTICIO_WORKSPACE_ID": "workspace-2b",
    }


def test_a_trace_has_bunyans_shape_and_shows_no_secret(
    flow: Flow, storage: ObjectStorage, start: Starter
) -> None:
    # Given a step with secrets everywhere, at the level that logs most
    flow.storage = storage
    secrets = {
        "body": "hunter2-in-the-body",
        "cfg": "hunter2-in-cfg",
        "snapshot": "hunter2-in-the-snapshot",
        "emitted": "hunter2-emitted",
        "keys": "hunter2-in-keys",
        "storage": "hunter2-in-storage",
    }
    flow.configure(
        "step_1",
        config={"_account": "a", "secretAccessKey": secrets["cfg"]},
        snapshot={"token": secrets["snapshot"]},
        passthrough=True,
    )
    runtime = start(
        flow,
        log_level="trace",
        FLOW_VERSION="7",
        TENANT_ID="tenant-3",
        EMIT_LIGHTWEIGHT_MESSAGE="true",
        OBJECT_STORAGE_SIZE_THRESHOLD=1,
        REBOUND_LIMIT=1,
    )

    # When each event goes through it, well and ill
    stored = {"x-ipaas-object-storage-id": storage.put(flow.cipher.encrypt(secrets["storage"]))}
    storage.fail(500)
    flow.publish(
        script(
            ["log", "a line of the component"],
            ["emit", "data", {"body": secrets["emitted"]}],
            ["emit", "snapshot", {"a": secrets["emitted"]}],
            ["emit", "updateSnapshot", {"b": secrets["emitted"]}],
            ["emit", "updateKeys", {"token": secrets["keys"]}],
            ["emit", "httpReply", {"body": secrets["emitted"]}],
            passthrough={"s": {"body": {}, "headers": stored}},
            metadata={"secret": secrets["body"]},
        ),
        headers={
            "reply_to": flow.replies,
            "messageId": "in:1",
            "threadId": "thread:1",
            "parentMessageId": "before:1",
        },
    )
    flow.publish(script(["emit", "rebound", "later"], metadata={"secret": secrets["body"]}))
    flow.publish(b"poison")
    flow.publish(script(["fail", "OopsError", "as it should"]))
    flow.take(flow.step.rejected, 2)
    assert runtime.stop() == 0

    # Then every line has bunyan's shape
    lines = runtime.lines
    for line in lines:
        check_shape(line, runtime.pid, flow)
    assert {line["level"] for line in lines} >= {10, 20, 30}

    # And the component's say which message they belong to
    [component] = [line for line in lines if line["msg"] == "a line of the component"]
    assert component["name"] == "component"
    assert component["level"] == 30
    assert component["threadId"] == "thread:1"
    assert component["messageId"] == "in:1"
    assert component["parentMessageId"] == "before:1"

    # And no line shows a secret
    secrets |= {
        "password": flow.cipher.password,
        "iv": flow.cipher.iv,
        "key": flow.api.key,
        "token": storage.token,
        "AMQP": ":guest@",
    }
    assert [name for name, secret in secrets.items() if secret in runtime.output] == []


def test_a_level_hides_what_is_below_it(flow: Flow, start: Starter) -> None:
    runtime = start(flow, log_level="error")
    flow.publish(script(["log", "told at info"], ["return", {"body": 1}]))
    flow.take_one(flow.output)
    assert runtime.stop() == 0
    assert runtime.output == ""


def test_secrets_of_the_environment_are_taken_out_of_a_components_lines_too(
    flow: Flow, start: Starter
) -> None:
    runtime = start(flow)
    flow.publish(script(["log", f"the key is {flow.api.key}"], ["return", {"body": 1}]))
    flow.take_one(flow.output)
    assert runtime.stop() == 0
    assert flow.api.key not in runtime.output
    assert "the key is " in runtime.output
