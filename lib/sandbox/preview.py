"""Previews of lifecycle policies: started, in progress for a moment, then read in pages."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lib.sandbox.errors import InvalidTokenError
from lib.sandbox.lifecycle import ExpiringImage

DURATION = 0.5  # seconds that a preview is in progress
PAGE_SIZE = 100  # AWS's default, and its maximum


@dataclass(frozen=True)
class Selection:
    """Which results are asked for, and which page of them.

    Args:
        tag_status: ``TAGGED``, ``UNTAGGED`` or ``ANY``.
        image_ids: Only these images, if there are any: by tag, by digest, or by both.
        size: The number of results in a page.
        token: The token of the page; empty for the first.
    """

    tag_status: str = "ANY"
    image_ids: Collection[dict[str, str]] = ()
    size: int = PAGE_SIZE
    token: str = ""

    def has(self, found: ExpiringImage) -> bool:
        """Return whether a result is asked for, on whatever page."""
        image = found.image
        status = "TAGGED" if image.tags else "UNTAGGED"
        return self.tag_status in {"ANY", status} and (
            not self.image_ids
            or any(
                wanted.get("imageDigest", image.digest) == image.digest
                and ("imageTag" not in wanted or wanted["imageTag"] in image.tags)
                for wanted in self.image_ids
            )
        )


@dataclass(frozen=True)
class Preview:
    """The preview of a repository.

    Args:
        policy: The policy's text.
        completes_at: When it is complete, in seconds since 1970.
        expiring: The images that the policy would expire.
    """

    policy: str
    completes_at: float
    expiring: list[ExpiringImage]

    def is_complete(self, now: float) -> bool:
        """Return whether it can be read."""
        return now >= self.completes_at

    def results(self, selection: Selection) -> dict[str, Any]:
        """Return a page of results, the summary, and the token of the next page if there is one.

        Raises:
            InvalidTokenError: The token is of no page.
        """
        selected = [found for found in self.expiring if selection.has(found)]
        first = _offset(selection.token, len(selected))
        after = first + selection.size
        return {
            "previewResults": [_result(found) for found in selected[first:after]],
            "summary": {"expiringImageTotalCount": len(self.expiring)},
            **({"nextToken": _token(after)} if after < len(selected) else {}),
        }


def _result(found: ExpiringImage) -> dict[str, Any]:
    return {
        "imageTags": list(found.image.tags),
        "imageDigest": found.image.digest,
        "imagePushedAt": found.image.pushed_at,
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": found.rule_priority,
    }


def _token(offset: int) -> str:
    return urlsafe_b64encode(str(offset).encode()).decode()


def _offset(token: str, length: int) -> int:
    """Return where the page of a token begins."""
    if not token:
        return 0
    try:
        offset = int(urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise InvalidTokenError from None
    if not 0 < offset < length:
        raise InvalidTokenError
    return offset
