"""The platform's HTTP services when they hang: each request has its time limit."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.sailor.errors import ObjectStorageError, RestApiError
from lib.sailor.object_storage import ObjectStorage
from lib.sailor.rest_api import RestApi
from lib.sailor.settings import Settings
from tests.support.loopback import Loopback, Reply
from tests.support.publishing import CIPHER
from tests.support.settings import ENVIRON

LIMIT = 0.1  # seconds
# Without a limit, each takes at least five seconds.
HANGS = [Reply(delay=30), Reply(b"x" * 100, drip=0.05)]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def settings(server: Loopback) -> Settings:
    variables = {
        "ELASTICIO_API_URI": server.url,
        "ELASTICIO_API_REQUEST_RETRY_DELAY": "1",
        "ELASTICIO_OBJECT_STORAGE_URI": server.url,
    }
    return Settings.read({**ENVIRON, **variables})


@pytest.mark.parametrize("hangs", HANGS, ids=["silent", "dripping"])
def test_a_rest_api_that_hangs_is_given_up(server: Loopback, hangs: Reply) -> None:
    server.answer(hangs)
    api = RestApi(settings(server), LIMIT)

    began = time.monotonic()
    with pytest.raises(RestApiError, match=r"did not answer GET /v1/tasks/flow/steps/step: "):
        api.step()

    assert time.monotonic() - began < 4


@pytest.mark.parametrize("hangs", HANGS, ids=["silent", "dripping"])
@pytest.mark.parametrize(("method", "value"), [("fetch", "id"), ("store", b"{}")])
def test_an_object_storage_that_hangs_is_given_up(
    server: Loopback, hangs: Reply, method: str, value: Any
) -> None:
    server.answer(hangs)
    storage = ObjectStorage(settings(server), CIPHER, LIMIT)

    began = time.monotonic()
    with pytest.raises(ObjectStorageError, match="did not answer"):
        getattr(storage, method)(value)

    assert time.monotonic() - began < 4
