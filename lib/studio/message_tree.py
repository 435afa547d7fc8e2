"""A value of JSON as the nodes of a tree, for Quasar's QTree, and as a line of text."""

from collections.abc import Iterator
from typing import Any

import orjson

from lib.sailor import json_text
from lib.sailor.step import shortened

_MOST_CHILDREN = 200  # of a node
_LONGEST_TEXT = 2_000  # characters of a text in a tree
_LONGEST_LINE = 200  # characters

Node = dict[str, Any]


def nodes(value: Any, path: str = "") -> list[Node]:
    """Return the nodes below a value: one for each member of an object or item of an array.

    Args:
        value: The value.
        path: What the nodes' ids begin with.

    Returns:
        Nodes with ``id``, a JSON pointer to the value; ``name``, its member's name or its index;
        ``kind``, its type in JSON; ``text``, what is shown of it; and ``children``.
    """
    found: list[Node] = []
    for count, (name, part) in enumerate(_parts(value)):
        if count == _MOST_CHILDREN:
            rest = f"{len(value) - count:,} more in the JSON"
            found.append({"id": f"{path}//", "name": "…", "kind": "note", "text": rest})
            break
        part_id = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        kind, text = _shown(part)
        children = nodes(part, part_id)
        found.append(
            {"id": part_id, "name": name, "kind": kind, "text": text, "children": children}
        )
    return found


def opened(found: list[Node], most: int = 40) -> list[str]:
    """Return the ids of the nodes that are open at first: those above, as many as fit.

    Args:
        found: The nodes.
        most: How many nodes may be seen.
    """
    ids: list[str] = []
    seen = len(found)
    level = found
    while level:
        for node in level:
            seen += len(node.get("children", ()))
            if seen > most:
                return ids
            ids.append(node["id"])
        level = [child for node in level for child in node.get("children", ())]
    return ids


def line(value: Any) -> str:
    """Return a value on one line, cut if it is long."""
    text = value if isinstance(value, str) else json_text.dump(value).decode()
    return " ".join(text[:_LONGEST_LINE].split()) + ("…" if len(text) > _LONGEST_LINE else "")


def indented(value: Any) -> str:
    """Return a value as JSON with line breaks."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # half a surrogate pair, or an integer of more than 64 bits
        return json_text.dump(value).decode()


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield str(index), item


def _shown(value: Any) -> tuple[str, str]:
    """Return the type of a value, and what the tree shows next to its name."""
    match value:
        case dict():
            return "object", "" if value else "{}"
        case list():
            return "array", _counted(len(value), "item")
        case str():
            return "string", shortened(value, _LONGEST_TEXT)
        case bool():
            return "boolean", "true" if value else "false"
        case None:
            return "null", "null"
    return "number", str(value)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
