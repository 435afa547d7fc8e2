"""The flow that is being edited, in the platform's own format, with all its earlier states."""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from lib.platform.errors import InvalidFlowError
from lib.platform.flows import file

Json = dict[str, Any]
Mapper = Mapping[str, Any] | str | None

_STEP_ID = re.compile(r"step_(\d+)")
_NEW_CONFIG: Mapping[str, Any] = {"mapper_type": "jsonata", "mapper": {}, "condition": None}


class Document:
    """A flow that is being edited.

    Each edit leaves the states before it untouched, so that all of them can be undone. What the
    editor does not understand, such as labels and ids of an export, stays as it came.

    Args:
        content: The JSON of a flow's file; None for an empty flow.
        path: The file that the flow belongs to, which need not exist. Paths of component folders
            start from its folder.

    Raises:
        InvalidFlowError: The content is no flow, or a step or an edge of it cannot be read.
    """

    def __init__(self, content: Mapping[str, Any] | None = None, path: Path | None = None) -> None:
        self.path = path or Path("flow.json")
        start = empty_flow() if content is None else copy.deepcopy(dict(content))
        _check(start, self.path)
        self._states = [start]
        self._current = 0
        self._saved = start
        self._last_edit: tuple[str, ...] | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a flow from its file.

        Raises:
            InvalidFlowError: There is no such file, or it cannot be edited.
        """
        return cls(file.load(path), path)

    @property
    def name(self) -> str:
        """The flow's name; may be empty."""
        return str(self._attributes.get("name") or "")

    @property
    def description(self) -> str:
        """What the flow does; may be empty."""
        return str(self._attributes.get("description") or "")

    @property
    def nodes(self) -> list[Json]:
        """The steps, in the file's order."""
        return copy.deepcopy(_nodes(self._attributes))

    @property
    def edges(self) -> list[Json]:
        """The ways between the steps, in the file's order."""
        return copy.deepcopy(_edges(self._attributes))

    @property
    def first(self) -> str | None:
        """The id of the step that the flow begins with; None if it has no step."""
        first = _first(self._attributes)
        return first["id"] if first else None

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before this one."""
        return self._current > 0

    @property
    def can_redo(self) -> bool:
        """Whether an edit was undone."""
        return self._current < len(self._states) - 1

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what was opened or saved last."""
        return self._content != self._saved

    def mark_saved(self) -> None:
        """Take note that the flow as it is now is in a file."""
        self._saved = self._content

    def node(self, step: str) -> Json:
        """Return a step.

        Raises:
            KeyError: There is no such step.
        """
        return copy.deepcopy(_node(self._attributes, step))

    def edges_from(self, step: str) -> list[Json]:
        """Return the ways that lead away from a step."""
        return [edge for edge in self.edges if edge.get("source") == step]

    def edge_to(self, step: str) -> Json | None:
        """Return the way that leads to a step: the first, if there are several."""
        return next((edge for edge in self.edges if edge["target"] == step), None)

    def flow_file(self) -> file.FlowFile:
        """Return the flow as the runner reads it."""
        return file.parse(self._content, self.path, [])

    def dump(self) -> Json:
        """Return the content of the flow's file."""
        return copy.deepcopy(self._content)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all edits in the context be undone together."""
        before = self._current
        yield
        if self._current > before:
            self._states[before + 1 :] = [self._states[self._current]]
            self._current = before + 1
        self._last_edit = None

    def undo(self) -> None:
        """Return to the state before the last edit, if there is one."""
        self._last_edit = None
        if self.can_undo:
            self._current -= 1

    def redo(self) -> None:
        """Return to the state after the edit that was undone last, if there is one."""
        self._last_edit = None
        if self.can_redo:
            self._current += 1

    def insert(
        self,
        command: str,
        fields: Mapping[str, Any],
        *,
        after: str | None,
        branch: str | None = None,
        as_branch: bool = False,
        name: str = "",
        mapper: Mapper = None,
    ) -> str:
        """Insert a new step.

        Args:
            command: What it runs: ``team/component:function@version``.
            fields: The values of its fields.
            after: The step that it comes after; None to begin the flow with it.
            branch: The step before which it comes. Without it, the new step comes before the step
                that comes after ``after`` so far; if several do, it becomes another branch.
            as_branch: Whether it becomes another branch in any case.
            name: What the step is called.
            mapper: What makes its input.

        Returns:
            The id of the new step.
        """
        step = self._free_id()
        node = {"id": step, "command": command, "name": name, "fields": {**fields}}

        def edit(attributes: Json) -> None:
            _nodes(attributes).insert(_position(attributes, after), node)
            way = _way(attributes, after, branch, as_branch=as_branch)
            _attach(attributes, step, after, way, _config(mapper))

        self._edit(edit)
        return step

    def remove(self, step: str) -> None:
        """Remove a step; the steps after it come after the one before it."""

        def edit(attributes: Json) -> None:
            node = _node(attributes, step)
            _detach(attributes, node)
            _nodes(attributes).remove(node)

        self._edit(edit)

    def move(
        self, step: str, after: str | None, branch: str | None = None, *, as_branch: bool = False
    ) -> None:
        """Move a step, which keeps its mapper.

        A step with several branches takes them along; it cannot move into one of them.

        Args:
            step: The step.
            after: As for :meth:`insert`.
            branch: As for :meth:`insert`.
            as_branch: As for :meth:`insert`.
        """
        if step in {after, branch} or after in self._taken_along(step):
            return

        def edit(attributes: Json) -> None:
            node = _node(attributes, step)
            incoming = [edge for edge in _edges(attributes) if edge["target"] == step]
            config = _with_condition(incoming[0].get("config"), None) if incoming else None
            _detach(attributes, node, with_branches=True)
            nodes = _nodes(attributes)
            nodes.remove(node)
            nodes.insert(_position(attributes, after), node)
            way = _way(attributes, after, branch, as_branch=as_branch)
            _attach(attributes, step, after, way, config)

        self._edit(edit)

    def duplicate(self, step: str) -> str:
        """Insert a copy of a step after it, and return the copy's id."""
        duplicate = self._free_id()

        def edit(attributes: Json) -> None:
            node = {**copy.deepcopy(_node(attributes, step)), "id": duplicate}
            node.pop("first", None)
            node.pop("error", None)
            incoming = [edge for edge in _edges(attributes) if edge["target"] == step]
            config = _with_condition(incoming[0].get("config"), None) if incoming else None
            _nodes(attributes).insert(_position(attributes, step), node)
            _attach(attributes, duplicate, step, _way(attributes, step), copy.deepcopy(config))

        self._edit(edit)
        return duplicate

    def replace(self, step: str, command: str, fields: Mapping[str, Any], *, name: str) -> None:
        """Let a step run something else, in the same place of the flow.

        Args:
            step: The step.
            command: As for :meth:`insert`.
            fields: As for :meth:`insert`.
            name: What the step is called now.
        """

        def edit(attributes: Json) -> None:
            node = _node(attributes, step)
            node.pop("component_id", None)
            node.update(command=command, name=name, fields={**fields})

        self._edit(edit)

    def rename(self, step: str, name: str) -> None:
        """Give a step another name."""
        self._edit(lambda attributes: _node(attributes, step).update(name=name), "rename", step)

    def set_name(self, name: str) -> None:
        """Give the flow another name."""
        self._edit(lambda attributes: attributes.update(name=name), "name")

    def set_description(self, description: str) -> None:
        """Say something else about what the flow does."""
        self._edit(lambda attributes: attributes.update(description=description), "description")

    def set_fields(self, step: str, fields: Mapping[str, Any]) -> None:
        """Give a step other values of its fields."""
        values = copy.deepcopy(dict(fields))
        self._edit(lambda attributes: _node(attributes, step).update(fields=values), "fields", step)

    def set_mapper(self, source: str | None, target: str, mapper: Mapper) -> None:
        """Let something else make the input of a step.

        Args:
            source: The step before it; None for an edge of errors.
            target: The step.
            mapper: An object of JSONata, one JSONata expression, or None to pass the body on.
        """
        made = copy.deepcopy(mapper)

        def edit(attributes: Json) -> None:
            edge = _edge(attributes, source, target)
            if made is not None:
                edge["config"] = {**_NEW_CONFIG, **(edge.get("config") or {}), "mapper": made}
            elif edge.get("config"):
                edge["config"].pop("mapper", None)

        self._edit(edit, "mapper", source or "", target)

    def set_condition(self, source: str, target: str, condition: str | None) -> None:
        """Let a router pass messages on under another condition.

        Args:
            source: The router.
            target: The step to which its branch leads.
            condition: JSONata; None for the default branch.
        """

        def edit(attributes: Json) -> None:
            edge = _edge(attributes, source, target)
            edge["config"] = {**(edge.get("config") or {}), "condition": condition or None}

        self._edit(edit, "condition", source, target)

    @property
    def _content(self) -> Json:
        return self._states[self._current]

    @property
    def _attributes(self) -> Json:
        return _attributes(self._content)

    def _edit(self, edit: Callable[[Json], None], *key: str) -> None:
        """Make a new state.

        Args:
            edit: Changes the attributes of the flow.
            key: What is edited; edits of the same in a row, such as letters typed, are undone
                together. Empty for an edit that stands by itself.
        """
        content = copy.deepcopy(self._content)
        graph = _attributes(content)["graph"]
        graph["nodes"], graph["edges"] = graph.get("nodes") or [], graph.get("edges") or []
        edit(_attributes(content))
        if content == self._content:
            return
        if key and key == self._last_edit:
            self._states[self._current] = content
        else:
            self._states[self._current + 1 :] = [content]
            self._current += 1
        self._last_edit = key or None

    def _free_id(self) -> str:
        taken = [_STEP_ID.fullmatch(node["id"]) for node in _nodes(self._attributes)]
        return f"step_{max((int(match[1]) for match in taken if match), default=0) + 1}"

    def _taken_along(self, step: str) -> set[str]:
        """Return the steps that a step takes along when it moves: those of its branches."""
        edges = _edges(self._attributes)
        waiting = _targets(edges, step)
        found: set[str] = set()
        if len(waiting) == 1:
            return found
        while waiting:
            target = waiting.pop()
            if target not in found:
                found.add(target)
                waiting += _targets(edges, target)
        return found


def empty_flow() -> Json:
    """Return the content of a flow without steps."""
    return {
        "data": {
            "type": "flow",
            "attributes": {
                "name": "New flow",
                "description": "",
                "type": "ordinary",
                "default_mapper_type": "jsonata",
                "graph": {"nodes": [], "edges": []},
            },
        }
    }


def _check(content: Any, path: Path) -> None:
    """Check that every part of a flow can be edited, even if the flow cannot run.

    Raises:
        InvalidFlowError: It cannot.
    """
    faults: list[str] = []
    flow = file.parse(content, path, faults)
    counts = Counter(node.id for node in flow.nodes)
    faults += [f"{step}: {count} steps have this id" for step, count in counts.items() if count > 1]
    for edge in flow.edges:
        faults += [
            f"{edge}: there is no step {end!r}"
            for end in (edge.source, edge.target)
            if end not in {None, *counts}
        ]
    if not faults:
        faults += [
            f"the edge to {edge['target']}: its config is not an object"
            for edge in _edges(_attributes(content))
            if not isinstance(edge.get("config"), dict | None)
        ]
    if faults:
        raise InvalidFlowError(path, faults)


def _attributes(content: Json) -> Json:
    """Return the attributes of a flow's content, which has been checked."""
    attributes = file.attributes_of(content)
    if attributes is None:
        raise TypeError("the content is no flow")
    return attributes


def _nodes(attributes: Json) -> list[Json]:
    nodes: list[Json] | None = attributes["graph"].get("nodes")
    return [] if nodes is None else nodes


def _edges(attributes: Json) -> list[Json]:
    edges: list[Json] | None = attributes["graph"].get("edges")
    return [] if edges is None else edges


def _node(attributes: Json, step: str) -> Json:
    for node in _nodes(attributes):
        if node["id"] == step:
            return node
    raise KeyError(step)


def _edge(attributes: Json, source: str | None, target: str) -> Json:
    for edge in _edges(attributes):
        if (edge.get("source"), edge["target"]) == (source, target):
            return edge
    raise KeyError(f"{source} to {target}")


def _targets(edges: list[Json], step: str) -> list[str]:
    return [edge["target"] for edge in edges if edge.get("source") == step]


def _position(attributes: Json, after: str | None) -> int:
    """Return where in the list of steps one stands that comes after another."""
    if after is None:
        return 0
    return _nodes(attributes).index(_node(attributes, after)) + 1


def _config(mapper: Mapper) -> Json | None:
    """Return the config of an edge with a mapper."""
    if mapper is None:
        return None
    return {**_NEW_CONFIG, "mapper": copy.deepcopy(mapper)}


def _with_condition(config: Json | None, condition: str | None) -> Json | None:
    """Return the config of an edge with another condition."""
    if (config or {}).get("condition") == condition:
        return config
    return {**(config or {}), "condition": condition}


def _way(
    attributes: Json, after: str | None, branch: str | None = None, *, as_branch: bool = False
) -> Json | None:
    """Return the edge on which a step is put; None if it becomes a branch or the last step."""
    if as_branch or after is None:
        return None
    if branch is not None:
        return _edge(attributes, after, branch)
    outgoing = [edge for edge in _edges(attributes) if edge.get("source") == after]
    return outgoing[0] if len(outgoing) == 1 else None


def _attach(
    attributes: Json, step: str, after: str | None, way: Json | None, config: Json | None
) -> None:
    """Put a step, which no edge leads to, into the flow.

    Args:
        attributes: The flow.
        step: The step.
        after: The step that it comes after; None to begin the flow with it.
        way: The edge on which it is put, if it is put on one.
        config: What makes its input: the config of an edge without a condition.
    """
    edges = _edges(attributes)
    if after is None:
        first = _first(attributes, besides=step)
        if first:
            first.pop("first", None)
            edges.insert(0, {"source": step, "target": first["id"]})
        _node(attributes, step)["first"] = True
        return
    place = len(edges)
    if way is not None:
        place = edges.index(way)
        config = _with_condition(config, (way.get("config") or {}).get("condition"))
        way["source"] = step
        _set_config(way, _with_condition(way.get("config"), None))
    edge: Json = {"source": after, "target": step}
    _set_config(edge, config)
    edges.insert(place, edge)


def _detach(attributes: Json, node: Json, *, with_branches: bool = False) -> None:
    """Take a step out of the flow; the steps after it come after the one before it.

    Args:
        attributes: The flow.
        node: The step.
        with_branches: Whether a step with several branches keeps them.
    """
    step = node["id"]
    edges = [
        edge for edge in _edges(attributes) if not edge.get("source") == edge["target"] == step
    ]
    outgoing = [edge for edge in edges if edge.get("source") == step]
    keeps_outgoing = with_branches and len(outgoing) > 1
    marks = {mark: True for mark in ("first", "error") if node.pop(mark, False) is True}
    joined: list[Json] = []
    for edge in edges:
        if edge["target"] == step and not keeps_outgoing:
            joined += [past for past in _joined(edge, outgoing) if not _has_edge_like(past, edges)]
        elif edge["target"] != step and (keeps_outgoing or edge.get("source") != step):
            joined.append(edge)
    attributes["graph"]["edges"] = joined
    if outgoing and not keeps_outgoing:
        _node(attributes, outgoing[0]["target"]).update(marks)


def _joined(incoming: Json, outgoing: list[Json]) -> list[Json]:
    """Return the edges that lead past a step."""
    condition = (incoming.get("config") or {}).get("condition")
    made = []
    for edge in outgoing:
        past = {**edge, "source": incoming.get("source")}
        if past["source"] is None:
            del past["source"]
        _set_config(past, _with_condition(edge.get("config"), condition))
        made.append(past)
    return made


def _has_edge_like(edge: Json, edges: list[Json]) -> bool:
    """Return whether one of some edges has the same ends."""
    return any(
        (edge.get("source"), edge["target"]) == (other.get("source"), other["target"])
        for other in edges
    )


def _set_config(edge: Json, config: Json | None) -> None:
    """Give an edge a config, or leave it without one."""
    if config is not None:
        edge["config"] = config
    else:
        edge.pop("config", None)


def _first(attributes: Json, besides: str | None = None) -> Json | None:
    """Return the step that the flow begins with, if there is one besides a certain step."""
    targets = {edge["target"] for edge in _edges(attributes)}
    others = [node for node in _nodes(attributes) if node["id"] != besides]
    marked = [node for node in others if node.get("first") is True]
    open_ended = [
        node for node in others if node["id"] not in targets and node.get("error") is not True
    ]
    return next(iter(marked + open_ended), None)
