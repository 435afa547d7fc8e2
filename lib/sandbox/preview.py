"""Previews of lifecycle policies: started, in progress for a moment, then read in pages."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lib.sandbox.lifecycle import ExpiringImage
from lib.sandbox.paging import PAGE_SIZE, page

DURATION = 0.5  # seconds that a preview is in progress
LIFETIME = 86_400  # seconds until a preview has expired; AWS does not say how long that takes

IN_PROGRESS = "IN_PROGRESS"
COMPLETE = "COMPLETE"


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

    def status(self, now: float) -> str:
        """Return ``IN_PROGRESS``, then ``COMPLETE``, and in the end ``EXPIRED``."""
        if now < self.completes_at:
            return IN_PROGRESS
        return COMPLETE if now < self.completes_at + LIFETIME else "EXPIRED"

    def results(self, selection: Selection) -> dict[str, Any]:
        """Return a page of results, the summary, and the token of the next page if there is one.

        Raises:
            InvalidTokenError: The token is of no page.
        """
        selected = [found for found in self.expiring if selection.has(found)]
        shown, next_token = page(selected, selection.size, selection.token)
        return {
            "previewResults": [_result(found) for found in shown],
            "summary": {"expiringImageTotalCount": len(self.expiring)},
            **next_token,
        }


def _result(found: ExpiringImage) -> dict[str, Any]:
    return {
        "imageTags": list(found.image.tags),
        "imageDigest": found.image.digest,
        "imagePushedAt": found.image.pushed_at,
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": found.rule_priority,
    }
