"""Which events start a flow: what the fields of the trigger say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.component import cfg as fields
from lib.component.triggers.image_event.event import FAILURE, KINDS, SUCCESS

ANY = "any"
# What the field result may hold, and how the screen calls it.
RESULTS = {
    ANY: "Success and failure",
    SUCCESS: "Success only",
    FAILURE: "Failure only",
}


@dataclass(frozen=True)
class EventFilter:
    """The events that the fields of a step let pass.

    Args:
        events: Which of ``KINDS``; all of them if it is empty.
        result: One of ``RESULTS``.
        repository: A pattern for the repository's name, or empty.
        tag: A pattern for one of the image's tags, or empty.
    """

    events: frozenset[str]
    result: str
    repository: str
    tag: str

    @classmethod
    def from_cfg(cls, cfg: Mapping[str, Any]) -> "EventFilter":
        """Read the fields of a step; an empty one lets everything pass.

        Args:
            cfg: The fields: ``events`` (a list), ``result``, ``repository`` and ``tag``.

        Raises:
            InvalidFieldError: A field holds what it can't.
        """
        return cls(
            events=frozenset(fields.several(cfg, "events", KINDS)),
            result=fields.choice(cfg, "result", RESULTS, ANY),
            repository=fields.pattern(cfg, "repository"),
            tag=fields.pattern(cfg, "tag"),
        )

    def refusal(self, event: Mapping[str, Any]) -> str | None:
        """Return the name of the first field that keeps an event out, None if it may pass.

        An event without a result, a repository or a tag passes only where the field for it lets
        everything pass; one with several repositories or tags, where any of them does.

        Args:
            event: The event, as :func:`lib.component.triggers.image_event.event.read` returns it.
        """
        if self.events and event["event"] not in self.events:
            return "events"
        if self.result != ANY and event.get("result") != self.result:
            return "result"
        if self.repository and not fields.matches(_repositories(event), self.repository):
            return "repository"
        if self.tag and not fields.matches(event["imageTags"], self.tag):
            return "tag"
        return None


def _repositories(event: Mapping[str, Any]) -> list[str]:
    """Return the names of the repositories that an event is about."""
    several = (repository.get("repositoryName") for repository in event.get("repositories", []))
    return [name for name in (event.get("repositoryName"), *several) if name]
