"""Copies of one message are as many messages, also when connections are lost."""

import pytest

from lib.platform import Flow, until
from tests.support.amqp_proxy import AmqpProxy
from tests.support.steps import Starter

COPIES = 3000
CUTS = 8


def until_output(flow: Flow, count: int) -> None:
    until(lambda: flow.depth(flow.output) >= count, f"{count} outputs")


def until_accepted(proxy: AmqpProxy, count: int) -> None:
    until(lambda: proxy.accepted >= count, f"{count} connections")


@pytest.mark.long
@pytest.mark.parametrize("prefetch", [1, 10, 50])
def test_no_copy_is_lost_with_a_connection(
    proxied_flow: Flow, proxy: AmqpProxy, start: Starter, prefetch: int
) -> None:
    # Given messages with one id, one content and the same headers, as a splitter emits equal items
    flow = proxied_flow
    flow.publish_all(
        ({"body": {"n": "copy"}} for _ in range(COPIES)),
        headers={"messageId": "m", "threadId": "t"},
    )
    runtime = start(
        flow,
        "misbehaves",
        COMPONENT_PATH="tests/sailor/components/own",
        RABBITMQ_PREFETCH_SAILOR=prefetch,
        DATA_RATE_LIMIT=1_000_000,
    )

    # When the connections are cut again and again, at full speed
    for cut in range(CUTS):
        reached = COPIES * (cut + 1) // (CUTS + 2)
        until_output(flow, reached)
        until_accepted(proxy, proxy.accepted + proxy.cut(""))
        flow.until_consumed()

    # Then each has an output; what was on its way may have two
    until(lambda: flow.depth(flow.step.input) == 0, "all are delivered", within=60, every=0.1)
    assert runtime.stop() == 0
    assert flow.depth(flow.step.input) == 0
    assert COPIES <= flow.depth(flow.output) <= COPIES + 2 * CUTS * prefetch
