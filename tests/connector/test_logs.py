"""What a step of ours logs: bunyan's shape, which message it is about, and no secret."""

import base64
import re
import socket
from typing import Any

import pytest

from lib.platform import Flow, Runtime
from tests.support.aws_model import KEYS, TOKEN, cfg_for
from tests.support.connector import Serve, message
from tests.support.loopback import Loopback, Reply

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
LEVELS = {10, 20, 30, 40, 50, 60}
# With the names of the platform's variables less their prefix, as far as tests set them.
CONTEXT = {
    *("API_USERNAME", "COMP_ID", "CONTAINER_ID", "EXEC_ID", "FLOW_ID"),
    *("FUNCTION", "STEP_ID", "USER_ID", "WORKSPACE_ID"),
}
MEMBERS = {"name", "hostname", "pid", "level", "msg", "time", "v", "tag"}
MESSAGE_MEMBERS = {"threadId", "messageId", "parentMessageId"}

PASSWORD = "eyJwYXlsb2FkIjoiZXhhbXBsZSJ9"
AUTHORIZATION_TOKEN = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
REGISTRY = "210987654321"
PROXY_ENDPOINT = f"https://{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com"
AUTHORIZATION = {
    "authorizationData": [
        {
            "authorizationToken": AUTHORIZATION_TOKEN,
            "expiresAt": 1735689600.5,
            "proxyEndpoint": PROXY_ENDPOINT,
        }
    ]
}
IN_THE_MESSAGE = "hunter2-beside-the-body"
# A service that repeats what it was sent must not bring it into the log.
THROTTLED = Reply(
    {
        "__type": "ThrottlingException",
        "message": f"Rate exceeded for {KEYS['accessKeyId']}, {KEYS['secretAccessKey']}, {TOKEN}",
    },
    status=400,
)
DENIED = Reply(
    {
        "__type": "AccessDeniedException",
        "message": f"authorizationToken: {AUTHORIZATION_TOKEN} {KEYS['secretAccessKey']}",
    },
    status=400,
)
HEADERS = {"messageId": "in:1", "threadId": "thread:1", "parentMessageId": "before:1"}


def secrets(flow: Flow) -> dict[str, str]:
    """Return what no line may show, by its name."""
    return {
        "crypto password": flow.cipher.password,
        "crypto IV": flow.cipher.iv,
        "API key": flow.api.key,
        "AMQP password": ":guest@",
        "AWS access key": KEYS["accessKeyId"],
        "AWS secret": KEYS["secretAccessKey"],
        "AWS session token": TOKEN[:16],
        "AWS signature": "Signature=",
        "authorization token": AUTHORIZATION_TOKEN[:16],
        "registry password": PASSWORD,
        "rest of the message": IN_THE_MESSAGE,
    }


def ask(flow: Flow, server: Loopback, serve: Serve, *, verbose: bool) -> Runtime:
    """Let GetAuthorizationToken meet a throttle, an answer and a refusal, and stop the step."""
    server.answer(THROTTLED, Reply(AUTHORIZATION), DENIED)
    cfg = cfg_for(server, sessionToken=TOKEN, verbose=verbose)
    runtime = serve("GetAuthorizationToken", cfg, log_level="trace")
    asked = message(registryIds=[REGISTRY]) | {
        "metadata": {"secret": IN_THE_MESSAGE},
        "attachments": {"layer": {"url": IN_THE_MESSAGE}},
        "passthrough": {"step_0": {"body": {"secret": IN_THE_MESSAGE}}},
    }
    flow.publish(asked, headers=HEADERS)
    emitted = flow.take_one(flow.output)
    assert emitted.body["authorizationData"][0]["authorizationToken"] == AUTHORIZATION_TOKEN
    flow.publish(asked)
    assert flow.take_one(flow.step.errors).error["name"] == "AccessDeniedException"
    flow.publish(message(registryIds=[IN_THE_MESSAGE]))
    assert flow.take_one(flow.step.errors).error["name"] == "InvalidMessage"
    assert runtime.stop() == 0
    return runtime


def check_shape(line: dict[str, Any], runtime: Runtime, flow: Flow) -> None:
    """Check that a line is bunyan's, with the platform's context and nothing beyond."""
    assert line["name"] in ("sailor", "component")
    assert line["hostname"] == socket.gethostname()
    assert line["pid"] == runtime.pid
    assert line["level"] in LEVELS
    assert isinstance(line["msg"], str)
    assert TIME.match(line["time"])
    assert line["v"] == 0
    assert line["tag"] == flow.id
    context = {f"ELASTICIO_{name}" for name in CONTEXT}
    assert set(line) - MESSAGE_MEMBERS == MEMBERS | context
    expected = flow.environment("GetAuthorizationToken")
    assert {name: line[name] for name in context} == {name: expected[name] for name in context}


@pytest.mark.parametrize("verbose", [True, False], ids=["verbose", "not verbose"])
def test_a_trace_has_bunyans_shape_and_shows_no_secret(
    flow: Flow, server: Loopback, serve: Serve, verbose: bool
) -> None:
    # When GetAuthorizationToken is asked, well and ill, at the level that logs most
    runtime = ask(flow, server, serve, verbose=verbose)

    # Then every line has bunyan's shape
    lines = runtime.lines
    assert {line["level"] for line in lines} >= {10, 20, 30, 40}
    for line in lines:
        check_shape(line, runtime, flow)

    # And the component's say which message they are about, the retry warning too
    about = [line for line in lines if line["name"] == "component"]
    assert [line["msg"] for line in about if "Attempt 1 failed: Throttling" in line["msg"]]
    for line in about:
        assert line["threadId"], line["msg"]
        assert line["messageId"], line["msg"]
    [warning] = [line for line in about if line["level"] == 40]
    assert {name: warning[name] for name in HEADERS} == HEADERS

    # And no line shows a secret
    assert [name for name, text in secrets(flow).items() if text in runtime.output] == []

    # And the body is told only to who debugs the step, without its token
    assert (PROXY_ENDPOINT in runtime.output) == verbose
    assert (REGISTRY in runtime.output) == verbose
    [answered] = [line for line in about if "answered in" in line["msg"]] or [{"msg": ""}]
    assert ('"authorizationToken":"[redacted]"' in answered["msg"]) == verbose
