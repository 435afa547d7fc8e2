"""Selection of pushes: the fields of the trigger New Images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from lib.component.cfg import Cfg, choice, is_ticked, matches, pattern, several

FROM_NOW, FROM_BEGINNING = "now", "beginning"
# The values of the field startFrom, each with its label.
STARTS = {FROM_NOW: "From now on", FROM_BEGINNING: "Everything"}


@dataclass(frozen=True)
class Selection:
    """The pushes that the fields of a step let through.

    Args:
        repositories: The names of the repositories; empty for all of the registry.
        repository_pattern: A pattern for the repository's name, such as ``team/*``, or empty.
        tag_pattern: A pattern that one of the image's tags must match, or empty.
        skip_untagged: Whether images without tags are skipped.
        start: One of ``STARTS``: where the first run begins.
    """

    repositories: Sequence[str]
    repository_pattern: str
    tag_pattern: str
    skip_untagged: bool
    start: str

    @classmethod
    def from_cfg(cls, cfg: Cfg) -> Self:
        """Read the fields of a step.

        Args:
            cfg: ``repositories``, ``repositoryPattern``, ``tagPattern``, ``skipUntagged`` and
                ``startFrom``.

        Raises:
            InvalidFieldError: A field holds an invalid value.
        """
        return cls(
            repositories=several(cfg, "repositories", None, "names of repositories"),
            repository_pattern=pattern(cfg, "repositoryPattern"),
            tag_pattern=pattern(cfg, "tagPattern"),
            skip_untagged=is_ticked(cfg, "skipUntagged"),
            start=choice(cfg, "startFrom", STARTS, FROM_NOW),
        )

    def has_repository(self, name: str) -> bool:
        """Return whether pushes to a repository are let through."""
        return not self.repository_pattern or matches([name], self.repository_pattern)

    def has_tags(self, tags: Sequence[str]) -> bool:
        """Return whether an image with these tags is let through."""
        if self.tag_pattern:
            return matches(tags, self.tag_pattern)
        return bool(tags) or not self.skip_untagged
