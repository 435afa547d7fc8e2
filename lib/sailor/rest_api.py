"""The platform's REST API. docs/platform.md, "REST API"."""

import logging
from typing import Any
from urllib.parse import quote

from lib.sailor import json_text
from lib.sailor.errors import RestApiError
from lib.sailor.http_client import HttpClient, Retries
from lib.sailor.settings import Settings

_TIMEOUT = 15  # seconds
_CONFLICT = 409

log = logging.getLogger("sailor")


class RestApi:
    """The REST API, with a step's credentials; safe to use from any thread.

    Args:
        settings: The step's settings.
        timeout: Seconds for a whole request.
    """

    def __init__(self, settings: Settings, timeout: float = _TIMEOUT) -> None:
        self._settings = settings
        pause = settings.api_request_retry_delay / 1000
        self._client = HttpClient(
            "the platform's API",
            settings.api_uri,
            RestApiError,
            Retries(settings.api_request_retry_attempts, lambda _: pause),
            timeout,
            auth=(settings.api_username, settings.api_key),
        )

    def step(self) -> dict[str, Any]:
        """Return the step's data: ``config``, ``snapshot``, ``is_passthrough``, ``variables``.

        Raises:
            RestApiError: The API is unreachable, or does not know the step.
        """
        flow, step = quote(self._settings.flow_id, ""), quote(self._settings.step_id, "")
        data = self._request("GET", f"/v1/tasks/{flow}/steps/{step}")
        if not isinstance(data, dict):
            raise RestApiError("The platform's API returned no data for the step")
        return data

    def update_keys(self, account: object, keys: object) -> None:
        """Replace the keys of an account, such as refreshed OAuth tokens.

        Args:
            account: The account's id: the member ``_account`` of the step's cfg.
            keys: The new keys.

        Raises:
            RestApiError: There is no such account, or the API is unreachable.
        """
        if not account:
            raise RestApiError("The step's configuration names no account whose keys to update")
        self._request("PUT", f"/v1/accounts/{quote(str(account), '')}", {"keys": keys})

    def save_startup_data(self, data: object) -> None:
        """Keep what ``startup`` returned for ``shutdown``, in place of older data.

        Raises:
            RestApiError: The API is unreachable, or refuses it.
        """
        try:
            self._request("POST", self._startup_data, data)
        except RestApiError as error:
            if error.status != _CONFLICT:
                raise
            log.warning("Replacing the startup data of an earlier start")
            self.delete_startup_data()
            self._request("POST", self._startup_data, data)

    def startup_data(self) -> Any:
        """Return what ``startup`` returned.

        Raises:
            RestApiError: There is none, or the API is unreachable.
        """
        return self._request("GET", self._startup_data)

    def delete_startup_data(self) -> None:
        """Delete what ``startup`` returned.

        Raises:
            RestApiError: There is none, or the API is unreachable.
        """
        self._request("DELETE", self._startup_data)

    @property
    def _startup_data(self) -> str:
        return f"/sailor-support/hooks/task/{quote(self._settings.flow_id, '')}/startup/data"

    def _request(self, method: str, path: str, body: object = None) -> Any:
        content = None if body is None else json_text.dump(body)
        response = self._client.request(method, path, content)
        return json_text.parse(response.content) if response.content else None
