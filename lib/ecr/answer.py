"""Answers of AWS: an operation's result, or the error that the answer stands for."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from lib.ecr.clock import http_time
from lib.ecr.errors import ServiceError, UnreadableAnswerError
from lib.http import Response

_SHOWN_CHARACTERS = 200
_REDIRECT = 300
_LONGEST_MESSAGE = 2_000  # characters
LONGEST_NAME = 200  # characters of an error code or a request ID
# Errors are short: only the beginning of an answer is searched for one, and shown.
_ERROR_SIZE = 1 << 16  # bytes
# Gateways in front of a service answer in XML whatever the service speaks.
_XML_ERROR = re.compile(r"<Code>([\w.]{1,100})</Code>\s*<Message>([^<]{0,2000})</Message>")


@dataclass(frozen=True)
class Answer:
    """The result of an operation.

    Args:
        members: The result's members as Amazon ECR sent them, without those that are null; times
            are seconds since 1970.
        request_id: The AWS request ID, or the empty string.
        date: The answer's Date header, or the empty string.
    """

    members: dict[str, Any] = field(repr=False)
    request_id: str
    date: str = ""

    @property
    def time(self) -> datetime | None:
        """When AWS sent it, by its own clock; None if it does not say."""
        return http_time(self.date)


def read(operation: str, region: str, response: Response, redact: Callable[[str], str]) -> Answer:
    """Read the answer to a call.

    Args:
        operation: The operation that was called.
        region: The region that was called.
        response: The answer.
        redact: Removes secrets from a text that will be shown.

    Raises:
        ServiceError: Amazon ECR refused the request.
        UnreadableAnswerError: The content is not a JSON object.
    """
    status = response.status
    request_id = response.headers.get("x-amzn-requestid", "")
    date = response.headers.get("date", "")
    try:
        members = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        members = None
    if isinstance(members, dict) and status < _REDIRECT:
        if b"null" in response.content:
            _drop_nulls(members)
        return Answer(members, request_id, date)
    code, message = refusal(response, members)
    if code:
        raise ServiceError(
            code=shown(code, redact, LONGEST_NAME),
            message=shown(message, redact),
            operation=operation,
            region=region,
            status=status,
            request_id=shown(request_id, redact, LONGEST_NAME),
            date=date,
        )
    raise UnreadableAnswerError(operation, status, beginning(response, redact))


def _drop_nulls(members: dict[str, Any]) -> None:
    """Remove the members that are null, at every depth, as botocore's parser does.

    Items of lists stay, as they do there. A loop and no recursion: an answer may nest too deeply.
    """
    pending: list[Any] = [members]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            for name in [name for name, member in value.items() if member is None]:
                del value[name]
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def beginning(response: Response, redact: Callable[[str], str]) -> str:
    """Return the part of an answer that an error shows."""
    return shown(start_of(response), redact, _SHOWN_CHARACTERS).strip()


def start_of(response: Response) -> str:
    """Return the part of an answer in which an error is looked for."""
    return response.content[:_ERROR_SIZE].decode(errors="replace")


def shown(text: str, redact: Callable[[str], str], longest: int = _LONGEST_MESSAGE) -> str:
    """Return a text from an answer as errors show it: without secrets, and cut.

    Args:
        text: The text.
        redact: Removes secrets.
        longest: The characters to keep.
    """
    # Redact first, then cut: half a secret has no shape to recognize it by.
    return redact(text[:_ERROR_SIZE])[:longest]


def refusal(response: Response, members: Any = None) -> tuple[str, str]:
    """Return the AWS code and message of an error; empty strings if the answer holds none.

    Args:
        response: The answer.
        members: Its content, if that is JSON.
    """
    if response.status < _REDIRECT:
        return "", ""
    if isinstance(members, dict):
        code = members.get("__type") or response.headers.get("x-amzn-errortype")
        message = members.get("message") or members.get("Message") or "no reason given"
        return _bare(code) if isinstance(code, str) else "", str(message)
    if found := _XML_ERROR.search(start_of(response)):
        return found[1], html.unescape(found[2]).strip()
    return "", ""


def _bare(code: str) -> str:
    """Return an error code without its namespace and link.

    https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
    """
    return code.partition(":")[0].rpartition("#")[2]
