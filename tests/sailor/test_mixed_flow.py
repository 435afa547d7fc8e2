"""A flow of steps of both runtimes: Node, Python, Node."""

from collections.abc import Iterator
from typing import Any

import pytest

from lib.platform import Broker, Flow, RestApi
from lib.platform.process import Sailor
from tests.support.steps import Starter, script

STEPS = ("node_1", "python_2", "node_3")


@pytest.fixture
def long_flow(broker: Broker, api: RestApi) -> Iterator[Flow]:
    with Flow(broker, api, steps=STEPS).declared() as declared:
        for step in STEPS:
            declared.configure(step, passthrough=True, variables={"stage": "test"})
        # The last step's handler says what it sees.
        declared.configure("node_3", passthrough=True, config={"script": [["see"]]})
        yield declared


@pytest.mark.parametrize("version", [1, 2])
def test_a_message_goes_from_node_through_python_to_node(
    long_flow: Flow, start: Starter, node: Sailor, version: int
) -> None:
    # Given the three steps
    flow = long_flow
    first, second, third = flow.steps
    settings: dict[str, Any] = {"PROTOCOL_VERSION": version}
    start(flow, sailor=node, step=first, consumers=0, **settings)
    start(flow, sailor=node, step=third, consumers=0, **settings)
    start(
        flow,
        "collect",
        step=second,
        consumers=0,
        COMPONENT_PATH="tests/sailor/components/own",
        **settings,
    )
    for step in flow.steps:
        flow.until_consumed(step)

    # When a message comes into the first
    flow.publish(
        script(["return", {"id": "from-node", "body": {"text": "Grüße, 世界"}}]),
        version=version,
        headers={"threadId": "thread-1", "x-eio-meta-trace-id": "trace-1"},
    )

    # Then the last one gets what the others made of it, and what they did on the way
    received = flow.take_one(flow.output)
    collected = {"text": "Grüße, 世界", "python": True, "variables": {"stage": "test"}}
    seen = received.body["msg"]
    assert seen["body"] == collected
    assert seen["passthrough"]["node_1"]["body"] == {"text": "Grüße, 世界"}
    assert seen["passthrough"]["python_2"]["body"] == collected
    assert sorted(received.message["passthrough"]) == sorted(STEPS)

    # And the headers make a chain
    assert received["protocolVersion"] == version
    assert received["threadId"] == "thread-1"
    assert received["x-eio-meta-trace-id"] == "trace-1"
    assert received["stepId"] == "node_3"
    assert flow.depth(first.errors) + flow.depth(second.errors) + flow.depth(third.errors) == 0


def test_each_message_names_the_one_before_it(
    long_flow: Flow, start: Starter, node: Sailor
) -> None:
    # Given the first two steps, and nobody at the third
    flow = long_flow
    first, second, third = flow.steps
    start(flow, sailor=node, step=first)

    # When a message has gone through the first
    message_id = flow.publish(script(["return", {"id": "from-node", "body": {"text": "a"}}]))
    [between] = flow.take(second.input)
    assert between["messageId"] == "from-node"
    assert between["parentMessageId"] == message_id

    # And its output goes through the second
    start(flow, "collect", step=second, COMPONENT_PATH="tests/sailor/components/own")
    flow.publish(between.content, step=second, headers=between.headers)

    # Then the output's parent is the message from Node, in the same thread
    received = flow.take_one(third.input)
    assert received["parentMessageId"] == "from-node"
    assert received["threadId"] == between["threadId"] == f"thread-{message_id}"
    assert received.properties == between.properties
    assert sorted(received.headers or {}) == sorted(between.headers or {})
