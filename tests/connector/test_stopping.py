"""A step that is told to stop while Amazon ECR keeps it waiting."""

import signal
import threading
from dataclasses import dataclass, field
from typing import Any

from lib.platform import Flow, until
from tests.support.aws_model import cfg_for
from tests.support.connector import Serve, is_empty, message
from tests.support.loopback import Loopback, Reply

IMAGES: dict[str, Any] = {"imageDetails": [{"imageTags": ["1.0.0"]}]}


@dataclass(frozen=True)
class Held(Reply):
    """An answer that waits until the test lets it go."""

    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def content(self) -> bytes:
        self.gate.wait(30)
        return super().content


def test_sigterm_lets_calls_under_way_end_and_takes_nothing_more(
    flow: Flow, server: Loopback, serve: Serve
) -> None:
    # Given two calls under way, and a third message in the queue
    held = Held(IMAGES)
    server.answer(held)
    runtime = serve("DescribeImages", cfg_for(server), RABBITMQ_PREFETCH_SAILOR=2)
    ids = [flow.publish(message(repositoryName="shop")) for _ in range(3)]
    until(lambda: len(server.requests) == 2, "two calls are under way")

    # When the step is told to stop
    runtime.signal(signal.SIGTERM)
    runtime.until_logged("Shutting down")
    flow.until_consumed(by=0)
    assert runtime.running
    assert flow.depth(flow.output) == 0

    # Then it ends when the answers are there, published and acked
    held.gate.set()
    assert runtime.wait() == 0
    answers = flow.drain(flow.output)
    assert sorted(answer["parentMessageId"] for answer in answers) == sorted(ids[:2])
    assert [answer.body for answer in answers] == [IMAGES, IMAGES]

    # And the third message is left to another container
    assert len(server.requests) == 2
    [left] = flow.drain(flow.step.input)
    assert left["messageId"] == ids[2]
    assert is_empty(flow)


def test_sigterm_waits_for_an_endpoint_that_takes_its_time(
    flow: Flow, server: Loopback, serve: Serve
) -> None:
    # Given a call whose answer takes longer than a stopping step waits for anything else
    server.answer(Reply(IMAGES, delay=6))
    runtime = serve("DescribeImages", cfg_for(server))
    message_id = flow.publish(message(repositoryName="shop"))
    until(lambda: server.requests, "the call is under way")

    # When the step is told to stop, then it ends with that answer published and acked
    assert runtime.stop(within=30) == 0
    [answer] = flow.drain(flow.output)
    assert answer["parentMessageId"] == message_id
    assert is_empty(flow)
