"""Each of the 25 actions, and Call Operation for each of the 62 operations, answers as a step."""

import signal
from typing import Any

import pytest

from lib.platform import Broker, Flow, RestApi
from tests.support.aws_model import (
    Caller,
    callers,
    cfg_for,
    sample_parameters,
)
from tests.support.connector import Serve, is_empty
from tests.support.loopback import Loopback, Reply

AT_ONCE = 5  # they start in parallel: one after another they would take twice as long
CALLERS = callers()
GROUPS = [CALLERS[first : first + AT_ONCE] for first in range(0, len(CALLERS), AT_ONCE)]


def test_these_are_all_actions() -> None:
    assert len(CALLERS) == 25 + 62


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "called",
    [GROUPS[0], *(pytest.param(group, marks=pytest.mark.long) for group in GROUPS[1:])],
    ids=lambda group: " ".join(map(str, group)),
)
def test_an_action_starts_and_answers_a_message(
    called: list[Caller], broker: Broker, api: RestApi, server: Loopback, serve: Serve
) -> None:
    # Given a step for each action, which hand their data to nobody but the test
    server.answer(Reply({}, headers={"x-amzn-requestid": "request-1"}))
    bodies: dict[str, Any] = {str(one): sample_parameters(one.operation) for one in called}
    with Flow(broker, api, steps=[*bodies]).declared() as flow:
        runtimes = {
            step.id: serve(
                caller.action,
                caller.cfg(cfg_for(server)),
                flow=flow,
                step=step,
                consumers=0,
                DATA_ROUTING_KEY=flow.output,
            )
            for caller, step in zip(called, flow.steps, strict=True)
        }

        # When each gets a message with all that its operation takes
        for step in flow.steps:
            flow.publish({"id": "in-1", "body": bodies[step.id], "headers": {}}, step=step)

        # Then each emits what Amazon ECR answered
        answers = {
            answer["stepId"]: answer.message for answer in flow.take(flow.output, len(called))
        }
        assert answers.keys() == bodies.keys()
        for action, answer in answers.items():
            assert answer["body"] == {}, action
            assert answer["headers"] == {"x-amzn-requestid": "request-1"}, action

        # And has asked it for that operation alone
        asked = {request.headers["X-Amz-Target"]: request.json for request in server.requests}
        prefix = "AmazonEC2ContainerRegistry_V20150921"
        assert asked == {f"{prefix}.{one.operation}": bodies[str(one)] for one in called}
        assert len(server.requests) == len(called)

        # And ends in good order
        for runtime in runtimes.values():
            runtime.signal(signal.SIGTERM)
        assert {step: runtime.wait() for step, runtime in runtimes.items()} == dict.fromkeys(
            bodies, 0
        )
        assert is_empty(flow)
