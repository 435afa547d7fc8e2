"""Time by AWS's clock, as answers give it."""

from datetime import UTC, datetime

import pytest

from lib.component.connection import client_of
from tests.support.aws_model import cfg_for
from tests.support.loopback import Loopback, Reply


@pytest.mark.parametrize(
    ("headers", "time"),
    [
        ({"Date": "Fri, 31 Jan 2025 12:00:00 GMT"}, datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ({"Date": "Fri, 31 Jan 2025 12:00:00 -0000"}, datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ({"Date": "noon"}, None),
        ({}, None),
    ],
)
def test_an_answer_tells_when_it_was_given(headers: dict[str, str], time: datetime | None) -> None:
    with Loopback() as server:
        server.answer(Reply({}, headers=headers))
        answer = client_of(cfg_for(server)).call("ListImages", b"{}")

    assert answer.time == time
