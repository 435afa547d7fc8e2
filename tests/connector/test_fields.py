"""The fields that designers fill, in a step of a flow."""

from typing import Any

import orjson
import pytest

from lib.platform import Flow, RestApi
from lib.sandbox import Sandbox
from tests.support.aws_model import cfg_for
from tests.support.connector import Serve, is_empty, message
from tests.support.loopback import Loopback, Reply
from tests.support.roles import EXTERNAL_ID, role_in
from tests.support.steps import Starter

PREVIEW = "GetLifecyclePolicyPreview"
IMAGES = [{"imageTags": [f"v{number}"]} for number in range(5)]
# moto makes no pages.
PAGES = (
    Reply({"imageDetails": IMAGES[:2], "nextToken": "2"}),
    Reply({"imageDetails": IMAGES[2:4], "nextToken": "3"}),
    Reply({"imageDetails": IMAGES[4:]}),
)


@pytest.mark.parametrize(
    ("behavior", "bodies"),
    [("fetchAll", [{"imageDetails": IMAGES}]), ("emitIndividually", IMAGES)],
)
def test_the_items_of_all_pages_leave_together_or_one_by_one(
    flow: Flow, server: Loopback, serve: Serve, behavior: str, bodies: list[Any]
) -> None:
    server.answer(*PAGES)
    runtime = serve("DescribeImages", cfg_for(server, emitBehavior=behavior))

    incoming = flow.publish(message(repositoryName="shop", maxResults=2))

    received = flow.take(flow.output, len(bodies))
    assert [one.body for one in received] == bodies
    assert {one["parentMessageId"] for one in received} == {incoming}
    assert len({one["messageId"] for one in received}) == len(bodies)
    assert [request.json.get("nextToken") for request in server.requests] == [None, "2", "3"]
    assert runtime.stop() == 0
    assert is_empty(flow)


def test_the_chosen_repository_counts_for_messages_that_name_none(
    flow: Flow, sandbox: Sandbox, repository: str, serve: Serve
) -> None:
    serve("DescribeImages", {**sandbox.cfg, "repositoryName": repository})

    flow.publish(message())

    assert flow.take_one(flow.output).body == {"imageDetails": []}


def test_without_a_repository_in_either_the_error_says_where_to_name_it(
    flow: Flow, sandbox: Sandbox, serve: Serve
) -> None:
    serve("DescribeImages", dict(sandbox.cfg))

    flow.publish(message())

    error = flow.take_one(flow.step.errors).error
    assert error["name"] == "InvalidMessage"
    assert "or choose it in the field Repository" in error["message"]


def test_a_preview_is_waited_for_by_rebounds(flow: Flow, server: Loopback, serve: Serve) -> None:
    # Given a preview that is complete at the second look, and a look at what is rebounded
    complete = {"status": "COMPLETE", "previewResults": []}
    server.answer(Reply({"status": "IN_PROGRESS"}), Reply(complete))
    with flow.broker.channel() as channel:
        channel.queue_bind(flow.elsewhere, flow.exchange, flow.step.rebounds)
    cfg = cfg_for(server, waitForCompletion="on")
    runtime = serve(PREVIEW, cfg, REBOUND_INITIAL_EXPIRATION=500)

    # When
    flow.publish(message(repositoryName="shop"))

    # Then
    rebound = flow.take_one(flow.elsewhere)
    assert rebound["reboundReason"] == f"{PREVIEW}: the result is still IN_PROGRESS"
    assert flow.take_one(flow.output).body == complete
    assert runtime.stop() == 0
    assert is_empty(flow)


def test_a_preview_that_failed_is_an_error(flow: Flow, server: Loopback, serve: Serve) -> None:
    server.answer(Reply({"status": "FAILED"}))
    serve(PREVIEW, cfg_for(server, waitForCompletion=True))

    flow.publish(message(repositoryName="shop"))

    assert flow.take_one(flow.step.errors).error["name"] == "Unfinished"


@pytest.mark.usefixtures("no_profile")
def test_a_step_works_as_a_role_in_a_session_that_names_the_flow(
    flow: Flow, sandbox: Sandbox, repository: str, serve: Serve
) -> None:
    # Given a role that may describe images of what is there, and nothing else
    arn = role_in(sandbox, "describes", "ecr:DescribeImages")
    serve("ListImages", {**sandbox.cfg, "roleArn": arn, "externalId": EXTERNAL_ID})

    # When it is to list them
    flow.publish(message(repositoryName=repository))

    # Then it is refused as that role
    told = flow.take_one(flow.step.errors).error["message"]
    assert f"assumed-role/describes/flowground-{flow.id} is not authorized" in told


@pytest.mark.slow
@pytest.mark.usefixtures("no_profile")
@pytest.mark.parametrize(("external_id", "verified"), [(EXTERNAL_ID, True), ("another", False)])
def test_credentials_with_a_role_are_verified_for_the_screens(
    api: RestApi, sandbox: Sandbox, start: Starter, external_id: str, verified: bool
) -> None:
    arn = role_in(sandbox, f"verified-{verified}")
    cfg = {**sandbox.cfg, "roleArn": arn, "externalId": external_id}
    asked = start.ask(
        "verifyCredentials",
        COMPONENT_PATH=None,
        POST_RESULT_URL=api.result_url("answer"),
        CFG=orjson.dumps(cfg).decode(),
        API_URI=api.url,
        API_USERNAME=api.username,
        API_KEY=api.key,
    )

    assert asked.wait() == 0
    answer = api.results["answer"]["data"]
    assert answer["verified"] is verified
    assert ("Check Role ARN and External ID" in answer.get("reason", "")) is not verified
