"""A flow that was checked and is ready to run, in this process or over a broker."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from lib.platform import mapping
from lib.platform.errors import InvalidFlowError, MappingError
from lib.platform.flows import components, file
from lib.platform.flows.components import Connector, Function
from lib.platform.flows.file import Edge, FlowFile, Node
from lib.platform.mapping import Condition, Mapper
from lib.sailor import ComponentError
from lib.sailor.step import Message


@dataclass(frozen=True)
class Branch:
    """A way to another step.

    Args:
        target: The id of the step that it leads to.
        mapper: Makes that step's input.
        condition: Says whether a router takes this way; None for any other step, and for the
            router's default.
    """

    target: str
    mapper: Mapper
    condition: Condition | None

    def input(self, message: Message) -> Message:
        """Return what a message becomes on this way.

        Args:
            message: A message, with the messages of the steps before in its ``passthrough``.

        Raises:
            MappingError: The mapper fails on it.
        """
        return {**message, "body": self.mapper.body(message, _trail(message))}


@dataclass(frozen=True)
class PlannedStep:
    """A step that is ready to run.

    Args:
        node: What the file says about it.
        function: What it runs.
        branches: The ways that its messages go.
    """

    node: Node
    function: Function
    branches: Sequence[Branch]

    @property
    def id(self) -> str:
        """The step's id."""
        return self.node.id

    @property
    def title(self) -> str:
        """What people call the step: its name, else the title of its action or trigger."""
        return self.node.name or str(self.function.entry.get("title") or self.function.name)

    def config(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Return the step's cfg: its fields, and the credentials if they are for it."""
        return {**(credentials if self.function.takes_credentials else {}), **self.node.fields}

    def chosen(self, message: Message) -> Sequence[Branch]:
        """Return the ways that a message goes: all of them, unless the step is a router.

        Raises:
            MappingError: A condition fails on the message.
        """
        if not self.function.is_router:
            return self.branches
        trail = _trail(message)
        conditional = [(branch, branch.condition) for branch in self.branches]
        true = [
            branch
            for branch, condition in conditional
            if condition and condition.holds(message, trail)
        ]
        return true or [branch for branch, condition in conditional if condition is None]


@dataclass(frozen=True)
class Plan:
    """A flow that is ready to run.

    Args:
        file: What its file says.
        first: The step that it begins with.
        steps: The steps by id, in the order in which messages reach them.
        error_branches: The ways that errors go.
        error_handling: The ids of the steps that errors reach.
    """

    file: FlowFile
    first: PlannedStep
    steps: Mapping[str, PlannedStep]
    error_branches: Sequence[Branch]
    error_handling: Collection[str]

    def branches_for_errors(self, step: str) -> Sequence[Branch]:
        """Return the ways that the errors of a step go: none if it handles errors itself."""
        return () if step in self.error_handling else self.error_branches

    @property
    def takes_credentials(self) -> bool:
        """Whether a step needs the credentials."""
        return any(step.function.takes_credentials for step in self.steps.values())


def prepare(path: Path, connector: Connector, *, runs_node: bool = False) -> Plan:
    """Read the file of a flow, check it, and load what its steps run.

    Args:
        path: The file.
        connector: The component that gets the credentials.
        runs_node: Whether steps can run that are written for Node.js.

    Raises:
        InvalidFlowError: The flow cannot run; the error names all that is wrong with it.
    """
    faults: list[str] = []
    flow = file.read(path, faults)
    return _checked(flow, faults, connector, runs_node=runs_node)


def prepare_content(
    content: Any, path: Path, connector: Connector, *, runs_node: bool = False
) -> Plan:
    """Check the content of a flow's file, and load what its steps run.

    Args:
        content: The JSON.
        path: The file that it belongs to, which need not exist. Paths of component folders start
            from its folder.
        connector: As for :func:`prepare`.
        runs_node: As for :func:`prepare`.

    Raises:
        InvalidFlowError: The flow cannot run; the error names all that is wrong with it.
    """
    faults: list[str] = []
    flow = file.parse(content, path, faults)
    return _checked(flow, faults, connector, runs_node=runs_node)


def _checked(flow: FlowFile, faults: list[str], connector: Connector, *, runs_node: bool) -> Plan:
    """Return the plan of a flow.

    Args:
        flow: The flow.
        faults: What was wrong with its file.
        connector: The component that gets the credentials.
        runs_node: Whether steps can run that are written for Node.js.

    Raises:
        InvalidFlowError: It cannot run.
    """
    nodes = {node.id: node for node in flow.nodes}
    faults += _duplicate_ids(flow)
    functions = _functions(flow, connector, faults, runs_node=runs_node)
    faults += _loose_ends(flow, nodes)
    edges = [edge for edge in flow.edges if {edge.source, edge.target} <= {None, *nodes}]
    faults += _cycles(edges)
    faults += _condition_faults(functions, edges)
    first = _first(nodes.values(), edges, faults)
    handlers = [edge.target for edge in edges if edge.source is None]
    order = _reached([first, *handlers] if first else [*nodes], edges)
    faults += [f"{each}: no message reaches it" for each in nodes if each not in order]
    branches = _branches(edges, faults)
    if faults:
        raise InvalidFlowError(flow.path, faults)
    steps = {each: PlannedStep(nodes[each], functions[each], branches[each]) for each in order}
    return Plan(flow, steps[first], steps, branches[None], frozenset(_reached(handlers, edges)))


def _duplicate_ids(flow: FlowFile) -> Iterator[str]:
    for node_id, count in Counter(node.id for node in flow.nodes).items():
        if count > 1:
            yield f"{node_id}: {count} steps have this id"


def _functions(
    flow: FlowFile, connector: Connector, faults: list[str], *, runs_node: bool
) -> dict[str, Function]:
    """Return what the steps run, by the steps' ids."""
    functions = {}
    for node in flow.nodes:
        try:
            function = components.find(node, flow.path.parent, connector)
            if function.is_node and not runs_node:
                faults.append(
                    f"{node.id}: {node.component!r} is a Node.js component, which only runs over a"
                    " broker"
                )
            elif not function.is_node:
                function.load()
            functions[node.id] = function
        except ComponentError as error:
            faults.append(f"{node.id}: {error}")
    return functions


def _loose_ends(flow: FlowFile, nodes: Mapping[str, Node]) -> Iterator[str]:
    for edge in flow.edges:
        for end in (edge.source, edge.target):
            if end is not None and end not in nodes:
                yield f"{edge}: there is no step {end!r}"
        target = nodes.get(edge.target)
        if edge.source is None and target and not target.handles_errors:
            yield f'{edge}: it has no source, and that step is not marked "error": true'


def _cycles(edges: Iterable[Edge]) -> Iterator[str]:
    """Yield a line for each cycle; one edge of it is ignored while the next is looked for."""
    before = [(edge.target, edge.source) for edge in edges if edge.source is not None]
    while True:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for target, source in before:
            sorter.add(target, source)
        try:
            sorter.prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            yield f"the steps go round in a circle: {' → '.join(cycle)}"
            before = [pair for pair in before if pair != (cycle[1], cycle[0])]
        else:
            return


def _condition_faults(functions: Mapping[str, Function], edges: Sequence[Edge]) -> Iterator[str]:
    for step, function in functions.items():
        outgoing = [edge for edge in edges if edge.source == step]
        if not function.is_router:
            for edge in outgoing:
                if edge.condition is not None:
                    yield f"{edge}: it has a condition, but {step} is not a router"
            continue
        defaults = [edge.target for edge in outgoing if edge.condition is None]
        if len(defaults) > 1:
            yield (
                f"{step}: a router has at most one default branch, but the edges to"
                f" {_enumeration(defaults)} have no condition"
            )


def _first(nodes: Collection[Node], edges: Iterable[Edge], faults: list[str]) -> str:
    """Return the id of the step that the flow begins with; empty if that is not clear.

    It is the one that says so; if none does, the one to which no edge leads.
    """
    targets = {edge.target for edge in edges}
    marked = [node.id for node in nodes if node.is_first]
    open_ended = [node.id for node in nodes if node.id not in targets and not node.handles_errors]
    match marked or open_ended:
        case [first]:
            return first
        case []:
            why = ": an edge leads to every step" if nodes else ""
            faults.append(f"there is no first step{why}")
        case several:
            names = _enumeration(several)
            why = f"{names} are marked as first" if marked else f"no edge leads to {names}"
            faults.append(f"there is one first step, but {why}")
    return ""


def _reached(starts: Iterable[str], edges: Sequence[Edge]) -> list[str]:
    """Return the steps that messages reach from some steps, in the order of the messages."""
    order: dict[str, None] = {}
    waiting = [*reversed([*starts])]
    while waiting:
        step = waiting.pop()
        if step not in order:
            order[step] = None
            waiting += [edge.target for edge in reversed(edges) if edge.source == step]
    return [*order]


def _branches(edges: Iterable[Edge], faults: list[str]) -> Mapping[str | None, list[Branch]]:
    """Return the ways that messages go, by the steps that they come from."""
    branches: dict[str | None, list[Branch]] = defaultdict(list)
    for edge in edges:
        wrong = mapping.faults(edge.mapper)
        try:
            condition = None if edge.condition is None else Condition(edge.condition)
        except MappingError as error:
            wrong.append(error)
        faults += [f"{edge}: {error}" for error in wrong]
        if not wrong:
            branches[edge.source].append(Branch(edge.target, Mapper(edge.mapper), condition))
    return branches


def _trail(message: Message) -> Mapping[str, Message]:
    """Return the messages of the steps before, by the steps' ids."""
    trail: Mapping[str, Message] = message.get("passthrough") or {}
    return trail


def _enumeration(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}"
