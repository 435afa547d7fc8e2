"""The rows of the mapper: a step's in-metadata, together with the mapping of its input.

https://docs.elastic.io/guides/mapping-data.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

_ANY = "any"


@dataclass(frozen=True)
class Help:
    """What the pop-up of a member says.

    Args:
        description: What the member is; may be empty.
        examples: Examples of its values.
        default: The value that an optional member has if it is left out; None if it has none.
        allowed: All allowed values; empty if there is no such list.
    """

    description: str = ""
    examples: Sequence[Any] = ()
    default: Any = None
    allowed: Sequence[Any] = ()

    def __bool__(self) -> bool:
        has_default = self.default is not None
        return bool(self.description or self.examples or self.allowed or has_default)


@dataclass(frozen=True)
class Member:
    """A row: a member of the input, or an item of a list.

    Args:
        path: The keys and positions that lead to it from the body.
        title: What it is called on the screen.
        type: The type of its values, as JSON names it, such as ``array of objects``.
        is_required: Whether the step's metadata demand it.
        is_known: Whether the metadata have it; a mapping may have others.
        help: What its pop-up says.
        content: Its part of the mapping: an expression, an object or a list of such; None if it is
            not mapped.
        members: The rows in it: the members of an object, or the items of a list.
        item: The schema of the items of a list of objects; None for anything else.
    """

    path: Path
    title: str
    type: str
    is_required: bool
    is_known: bool
    help: Help
    content: Any
    members: "Sequence[Member]" = ()
    item: Schema | None = None

    @property
    def key(self) -> str:
        """The member's name in the message; for an item, its position."""
        return str(self.path[-1])

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list."""
        return isinstance(self.path[-1], int)

    @property
    def is_removable(self) -> bool:
        """Whether its row is only there because the mapping has it."""
        return self.is_item or not self.is_known

    @property
    def is_container(self) -> bool:
        """Whether its parts can be mapped one by one."""
        return bool(self.members) or self.item is not None

    @property
    def is_mapped(self) -> bool:
        """Whether the mapping says anything about it."""
        return self.content is not None

    @property
    def is_missing(self) -> bool:
        """Whether the metadata demand it, and the mapping says nothing about it."""
        return self.is_required and not self.is_mapped


def members(schema: Schema, mapper: Mapping[str, Any]) -> Sequence[Member]:
    """Return the rows of the mapper, required and important members first.

    Args:
        schema: The step's in-metadata, in the platform's manner of JSON Schema draft 3.
        mapper: The mapping of the step's input. What the schema lacks comes last.
    """
    return _members(schema, mapper, ())


def content_at(mapper: Mapping[str, Any], path: Path) -> Any:
    """Return the part of a mapping at a path; None if it has none."""
    content: Any = mapper
    for part in path:
        content = _part(content, part)
    return content


def with_content(mapper: Mapping[str, Any], path: Path, content: Any) -> dict[str, Any]:
    """Return a mapping with another part at a path.

    Args:
        mapper: The mapping; it is not changed.
        path: Where the part belongs. A position must be in the list, or follow its last item.
        content: The part; None removes it, and the objects that are empty then. The other items of
            a list move up.
    """
    changed: dict[str, Any] = _with_content(mapper, path, content)
    return changed


def _members(schema: Schema, content: Any, path: Path) -> Sequence[Member]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    by_order = sorted(properties, key=lambda name: -float(properties[name].get("order") or 0))
    known = [_member(properties[name], (*path, name), _part(content, name)) for name in by_order]
    others = content if isinstance(content, dict) else {}
    unknown = [
        _member({}, (*path, name), part, is_known=False)
        for name, part in others.items()
        if name not in properties
    ]
    return [*known, *unknown]


def _member(schema: Schema, path: Path, content: Any, *, is_known: bool = True) -> Member:
    values, item = schema, None
    if isinstance(schema.get("items"), Mapping):
        values = schema["items"]
        item = values if values.get("properties") else None
    return Member(
        path,
        str(schema.get("title") or path[-1]),
        _type(schema),
        is_required=schema.get("required") is True,
        is_known=is_known,
        help=_help(schema, values),
        content=content,
        members=_parts(schema, item, path, content, is_known=is_known),
        item=item,
    )


def _parts(
    schema: Schema, item: Schema | None, path: Path, content: Any, *, is_known: bool
) -> Sequence[Member]:
    if isinstance(content, list):
        return [
            _item(item or {}, (*path, index), part, is_known=is_known)
            for index, part in enumerate(content)
        ]
    if item is not None:
        return ()
    return _members(schema, content, path)


def _item(schema: Schema, path: Path, content: Any, *, is_known: bool) -> Member:
    title = f"Item {int(path[-1]) + 1}"
    return _member({**schema, "title": title, "required": False}, path, content, is_known=is_known)


def _type(schema: Schema) -> str:
    kind = schema.get("type") or ("object" if schema.get("properties") else _ANY)
    if isinstance(kind, list):
        return " or ".join(str(one) for one in kind)
    if kind == "array" and isinstance(schema.get("items"), Mapping):
        items = _type(schema["items"])
        return "array" if items == _ANY else f"array of {items}s"
    return str(kind)


def _help(schema: Schema, values: Schema) -> Help:
    own = schema.get("help")
    description = own.get("description") if isinstance(own, Mapping) else None
    return Help(
        str(description or schema.get("description") or ""),
        tuple(schema.get("examples") or values.get("examples") or ()),
        schema.get("default"),
        tuple(schema.get("enum") or values.get("enum") or ()),
    )


def _part(content: Any, part: str | int) -> Any:
    match content, part:
        case dict(), str():
            return content.get(part)
        case list(), int() if part < len(content):
            return content[part]
    return None


def _with_content(mapper: Any, path: Path, content: Any) -> Any:
    if not path:
        return content
    first, rest = path[0], path[1:]
    part = _with_content(_part(mapper, first), rest, content)
    if isinstance(first, int):
        items = mapper if isinstance(mapper, list) else []
        return [*items[:first], *([] if part is None else [part]), *items[first + 1 :]]
    others = {**mapper} if isinstance(mapper, dict) else {}
    is_emptied = part == {} and content is None
    if part is None or is_emptied:
        others.pop(first, None)
    else:
        others[first] = part
    return others
