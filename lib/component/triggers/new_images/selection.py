"""The fields of the trigger New Images: which pushes it is to tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from lib.component import cfg as fields

FROM_NOW, FROM_BEGINNING = "now", "beginning"
# What the field startFrom may hold, and how the screen calls it.
STARTS = {FROM_NOW: "From now on", FROM_BEGINNING: "Everything"}


@dataclass(frozen=True)
class Selection:
    """Which pushes count.

    Args:
        repositories: The names of the repositories; none for all of the registry.
        repository_pattern: What a repository's name must match, such as ``team/*``, or empty.
        tag_pattern: What one of an image's tags must match; if empty, images need no tag.
        skip_untagged: Whether images without tags are left out.
        start: One of ``STARTS``: what the first run begins with.
    """

    repositories: Sequence[str]
    repository_pattern: str
    tag_pattern: str
    skip_untagged: bool
    start: str

    @classmethod
    def from_cfg(cls, cfg: Mapping[str, Any]) -> Self:
        """Read the fields; one that is empty counts as not filled.

        Raises:
            InvalidFieldError: A field holds what it can't.
        """
        return cls(
            repositories=fields.several(cfg, "repositories", "the name of a repository"),
            repository_pattern=fields.pattern(cfg, "repositoryPattern"),
            tag_pattern=fields.pattern(cfg, "tagPattern"),
            skip_untagged=fields.is_ticked(cfg, "skipUntagged"),
            start=fields.choice(cfg, "startFrom", STARTS, FROM_NOW),
        )

    def has_repository(self, name: str) -> bool:
        """Return whether pushes to a repository may count."""
        return not self.repository_pattern or fields.matches([name], self.repository_pattern)

    def has_tags(self, tags: Sequence[str]) -> bool:
        """Return whether an image with these tags counts."""
        if self.tag_pattern:
            return fields.matches(tags, self.tag_pattern)
        return bool(tags) or not self.skip_untagged
