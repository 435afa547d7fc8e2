"""Signatures of requests: botocore's Signature Version 4, or one that the caller computed."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import requests
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth

from lib.ecr.credentials import Credentials, redact

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "ecr"


class Request(requests.PreparedRequest):
    """A prepared request with the additional attributes that botocore's signers read."""

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__()
        self.method = "POST"
        self.url = url
        # A plain dict costs a fifth, and each name is always written in the same way.
        self.headers = dict(headers)  # type: ignore[assignment]
        self.body = body
        self.params: Mapping[str, str] = {}
        self.context: dict[str, Any] = {}


class Signature(Protocol):
    """Proves to AWS who sent a request."""

    def sign(self, request: Request, clock_offset: timedelta) -> None:
        """Sign a request now, by a clock that is ahead of ours by the offset."""

    def redact(self, text: str) -> str:
        """Return a text without the secrets of a signed request."""


class KeySignature:
    """Signs with an access key.

    Args:
        credentials: The access key.
        region: The region that the request is sent to.
        service: The service that it is sent to, as signatures name it.
    """

    def __init__(self, credentials: Credentials, region: str, service: str = SERVICE) -> None:
        self.redact = credentials.redact
        self._auth = _OffsetSigV4(credentials, service, region)

    def sign(self, request: Request, clock_offset: timedelta) -> None:
        """Sign a request; an earlier signature is replaced."""
        request.context["clock_offset"] = clock_offset
        self._auth.add_auth(request)


@dataclass(frozen=True)
class CallerSignature:
    """A signature that the caller computed; it is sent unchanged.

    Args:
        date: ``X-Amz-Date``, such as ``20250101T000000Z``.
        credential: ``<access key ID>/<date>/<region>/ecr/aws4_request``.
        signed_headers: Header names, joined by ``;``.
        signature: 64 hexadecimal digits.
        security_token: The session token that belongs to the signature, or None.
        content_sha256: ``X-Amz-Content-Sha256``, or None if that header was not signed.
    """

    date: str
    credential: str = field(repr=False)
    signed_headers: str
    signature: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    content_sha256: str | None = None

    def sign(self, request: Request, clock_offset: timedelta) -> None:  # noqa: ARG002 - the caller signed its own time
        """Add the caller's own signature."""
        request.headers["X-Amz-Date"] = self.date
        request.headers["Authorization"] = (
            f"{ALGORITHM} Credential={self.credential}, "
            f"SignedHeaders={self.signed_headers}, Signature={self.signature}"
        )
        if self.security_token:
            request.headers["X-Amz-Security-Token"] = self.security_token
        if self.content_sha256:
            request.headers["X-Amz-Content-Sha256"] = self.content_sha256

    def redact(self, text: str) -> str:
        """Return a text without the signature and the session token."""
        return redact(text, self.signature, self.security_token)


class _OffsetSigV4(SigV4Auth):  # type: ignore[misc] # botocore ships no types
    """Signature Version 4 by AWS's clock; botocore itself always uses this machine's."""

    def headers_to_sign(self, request: Request) -> Any:
        # botocore calls this twice, for the digest and for the names.
        if "headers_to_sign" not in request.context:
            request.context["headers_to_sign"] = super().headers_to_sign(request)
        return request.context["headers_to_sign"]

    def _sign(self, key: bytes, msg: str, hex: bool = False) -> Any:  # noqa: A002 - botocore's name
        # Only the last one, in hexadecimal, is new each time; the others stay the same for a day.
        return super()._sign(key, msg, hex=True) if hex else _hmac(key, msg)

    def _modify_request_before_signing(self, request: Request) -> None:
        if offset := request.context["clock_offset"]:
            now = datetime.now(UTC) + offset
            request.context["timestamp"] = now.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)


@lru_cache(maxsize=64)
def _hmac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), "sha256")
