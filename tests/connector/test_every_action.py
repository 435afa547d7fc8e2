"""Each of the 25 actions starts as a step and deals with a message."""

import signal
from typing import Any

import pytest

from lib.platform import Broker, Flow, RestApi
from tests.support.aws_model import OPERATIONS, cfg_for, sample_parameters
from tests.support.connector import Serve, is_empty
from tests.support.loopback import Loopback, Reply

AT_ONCE = 5  # they start in parallel: one after another they would take twice as long
GROUPS = [OPERATIONS[first : first + AT_ONCE] for first in range(0, len(OPERATIONS), AT_ONCE)]


def test_these_are_all_actions() -> None:
    assert sum(map(len, GROUPS)) == 25


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("actions", GROUPS, ids=" ".join)
def test_an_action_starts_and_answers_a_message(
    actions: tuple[str, ...], broker: Broker, api: RestApi, server: Loopback, serve: Serve
) -> None:
    # Given a step for each action, which hand their data to nobody but the test
    server.answer(Reply({}, headers={"x-amzn-requestid": "request-1"}))
    bodies: dict[str, Any] = {action: sample_parameters(action) for action in actions}
    with Flow(broker, api, steps=actions).declared() as flow:
        runtimes = {
            step.id: serve(
                step.id,
                cfg_for(server),
                flow=flow,
                step=step,
                consumers=0,
                DATA_ROUTING_KEY=flow.output,
            )
            for step in flow.steps
        }

        # When each gets a message with all that its operation takes
        for step in flow.steps:
            flow.publish({"id": "in-1", "body": bodies[step.id], "headers": {}}, step=step)

        # Then each emits what Amazon ECR answered
        answers = {answer["function"]: answer.message for answer in flow.take(flow.output, AT_ONCE)}
        assert sorted(answers) == sorted(actions)
        for action, answer in answers.items():
            assert answer["body"] == {}, action
            assert answer["headers"] == {"x-amzn-requestid": "request-1"}, action

        # And has asked it for that operation alone
        asked = {request.headers["X-Amz-Target"]: request.json for request in server.requests}
        prefix = "AmazonEC2ContainerRegistry_V20150921"
        assert asked == {f"{prefix}.{action}": bodies[action] for action in actions}
        assert len(server.requests) == AT_ONCE

        # And ends in good order
        for runtime in runtimes.values():
            runtime.signal(signal.SIGTERM)
        assert {action: runtime.wait() for action, runtime in runtimes.items()} == dict.fromkeys(
            actions, 0
        )
        assert is_empty(flow)
