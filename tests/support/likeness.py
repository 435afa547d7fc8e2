"""Compares what is shown in a document with what really came.

Both are compared as text, character for character, but for what differs from run to run: a time
stands for any time of the same form, an id for any id, the token of a page for any token, and a
registry's password or a signed URL for any other. An id or a token that is shown twice must have
come twice, but for the ids of requests: these are never alike.
"""

import re

# Ids of uploads and requests are UUIDs at AWS; those of moto's requests have 52 characters.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_VOLATILE = re.compile(
    r"(?P<time>\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)"
    rf"|(?P<request>(?:\brequest id |\"x-amzn-requestid\": \")(?:{_UUID}|[0-9A-Za-z]{{52}})\b)"
    rf"|(?P<id>\b{_UUID}\b)"
    r"|(?:(?<=\"nextToken\": \")|(?<=\"nextToken\":\"))(?P<token>[\w=-]+)"
    r"|(?P<url>https?://[^\s\"]+\bX-Amz-Signature=[0-9a-f]+)"
    r"|(?P<password>\bQVdTO[0-9A-Za-z+/]+=*)"  # base64 of "AWS:" and a password
)


class Likeness:
    """Compares texts, and remembers which id came for which one that was shown."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}

    def difference(self, shown: str, came: str) -> str:
        """Return the place where the texts differ, or an empty text if they don't."""
        shown_parts, came_parts = _parts(shown), _parts(came)
        for (kind, text), (other_kind, other) in zip(shown_parts, came_parts, strict=False):
            known = self.ids.setdefault(text, other) if kind in {"id", "token"} else other
            if kind != other_kind or known != other or (not kind and text != other):
                return f"shown: {text}\ncame:  {other}"
        return "" if len(shown_parts) == len(came_parts) else f"shown: {shown}\ncame:  {came}"

    def actual(self, shown: str) -> str:
        """Return a text with each id that came in place of the one that was shown."""
        return _VOLATILE.sub(lambda found: self.ids.get(found[0], found[0]), shown)


def _parts(text: str) -> list[tuple[str, str]]:
    """Return a text in pieces, each with its kind; what never differs has none."""
    parts = []
    end = 0
    for found in _VOLATILE.finditer(text):
        parts += [("", text[end : found.start()]), (found.lastgroup or "", found[0])]
        end = found.end()
    return [*parts, ("", text[end:])]
