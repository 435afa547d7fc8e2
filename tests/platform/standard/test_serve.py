"""The standard steps under the runtime, which runs them like any other component."""

from lib.platform import Flow
from lib.platform.standard import PATH
from tests.support.steps import Starter

FOLDER = str(PATH)


def test_a_group_is_put_together_of_messages_in_progress_at_once(
    flow: Flow, start: Starter
) -> None:
    flow.configure(flow.step.id, config={"mode": "groupSize"}, passthrough=True)
    step = start(flow, "reassemble", COMPONENT_PATH=FOLDER, RABBITMQ_PREFETCH_SAILOR=5)

    for n in range(20):
        group = {
            "groupId": str(n % 2),
            "groupSize": 10,
            "messageId": str(n),
            "messageData": {"n": n},
        }
        flow.publish({"body": group, "headers": {}})

    groups = {received.body["groupId"]: received.body for received in flow.take(flow.output, 2)}
    assert {group: body["groupSize"] for group, body in groups.items()} == {"0": 10, "1": 10}
    assert sorted(groups["1"]["messageData"]) == sorted(str(n) for n in range(1, 20, 2))
    assert step.stop() == 0
    assert flow.depth(flow.step.errors) == 0


def test_an_expression_reaches_the_passthrough_and_the_flow_s_variables(
    flow: Flow, start: Starter
) -> None:
    expression = "{ 'n': n + elasticio.step_0.body.n, 'name': $getFlowVariables().name }"
    flow.configure(
        flow.step.id, config={"expression": expression}, passthrough=True, variables={"name": "it"}
    )
    start(flow, "transform", COMPONENT_PATH=FOLDER)

    flow.publish({"body": {"n": 1}, "headers": {}, "passthrough": {"step_0": {"body": {"n": 2}}}})

    received = flow.take_one(flow.output)
    assert received.body == {"n": 3, "name": "it"}
    assert received.message["passthrough"]["step_0"] == {"body": {"n": 2}}
