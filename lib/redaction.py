"""Removal of secrets from texts that will be shown: logs, errors, error events.

A server that repeats a request may write it in many ways. So secrets are looked for where HTML
entities, the escapes of URLs and JSON, and line breaks are undone, and by their beginnings, because
texts are cut.
"""

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote

REDACTED = "[redacted]"

_PREFIX = 16  # characters by which a longer secret is recognized
_REST = r"[\w+/=.~-]*"  # what may follow them
_ESCAPES = re.compile(r"[&%\\\r\n]")
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|/)")
_WRAP = re.compile(r"(?:\r?\n|\\r?\\n|\\n)[ \t]*")
_ROUNDS = 3  # a text may be escaped more than once


class Redactor:
    """Removes secrets from texts; threads may share it.

    Args:
        secrets: The secrets; empty ones are ignored.
        replacement: What stands in their place.
    """

    def __init__(self, secrets: Iterable[str], replacement: str = REDACTED) -> None:
        self._replacement = replacement
        known = sorted(filter(None, set(secrets)), key=len, reverse=True)
        forms = [re.escape(secret) for secret in known]
        self._whole = re.compile("|".join(forms)) if forms else None
        forms += [re.escape(secret[:_PREFIX]) + _REST for secret in known if len(secret) > _PREFIX]
        self._any = re.compile("|".join(forms))

    def redact(self, text: str) -> str:
        """Return a text without the secrets; one that has none is returned unchanged.

        If escapes hide a secret, the text is returned without escapes.
        """
        if self._whole is None:
            return text
        if _ESCAPES.search(text):
            plain = normalized(text)
            for pattern in (self._whole, self._any):
                if len(pattern.findall(plain)) > len(pattern.findall(text)):
                    text = plain
        return self._any.sub(lambda _: self._replacement, text)


def normalized(text: str) -> str:
    """Return a text with HTML entities, the escapes of URLs and JSON, and line breaks undone."""
    text = _WRAP.sub("", text)
    for _ in range(_ROUNDS):
        before = text
        text = _JSON_ESCAPE.sub(lambda escape: chr(int(escape[1] or "2f", 16)), text)
        text = unquote(html.unescape(text))
        if text == before:
            break
    return text
