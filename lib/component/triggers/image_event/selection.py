"""Selection of events: the fields of the trigger Image Event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lib.component.cfg import Cfg, choice, matches, pattern, several
from lib.component.triggers.image_event.event import FAILURE, KINDS, SUCCESS

ANY = "any"
# The values of the field result, each with its label.
RESULTS = {
    ANY: "Success and failure",
    SUCCESS: "Success only",
    FAILURE: "Failure only",
}


@dataclass(frozen=True)
class Selection:
    """The events that the fields of a step let through.

    Args:
        events: Some of ``KINDS``; empty for all of them.
        result: One of ``RESULTS``.
        repository: A pattern for the repository's name, or empty.
        tag: A pattern for one of the image's tags, or empty.
    """

    events: frozenset[str]
    result: str
    repository: str
    tag: str

    @classmethod
    def from_cfg(cls, cfg: Cfg) -> Self:
        """Read the fields of a step; an empty one lets everything through.

        Args:
            cfg: ``events`` (a list), ``result``, ``repository`` and ``tag``.

        Raises:
            InvalidFieldError: A field holds an invalid value.
        """
        return cls(
            events=frozenset(several(cfg, "events", KINDS, "events")),
            result=choice(cfg, "result", RESULTS, ANY),
            repository=pattern(cfg, "repository"),
            tag=pattern(cfg, "tag"),
        )

    def excluding_field(self, event: Mapping[str, Any]) -> str | None:
        """Return the name of the first field that excludes an event; None if it is let through.

        An event without a result, a repository or a tag is let through only if the field for it is
        empty; of several repositories or tags, one match is enough.

        Args:
            event: The event, as :func:`lib.component.triggers.image_event.event.read` returns it.
        """
        if self.events and event["event"] not in self.events:
            return "events"
        if self.result != ANY and event.get("result") != self.result:
            return "result"
        if self.repository and not matches(_repositories(event), self.repository):
            return "repository"
        if self.tag and not matches(event["imageTags"], self.tag):
            return "tag"
        return None


def _repositories(event: Mapping[str, Any]) -> list[str]:
    """Return the names of the repositories that an event is about."""
    several = (repository.get("repositoryName") for repository in event.get("repositories", []))
    return [name for name in (event.get("repositoryName"), *several) if name]
