"""Which events start a flow: what the fields of the trigger say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lib.component.errors import InvalidFieldError
from lib.component.event_members import FAILURE, KINDS, SUCCESS

ANY = "any"
# What the field result may hold, and how the screen calls it.
RESULTS = {
    ANY: "Success and failure",
    SUCCESS: "Success only",
    FAILURE: "Failure only",
}

_PATTERN = {"a text": "such as team/*"}


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
            _events(cfg.get("events") or []),
            _result(cfg.get("result") or ANY),
            _pattern("repository", cfg),
            _pattern("tag", cfg),
        )

    def refusal(self, event: Mapping[str, Any]) -> str | None:
        """Return the name of the first field that keeps an event out, None if it may pass.

        An event without a result, a repository or a tag passes only where the field for it lets
        everything pass; one with several repositories or tags, where any of them does.

        Args:
            event: The event, as :func:`lib.component.event_members.read` returns it.
        """
        if self.events and event["event"] not in self.events:
            return "events"
        if self.result != ANY and event.get("result") != self.result:
            return "result"
        if self.repository and not _matches(_repositories(event), self.repository):
            return "repository"
        if self.tag and not _matches(event["imageTags"], self.tag):
            return "tag"
        return None


def _events(chosen: Any) -> frozenset[str]:
    if not isinstance(chosen, list):
        raise InvalidFieldError("events", chosen, KINDS)
    for event in chosen:
        if not isinstance(event, str) or event not in KINDS:
            raise InvalidFieldError("events", event, KINDS)
    return frozenset(chosen)


def _result(chosen: Any) -> str:
    if not isinstance(chosen, str) or chosen not in RESULTS:
        raise InvalidFieldError("result", chosen, RESULTS)
    return chosen


def _pattern(field: str, cfg: Mapping[str, Any]) -> str:
    pattern = cfg.get(field) or ""
    if not isinstance(pattern, str):
        raise InvalidFieldError(field, pattern, _PATTERN)
    return pattern.strip()


def _repositories(event: Mapping[str, Any]) -> list[str]:
    """Return the names of the repositories that an event is about."""
    several = (repository.get("repositoryName") for repository in event.get("repositories", []))
    return [name for name in (event.get("repositoryName"), *several) if name]


def _matches(names: Iterable[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
