"""The platform's REST API."""

import logging
import time
from typing import Any
from urllib.parse import quote

import requests

from lib.sailor import wire
from lib.sailor.settings import Settings

_TIMEOUT = 15  # seconds
_SERVER_ERROR = 500
_CONFLICT = 409

log = logging.getLogger("sailor")


class ApiError(Exception):
    """The platform's API can't be reached, or refuses a request.

    Args:
        text: What happened.
        status: The HTTP status, if there was an answer.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class Api:
    """A client of the platform's API, with a step's credentials.

    Args:
        settings: The step's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = settings.api_uri.rstrip("/")

    def step(self) -> dict[str, Any]:
        """Return the step's data: ``config``, ``snapshot``, ``is_passthrough``, ``variables``.

        Raises:
            ApiError: The API can't be reached, or does not know the step.
        """
        flow, step = quote(self._settings.flow_id, ""), quote(self._settings.step_id, "")
        data = self._request("GET", f"/v1/tasks/{flow}/steps/{step}")
        if not isinstance(data, dict):
            raise ApiError("The platform's API answered with no data of the step")
        return data

    def update_keys(self, account: object, keys: object) -> None:
        """Replace the keys of an account, such as refreshed OAuth tokens.

        Args:
            account: The account's id, as in the member ``_account`` of the step's cfg.
            keys: The new keys.

        Raises:
            ApiError: There is no such account, or the API can't be reached.
        """
        if not account:
            raise ApiError("The step's configuration names no account whose keys to update")
        self._request("PUT", f"/v1/accounts/{quote(str(account), '')}", {"keys": keys})

    def save_startup_data(self, data: object) -> None:
        """Keep what ``startup`` returned for ``shutdown``, in the place of older data.

        Raises:
            ApiError: The API can't be reached, or refuses it.
        """
        try:
            self._request("POST", self._startup_data, data)
        except ApiError as error:
            if error.status != _CONFLICT:
                raise
            log.warning("There is startup data already; it is replaced")
            self.delete_startup_data()
            self._request("POST", self._startup_data, data)

    def startup_data(self) -> Any:
        """Return what ``startup`` returned.

        Raises:
            ApiError: There is none, or the API can't be reached.
        """
        return self._request("GET", self._startup_data)

    def delete_startup_data(self) -> None:
        """Forget what ``startup`` returned.

        Raises:
            ApiError: There is none, or the API can't be reached.
        """
        self._request("DELETE", self._startup_data)

    @property
    def _startup_data(self) -> str:
        return f"/sailor-support/hooks/task/{quote(self._settings.flow_id, '')}/startup/data"

    def _request(self, method: str, path: str, body: object = None) -> Any:
        response = request(
            method,
            self._root + path,
            body=body,
            auth=(self._settings.api_username, self._settings.api_key),
            attempts=self._settings.api_request_retry_attempts,
            delay=self._settings.api_request_retry_delay,
        )
        return wire.parse(response.content) if response.content else None


def request(
    method: str,
    url: str,
    *,
    body: object,
    auth: tuple[str, str] | None,
    attempts: int,
    delay: int,
) -> requests.Response:
    """Send a request with a JSON body, again if the server fails or can't be reached.

    Args:
        method: The HTTP method.
        url: The address, without credentials.
        body: What to send as JSON; None for nothing.
        auth: User and password.
        attempts: How often to try.
        delay: The pause between two attempts, in milliseconds.

    Raises:
        ApiError: The last attempt failed, or the answer is a status of 400 or above.
    """
    for attempt in range(1, attempts + 1):
        try:
            response = requests.request(
                method,
                url,
                data=None if body is None else wire.dump(body),
                headers={"Content-Type": "application/json"} if body is not None else {},
                auth=auth,
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            failure = ApiError(f"{method} {url} failed: {type(error).__name__}")
        else:
            if response.ok:
                return response
            failure = ApiError(
                f"{method} {url} was answered with {response.status_code} {response.reason}",
                response.status_code,
            )
            if response.status_code < _SERVER_ERROR:
                break
        if attempt < attempts:
            log.warning("%s; attempt %d in %d ms", failure, attempt + 1, delay)
            time.sleep(delay / 1000)
    raise failure
