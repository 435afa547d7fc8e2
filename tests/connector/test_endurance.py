"""Ten thousand messages through DescribeImages: none lost, none double, in steady memory."""

from collections import Counter
from typing import Any

import orjson
import pytest

from benchmarks.server import canned
from lib.platform import Flow, until
from tests.support.connector import Serve, is_empty, message

pytestmark = pytest.mark.alone

MESSAGES = 10_000
FIRST = 1_000
ANSWER: dict[str, Any] = {
    "imageDetails": [
        {
            "registryId": "123456789012",
            "repositoryName": "shop",
            "imageDigest": f"sha256:{'0a' * 32}",
            "imageTags": ["1.0.0", "latest"],
            "imageSizeInBytes": 20_000_000,
            "imagePushedAt": 1735689600.123,
        }
    ]
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.timeout(180)
def test_ten_thousand_messages_describe_images_once_each_in_steady_memory(
    flow: Flow, serve: Serve
) -> None:
    # Given DescribeImages with ten messages at once, as fast as it can
    settings: dict[str, Any] = {"RABBITMQ_PREFETCH_SAILOR": 10, "DATA_RATE_LIMIT": 1_000_000}
    with canned(orjson.dumps(ANSWER)) as cfg:
        runtime = serve("DescribeImages", cfg, **settings)

        # When a thousand messages are through, and then nine thousand more
        asked = message(repositoryName="shop")
        ids = flow.publish_all(asked for _ in range(FIRST))
        until(lambda: flow.depth(flow.output) == FIRST, "the first", within=60, every=0.1)
        before = runtime.resident_kib
        ids += flow.publish_all(asked for _ in range(MESSAGES - FIRST))
        until(lambda: flow.depth(flow.output) >= MESSAGES, "all", within=120, every=0.1)
        after = runtime.resident_kib
        assert runtime.stop() == 0
    print(f"memory after the first thousand {before} KiB, at the end {after} KiB")  # noqa: T201

    # Then the process has not grown
    assert after <= before * 1.1

    # And each message was answered exactly once
    answers = flow.drain(flow.output)
    assert Counter(answer["parentMessageId"] for answer in answers) == Counter(ids)
    assert len({answer["messageId"] for answer in answers}) == MESSAGES
    [described] = answers[-1].body["imageDetails"]
    assert described["imagePushedAt"] == "2025-01-01T00:00:00.123Z"
    assert is_empty(flow)
