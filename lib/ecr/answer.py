"""From an HTTP answer to an operation's result, or to the error that it is."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from lib.ecr.clock import http_time
from lib.ecr.errors import ServiceError, UnreadableAnswerError

_SHOWN_CHARACTERS = 200
_REDIRECT = 300
# Gateways in front of a service answer in XML whatever the service speaks.
_XML_ERROR = re.compile(r"<Code>([\w.]{1,100})</Code>\s*<Message>(.{0,2000}?)</Message>", re.DOTALL)


@dataclass(frozen=True)
class Response:
    """A whole answer as it came over the wire; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What an operation returned.

    Args:
        members: The result's members as Amazon ECR sent them; times are seconds since 1970.
        request_id: The AWS request id, or the empty string.
        date: The answer's Date header, or the empty string.
    """

    members: dict[str, Any] = field(repr=False)
    request_id: str
    date: str = ""

    @property
    def time(self) -> datetime | None:
        """When it was given, by AWS's own clock; None if it does not say."""
        return http_time(self.date)


def read(operation: str, region: str, response: Response, redact: Callable[[str], str]) -> Answer:
    """Read the answer to a call.

    Args:
        operation: The operation that was asked for.
        region: The region that was asked.
        response: What came back.
        redact: Takes the secrets out of a text that is to be shown.

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
        return Answer(members, request_id, date)
    code, message = refusal(response, members)
    if code:
        raise ServiceError(code, redact(message), operation, region, status, request_id, date)
    text = response.content.decode(errors="replace")
    raise UnreadableAnswerError(operation, status, beginning(text, redact))


def beginning(text: str, redact: Callable[[str], str]) -> str:
    """Return as much of an answer as an error shows of it."""
    # Cut what is redacted, not the other way round: half a secret has no shape to be known by.
    return redact(text)[:_SHOWN_CHARACTERS].strip()


def refusal(response: Response, members: Any = None) -> tuple[str, str]:
    """Return the AWS code and the message of an error answer; no code if it is none.

    Args:
        response: What came back.
        members: Its content, if that is JSON.
    """
    if response.status < _REDIRECT:
        return "", ""
    if isinstance(members, dict):
        code = members.get("__type") or response.headers.get("x-amzn-errortype")
        message = members.get("message") or members.get("Message") or "no reason given"
        return _bare(code) if isinstance(code, str) else "", str(message)
    if found := _XML_ERROR.search(response.content.decode(errors="replace")):
        return found[1], html.unescape(found[2]).strip()
    return "", ""


def _bare(code: str) -> str:
    """Return a code without the namespace and the link that it may carry.

    https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
    """
    return code.partition(":")[0].rpartition("#")[2]
