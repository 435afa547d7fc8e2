"""What a step of a flow runs: an action or a trigger of a component folder."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from lib.platform import standard
from lib.platform.flows.file import Node
from lib.sailor import Component, ComponentError
from lib.sailor.component import process_of

_ROUTER = "route"  # the standard step that passes a message to some of the steps after it


@dataclass(frozen=True)
class Connector:
    """The component that the credentials are for.

    Args:
        name: Its name in the commands of a flow, without the team.
        folder: Its folder.
    """

    name: str
    folder: Path


@dataclass(frozen=True)
class Function:
    """An action or a trigger.

    Args:
        component: The component.
        name: The name of the action or trigger in ``component.json``.
        takes_credentials: Whether it is the connector's, which gets the credentials.
    """

    component: Component
    name: str
    takes_credentials: bool = False

    @property
    def entry(self) -> Mapping[str, Any]:
        """The descriptor's entry."""
        return self.component.entry(self.name)

    @property
    def is_webhook(self) -> bool:
        """Whether it is a trigger that gets HTTP requests."""
        return self.entry.get("type") == "webhook"

    @property
    def is_router(self) -> bool:
        """Whether conditions decide which of the steps after it get a message."""
        return self.name == _ROUTER and self.component.path == standard.PATH.resolve()

    @property
    def is_node(self) -> bool:
        """Whether it is written for the platform's Node.js runtime."""
        main = self.component.path / str(self.entry.get("main"))
        return main.with_suffix(".js").is_file() and not main.with_suffix(".py").is_file()

    def load(self) -> ModuleType:
        """Return the Python module behind it, imported for this call alone.

        Raises:
            ComponentError: It cannot be imported, or has no ``process``.
        """
        module = self.component.module(self.name)
        process_of(module, self.name)
        return module


def find(node: Node, start: Path, connector: Connector) -> Function:
    """Return what a node runs.

    Args:
        node: The node.
        start: The folder from which paths of component folders start: that of the flow's file.
        connector: The connector.

    Raises:
        ComponentError: There is no such component, or it has no such action or trigger.
    """
    if node.component.startswith((".", "/")):
        return _of_folder(start / node.component, node.function)
    name = node.component.rpartition("/")[2]
    if name == connector.name:
        return _of_folder(connector.folder, node.function, takes_credentials=True)
    functions = {
        function: own
        for (component, function), own in standard.FUNCTIONS.items()
        if component == name
    }
    if not functions:
        known = [connector.name, *(component for component, _ in standard.FUNCTIONS)]
        hint = _did_you_mean(name, known)
        raise ComponentError(f"there is no component {node.component!r} here{hint}")
    if node.function not in functions:
        hint = _did_you_mean(node.function, functions)
        raise ComponentError(f"{node.component!r} has no function {node.function!r} here{hint}")
    return _of_folder(standard.PATH, functions[node.function])


def _of_folder(folder: Path, function: str, *, takes_credentials: bool = False) -> Function:
    component = Component.load(folder)
    names = [
        name for kind in ("actions", "triggers") for name in component.descriptor.get(kind, {})
    ]
    if function not in names:
        hint = _did_you_mean(function, names)
        raise ComponentError(f"the component has no action or trigger {function!r}{hint}")
    return Function(component, function, takes_credentials)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint to the closest of the known names, if one is close."""
    by_letters = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), by_letters, n=1)
    return f"; did you mean {by_letters[close[0]]}?" if close else ""
