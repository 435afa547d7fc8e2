"""DescribeImages between two Node steps, on an Amazon ECR that checks signatures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.platform import Broker, Flow, RestApi
from lib.platform.process import Sailor
from lib.sandbox import Sandbox
from tests.support.connector import Serve
from tests.support.sandbox import digest, manifest, push
from tests.support.steps import Starter, script

STEPS = ("node_1", "ecr_2", "node_3")
LAYER = b"hello\n"
DIGEST = digest(manifest(b"{}", LAYER).encode())


@pytest.fixture
def long_flow(broker: Broker, api: RestApi) -> Iterator[Flow]:
    with Flow(broker, api, steps=STEPS).declared() as declared:
        declared.configure("node_1", passthrough=True)
        # The last step's handler says what it sees.
        declared.configure("node_3", passthrough=True, config={"script": [["see"]]})
        # What arrives at our step and at the last one is looked at on its way.
        with broker.channel() as channel:
            for step in declared.steps[1:]:
                channel.queue_bind(declared.elsewhere, declared.exchange, step.input)
        yield declared


@pytest.fixture
def image(repository: str, sandbox: Sandbox) -> dict[str, Any]:
    """What a repository holds: the body that asks for it."""
    push(sandbox.cfg, repository, LAYER, tag="1.0.0")
    return {"repositoryName": repository, "imageIds": [{"imageTag": "1.0.0"}]}


@pytest.mark.parametrize("version", [1, 2])
def test_images_are_described_between_two_node_steps(
    long_flow: Flow,
    start: Starter,
    serve: Serve,
    node: Sailor,
    sandbox: Sandbox,
    image: dict[str, Any],
    version: int,
) -> None:
    # Given the three steps
    flow = long_flow
    first, second, third = flow.steps
    settings: dict[str, Any] = {"PROTOCOL_VERSION": version}
    for step in (first, third):
        start(flow, sailor=node, step=step, consumers=0, **settings)
    serve("DescribeImages", dict(sandbox.cfg), flow=flow, step=second, consumers=0, **settings)
    for step in flow.steps:
        flow.until_consumed(step)

    # When the first tells ours which image to describe
    message_id = flow.publish(
        script(["return", {"id": "from-node", "body": image}]),
        version=version,
        headers={"threadId": "thread-1", "x-eio-meta-trace-id": "trace-1"},
    )

    # Then the last one sees the image as Amazon ECR knows it
    received = flow.take_one(flow.output)
    seen = received.body["msg"]
    [described] = seen["body"]["imageDetails"]
    assert described["imageDigest"] == DIGEST
    assert described["imageTags"] == ["1.0.0"]
    assert described["repositoryName"] == image["repositoryName"]
    age = datetime.now(UTC) - datetime.fromisoformat(described["imagePushedAt"])
    assert timedelta() <= age < timedelta(minutes=1)
    assert seen["headers"]["x-amzn-requestid"]

    # And what the steps before it said
    assert seen["passthrough"]["node_1"]["body"] == image
    assert seen["passthrough"]["ecr_2"]["body"] == seen["body"]
    assert sorted(received.message["passthrough"]) == sorted(STEPS)

    # And the headers make a chain
    to_ours, to_last = flow.take(flow.elsewhere, 2)
    assert to_ours["parentMessageId"] == message_id
    assert to_ours["messageId"] == to_last["parentMessageId"] == "from-node"
    assert to_last["messageId"] == to_last.message["id"] == received["parentMessageId"]
    chain = (to_ours, to_last, received)
    assert [link["stepId"] for link in chain] == list(STEPS)
    assert {link["threadId"] for link in chain} == {"thread-1"}
    assert {link["x-eio-meta-trace-id"] for link in chain} == {"trace-1"}

    # And all of it travelled encrypted, in one form from end to end
    assert {link["protocolVersion"] for link in chain} == {version}
    assert sorted(to_ours.headers or {}) == sorted(to_last.headers or {})
    assert to_ours.properties == to_last.properties
    assert [link for link in chain if b"imageDetails" in link.content] == []
    assert sum(flow.depth(step.errors) for step in flow.steps) == 0
