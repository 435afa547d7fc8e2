"""Paths that an expression can use: the members of the message, and those of earlier steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lib.platform.expression import PASSTHROUGH
from lib.sailor.step import Message, shortened
from lib.studio.jsonata_text import path_text
from lib.studio.metadata_tree import Path, Schema

_DEEPEST = 8  # parts of a path within a body
_MOST = 1000  # paths
_PREVIEW = 80  # characters


@dataclass(frozen=True)
class Suggestion:
    """What an expression can use.

    Args:
        text: The expression.
        preview: The value in the sample, shortened; or what it is, if there is no sample.
    """

    text: str
    preview: str


def suggestions(
    message: Message | None, trail: Mapping[str, Message], source: Schema | None = None
) -> list[Suggestion]:
    """Return the paths that lead to something, at most 1,000, those of the message first.

    Args:
        message: What the step before emitted last; None if nothing yet.
        trail: The messages of earlier steps, by the steps' ids.
        source: The out-metadata of the step before, which stand in for a message.
    """
    found: dict[str, Suggestion] = {}
    for path, preview in _all(message, trail, source):
        text = path_text(path)
        found.setdefault(text, Suggestion(text, preview))
        if len(found) == _MOST:
            break
    return [*found.values()]


def _all(
    message: Message | None, trail: Mapping[str, Message], source: Schema | None
) -> Iterator[tuple[Path, str]]:
    if message is not None:
        yield from _in_value(message.get("body"), ())
    if source is not None:
        yield from _in_schema(source, ())
    for step, earlier in reversed([*trail.items()]):
        body = earlier.get("body")
        path = (PASSTHROUGH, step, "body")
        yield path, _preview(body)
        yield from _in_value(body, path)


def _in_value(value: Any, path: Path, depth: int = 0) -> Iterator[tuple[Path, str]]:
    match value:
        case dict():
            parts: Iterator[tuple[str | int, Any]] = iter(value.items())
        case list() if path:  # a path does not begin with a position
            parts = iter(enumerate(value[:1]))
        case _:
            return
    for part, inner in parts:
        yield (*path, part), _preview(inner)
        if depth < _DEEPEST:
            yield from _in_value(inner, (*path, part), depth + 1)


def _in_schema(schema: Schema, path: Path, depth: int = 0) -> Iterator[tuple[Path, str]]:
    for name, member in (schema.get("properties") or {}).items():
        yield (*path, name), str(member.get("title") or "")
        items = member.get("items")
        if depth < _DEEPEST:
            yield from _in_schema(member, (*path, name), depth + 1)
            if isinstance(items, Mapping):
                yield from _in_schema(items, (*path, name, 0), depth + 1)


def _preview(value: Any) -> str:
    return shortened(orjson.dumps(value).decode(), _PREVIEW)
