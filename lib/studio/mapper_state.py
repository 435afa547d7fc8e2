"""What the mapper of a step works on: the mapping, the sample, and how its rows are shown."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from lib.sailor.step import Message
from lib.studio import jsonata_text, metadata_tree
from lib.studio.metadata_tree import Member, Path, Schema
from lib.studio.sample_value import Outcome, outcome
from lib.studio.suggestions import Suggestion, suggestions

Mapper = Mapping[str, Any] | str | None

_TEXTS = frozenset({"string", "any"})  # types of members that can be a constant text


class Mode(StrEnum):
    """The way in which the input is made; the values are shown."""

    PASS_ON = "Pass on"
    MEMBERS = "Members"
    DEVELOPER = "Developer"


class Kind(StrEnum):
    """The way in which a member is written; the values are shown."""

    TEXT = "Text"
    EXPRESSION = "JSONata"
    PARTS = "Members"


class MapperState:
    """The mapping while a designer works on it.

    Args:
        schema: The step's in-metadata.
        mapper: The mapping of the step's input, as a flow's file has it.
        message: What the step before emitted last; None if nothing yet.
        trail: The messages of earlier steps, by the steps' ids.
        on_change: Gets the mapping when it is changed.
        source: The out-metadata of the step before: paths to suggest without a message.

    Attributes:
        mapper: The mapping as it is now.
        mode: The way in which it is shown.
        suggestions: The paths that an expression can use.
    """

    def __init__(
        self,
        schema: Schema,
        mapper: Mapper,
        message: Message | None,
        trail: Mapping[str, Message],
        on_change: Callable[[Mapper], None],
        source: Schema | None,
    ) -> None:
        self.mapper = mapper
        self.mode = _mode(mapper)
        self._schema = schema
        self._on_change = on_change
        self._source = source
        self._open: dict[Path, bool] = {}
        self._kinds: dict[Path, Kind] = {}
        self._shows_optional: set[Path] = set()
        self._last_members = mapper if isinstance(mapper, Mapping) else {}
        self.show_sample(message, trail)

    def show_sample(self, message: Message | None, trail: Mapping[str, Message]) -> None:
        """Work on another sample."""
        self._message, self._trail = message, trail
        self.suggestions: Sequence[Suggestion] = suggestions(message, trail, self._source)

    @property
    def has_sample(self) -> bool:
        """Whether the step before has emitted a message."""
        return self._message is not None

    @property
    def members(self) -> Sequence[Member]:
        """The rows."""
        return metadata_tree.members(self._schema, self._members)

    def content(self, path: Path) -> Any:
        """Return the part of the mapping at a path; None if it has none."""
        return metadata_tree.content_at(self._members, path) if path else self.mapper

    def outcome(self, path: Path) -> Outcome:
        """Return what the part at a path makes of the sample; nothing if there is no such part."""
        content = self.content(path)
        if content is None and path:
            return Outcome()
        return outcome(content, self._message, self._trail)

    def change(self, path: Path, content: Any) -> None:
        """Put another part at a path; None removes it, and an empty path means the whole."""
        changed = metadata_tree.with_content(self._members, path, content) if path else content
        if changed != self.mapper:
            self.mapper = changed
            self._on_change(changed)

    def switch(self, mode: Mode) -> bool:
        """Show the mapping in another way, and change it so that it can be.

        Returns:
            Whether that is possible: an expression may be more than an object of members.
        """
        mapper = self.mapper
        if isinstance(mapper, Mapping):
            self._last_members = mapper
        if mode is Mode.PASS_ON:
            mapper = None
        elif mapper is None:
            mapper = self._last_members
        elif mode is Mode.MEMBERS and isinstance(mapper, str):
            mapper = jsonata_text.members_of(mapper)
            if mapper is None:
                return False
        self.mode = mode
        self.change((), mapper)
        return True

    def kind(self, member: Member) -> Kind:
        """Return the way in which a member is written."""
        if isinstance(member.content, dict | list) and member.is_container:
            return Kind.PARTS
        if chosen := self._kinds.get(member.path):
            return chosen
        if member.content is None and member.is_container:
            return Kind.PARTS
        return Kind.TEXT if jsonata_text.constant(member.content) else Kind.EXPRESSION

    def kinds(self, member: Member) -> Sequence[Kind]:
        """Return the ways in which a member can be written."""
        if member.is_container:
            return (Kind.PARTS,) if member.is_item else (Kind.PARTS, Kind.EXPRESSION)
        if member.type in _TEXTS or jsonata_text.constant(member.content):
            return (Kind.TEXT, Kind.EXPRESSION)
        return (Kind.EXPRESSION,)

    def write_as(self, member: Member, kind: Kind) -> bool:
        """Write a member in another way; an expression becomes the text that it was written as.

        Returns:
            Whether that is possible: an expression may be more than an object or a list of such.
        """
        text = jsonata_text.expression_text(self.content(member.path))
        content: Any = text or None
        if kind is Kind.TEXT and text and jsonata_text.constant(text) is None:
            content = jsonata_text.literal(text)
        elif kind is Kind.PARTS and text:
            content = jsonata_text.parts_of(text)
            if content is None:
                return False
        self._kinds[member.path] = kind
        self._open[member.path] = True
        self.change(member.path, content)
        return True

    def is_open(self, member: Member) -> bool:
        """Return whether the parts of a member are shown."""
        return self._open.get(member.path, member.is_mapped or member.is_required)

    def fold(self, member: Member) -> None:
        """Show the parts of a member, or hide them."""
        self._open[member.path] = not self.is_open(member)

    def add_item(self, member: Member) -> Path:
        """Add an item to a list; return its path."""
        items = self.content(member.path) or []
        path = (*member.path, len(items))
        self._open[member.path] = self._open[path] = True
        self.change(member.path, [*items, {}])
        return path

    def visible(self, members: Sequence[Member], path: Path) -> tuple[Sequence[Member], int]:
        """Return the rows of an object to show, and the number of optional ones that can be hidden.

        Args:
            members: All rows of the object.
            path: Where it is.
        """
        shown = [one for one in members if one.is_required or one.is_mapped]
        if not shown:
            self._shows_optional.add(path)  # they stay when one is mapped
            return members, 0
        hidden = len(members) - len(shown)
        return (members if path in self._shows_optional else shown), hidden

    def shows_optional(self, path: Path) -> bool:
        """Return whether an object's optional members are shown that are not mapped."""
        return path in self._shows_optional

    def toggle_optional(self, path: Path) -> None:
        """Show them, or hide them."""
        self._shows_optional ^= {path}

    @property
    def _members(self) -> Mapping[str, Any]:
        return self.mapper if isinstance(self.mapper, Mapping) else {}


def _mode(mapper: Mapper) -> Mode:
    if mapper is None:
        return Mode.PASS_ON
    return Mode.DEVELOPER if isinstance(mapper, str) else Mode.MEMBERS
