"""REST API, HTTP Request (Axios Library): emits the answer to a GET request."""

import base64
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from lib.http import Response, Timeout, Transport, TransportError, is_loopback, prepared
from lib.platform.standard.evaluation import FieldError, evaluated, new_message
from lib.sailor.settings import PREFIX
from lib.sailor.step import Message, Step

_BASE64 = "base64"
_ENCODINGS = ("utf8", "utf-8", _BASE64)
_RETRY, _REBOUND, _RAISE = _POLICIES = ("byComponent", "rebound", "throwError")
_LARGEST_BODY = 20 << 20  # bytes
_LARGEST_ATTACHMENT = 100 << 20
_TRANSIENT = (408, 423, 429)
_SERVER_ERROR = 500
_LONGEST = 19 * 60_000  # milliseconds
_LONGEST_PAUSE = 60  # seconds
_CONNECT = 5  # seconds
_SECONDS = 60  # of a request, unless Request Timeout says otherwise
_MOST_TRIES = 10
# What the platform's component also has.
_LEFT_OUT = {
    "secretId": "A credential other than No Auth",
    "errorCodes": "Error Codes for Error Handling Policy",
    "ignoreErrorCodes": "Error Codes to emit as messages",
    "uploadFile": "Upload File",
    "noStrictSSL": "Do Not Verify SSL Certificate",
    "maxRedirects": "Maximum Redirects",
    "maxBodyLength": "Request Size Limit",
    "delay": "Delay in ms",
}


class HttpError(Exception):
    """The server answers with an error, or not at all.

    Args:
        text: What happened; it never shows the URL, which may be signed.
        is_transient: Whether the same request may succeed later.
        pause: The seconds after which the server asks to be asked again, if it says so.
    """

    def __init__(
        self, text: str, *, is_transient: bool = False, pause: float | None = None
    ) -> None:
        self.is_transient = is_transient
        self.pause = pause
        super().__init__(text)


def process(
    step: Step,
    msg: Message,
    cfg: dict[str, Any],
    snapshot: dict[str, Any],  # noqa: ARG001 - it has none
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Message | None:
    """Send a GET request; return ``statusCode``, ``HTTPHeaders`` and ``responseBody``.

    With ``downloadAsAttachment``, the content goes to the platform's object storage, and the
    message has its ``attachmentUrl`` instead of ``responseBody``.

    Args:
        step: The running step.
        msg: The message on which the JSONata of the URL and of the headers is evaluated.
        cfg: ``reader`` with ``method``, ``url`` and ``headers``; ``responseEncoding``, which is
            ``utf8`` or ``base64``; ``downloadAsAttachment``; ``errorPolicy`` and ``maxRetries``;
            ``maxContentLength`` in bytes; ``requestTimeoutPeriod`` in milliseconds.
        snapshot: Not used.
        sleep: Waits for so many seconds, between two tries.

    Raises:
        ExpressionError: The URL or a header does not parse, or fails on this message.
        FieldError: A field is wrong, or not supported here; nothing was sent.
        HttpError: The server answers with an error, or not at all.
    """
    for key, label in _LEFT_OUT.items():
        if cfg.get(key):
            raise FieldError(f"{label} ({key}) is not supported here")
    policy = _chosen(cfg, "errorPolicy", "Error Handling Policy", _POLICIES)
    encoding = _chosen(cfg, "responseEncoding", "Response Encoding", _ENCODINGS)
    tries = _number(cfg, "maxRetries", "Maximum Retries", _MOST_TRIES) if policy == _RETRY else 1
    storage = _Storage.of_this_step() if cfg.get("downloadAsAttachment") else None
    request = _Request.of(step, msg, cfg, _LARGEST_ATTACHMENT if storage else _LARGEST_BODY)
    try:
        answer = _sent(request, tries, sleep, step)
    except HttpError as error:
        if policy == _REBOUND and error.is_transient:
            step.emit("rebound", str(error))
            return None
        raise
    body = {"statusCode": answer.status, "HTTPHeaders": dict(answer.headers)}
    if storage:
        return new_message({**body, "attachmentUrl": storage.store(answer.content)})
    return new_message({**body, "responseBody": _decoded(answer.content, encoding)})


@dataclass(frozen=True)
class _Request:
    url: str
    headers: Mapping[str, str]
    seconds: float
    largest: int

    @classmethod
    def of(cls, step: Step, msg: Message, cfg: dict[str, Any], largest: int) -> Self:
        reader = cfg.get("reader") or {}
        if reader.get("method") != "GET" or reader.get("body"):
            raise FieldError("Only GET requests without a body are supported here")
        headers = {
            str(header["key"]): _printable(header["key"], evaluated(step, msg, header["value"]))
            for header in reader.get("headers") or []
        }
        return cls(
            _allowed(evaluated(step, msg, str(reader.get("url") or ""))),
            headers,
            _number(cfg, "requestTimeoutPeriod", "Request Timeout", _LONGEST, 1000 * _SECONDS)
            / 1000,
            _number(cfg, "maxContentLength", "Response Size Limit", largest),
        )

    def send(self) -> Response:
        try:
            request = prepared("GET", self.url, self.headers, None)
            timeout = Timeout(connect=_CONNECT, total=self.seconds)
            answer = Transport(self.url, 1, self.largest).send(request, timeout)
        except TransportError as error:
            raise HttpError(f"No answer: {error}", is_transient=error.retryable) from error
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        pause = answer.headers.get("retry-after", "")
        raise HttpError(
            f"The server answers with HTTP {answer.status}",
            is_transient=answer.status in _TRANSIENT or answer.status >= _SERVER_ERROR,
            pause=float(pause) if pause.isdecimal() else None,
        )


def _sent(request: _Request, tries: int, sleep: Callable[[float], None], step: Step) -> Response:
    """Send a request until an answer comes that is no transient error."""
    for attempt in range(tries - 1):
        try:
            return request.send()
        except HttpError as error:
            if not error.is_transient:
                raise
            pause = min(2**attempt if error.pause is None else error.pause, _LONGEST_PAUSE)
            step.logger.warning("%s; trying again in %g s", error, pause)
            sleep(pause)
    return request.send()


@dataclass(frozen=True)
class _Storage:
    """The platform's object storage."""

    url: str
    token: str

    @classmethod
    def of_this_step(cls) -> Self:
        url, token = (os.environ.get(f"{PREFIX}OBJECT_STORAGE_{name}") for name in ("URI", "TOKEN"))
        if url and token:
            return cls(url.rstrip("/"), token)
        raise FieldError(
            "Download as Attachment (downloadAsAttachment) needs the platform's object storage,"
            " which this step does not have"
        )

    def store(self, content: bytes) -> str:
        """Store an attachment, and return its URL, as the platform's components read it."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/octet-stream",
        }
        request = prepared("POST", f"{self.url}/objects", headers, content)
        answer = Transport(self.url, 1).send(request, Timeout(connect=_CONNECT, total=_SECONDS))
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise HttpError(f"The object storage answers with HTTP {answer.status}")
        object_id = orjson.loads(answer.content)["objectId"]
        return f"{self.url}/objects/{object_id}?storage_type=maester"


def _allowed(url: Any) -> str:
    """Return a URL to which a request may go."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host, has_login = parts.hostname or "", parts.username is not None
    except ValueError:
        host, has_login = "", False
    if not host or has_login:
        raise FieldError("URL: the expression yields no URL, or one with a login")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise FieldError("URL: expected https; http reaches only this machine")
    return str(url)


def _decoded(content: bytes, encoding: str) -> Any:
    if encoding == _BASE64:
        return base64.b64encode(content).decode()
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return content.decode(errors="replace")


def _printable(name: str, value: Any) -> str:
    text = str(value)
    if text.isascii() and f"{name}{text}".isprintable():
        return text
    raise FieldError(f"Header {name!r}: expected printable ASCII text")


def _chosen(cfg: Mapping[str, Any], key: str, label: str, choices: tuple[str, ...]) -> str:
    value = cfg.get(key) or choices[0]
    if value in choices:
        return str(value)
    expected = ", ".join(choices)
    raise FieldError(f"{label} ({key}): {value!r} is not supported here, expected {expected}")


def _number(
    cfg: Mapping[str, Any], key: str, label: str, most: int, default: int | None = None
) -> int:
    text = str(cfg.get(key) or default or most)
    if text.isdecimal() and 1 <= int(text) <= most:
        return int(text)
    raise FieldError(f"{label} ({key}): got {text!r}, expected 1 to {most}")
