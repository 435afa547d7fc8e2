"""What the platform sees when a message, a cfg or Amazon ECR is not as it should be."""

from typing import Any

import pytest

from lib.platform import Flow
from lib.sandbox import Sandbox
from tests.support.aws_model import cfg_for
from tests.support.connector import Serve, is_empty, message
from tests.support.loopback import Loopback, Reply

IMAGES: dict[str, Any] = {"imageDetails": [{"imageTags": ["1.0.0"]}]}
THROTTLED = Reply(
    {"__type": "com.amazonaws.ecr#ThrottlingException", "message": "Rate exceeded"}, status=400
)


def test_a_bad_message_is_an_error_that_names_the_member_and_holds_the_message(
    flow: Flow, server: Loopback, serve: Serve
) -> None:
    # Given a step that asks DescribeImages
    runtime = serve("DescribeImages", cfg_for(server))

    # When a message misspells the repository's name
    bad = message(repositoryname="shop")
    message_id = flow.publish(bad)

    # Then the error says so, with the message that led to it
    received = flow.take_one(flow.step.errors)
    assert received.error["name"] == "InvalidMessage"
    assert "repositoryName is missing" in received.error["message"]
    assert "did you mean repositoryName?" in received.error["message"]
    assert received.error_input == bad
    assert received["parentMessageId"] == message_id
    assert server.requests == []

    # And the message is put aside, and the next one is none the worse for it
    assert flow.take_one(flow.step.rejected)["messageId"] == message_id
    flow.publish(message(repositoryName="shop"))
    assert flow.take_one(flow.output).body == {}
    assert runtime.stop() == 0
    assert is_empty(flow)


def test_a_repository_that_is_not_there_is_an_error_with_the_aws_code(
    flow: Flow, sandbox: Sandbox, serve: Serve
) -> None:
    serve("DescribeImages", dict(sandbox.cfg))
    asked = message(repositoryName="nobody/has/this")
    flow.publish(asked, version=2)
    received = flow.take_one(flow.step.errors)
    assert received.error["name"] == "RepositoryNotFoundException"
    told = received.error["message"]
    assert told.startswith("RepositoryNotFoundException: The repository with name 'nobody/has/this")
    assert f"(DescribeImages, {sandbox.cfg['region']}, HTTP 400, request id " in told
    assert received.error_input == asked


def test_a_wrong_secret_key_is_an_error_with_the_aws_code_and_without_the_key(
    flow: Flow, sandbox: Sandbox, repository: str, serve: Serve
) -> None:
    wrong = "wrong/wrong/wrong/wrong/wrong/wrong/wron"
    serve("DescribeImages", {**sandbox.cfg, "secretAccessKey": wrong})
    flow.publish(message(repositoryName=repository))
    received = flow.take_one(flow.step.errors)
    assert received.error["name"] == "SignatureDoesNotMatch"  # as the sandbox names it
    assert wrong not in str(received.error)


def test_a_bad_cfg_is_an_error_that_names_its_fields(flow: Flow, serve: Serve) -> None:
    # Given a cfg with a typo, and half of a key
    serve("DescribeImages", {"region": "eu-central-11", "secretAccessKey": "hunter2"})

    # When a message comes
    flow.publish(message(repositoryName="shop"))

    # Then its error tells all that is wrong, but for the secret
    error = flow.take_one(flow.step.errors).error
    assert error["name"] == "InvalidConfiguration"
    assert "Access Key ID (accessKeyId) is missing" in error["message"]
    assert "did you mean eu-central-1?" in error["message"]
    assert "hunter2" not in str(error)
    flow.take_one(flow.step.rejected)


def test_throttling_that_lasts_is_a_rebound_that_succeeds_when_it_is_over(
    flow: Flow, server: Loopback, serve: Serve
) -> None:
    # Given an endpoint that throttles for three attempts, and a look at what is rebounded
    server.answer(THROTTLED, THROTTLED, THROTTLED, Reply(IMAGES))
    with flow.broker.channel() as channel:
        channel.queue_bind(flow.elsewhere, flow.exchange, flow.step.rebounds)
    runtime = serve("DescribeImages", cfg_for(server), REBOUND_INITIAL_EXPIRATION=2500)

    # When a message comes
    message_id = flow.publish(message(repositoryName="shop"), headers={"threadId": "thread-1"})

    # Then it is rebounded as it came, with the reason
    rebound = flow.take_one(flow.elsewhere)
    assert rebound["reboundIteration"] == 1
    assert "DescribeImages failed after 3 attempts" in rebound["reboundReason"]
    assert "ThrottlingException: Rate exceeded" in rebound["reboundReason"]
    assert rebound.properties["expiration"] == "2500"
    assert rebound["messageId"] == message_id
    assert rebound.message == message(repositoryName="shop")

    # And its copy, when it comes back, is answered
    received = flow.take_one(flow.output)
    assert received.body == IMAGES
    assert received["parentMessageId"] == message_id
    assert received["threadId"] == "thread-1"
    assert len(server.requests) == 4
    assert runtime.stop() == 0
    assert is_empty(flow)


def test_who_waits_for_a_reply_gets_the_error(flow: Flow, server: Loopback, serve: Serve) -> None:
    # Given an Amazon ECR that refuses
    refusal = {"__type": "RepositoryNotFoundException", "message": "no such repository"}
    server.answer(Reply(refusal, status=400))
    serve("DescribeImages", cfg_for(server))

    # When a message comes from someone who waits for a reply
    flow.publish(message(repositoryName="shop"), headers={"reply_to": flow.replies})

    # Then that one gets the error, as the error queue does
    reply = flow.take_one(flow.replies)
    told = flow.take_one(flow.step.errors)
    assert reply["x-eio-error-response"] is True
    assert reply["messageId"] == told["messageId"]
    assert flow.cipher.decode(reply.content) == told.error
    assert told.error["name"] == "RepositoryNotFoundException"


@pytest.mark.parametrize("name", ["x-amzn-requestid", "x-amzn-RequestId"])
def test_the_aws_request_id_stands_in_the_messages_headers(
    flow: Flow, server: Loopback, serve: Serve, name: str
) -> None:
    server.answer(Reply(IMAGES, headers={name: "8e1f9a3c-0c47-4a0c-9a43-6d3f3c0e5a11"}))
    serve("DescribeImages", cfg_for(server))
    flow.publish(message(repositoryName="shop"))
    assert flow.take_one(flow.output).message["headers"] == {
        "x-amzn-requestid": "8e1f9a3c-0c47-4a0c-9a43-6d3f3c0e5a11"
    }
