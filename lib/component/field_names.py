"""Names and labels of the fields in component.json, and names in a cfg that are misspelled ones."""

from collections.abc import Iterable, Mapping
from functools import cache
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import Any

import orjson

from lib.component.wording import similar

_FILE = Path(__file__).parents[2] / "component.json"
# The platform adds its own members, so only a name that looks like a field is a misspelled one.
_SIMILARITY = 0.8


class FieldNames:
    """Warns about members of a cfg that look like a field of a step; threads may share it.

    Args:
        function: The action or trigger.
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self._checked: set[frozenset[str]] = set()

    def check(self, cfg: Mapping[str, Any], logger: Logger | LoggerAdapter[Logger]) -> None:
        """Warn about misspelled fields, once for the same names."""
        names = frozenset(cfg)
        if names in self._checked:
            return
        self._checked.add(names)
        for name in sorted(names - _fields(self._function)):
            if meant := similar(name, _fields(self._function), _SIMILARITY):
                logger.warning(
                    "%s is not a field of %s; did you mean %s?", name, self._function, meant
                )


def label(name: str) -> str:
    """Return the label of a field on every screen that has it; its name if none has."""
    functions = _descriptor()["actions"] | _descriptor()["triggers"]
    forms = [_descriptor()["credentials"], *functions.values()]
    labels = (form["fields"][name]["label"] for form in forms if name in form["fields"])
    return next(labels, name)


@cache
def _fields(function: str) -> frozenset[str]:
    descriptor = _descriptor()
    functions = descriptor["actions"] | descriptor["triggers"]
    forms: Iterable[Iterable[str]] = (
        descriptor["credentials"]["fields"],
        functions[function]["fields"],
    )
    return frozenset().union(*forms)


@cache
def _descriptor() -> Mapping[str, Any]:
    descriptor: Mapping[str, Any] = orjson.loads(_FILE.read_bytes())
    return descriptor
