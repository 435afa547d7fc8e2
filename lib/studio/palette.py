"""The palette: all that a step can run, by subject."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.generator.model import ANY_OPERATION, OF_MANY_CALLS, SUBJECTS, WITHOUT_ACTION
from lib.platform import standard
from lib.platform.flows.components import Connector, Function
from lib.sailor import Component

_TEAM = "flowground"
_PLATFORM_TEAM = "elasticio"
_TIMER = "timer"

_OTHER_ICON = "extension"
_ICONS = {
    "newImages": "new_releases",
    "imageEvent": "notifications",
    "timer": "schedule",
    "receive": "webhook",
    "splitOnJsonataExpression": "call_split",
    "reassemble": "call_merge",
    "SimpleJSONataFilter": "filter_alt",
    "transform": "functions",
    "route": "alt_route",
    "httpRequestAxios": "http",
    "Repositories": "inventory_2",
    "Images": "layers",
    "Registry login": "vpn_key",
    "Tags": "sell",
    "Lifecycle policies": "auto_delete",
    "Repository policies": "policy",
    "Layers": "view_agenda",
    "Whole images": "file_copy",
    "Image scanning": "verified_user",
    "Any operation": "data_object",
}


@dataclass(frozen=True)
class Entry:
    """An action or a trigger that can be put into a flow.

    Args:
        command: What a step names it in a flow: ``team/component:function@version``.
        descriptor: Its entry in the descriptor of its component.
        is_trigger: Whether a flow begins with it.
        icon: The name of its icon, in the font Material Icons.
        permissions: The IAM permissions that it needs, such as ``ecr:DescribeImages``.
    """

    command: str
    descriptor: Mapping[str, Any]
    is_trigger: bool
    icon: str
    permissions: Sequence[str] = ()

    @property
    def function(self) -> str:
        """Its name in the descriptor."""
        return self.command.rpartition(":")[2].partition("@")[0]

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.descriptor["title"])

    @property
    def description(self) -> str:
        """One sentence about it."""
        return str(self.descriptor["description"])

    @property
    def link(self) -> str:
        """The URL of its documentation."""
        return str(self.descriptor["help"]["link"])

    @property
    def takes_input(self) -> bool:
        """Whether it has its own input, to which members are mapped."""
        metadata = self.descriptor.get("metadata", {})
        return bool(self.descriptor.get("dynamicMetadata") or metadata.get("in"))

    def matches(self, words: Iterable[str]) -> bool:
        """Return whether each of some words, in lower case, is in what is known of it."""
        more = self.descriptor["help"]["description"]
        known = [self.title, self.function, self.description, more, *self.permissions]
        text = "\n".join(known).lower()
        return all(word in text for word in words)


@dataclass(frozen=True)
class Group:
    """Entries about one subject.

    Args:
        title: The subject.
        entries: The entries.
    """

    title: str
    entries: Sequence[Entry]


class Palette:
    """All entries.

    Args:
        connector: The connector.

    Attributes:
        descriptor: The connector's descriptor.
        groups: The entries by subject: triggers, the connector's actions, the platform's steps.

    Raises:
        ComponentError: The connector has no descriptor.
    """

    def __init__(self, connector: Connector) -> None:
        self.descriptor = own = Component.load(connector.folder).descriptor
        platform = Component.load(standard.PATH).descriptor
        components = {name: component for component, name in reversed([*standard.FUNCTIONS])}
        triggers = [
            *(_own(connector, name, entry) for name, entry in own["triggers"].items()),
            *(_standard(components, *item) for item in platform["triggers"].items()),
        ]
        steps = [_standard(components, *item) for item in platform["actions"].items()]
        self.groups = [
            Group("Triggers", triggers),
            *_actions(connector, own["actions"]),
            Group("Platform steps", steps),
        ]
        self._by_command = {
            entry.command: entry for group in self.groups for entry in group.entries
        }

    @property
    def timer(self) -> Entry:
        """The platform's timer."""
        return next(entry for entry in self._by_command.values() if entry.function == _TIMER)

    def __getitem__(self, command: str) -> Entry:
        """Return the entry of a command.

        Raises:
            KeyError: There is none.
        """
        return self._by_command[command]

    def icon(self, function: Function) -> str:
        """Return the icon of what a step runs, whatever the flow calls its component."""
        for entry in self._by_command.values():
            if entry.function == function.name and entry.descriptor == function.entry:
                return entry.icon
        return _OTHER_ICON

    def search(self, text: str) -> list[Group]:
        """Return the groups with the entries that match a text; empty groups are left out.

        Args:
            text: Words, each of which is to be in the title, the ID, the description or a
                permission.
        """
        words = text.lower().split()
        found = [
            Group(group.title, [entry for entry in group.entries if entry.matches(words)])
            for group in self.groups
        ]
        return [group for group in found if group.entries]

    def best_match(self, text: str) -> Entry | None:
        """Return the first entry whose title matches a text, or else the first that matches.

        Args:
            text: As for :meth:`search`.

        Returns:
            The entry; None if nothing matches.
        """
        words = text.lower().split()
        entries = [entry for group in self.search(text) for entry in group.entries]
        in_title = [entry for entry in entries if all(w in entry.title.lower() for w in words)]
        return next(iter(in_title or entries), None)


def _actions(connector: Connector, actions: Mapping[str, Any]) -> Iterator[Group]:
    """Yield the connector's actions by subject."""
    subjects: dict[str, Mapping[str, Sequence[str]]] = {
        title: {name: [name] for name in names} for title, names in SUBJECTS.items()
    }
    subjects |= OF_MANY_CALLS
    without = [name for names in WITHOUT_ACTION.values() for name in names]
    subjects |= {title: dict.fromkeys(names, without) for title, names in ANY_OPERATION.items()}
    for title, operations in subjects.items():
        icon = _ICONS.get(title, _OTHER_ICON)
        entries = [
            _own(connector, name, actions[name], icon, calls) for name, calls in operations.items()
        ]
        yield Group(title, entries)


def _own(
    connector: Connector,
    name: str,
    entry: Mapping[str, Any],
    icon: str = _OTHER_ICON,
    calls: Sequence[str] = (),
) -> Entry:
    command = f"{_TEAM}/{connector.name}:{name}@latest"
    permissions = [f"ecr:{call}" for call in calls]
    return Entry(command, entry, "type" in entry, _ICONS.get(name, icon), permissions)


def _standard(components: Mapping[str, str], name: str, entry: Mapping[str, Any]) -> Entry:
    command = f"{_PLATFORM_TEAM}/{components[name]}:{name}@latest"
    return Entry(command, entry, "type" in entry, _ICONS.get(name, _OTHER_ICON))
