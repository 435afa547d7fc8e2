"""Evaluation of lifecycle policies, which moto lacks.

The rules are those of AWS's page:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import orjson

_DAY = 86_400  # seconds


@dataclass(frozen=True)
class PushedImage:
    """What a policy knows of an image.

    Args:
        digest: Its digest.
        tags: Its tags; none if it is untagged.
        pushed_at: When it was pushed, in seconds since 1970.
    """

    digest: str
    tags: tuple[str, ...]
    pushed_at: float


@dataclass(frozen=True)
class ExpiringImage:
    """An image that a policy would expire, and the priority of the rule that does."""

    image: PushedImage
    rule_priority: int


@dataclass(frozen=True)
class Rule:
    """A rule of a lifecycle policy.

    Args:
        priority: Its place among the rules; the lowest number is applied first.
        tag_status: ``tagged``, ``untagged`` or ``any``.
        patterns: An image that is tagged needs a tag for each of them.
        count_type: ``imageCountMoreThan`` or ``sinceImagePushed``.
        count: The number of images to keep, or the age in days up to which they are kept.
    """

    priority: int
    tag_status: str
    patterns: tuple[re.Pattern[str], ...]
    count_type: str
    count: int

    @classmethod
    def parse(cls, rule: dict[str, Any]) -> Self:
        """Read a rule of a policy that has passed moto's checks."""
        selection = rule["selection"]
        prefixes = [f"{re.escape(prefix)}.*" for prefix in selection.get("tagPrefixList", [])]
        wildcards = [
            ".*".join(map(re.escape, pattern.split("*")))
            for pattern in selection.get("tagPatternList", [])
        ]
        return cls(
            priority=rule["rulePriority"],
            tag_status=selection["tagStatus"],
            patterns=tuple(map(re.compile, prefixes + wildcards)),
            count_type=selection["countType"],
            count=selection["countNumber"],
        )

    def selects(self, image: PushedImage) -> bool:
        """Return whether the rule is about an image, whether or not it expires the image."""
        match self.tag_status:
            case "untagged":
                return not image.tags
            case "tagged":
                return bool(image.tags) and all(
                    any(pattern.fullmatch(tag) for tag in image.tags) for pattern in self.patterns
                )
        return True

    def expired(self, youngest_first: list[PushedImage], now: float) -> list[PushedImage]:
        """Return which of the images that the rule selects it would expire."""
        if self.count_type == "imageCountMoreThan":
            return youngest_first[self.count :]
        return [image for image in youngest_first if image.pushed_at < now - self.count * _DAY]


def expiring(policy: str, images: Iterable[PushedImage], now: float) -> list[ExpiringImage]:
    """Return the images that a policy would expire, oldest first.

    All rules are evaluated on all images. An image that a rule selects is out of reach for the
    rules after it, even if that rule keeps it; they still count it.

    Args:
        policy: The policy's text, which has passed moto's checks.
        images: The images in the order in which they were pushed.
        now: The time in seconds since 1970.
    """
    rules = sorted(map(Rule.parse, orjson.loads(policy)["rules"]), key=lambda rule: rule.priority)
    oldest_first = sorted(images, key=lambda image: image.pushed_at)
    priority_of: dict[str, int | None] = {}  # by digest; None if the image is kept
    for rule in rules:
        selected = [image for image in reversed(oldest_first) if rule.selects(image)]
        for image in rule.expired(selected, now):
            priority_of.setdefault(image.digest, rule.priority)
        for image in selected:
            priority_of.setdefault(image.digest, None)
    return [
        ExpiringImage(image, priority)
        for image in oldest_first
        if (priority := priority_of.get(image.digest)) is not None
    ]
