"""The keys that sign requests, and how to speak of them without showing them."""

import re
from dataclasses import dataclass, field, replace
from typing import Self

REDACTED = "[redacted]"

# Secrets that an answer or an error text can hold: ECR's token, and what signs a URL or a request.
_TOKEN_MEMBER = re.compile(r'("authorizationToken"\s*:\s*")[^"]*')
_SIGNED_QUERY = re.compile(
    r"(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\"\s<]*", re.IGNORECASE
)
_SIGNED_HEADER = re.compile(r"(x-amz-security-token:|Signature=)[^\s,\"<]*", re.IGNORECASE)


@dataclass(frozen=True)
class Credentials:
    """An AWS access key.

    The member names are those that botocore's signers read. A repr shows no secret.

    Args:
        access_key: The access key id.
        secret_key: The secret access key.
        token: The session token of temporary credentials, or None.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"Credentials({shortened(self.access_key)})"

    def with_token(self, token: str) -> Self:
        """Return the same key with another session token."""
        return replace(self, token=token)

    def redact(self, text: str) -> str:
        """Return a text without these credentials and without any other secret known by shape."""
        for secret in (self.secret_key, self.token):
            if secret:
                text = text.replace(secret, REDACTED)
        return redact(text).replace(self.access_key, shortened(self.access_key))


def redact(text: str) -> str:
    """Return a text without authorization tokens, signatures and session tokens."""
    for secret in (_TOKEN_MEMBER, _SIGNED_QUERY, _SIGNED_HEADER):
        text = secret.sub(rf"\g<1>{REDACTED}", text)
    return text


def shortened(access_key: str) -> str:
    """Return enough of an access key id to recognise it by."""
    return f"{access_key[:4]}…{access_key[-4:]}" if len(access_key) > 12 else "…"  # noqa: PLR2004
