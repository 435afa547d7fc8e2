"""Each of the 25 actions, and Call Operation for each of the 62 operations, answers as a step."""

import signal
from typing import Any

import pytest

from lib.platform import Broker, Flow, RestApi
from tests.support.aws_model import (
    ALL_OPERATIONS,
    CALL_OPERATION,
    OPERATIONS,
    Caller,
    callers,
    cfg_for,
    own_action,
    sample_parameters,
)
from tests.support.connector import Serve, is_empty
from tests.support.loopback import Loopback, Reply

AT_ONCE = 5  # they start in parallel: one after another they would take twice as long
USUAL = [
    *map(own_action, OPERATIONS),
    *(Caller(CALL_OPERATION, name) for name in ALL_OPERATIONS if name.startswith("Put")),
]
LONG = [caller for caller in callers() if caller not in USUAL]


def groups(of: list[Caller]) -> list[list[Caller]]:
    return [of[first : first + AT_ONCE] for first in range(0, len(of), AT_ONCE)]


def test_these_are_all_actions() -> None:
    assert len(USUAL + LONG) == 25 + 62


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "called",
    [
        *(pytest.param(group, id=" ".join(map(str, group))) for group in groups(USUAL)),
        *(
            pytest.param(group, id=" ".join(map(str, group)), marks=pytest.mark.long)
            for group in groups(LONG)
        ),
    ],
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
