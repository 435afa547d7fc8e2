"""The fields of the trigger New Images: which pushes it is to tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

from lib.component.errors import InvalidFieldError

FROM_NOW, FROM_BEGINNING = "now", "beginning"
# What the field startFrom may hold, and how the screen calls it.
STARTS = {FROM_NOW: "From now on", FROM_BEGINNING: "Everything"}


@dataclass(frozen=True)
class Selection:
    """Which pushes count.

    Args:
        repositories: The names of the repositories; none for all of the registry.
        repository_pattern: What a repository's name must match, such as ``team/*``.
        tag_pattern: What one of an image's tags must match; None takes images without tags too.
        skip_untagged: Whether images without tags are left out.
        start: One of ``STARTS``: what the first run begins with.
    """

    repositories: Sequence[str]
    repository_pattern: str
    tag_pattern: str | None
    skip_untagged: bool
    start: str

    @classmethod
    def from_cfg(cls, cfg: Mapping[str, Any]) -> Self:
        """Read the fields; one that is empty counts as not filled.

        Raises:
            InvalidFieldError: A field holds what it can't.
        """
        start = cfg.get("startFrom") or FROM_NOW
        if not isinstance(start, str) or start not in STARTS:
            raise InvalidFieldError("startFrom", start, STARTS)
        return cls(
            repositories=_names(cfg, "repositories"),
            repository_pattern=_pattern(cfg, "repositoryPattern") or "*",
            tag_pattern=_pattern(cfg, "tagPattern"),
            skip_untagged=cfg.get("skipUntagged") in (True, "true"),
            start=start,
        )

    def has_repository(self, name: str) -> bool:
        """Return whether pushes to a repository may count."""
        return fnmatchcase(name, self.repository_pattern)

    def has_tags(self, tags: Sequence[str]) -> bool:
        """Return whether an image with these tags counts."""
        if self.tag_pattern is None:
            return bool(tags) or not self.skip_untagged
        return any(fnmatchcase(tag, self.tag_pattern) for tag in tags)


def _names(cfg: Mapping[str, Any], field: str) -> Sequence[str]:
    names = cfg.get(field) or []
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise InvalidFieldError(field, names, "a list of repository names; an empty one is for all")
    return names


def _pattern(cfg: Mapping[str, Any], field: str) -> str | None:
    pattern = cfg.get(field) or None
    if pattern is not None and not isinstance(pattern, str):
        raise InvalidFieldError(field, pattern, "a text, in which * stands for any characters")
    return pattern
