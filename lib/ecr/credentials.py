"""Keys that sign requests, and the removal of secrets from texts."""

import re
from dataclasses import dataclass, field, replace
from typing import Self

from lib.redaction import REDACTED, Redactor

# Secrets with a recognizable shape, as answers and error texts hold them: ECR's token, a proxy's
# login, and the signature of a URL or a request; plain, or escaped for JSON or a URL.
_TOKEN_MEMBER = re.compile(r"(authorizationToken\W{1,12})[\w+/=-]+")
_LOGIN = re.compile(r"(Authorization\W{1,6}Basic\s+)[\w+/=-]+", re.IGNORECASE)
# Characters that JSON and URLs may write in other ways.
_FORMS = {
    "+": r"(?:\+|%2B|\\u002b)",
    "/": r"(?:\\?/|%2F|\\u002f)",
    "=": r"(?:=|%3D|\\u003d)",
}
_SIGNED = re.compile(
    rf"(X-Amz-(?:Signature|Security-Token|Credential)(?:{_FORMS['=']}|\W{{0,3}}:\W{{0,4}})"
    rf"|\bSignature{_FORMS['=']})[^\s&\"'<>,;]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Credentials:
    """An AWS access key.

    The attribute names are those that botocore's signers read. A repr shows no secret.

    Args:
        access_key: The access key ID.
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
        """Return a text without these credentials and other secrets of a recognizable shape."""
        text = redact(text, self.secret_key, self.token)
        return text.replace(self.access_key, shortened(self.access_key))


def redact(text: str, *secrets: str | None) -> str:
    """Return a text without the given secrets and others of a recognizable shape."""
    for secret in filter(None, secrets):
        forms = "".join(_FORMS.get(character) or re.escape(character) for character in secret)
        text = re.sub(forms, REDACTED, text, flags=re.IGNORECASE)
    text = Redactor(filter(None, secrets)).redact(text)
    for shape in (_TOKEN_MEMBER, _LOGIN, _SIGNED):
        text = shape.sub(rf"\g<1>{REDACTED}", text)
    return text


def shortened(access_key: str) -> str:
    """Return enough of an access key ID to recognize it."""
    return f"{access_key[:4]}…{access_key[-4:]}" if len(access_key) > 12 else "…"  # noqa: PLR2004
