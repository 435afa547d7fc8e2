"""The trigger New Images as the first step of a flow, on an Amazon ECR that checks signatures."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lib.component.triggers.new_images.cursor import Cursor
from lib.component.triggers.new_images.trigger import SETTLING_TIME
from lib.platform import Flow, RestApi, Runtime
from lib.platform.received import Received
from tests.support.connector import is_empty, message
from tests.support.registry import NOON, Registry, registry
from tests.support.steps import Starter


@pytest.fixture
def ecr() -> Iterator[Registry]:
    with registry() as running:
        running.create("shop", "team/web")
        yield running


def uris(received: list[Received]) -> list[str]:
    return [one.body["uri"] for one in received]


def test_a_run_goes_on_from_the_snapshot_that_the_platform_keeps(
    flow: Flow, ecr: Registry, start: Starter
) -> None:
    def serve(snapshot: dict[str, Any] | None = None) -> Runtime:
        cfg = {**ecr.cfg, "startFrom": "beginning"}
        flow.configure(flow.step.id, config=cfg, snapshot=snapshot, passthrough=True)
        return start(flow, "newImages", COMPONENT_PATH=None)

    # Given 12 images, and a look at messages and snapshots in the order that they leave
    pushed = [ecr.push("shop", number, at=NOON - 60 + number // 4) for number in range(12)]
    with flow.broker.channel() as channel:
        for queue in (flow.output, flow.step.snapshots):
            channel.queue_bind(flow.elsewhere, flow.exchange, queue)
    runtime = serve()

    # When the platform's timer goes off
    flow.publish(message())

    # Then each image is a message, the oldest first, whose id is the AMQP message's too
    told = flow.take(flow.output, 12)
    assert uris(told) == pushed
    assert [one["messageId"] for one in told] == [one.message["id"] for one in told]
    # And each snapshot comes after what it covers
    snapshots = [one.plain for one in flow.take(flow.step.snapshots, 3)]
    assert snapshots == [
        Cursor(0).as_snapshot(),
        Cursor(NOON - 58, "shop", told[9].body["imageDigest"]).as_snapshot(),
        Cursor(NOON - SETTLING_TIME).as_snapshot(),
    ]
    left = [one.routing_key for one in flow.take(flow.elsewhere, 15)]
    kinds = "".join("d" if key == flow.output else "s" for key in left)
    assert kinds == "s" + "d" * 10 + "s" + "d" * 2 + "s"

    # When the step is started anew, with the last snapshot
    assert runtime.stop() == 0
    later = ecr.push("team/web", 99, "v2", at=NOON)
    ecr.now += 60
    runtime = serve(snapshots[-1])
    flow.publish(message())

    # Then it tells of what was pushed since
    assert uris(flow.take(flow.output)) == [later]
    snapshot = flow.take_one(flow.step.snapshots).plain
    assert snapshot == Cursor(NOON + 60 - SETTLING_TIME).as_snapshot()

    # And without a new start it remembers by itself
    ecr.now += 60
    flow.publish(message())
    snapshot = flow.take_one(flow.step.snapshots).plain
    assert snapshot == Cursor(NOON + 120 - SETTLING_TIME).as_snapshot()
    flow.take(flow.elsewhere, 3)
    assert runtime.stop() == 0
    assert is_empty(flow)


def test_the_design_screens_get_its_repositories(
    api: RestApi, ecr: Registry, start: Starter
) -> None:
    asked = start.ask(
        "selectModel",
        COMPONENT_PATH=None,
        POST_RESULT_URL=api.result_url("model"),
        CFG=orjson.dumps(ecr.cfg).decode(),
        API_URI=api.url,
        API_USERNAME=api.username,
        API_KEY=api.key,
        ACTION_OR_TRIGGER="newImages",
        GET_MODEL_METHOD="repositories",
    )

    assert asked.wait() == 0
    model = {"shop": "shop", "team/web": "team/web"}
    assert api.results["model"] == {"status": "success", "data": model}
