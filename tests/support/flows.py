"""Flows that tests write, and what is seen of their runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from lib.platform.flows.components import Connector
from lib.platform.flows.plan import Plan, prepare
from lib.sailor.passthrough import without_passthrough
from tests.support.repository import ROOT
from tests.support.steps import TWINS

CONNECTOR = Connector("amazonaws-com-ecr-connector", ROOT)
SCRIPT = f"{ROOT / TWINS}:script"  # does what the field "script" says, or the message's body

Json = dict[str, Any]


def node(step: str, command: str = SCRIPT, **more: Any) -> Json:
    """Return a step of a flow.

    Args:
        step: The step's id.
        command: What it runs.
        more: Other members, such as ``fields``.
    """
    return {"id": step, "command": command, **more}


def says(step: str, *instructions: Sequence[Any], **more: Any) -> Json:
    """Return a step that follows instructions; ``tests/sailor/components/twins`` has them."""
    return node(step, fields={"script": instructions}, **more)


def edge(source: str | None, target: str, mapper: Any = None, condition: str | None = None) -> Json:
    """Return a way from a step to another; without a source, it is that of errors."""
    config = {"mapper_type": "jsonata", "mapper": mapper, "condition": condition}
    return {**({} if source is None else {"source": source}), "target": target, "config": config}


def chain(*steps: str) -> list[Json]:
    """Return the ways of steps in a row."""
    return [edge(*pair) for pair in pairwise(steps)]


def write(folder: Path, nodes: Sequence[Any], edges: Sequence[Any], **attributes: Any) -> Path:
    """Write a flow into a file, as the API takes it, and return the file."""
    graph = {"nodes": nodes, "edges": edges}
    attributes = {"name": "A test", "type": "ordinary", "graph": graph, **attributes}
    file = folder / "flow.json"
    file.write_text(json.dumps({"data": {"type": "flow", "attributes": attributes}}))
    return file


def plan(folder: Path, nodes: Sequence[Any], edges: Sequence[Any]) -> Plan:
    """Return a flow that is ready to run."""
    return prepare(write(folder, nodes, edges), CONNECTOR)


@dataclass
class Log:
    """Keeps what it sees of a flow.

    Attributes:
        events: Step, event and payload of each event.
        received: The ids of the steps that received a message, in order.
        times: Step and milliseconds of each attempt.
    """

    events: list[tuple[str, str, Any]] = field(default_factory=list)
    received_by: list[str] = field(default_factory=list)
    times: list[tuple[str, float]] = field(default_factory=list)

    def received(self, step: str) -> None:
        """Keep that a step has received a message."""
        self.received_by.append(step)

    def emitted(self, step: str, event: str, payload: Any) -> None:
        """Keep an event, of a message without its passthrough."""
        if event == "data":
            payload = without_passthrough(payload)
        self.events.append((step, event, payload))

    def handled(self, step: str, milliseconds: float) -> None:
        """Keep how long an attempt took."""
        self.times.append((step, milliseconds))

    def of(self, step: str, event: str = "data") -> list[Any]:
        """Return the payloads of a step's events of a name."""
        return [payload for by, name, payload in self.events if (by, name) == (step, event)]

    def bodies(self, step: str) -> list[Any]:
        """Return the bodies of the messages that a step emitted."""
        return [message["body"] for message in self.of(step)]


def exported(flow: Mapping[str, Any]) -> Json:
    """Return a flow as the platform exports it: only its attributes, commands as objects."""
    attributes: Json = json.loads(json.dumps(flow["data"]["attributes"]))
    for each in attributes["graph"]["nodes"]:
        component, _, rest = each["command"].partition(":")
        team, _, name = component.partition("/")
        function, _, version = rest.partition("@")
        each["component_id"] = {
            "componentId": "5c41a519299462001290d260",
            "componentDevTeam": team,
            "componentName": name,
        }
        each["command"] = {"actionOrTrigger": function, "componentVersion": version}
    return attributes
