"""Requests to the platform's HTTP services, repeated while an error may be transient."""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from lib import http
from lib.sailor.errors import HttpError

_REDIRECT = 300
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
        root: The URL that paths are relative to; it may have a login, and no error shows it.
        error: What its failures are raised as.
        retries: How often a request is sent.
        timeout: Seconds for a whole request, from the connection to the end of the answer.
        headers: What every request carries.
        auth: User and password, in place of a login in the URL.
        connections: How many connections may be kept alive.
        largest_answer: The bytes that an answer may have.

    Raises:
        HttpError: As the client's error class: the environment's proxy or certificate bundle is
            unusable.
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
        largest_answer: int = http.LARGEST_ANSWER,
    ) -> None:
        self._name = name
        self._error = error
        self._retries = retries
        self._timeout = http.Timeout(total=timeout, connect=timeout, read=timeout)
        parts = urlsplit(root)
        self._root = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        if auth is None and parts.username:
            auth = (unquote(parts.username), unquote(parts.password or ""))
        login = f"Basic {b64encode(':'.join(auth).encode()).decode()}" if auth else None
        self._headers = {
            "Accept": "*/*",
            **(headers or {}),
            **({"Authorization": login} if login else {}),
        }
        try:
            self._transport = http.Transport(self._root, connections, largest_answer)
        except http.ProxyOrTrustError as fault:
            raise error(f"{name} cannot be reached: {fault}") from None

    def request(self, method: str, path: str, content: bytes | None = None) -> http.Response:
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

    def _send(self, method: str, path: str, content: bytes | None) -> http.Response:
        request = f"{method} {path}".rstrip()
        url = self._root.rstrip("/") + path if path else self._root
        declared = {} if content is None else {"Content-Type": "application/json"}
        try:
            response = self._transport.send(
                http.prepared(method, url, self._headers | declared, content), self._timeout
            )
        except http.TransportError as error:
            raise self._error(f"{self._name} did not answer {request}: {error}") from None
        status = response.status
        if status >= _REDIRECT:
            raise self._error(f"{self._name} answered {request} with HTTP {status}", status)
        return response
