"""The flows that one can begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.platform.flows.components import Connector
from lib.studio.document import Document

_FIRST = "hello"


@dataclass(frozen=True)
class Example:
    """A flow to begin with.

    Args:
        file: Its file.
        name: Its name.
        description: What it does.
        steps: The titles of its steps.
    """

    file: Path
    name: str
    description: str
    steps: Sequence[str]


def examples(connector: Connector) -> list[Example]:
    """Return the flows that come with the connector: the small one first, then the recipes."""
    files = (connector.folder / "flows").glob("*.json")
    return [_example(file) for file in sorted(files, key=lambda file: (file.stem != _FIRST, file))]


def _example(file: Path) -> Example:
    flow = Document.read(file)
    steps = [str(node.get("name") or node["id"]) for node in flow.nodes]
    return Example(file, flow.name, flow.description, steps)
