"""The platform's object storage, which keeps the bodies of large messages.

docs/platform.md, "Large messages".
"""

from typing import Any
from urllib.parse import quote

from lib.sailor import backoff, json_text
from lib.sailor.cipher import Cipher, CipherError
from lib.sailor.errors import JsonError, ObjectStorageError
from lib.sailor.http_client import HttpClient, Retries
from lib.sailor.settings import PREFIX, Settings

_ATTEMPTS = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 15  # seconds
_TIMEOUT = 10  # seconds
# A body may come from a step whose limit is higher; this is the largest message of RabbitMQ.
_LARGEST_MESSAGE = 128 << 20  # bytes


class ObjectStorage:
    """The object storage; safe to use from any thread.

    Args:
        settings: The step's settings.
        cipher: The flow's cipher: objects are encrypted as messages are.
        timeout: Seconds for a whole request.
    """

    def __init__(self, settings: Settings, cipher: Cipher, timeout: float = _TIMEOUT) -> None:
        self._is_set = bool(settings.object_storage_uri)
        self._cipher = cipher
        self._client = HttpClient(
            "the object storage",
            settings.object_storage_uri,
            ObjectStorageError,
            Retries(_ATTEMPTS, lambda n: backoff.delay(_FIRST_PAUSE, n - 1, _LONGEST_PAUSE)),
            timeout,
            headers={
                "Authorization": f"Bearer {settings.object_storage_token}",
                "x-request-id": f"f:{settings.flow_id};s:{settings.step_id}",
            },
            connections=settings.rabbitmq_prefetch_sailor,
            largest_answer=max(settings.outgoing_message_size_limit, _LARGEST_MESSAGE),
        )

    def fetch(self, object_id: Any) -> Any:
        """Return the body stored under an id.

        Raises:
            ObjectStorageError: There is no such object, it is damaged, or the storage is
                unreachable.
        """
        if not isinstance(object_id, str) or not object_id.strip("."):
            raise ObjectStorageError(f"got {object_id!r:.60} as the id of a stored body")
        try:
            content = self._request("GET", f"/objects/{quote(object_id, '')}")
            return json_text.parse(self._cipher.decrypt(content))
        except (ObjectStorageError, CipherError, JsonError) as error:
            raise ObjectStorageError(
                f"The body with id={object_id} cannot be fetched: {error}"
            ) from error

    def store(self, body: bytes) -> str:
        """Store a body.

        Args:
            body: Its JSON text.

        Returns:
            The id to fetch it with.

        Raises:
            ObjectStorageError: The storage is unreachable, or refuses the body.
        """
        answer = json_text.parse(self._request("POST", "/objects", self._cipher.encrypt(body)))
        if not isinstance(answer, dict) or not answer.get("objectId"):
            raise ObjectStorageError("The object storage returned no objectId")
        return str(answer["objectId"])

    def _request(self, method: str, path: str, content: bytes | None = None) -> bytes:
        if not self._is_set:
            raise ObjectStorageError(f"{PREFIX}OBJECT_STORAGE_URI is not set")
        return self._client.request(method, path, content).content
