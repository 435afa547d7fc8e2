"""JSONata as designers write it: constants, paths, and a whole mapping as one expression.

https://docs.jsonata.org/
"""

import json
import re
from typing import Any

import orjson

from lib.platform import mapping
from lib.studio.metadata_tree import Path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = frozenset({"and", "or", "in", "true", "false", "null"})
_LITERAL = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*""", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)|[\"\x00-\x1f]", re.DOTALL)
# What the scanner of an object sees as one piece: a text, a quoted name, or a comment.
_PIECE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|/\*.*?\*/|[^"'`]""", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"
_INDENT = "  "


def constant(expression: Any) -> str | None:
    """Return the text that an expression stands for if it is a constant; else None.

    Args:
        expression: A part of a mapping.
    """
    if not isinstance(expression, str) or not _LITERAL.fullmatch(expression):
        return None
    inner = expression.strip()[1:-1]
    try:
        return str(json.loads(f'"{_ESCAPE.sub(_for_json, inner)}"'))
    except ValueError:
        return None  # an escape that JSONata does not know either


def literal(text: str) -> str:
    """Return the expression that stands for a text."""
    return json.dumps(text, ensure_ascii=False)


def expression_text(content: Any) -> str:
    """Return a part of a mapping as one expression; empty if it is not mapped."""
    return "" if content is None else _text(content, "")


def path_text(path: Path) -> str:
    """Return the expression that finds what is at a path, such as ``images[0].imageId``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_name(part)}" if text else _name(part)
    return text


def members_of(expression: str) -> dict[str, Any] | None:
    """Return the mapping of members that an expression makes; None if it is not an object of such.

    Args:
        expression: The mapping as one expression, as :func:`expression_text` writes it.
    """
    text = expression.strip()
    if not text:
        return {}
    found = _object(text)
    return None if found is None or mapping.faults(found) else found


def parts_of(expression: str) -> dict[str, Any] | list[Any] | None:
    """Return the parts of an expression that is an object, or a list of objects; else None."""
    parts = _value(expression.strip())
    return None if isinstance(parts, str) or mapping.faults({"": parts}) else parts


def _for_json(match: re.Match[str]) -> str:
    """Return a character of a literal as JSON writes it."""
    text = match[0]
    return text if text.startswith("\\") else json.dumps(text)[1:-1]


def _name(name: str) -> str:
    return name if _NAME.fullmatch(name) and name not in _OPERATORS else f"`{name}`"


def _text(content: Any, margin: str) -> str:
    inner = margin + _INDENT
    match content:
        case str():
            return content
        case dict() if content:
            members = (
                f"{inner}{literal(name)}: {_text(part, inner)}" for name, part in content.items()
            )
            return "{\n" + ",\n".join(members) + f"\n{margin}}}"
        case list() if content:
            items = (f"{inner}{_text(item, inner)}" for item in content)
            return "[\n" + ",\n".join(items) + f"\n{margin}]"
    return orjson.dumps(content).decode()


def _object(text: str) -> dict[str, Any] | None:
    pieces = _inside(text, "{}")
    if pieces is None:
        return None
    found: dict[str, Any] = {}
    for piece in pieces:
        key, colon, value = _divided(piece)
        name = constant(key)
        if not colon or name is None or name in found or not value.strip():
            return None
        found[name] = _value(value.strip())
    return found


def _value(text: str) -> Any:
    """Return a member's value as a part of a mapping: objects and lists of objects are divided."""
    inner = _object(text)
    if inner is not None:
        return inner
    items = [_object(item.strip()) for item in _inside(text, "[]") or ()]
    return items if items and None not in items else text


def _inside(text: str, brackets: str) -> list[str] | None:
    """Return what stands between the commas in brackets; None if the text has no such brackets."""
    if not text.startswith(brackets[0]):
        return None
    depth, start, parts = 0, 1, []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in _OPENING:
            depth += 1
        elif piece in _CLOSING:
            depth -= 1
            if depth == 0:
                break
        elif piece == "," and depth == 1:
            parts.append(text[start : match.start()])
            start = match.end()
    else:
        return None
    last = text[start : match.start()]
    if match.end() != len(text) or text[-1] != brackets[1]:
        return None
    return [*parts, last] if parts or last.strip() else []


def _divided(member: str) -> tuple[str, str, str]:
    """Return the key of a member, the colon, and its value."""
    for match in _PIECE.finditer(member):
        if match[0] == ":":
            return member[: match.start()], ":", member[match.end() :]
    return member, "", ""
