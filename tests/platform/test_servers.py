"""The platform's REST API and object storage on this machine, as HTTP clients see them."""

import http.client
from urllib.parse import urlsplit

import pytest
import requests

from lib.platform import ObjectStorage, RestApi


def test_a_step_s_data_need_the_right_credentials(api: RestApi) -> None:
    api.steps["flow", "step"] = {"id": "step"}
    url = f"{api.url}/v1/tasks/flow/steps/step"

    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url, auth=(api.username, api.key), timeout=5).json() == {"id": "step"}


@pytest.mark.parametrize("path", ["/v1/tasks/flow/steps/none", "/v1/nothing"])
def test_what_the_rest_api_does_not_know_is_not_found(api: RestApi, path: str) -> None:
    response = requests.get(f"{api.url}{path}", auth=(api.username, api.key), timeout=5)

    assert response.status_code == 404


def test_startup_data_are_created_once_until_they_are_deleted(api: RestApi) -> None:
    url = f"{api.url}/sailor-support/hooks/task/flow/startup/data"
    auth = (api.username, api.key)

    assert requests.get(url, auth=auth, timeout=5).status_code == 404
    assert requests.post(url, json={"a": 1}, auth=auth, timeout=5).status_code == 201
    assert requests.post(url, json={"a": 2}, auth=auth, timeout=5).status_code == 409
    assert requests.get(url, auth=auth, timeout=5).json() == {"a": 1}
    assert requests.delete(url, auth=auth, timeout=5).status_code == 204
    assert requests.delete(url, auth=auth, timeout=5).status_code == 404


def test_an_object_is_stored_and_returned_as_it_is(storage: ObjectStorage) -> None:
    headers = {"Authorization": f"Bearer {storage.token}"}
    objects = f"{storage.url}/objects"

    stored = requests.post(objects, b"\x00\xff", headers=headers, timeout=5).json()["objectId"]

    assert requests.get(f"{objects}/{stored}", headers=headers, timeout=5).content == b"\x00\xff"
    assert requests.get(f"{objects}/none", headers=headers, timeout=5).status_code == 404
    assert requests.get(f"{objects}/{stored}", timeout=5).status_code == 401


def test_a_body_in_chunks_is_put_together(storage: ObjectStorage) -> None:
    client = http.client.HTTPConnection(urlsplit(storage.url).netloc, timeout=5)
    headers = {"Authorization": f"Bearer {storage.token}"}
    client.request("POST", "/objects", iter([b"one ", b"two"]), headers, encode_chunked=True)

    assert client.getresponse().status == 200
    assert list(storage.objects.values()) == [b"one two"]
    client.close()


def test_requests_fail_as_often_as_asked_for(storage: ObjectStorage) -> None:
    storage.fail(503, times=2, method="GET", path="^/objects/a$")
    statuses = [requests.get(f"{storage.url}/objects/a", timeout=5).status_code for _ in range(3)]

    assert statuses == [503, 503, 401]
    assert requests.get(f"{storage.url}/objects/b", timeout=5).status_code == 401
    assert [request.status for request in storage.asked("GET", "/a$")] == [503, 503, 401]


def test_a_server_comes_back_on_the_same_port() -> None:
    storage = ObjectStorage()
    with storage:
        address = storage.url
        storage.down()
        storage.down()  # does no harm
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)
        storage.up()
        assert storage.url == address
        assert requests.get(address, timeout=5).status_code == 401
