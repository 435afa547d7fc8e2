"""Requests and results as log lines show them."""

from collections.abc import Collection
from typing import Any

import orjson

from lib.redaction import REDACTED

_LONGEST = 500
# A secret, though botocore's model does not mark it as one.
_TOKEN = "authorizationToken"


def loggable(members: Any, secrets: Collection[str] = ()) -> str:
    """Return members as JSON, without tokens and signatures, and with long texts cut short.

    Args:
        members: The parameters or the result of an operation.
        secrets: The names of other members whose values are secret.
    """
    return orjson.dumps(_shown(members, {_TOKEN, *secrets})).decode()


def _shown(value: Any, secrets: Collection[str], name: str = "") -> Any:
    if name in secrets:
        return REDACTED
    if isinstance(value, dict):
        return {key: _shown(member, secrets, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_shown(item, secrets, name) for item in value]
    return _shown_text(value, name) if isinstance(value, str) else value


def _shown_text(text: str, name: str) -> str:
    if name == "downloadUrl":
        # The signature of a pre-signed URL is in its query.
        return text.partition("?")[0] + f"?{REDACTED}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
