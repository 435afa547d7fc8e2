"""A flow as a file, in the form in which the platform imports and exports flows.

docs/platform.md, "Flows as files".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from lib.platform.errors import InvalidFlowError

_COMMAND = re.compile(r"(?P<component>.+?):(?P<function>[^:@]+)(?:@(?P<version>[^:]+))?")
_MAPPER_TYPE = "jsonata"

Expressions = Mapping[str, Any] | str


@dataclass(frozen=True)
class Node:
    """A step.

    Args:
        id: The step's id, such as ``step_1``.
        component: The component: ``team/component``, or the path of a folder.
        function: The action or trigger of the component.
        name: What the step is called on the screen; may be empty.
        fields: The values of the step's fields.
        is_first: Whether the file says that the flow begins here.
        handles_errors: Whether the step gets the errors of the other steps.
    """

    id: str
    component: str
    function: str
    name: str
    fields: Mapping[str, Any]
    is_first: bool
    handles_errors: bool


@dataclass(frozen=True)
class Edge:
    """A way that messages go from one step to another.

    Args:
        source: The id of the step that emits the messages; None if these are the flow's errors.
        target: The id of the step that gets them.
        mapper: JSONata that makes the input of the target; None passes the body on as it is.
        condition: JSONata that says whether a router passes a message on; None for its default.
    """

    source: str | None
    target: str
    mapper: Expressions | None
    condition: str | None

    def __str__(self) -> str:
        origin = "of errors" if self.source is None else f"from {self.source}"
        return f"the edge {origin} to {self.target}"


@dataclass(frozen=True)
class FlowFile:
    """What a flow's file says.

    Args:
        path: The file.
        name: The flow's name; may be empty.
        description: What it does; may be empty.
        nodes: The steps, in the file's order.
        edges: The ways between them.
    """

    path: Path
    name: str
    description: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def read(path: Path, faults: list[str]) -> FlowFile:
    """Read the file of a flow.

    Args:
        path: The file. It holds what the API takes, ``{"data": {"attributes": …}}``, or only the
            attributes, which is how flows are exported.
        faults: Gets a line for each node and edge that cannot be read; it is left out then.

    Raises:
        InvalidFlowError: There is no such file, or it holds no flow.
    """
    return parse(load(path), path, faults)


def load(path: Path) -> Any:
    """Return the JSON in a file.

    Raises:
        InvalidFlowError: There is no such file, or it holds no JSON.
    """
    try:
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise InvalidFlowError(path, [f"the file cannot be read: {error.strerror}"]) from None
    except orjson.JSONDecodeError as error:
        raise InvalidFlowError(path, [f"the file is not JSON: {error}"]) from None


def parse(content: Any, path: Path, faults: list[str]) -> FlowFile:
    """Read the content of a flow's file.

    Args:
        content: The JSON, in one of the forms that :func:`read` takes.
        path: The file from which it comes, or to which it may go: it need not exist.
        faults: As for :func:`read`.

    Raises:
        InvalidFlowError: The content is no flow.
    """
    attributes = attributes_of(content)
    if attributes is None:
        raise InvalidFlowError(
            path, ["the file has no graph; a flow is data.attributes.graph with nodes and edges"]
        )
    graph = attributes["graph"]
    default_type = attributes.get("default_mapper_type") or _MAPPER_TYPE
    nodes = [_node(f"nodes[{n}]", node, faults) for n, node in _list(graph, "nodes", faults)]
    edges = [
        _edge(f"edges[{n}]", edge, default_type, faults)
        for n, edge in _list(graph, "edges", faults)
    ]
    return FlowFile(
        path,
        str(attributes.get("name") or ""),
        str(attributes.get("description") or ""),
        tuple(filter(None, nodes)),
        tuple(filter(None, edges)),
    )


def attributes_of(content: Any) -> dict[str, Any] | None:
    """Return the attributes in a flow's content; None unless their graph is an object."""
    attributes = _member(_member(content, "data"), "attributes") or content
    return attributes if isinstance(_member(attributes, "graph"), dict) else None


def _list(graph: Mapping[str, Any], name: str, faults: list[str]) -> "enumerate[Any]":
    values = graph.get(name)
    if values is None:
        values = []
    elif not isinstance(values, list):
        faults.append(f"{name} is not a list")
        values = []
    return enumerate(values)


def _node(place: str, node: Any, faults: list[str]) -> Node | None:
    node_id = _member(node, "id")
    if not isinstance(node_id, str) or not node_id:
        faults.append(f"{place} has no id")
        return None
    component, function = _command(node)
    if not component or not function:
        faults.append(
            f'{node_id}: the command is not of the form "team/component:function@version"'
        )
        return None
    fields = node.get("fields")
    if fields is None:
        fields = {}
    elif not isinstance(fields, dict):
        faults.append(f"{node_id}: its fields are not an object")
        fields = {}
    return Node(
        node_id,
        component,
        function,
        str(node.get("name") or ""),
        fields,
        is_first=node.get("first") is True,
        handles_errors=node.get("error") is True,
    )


def _command(node: Mapping[str, Any]) -> tuple[str, str]:
    """Return the component and the function of a node; empty texts if it names none."""
    command = node.get("command")
    if isinstance(command, str):
        parts = _COMMAND.fullmatch(command)
        return (parts["component"], parts["function"]) if parts else ("", "")
    component = node.get("component_id")
    team, name = _member(component, "componentDevTeam"), _member(component, "componentName")
    return f"{team}/{name}" if name else "", str(_member(command, "actionOrTrigger") or "")


def _edge(place: str, edge: Any, default_type: str, faults: list[str]) -> Edge | None:
    source, target = _member(edge, "source"), _member(edge, "target")
    if not isinstance(target, str) or not isinstance(source, str | None):
        faults.append(f"{place} is not an object with source and target")
        return None
    config = edge.get("config") or {}
    found = Edge(source, target, _member(config, "mapper"), _member(config, "condition") or None)
    mapper_type = _member(config, "mapper_type") or default_type
    if found.mapper and mapper_type != _MAPPER_TYPE:
        faults.append(
            f"{found}: got a mapper of the type {mapper_type!r}, expected {_MAPPER_TYPE!r}"
        )
    if not isinstance(found.mapper, dict | str | None):
        faults.append(f"{found}: its mapper is not an object")
    elif not isinstance(found.condition, str | None):
        faults.append(f"{found}: its condition is not a text")
    else:
        return found
    return Edge(source, target, None, None)


def _member(value: Any, name: str) -> Any:
    """Return a member of an object; None of anything else."""
    return value.get(name) if isinstance(value, dict) else None
