"""The platform's object storage, which keeps the bodies of large messages."""

import logging
import time
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from lib.sailor import backoff, wire
from lib.sailor.cipher import Cipher, CipherError
from lib.sailor.settings import Settings

_ATTEMPTS = 3
_FIRST_DELAY, _MAX_DELAY = 0.1, 15  # seconds
_TIMEOUT = 10  # seconds
_SERVER_ERROR = 500

log = logging.getLogger("sailor")


class StorageError(Exception):
    """An object can't be fetched or kept."""


class ObjectStorage:
    """A client of the object storage; safe to share between threads.

    Args:
        settings: The step's settings.
        cipher: The flow's cipher: objects are encrypted as messages are.
    """

    def __init__(self, settings: Settings, cipher: Cipher) -> None:
        self._objects = f"{settings.object_storage_uri.rstrip('/')}/objects"
        self._known = bool(settings.object_storage_uri)
        self._cipher = cipher
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {settings.object_storage_token}"
        self._session.headers["x-request-id"] = f"f:{settings.flow_id};s:{settings.step_id}"
        adapter = HTTPAdapter(pool_maxsize=settings.rabbitmq_prefetch_sailor)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def fetch(self, object_id: str) -> Any:
        """Return the body kept under an id.

        Raises:
            StorageError: There is no such object, it is damaged, or the storage can't be reached.
        """
        try:
            response = self._request("GET", f"{self._objects}/{quote(str(object_id), '')}")
            return wire.parse(self._cipher.decrypt(response.content))
        except (StorageError, CipherError, wire.WireError) as error:
            raise StorageError(f"The body with id={object_id} can't be fetched: {error}") from error

    def keep(self, body: bytes) -> str:
        """Keep a body.

        Args:
            body: Its JSON text.

        Returns:
            The id to fetch it with.

        Raises:
            StorageError: The storage can't be reached, or refuses it.
        """
        # Bytes, not a stream: a second attempt sends them again from the start.
        response = self._request("POST", self._objects, self._cipher.encrypt(body))
        answer = wire.parse(response.content)
        if not isinstance(answer, dict) or not answer.get("objectId"):
            raise StorageError("the object storage answered without an objectId")
        return str(answer["objectId"])

    def _request(self, method: str, url: str, content: bytes | None = None) -> requests.Response:
        if not self._known:
            raise StorageError("ELASTICIO_OBJECT_STORAGE_URI is not set")
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(backoff.delay(_FIRST_DELAY, attempt - 1, _MAX_DELAY))
            try:
                response = self._session.request(
                    method,
                    url,
                    data=content,
                    headers={} if content is None else {"Content-Type": "application/json"},
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                fault = type(error).__name__
            else:
                if response.status_code < requests.codes.multiple_choices:
                    return response
                fault = f"{response.status_code} {response.reason}"
                if response.status_code < _SERVER_ERROR:
                    break
            log.warning("Object storage: %s failed: %s", method, fault)
        raise StorageError(f"the object storage failed: {fault}")
