"""The platform of these tests is right: the platform's own Node sailor lives on it."""

from lib.platform import Flow, ObjectStorage, RestApi
from lib.platform.process import Sailor
from tests.support.steps import Starter, script


def test_the_node_sailor_answers_a_message(flow: Flow, start: Starter, node: Sailor) -> None:
    # Given a step of the Node sailor
    flow.configure("step_1", config={"greeting": "hi"}, snapshot={"seen": 0}, variables={"a": "b"})
    runtime = start(flow, sailor=node)

    # When a message comes
    message = script(["see"])
    message_id = flow.publish(message)

    # Then what the handler saw goes on, and the step ends in good order
    received = flow.take_one(flow.output)
    assert received.body == {
        "msg": message,
        "cfg": {"greeting": "hi"},
        "snapshot": {"seen": 0},
        "variables": {"a": "b"},
    }
    assert received["parentMessageId"] == message_id
    assert runtime.stop() == 0
    assert [flow.depth(queue) for queue in flow.queues] == [0] * len(flow.queues)


def test_the_node_sailor_finds_api_and_storage(
    flow: Flow, api: RestApi, storage: ObjectStorage, start: Starter, node: Sailor
) -> None:
    # Given a step whose messages' bodies are in object storage, and whose API fails at first
    flow.storage = storage
    api.fail(500, path="/v1/tasks")
    body = script(["emit", "updateKeys", {"token": "new"}], ["return", {"body": {"big": True}}])
    flow.configure("step_1", config={"_account": "account-1"})
    object_id = storage.put(flow.cipher.encrypt(body["body"]))

    # When a message comes without its body
    start(flow, sailor=node, EMIT_LIGHTWEIGHT_MESSAGE="true", OBJECT_STORAGE_SIZE_THRESHOLD=1)
    flow.publish({**body, "body": {}, "headers": {"x-ipaas-object-storage-id": object_id}})

    # Then the handler got it, and so does the next step
    received = flow.take_one(flow.output)
    reference = received.message["headers"]["x-ipaas-object-storage-id"]
    assert received.body == {}
    assert flow.cipher.decrypt(storage.objects[reference]) == {"big": True}
    assert api.accounts == {"account-1": {"keys": {"token": "new"}}}
    assert [request.status for request in api.asked("GET", "/v1/tasks")] == [500, 200]
