"""Requests to the platform's HTTP services, repeated while an error may be transient."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests
from requests.adapters import HTTPAdapter

from lib.sailor.errors import HttpError

_SERVER_ERROR = 500

log = logging.getLogger("sailor")


@dataclass(frozen=True)
class Retries:
    """How often a request is sent, and what lies between two attempts.

    Args:
        attempts: How often, at most.
        pause: The seconds between an attempt, counted from 1, and the next one.
        sleep: What waits for that long.
    """

    attempts: int
    pause: Callable[[int], float]
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)


class HttpClient:
    """Sends requests to one service; safe to use from any thread.

    Args:
        name: The service, as errors and log lines call it, such as ``the object storage``.
        root: The URL that paths are relative to; no error shows it.
        error: What its failures are raised as.
        retries: How often a request is sent.
        timeout: Seconds to wait for a connection, and between two pieces of an answer.
        headers: What every request carries.
        auth: User and password.
        connections: How many connections may be kept alive.
    """

    def __init__(
        self,
        name: str,
        root: str,
        error: type[HttpError],
        retries: Retries,
        timeout: float,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        connections: int = 1,
    ) -> None:
        self._name = name
        self._root = root
        self._error = error
        self._retries = retries
        self._timeout = timeout
        self._auth = auth
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        adapter = HTTPAdapter(pool_maxsize=connections)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def request(self, method: str, path: str, content: bytes | None = None) -> requests.Response:
        """Send a request; again after a server error or a lost connection.

        Args:
            method: The HTTP method.
            path: The path, as errors may show it.
            content: The body, which is declared as JSON; None for no body.

        Raises:
            HttpError: As the client's error class: the last attempt failed, or the service
                refused the request.
        """
        attempt = 1
        while True:
            try:
                return self._send(method, path, content)
            except HttpError as error:
                refused = error.status is not None and error.status < _SERVER_ERROR
                if refused or attempt >= self._retries.attempts:
                    raise
                pause = self._retries.pause(attempt)
                attempt += 1
                log.warning("%s; attempt %d in %.1f s", error, attempt, pause)
            self._retries.sleep(pause)

    def _send(self, method: str, path: str, content: bytes | None) -> requests.Response:
        request = f"{method} {path}".rstrip()
        try:
            # Bytes, not a stream: another attempt sends them again from the start.
            response = self._session.request(
                method,
                self._root.rstrip("/") + path if path else self._root,
                data=content,
                headers={} if content is None else {"Content-Type": "application/json"},
                auth=self._auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            reason = type(error).__name__
            raise self._error(f"{self._name} did not answer {request}: {reason}") from error
        status = response.status_code
        if status >= requests.codes.multiple_choices:
            raise self._error(f"{self._name} answered {request} with HTTP {status}", status)
        return response
