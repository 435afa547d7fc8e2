"""Each delivery is processed and settled, whatever it is like and whoever dies over it.

The first tests are faults that were seen in the Node sailor.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lib.platform import Flow, ObjectStorage, Runtime, until
from tests.support.steps import Starter, script

OWN = "tests/sailor/components/own"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def runs(journal: Path) -> list[str]:
    """Return the labels of the messages whose handlers were started, in that order."""
    return journal.read_text().splitlines() if journal.exists() else []


def stop_clean(flow: Flow, runtime: Runtime) -> None:
    """Check that the step ends in good order and leaves nothing in a queue."""
    assert runtime.stop() == 0
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_a_message_without_a_message_id_is_settled_like_any_other(
    flow: Flow, start: Starter
) -> None:
    runtime = start(flow)
    flow.publish(script(["return", {"body": 1}]), headers={"messageId": None})
    flow.publish(script(["return", {"body": 2}]))
    first, second = flow.take(flow.output, 2)
    assert (first.body, second.body) == (1, 2)
    assert "parentMessageId" not in (first.headers or {})
    stop_clean(flow, runtime)


@pytest.mark.parametrize("bodies", [("a", "b"), ("same", "same")], ids=["other", "same"])
def test_two_messages_with_one_message_id_are_both_processed(
    flow: Flow, start: Starter, tmp_path: Path, journal: Path, bodies: tuple[str, str]
) -> None:
    # Given two messages that share a messageId, in process at once
    gate = tmp_path / "gate"
    flow.configure("step_1", config={"journal": str(journal)})
    runtime = start(flow, RABBITMQ_PREFETCH_SAILOR=2)
    for body in bodies:
        message = script(["wait", str(gate)], ["return", {"body": body}], label=body)
        flow.publish(message, headers={"messageId": "shared", "threadId": "t"})
    until(lambda: len(runs(journal)) == 2, "both are in process")

    # When they end, both come out and both are settled
    gate.touch()
    assert sorted(received.body for received in flow.take(flow.output, 2)) == sorted(bodies)
    stop_clean(flow, runtime)


def test_emits_without_an_id_have_message_ids_of_their_own(flow: Flow, start: Starter) -> None:
    runtime = start(flow)
    flow.publish(script(*[["emit", "data", {"body": n}] for n in range(3)]))
    received = flow.take(flow.output, 3)
    assert len({message["messageId"] for message in received}) == 3
    stop_clean(flow, runtime)


def test_the_step_ends_after_a_body_that_could_not_be_fetched(
    flow: Flow, storage: ObjectStorage, start: Starter
) -> None:
    flow.storage = storage
    runtime = start(flow)
    flow.publish(script(headers={"x-ipaas-object-storage-id": "none"}) | {"body": {}})
    assert "404" in flow.take_one(flow.step.errors).error["message"]
    flow.take_one(flow.step.rejected)
    stop_clean(flow, runtime)


def test_poison_between_good_messages_is_rejected_alone(flow: Flow, start: Starter) -> None:
    # Given messages that can't be read, between good ones
    runtime = start(flow)
    poison = [b"no ciphertext", b"", b"\xff\x00", flow.cipher.encode([1, 2]), b"A" * 64]
    for number, content in enumerate(poison):
        flow.publish(content)
        flow.publish(script(["return", {"body": number}]))
    flow.publish(script(["see"]), headers=None)
    flow.publish(flow.cipher.encrypt({"body": {}}), headers={"protocolVersion": "x"})
    flow.publish(script(["return", {"body": "last"}]))

    # Then the good ones are processed, in their order
    bodies = [received.body for received in flow.take(flow.output, len(poison) + 1)]
    assert bodies == [0, 1, 2, 3, 4, "last"]

    # And the others are rejected, and nothing else comes of them
    rejected = [received.content for received in flow.take(flow.step.rejected, len(poison) + 2)]
    assert rejected[: len(poison)] == poison
    stop_clean(flow, runtime)


def test_bodies_are_fetched_and_stored_when_storage_is_ill_for_a_moment(
    flow: Flow, storage: ObjectStorage, start: Starter
) -> None:
    # Given a step that reads and writes large messages
    flow.storage = storage
    runtime = start(flow, EMIT_LIGHTWEIGHT_MESSAGE="true", OBJECT_STORAGE_SIZE_THRESHOLD=1)
    large = {"text": "x" * 100_000}
    body = {"script": [["return", {"body": large}]]}
    object_id = storage.put(flow.cipher.encrypt(body))

    # When storage fails at first, both ways
    storage.fail(500, method="GET")
    storage.fail(503, method="POST")
    reference = {"x-ipaas-object-storage-id": object_id}
    flow.publish(script(headers=reference) | {"body": {}})

    # Then the next step gets a reference to the whole body
    received = flow.take_one(flow.output)
    stored = storage.objects[received.message["headers"]["x-ipaas-object-storage-id"]]
    assert flow.cipher.decrypt(stored) == large
    assert [(request.method, request.status) for request in storage.requests] == [
        ("GET", 500),
        ("GET", 200),
        ("POST", 503),
        ("POST", 200),
    ]
    stop_clean(flow, runtime)


def test_storage_that_is_down_for_a_moment_is_waited_for(
    flow: Flow, storage: ObjectStorage, start: Starter
) -> None:
    flow.storage = storage
    runtime = start(flow)
    body = {"script": [["return", {"body": 1}]]}
    reference = {"x-ipaas-object-storage-id": storage.put(flow.cipher.encrypt(body))}
    storage.down()
    flow.publish(script(headers=reference) | {"body": {}})
    runtime.until_logged("Connection refused")
    storage.up()
    assert flow.take_one(flow.output).body == 1
    stop_clean(flow, runtime)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("exits", "SystemExit"),
        ("notJson", "JSON"),
        ("unknownEvent", "dance"),
        ("returnsText", "str"),
    ],
)
def test_a_handler_that_goes_astray_is_an_error_and_no_more(
    flow: Flow, start: Starter, function: str, told: str
) -> None:
    runtime = start(flow, function, COMPONENT_PATH=OWN)
    for _ in range(2):
        flow.publish({"body": {}})
        error = flow.take_one(flow.step.errors).error
        assert told in f"{error['name']}: {error['message']}"
        flow.take_one(flow.step.rejected)
    stop_clean(flow, runtime)


# ---- load

LOAD: dict[str, Any] = {"RABBITMQ_PREFETCH_SAILOR": 10, "DATA_RATE_LIMIT": 20}


def load(flow: Flow, count: int) -> list[str]:
    """Put messages into the flow, and return their labels."""
    labels = [f"m{n}" for n in range(count)]
    flow.publish_all(script(["return", {"body": label}], label=label) for label in labels)
    return labels


def test_a_runtime_that_is_killed_under_load_loses_nothing(flow: Flow, start: Starter) -> None:
    # Given a step under load
    labels = load(flow, 300)
    first = start(flow, **LOAD)
    until(lambda: flow.depth(flow.output) >= 100, "a part is through")

    # When it is killed, and another one is started
    first.kill()
    second = start(flow, **LOAD)

    # Then all messages come through; only what was in process may come twice
    until(lambda: flow.depth(flow.output) >= 300, "all outputs")
    assert second.stop() == 0
    count = Counter(received.body for received in flow.drain(flow.output))
    assert set(count) == set(labels)
    assert count.total() <= 310
    assert flow.depth(flow.step.input) == 0


def test_a_runtime_that_is_stopped_under_load_leaves_the_rest_to_another(
    flow: Flow, start: Starter, journal: Path
) -> None:
    # Given two runtimes of a step under load
    flow.configure("step_1", config={"journal": str(journal)})
    labels = load(flow, 300)
    first = start(flow, **LOAD)
    second = start(flow, consumers=2, **LOAD)
    until(lambda: flow.depth(flow.output) >= 50, "a part is through")

    # When one is told to stop
    assert first.stop() == 0

    # Then each message is processed exactly once
    until(lambda: flow.depth(flow.output) >= 300, "all outputs")
    assert second.stop() == 0
    assert Counter(received.body for received in flow.drain(flow.output)) == Counter(labels)
    assert sorted(runs(journal)) == sorted(labels)
    assert flow.depth(flow.step.input) == 0
