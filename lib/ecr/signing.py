"""What makes a request ours: botocore's Signature Version 4, or the one its caller brought."""

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
    """A prepared request with what botocore's signers read beside method, URL, headers and body."""

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__()
        self.method = "POST"
        self.url = url
        # A plain dict is a fifth of the cost, and each name is written in one way only.
        self.headers = dict(headers)  # type: ignore[assignment]
        self.body = body
        self.params: Mapping[str, str] = {}
        self.context: dict[str, Any] = {}


class Signature(Protocol):
    """Adds to a request what proves who sent it."""

    def sign(self, request: Request, clock_offset: timedelta) -> None:
        """Sign a request, as of now by a clock that is ahead of ours by the offset."""

    def redact(self, text: str) -> str:
        """Return a text without the secrets that a signed request holds."""


class KeySignature:
    """Signs with an access key.

    Args:
        credentials: The access key.
        region: The region that the request goes to.
        service: The service that it goes to, as signatures name it.
    """

    def __init__(self, credentials: Credentials, region: str, service: str = SERVICE) -> None:
        self.redact = credentials.redact
        self._auth = _OffsetSigV4(credentials, service, region)

    def sign(self, request: Request, clock_offset: timedelta) -> None:
        """Sign a request anew; a signature that it has is replaced."""
        request.context["clock_offset"] = clock_offset
        self._auth.add_auth(request)


@dataclass(frozen=True)
class CallerSignature:
    """A signature that the caller computed; it goes out untouched.

    Args:
        date: ``X-Amz-Date``, such as ``20250101T000000Z``.
        credential: ``<access key id>/<date>/<region>/ecr/aws4_request``.
        signed_headers: Header names, joined by ``;``.
        signature: 64 hexadecimal digits.
        security_token: The session token that was signed with, or None.
        content_sha256: ``X-Amz-Content-Sha256``, or None where that header was not signed.
    """

    date: str
    credential: str = field(repr=False)
    signed_headers: str
    signature: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    content_sha256: str | None = None

    def sign(self, request: Request, clock_offset: timedelta) -> None:  # noqa: ARG002 - its time is signed
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
    """Signature Version 4 by the server's clock: botocore itself always takes this machine's."""

    def headers_to_sign(self, request: Request) -> Any:
        # botocore asks for them twice, for the digest and for their names.
        if "headers_to_sign" not in request.context:
            request.context["headers_to_sign"] = super().headers_to_sign(request)
        return request.context["headers_to_sign"]

    def _sign(self, key: bytes, msg: str, hex: bool = False) -> Any:  # noqa: A002 - botocore's name
        # All but the last, which is written in hexadecimal, are the same for a day.
        return super()._sign(key, msg, hex=True) if hex else _hmac(key, msg)

    def _modify_request_before_signing(self, request: Request) -> None:
        if offset := request.context["clock_offset"]:
            now = datetime.now(UTC) + offset
            request.context["timestamp"] = now.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)


@lru_cache(maxsize=64)
def _hmac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), "sha256")
