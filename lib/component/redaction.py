"""Requests and results as log lines show them."""

from typing import Any

import orjson

from lib.redaction import REDACTED

_LONGEST = 500


def loggable(members: Any) -> str:
    """Return members as JSON, without tokens and signatures, and with long texts cut short."""
    return orjson.dumps(_shown(members)).decode()


def _shown(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _shown(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_shown(item, name) for item in value]
    return _shown_text(value, name) if isinstance(value, str) else value


def _shown_text(text: str, name: str) -> str:
    if name == "authorizationToken":
        return REDACTED
    if name == "downloadUrl":
        # The signature of a pre-signed URL is in its query.
        return text.partition("?")[0] + f"?{REDACTED}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
