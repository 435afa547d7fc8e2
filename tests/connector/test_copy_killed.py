"""Copy Image, killed while it copies and run again: the copy is whole, and no layer comes twice."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import orjson
import pytest

from lib.platform import Flow, until
from lib.sandbox import REGION, Sandbox
from lib.sandbox.backend import SandboxBackend
from tests.support.connector import Serve, is_empty, message
from tests.support.random_images import Builder, found
from tests.support.sandbox import call

KILLS = 20


@dataclass
class Uploads:
    """What the sandbox has taken; its threads count.

    Attributes:
        calls: How many parts, layers and images it has taken.
        completed: How often the upload of each layer was completed, by repository and digest.
    """

    calls: int = 0
    completed: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def until(self, calls: int) -> None:
        """Wait until it has taken so many."""
        until(lambda: self.calls >= calls, f"{calls} calls", within=30, every=0.001)

    def of(self, repository: str) -> dict[str, int]:
        """Return how often the upload of each of a repository's layers was completed."""
        with self.lock:
            return {name: n for (owner, name), n in self.completed.items() if owner == repository}

    def count(self, operation: str, answer: Any) -> None:
        with self.lock:
            self.calls += 1
            if operation == "complete_layer_upload":
                self.completed[answer["repositoryName"], answer["layerDigest"]] += 1


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    """What the sandbox takes from now on."""
    counted = Uploads()

    def counting(operation: str) -> Any:
        original = getattr(SandboxBackend, operation)

        def call(self: SandboxBackend, *arguments: Any, **options: Any) -> Any:
            answer = original(self, *arguments, **options)
            counted.count(operation, answer)
            return answer

        return call

    with monkeypatch.context() as patched:
        for operation in ("upload_layer_part", "complete_layer_upload", "put_image"):
            patched.setattr(SandboxBackend, operation, counting(operation))
        yield counted


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("untraced")
def test_a_copy_that_is_killed_at_any_moment_ends_as_one_that_is_not(
    flow: Flow, serve: Serve, sandbox: Sandbox, repository: str, request: pytest.FixtureRequest
) -> None:
    # Given a copy that nothing interrupts
    image = Builder(sandbox.cfg, repository, 7).push("1.0", 3, 12)
    uploads: Uploads = request.getfixturevalue("uploads")
    runtime = serve("CopyImage", sandbox.cfg)
    whole = _ask(flow, sandbox, repository, "target/whole")
    expected = _emitted(flow, whole)
    assert found(sandbox.cfg, REGION, whole, image) == image
    calls_of_a_copy = uploads.calls

    drawn = random.Random(7)  # noqa: S311 - any moments, the same each time
    interrupted = 0
    for kill in range(KILLS):
        # When the step is killed at some moment of a copy, and started again
        before, calls = uploads.calls, drawn.randrange(calls_of_a_copy)
        target = _ask(flow, sandbox, repository, f"target/{kill}")
        uploads.until(before + calls)
        time.sleep(drawn.uniform(0, 0.03))
        runtime.kill()
        completed, is_complete = uploads.of(target), uploads.calls >= before + calls_of_a_copy
        runtime = serve("CopyImage", sandbox.cfg)

        # Then the copy is emitted and whole, as if nothing had happened
        copied = _emitted(flow, target)
        assert found(sandbox.cfg, REGION, target, image) == image
        assert _lasting(copied, target) == _lasting(expected, whole)

        # And each layer was uploaded once, so those that the target had already were not again
        assert uploads.of(target) == dict.fromkeys(image.layers, 1)
        # (of a complete copy, the step may have emitted the message before it was killed)
        assert copied["layersAlreadyThere"] >= len(completed) or is_complete
        interrupted += 0 < len(completed) < len(image.layers)

    assert interrupted > KILLS / 2
    assert runtime.stop() == 0
    flow.drain(flow.output)  # a copy that was killed before its message was acked comes twice
    assert is_empty(flow)


def _ask(flow: Flow, sandbox: Sandbox, repository: str, target: str) -> str:
    """Ask for a copy into a new repository, and return its name."""
    target = f"{target}-{uuid.uuid4().hex}"
    call(sandbox.cfg, "CreateRepository", repositoryName=target)
    flow.publish(message(repositoryName=repository, imageTag="1.0", targetRepositoryName=target))
    return target


def _emitted(flow: Flow, target: str) -> dict[str, Any]:
    """Return the body of a copy's message; that of a copy before it may have come twice."""
    body: dict[str, Any] = {}
    while body.get("targetRepositoryName") != target:
        body = flow.take_one(flow.output, within=30).body
    return body


def _lasting(body: dict[str, Any], target: str) -> dict[str, Any]:
    """Return what a copy's body says, whoever has copied what."""
    told = orjson.dumps(body).decode().replace(target, "target")
    lasting: dict[str, Any] = orjson.loads(told)
    for of, there in ("layersCopied", "layersAlreadyThere"), ("bytesCopied", "bytesAlreadyThere"):
        lasting[of] += lasting.pop(there)
    for each in lasting["images"]:
        del each["copied"]
    return lasting
