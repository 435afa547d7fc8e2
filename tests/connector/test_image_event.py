"""The trigger imageEvent as the first step of a flow."""

import json
from typing import Any

from lib.platform import Flow
from tests.support.connector import Serve, is_empty
from tests.support.trigger_guide import examples

PUSH, EMITTED = examples()[0]
KEY = "hunter2"


def request(body: Any, key: str = KEY) -> dict[str, Any]:
    """Return a request of EventBridge as the platform hands it on."""
    return {
        "id": "request-1",
        "body": body,
        "headers": {"content-type": "application/json; charset=utf-8", "x-api-key": key},
        "query": {},
        "method": "POST",
        "url": "/hook/5d",
        "attachments": {},
        "metadata": {},
    }


def test_events_start_the_flow_and_others_are_left_out_or_refused(flow: Flow, serve: Serve) -> None:
    # Given a step that lets pushes pass
    runtime = serve("imageEvent", {"events": ["push"]})

    # When EventBridge delivers a push twice, a deletion, and a stranger calls
    push = flow.publish(request(PUSH))
    again = flow.publish(request(json.dumps(PUSH)))
    flow.publish(request({**PUSH, "detail": {**PUSH["detail"], "action-type": "DELETE"}}))
    stranger = flow.publish(request({"hello": "world"}), headers={"reply_to": flow.replies})

    # Then both pushes are emitted, and their ids tell them apart
    received = flow.take(flow.output, 2)
    assert [message.body for message in received] == [EMITTED, EMITTED]
    assert [message["parentMessageId"] for message in received] == [push, again]
    assert len({message["messageId"] for message in received}) == 2

    # And the stranger is an error, which whoever waits for a reply gets too
    error = flow.take_one(flow.step.errors)
    assert error["parentMessageId"] == stranger
    assert error.error["name"] == "InvalidMessage"
    assert "detail-type is missing" in error.error["message"]
    assert flow.take_one(flow.replies)["x-eio-error-response"] is True
    flow.take_one(flow.step.rejected)

    # And the deletion left a line in the log, and nothing else
    assert runtime.stop() == 0
    assert is_empty(flow)
    left_out = f"ECR Image Action {PUSH['id']} is excluded by the field events"
    assert [line["level"] for line in runtime.lines if line["msg"] == left_out] == [30]


def test_a_request_with_the_wrong_key_is_an_error_and_no_key_is_logged(
    flow: Flow, serve: Serve
) -> None:
    # Given a step with a key
    runtime = serve("imageEvent", {"apiKey": KEY})

    # When requests come with it and without it
    flow.publish(request(PUSH))
    flow.publish(request(PUSH, key="guessed"))

    # Then
    assert flow.take_one(flow.output).body == EMITTED
    error = flow.take_one(flow.step.errors).error
    assert error["name"] == "WrongKey"
    assert "guessed" not in str(error)
    flow.take_one(flow.step.rejected)
    assert runtime.stop() == 0
    assert KEY not in runtime.output
    assert "guessed" not in runtime.output
    assert is_empty(flow)
