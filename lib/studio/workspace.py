"""What one open page works on: the flow, the credentials, the selected step, the samples."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from lib.platform.errors import InvalidFlowError
from lib.platform.flows import components, plan
from lib.platform.flows.components import Connector, Function
from lib.platform.flows.plan import Plan
from lib.platform.mapping import Mapper
from lib.sailor import ComponentError
from lib.sailor.step import Message
from lib.studio.document import Document

_LONGEST = 0.5  # seconds that a mapper may take, since the pages wait for it

Topic = Literal["document", "selection", "samples", "credentials", "account", "run"]


class Workspace:
    """What one open page works on; it belongs to the server's event loop.

    Args:
        connector: The connector, whose steps get the credentials.
        document: The flow.

    Attributes:
        document: The flow.
        credentials: The credentials, in memory only.
        selected: The id of the selected step; None if none is selected.
        samples: The messages that each step emitted when it ran last, by the step's id, with their
            passthrough.
        has_begun: Whether a flow was chosen to begin with.
        is_dark: Whether the page is dark; None for what the system prefers.
    """

    def __init__(self, connector: Connector, document: Document) -> None:
        self.connector = connector
        self.document = document
        self.credentials: dict[str, Any] = {}
        self.selected: str | None = None
        self.samples: dict[str, Sequence[Message]] = {}
        self.has_begun = False
        self.is_dark: bool | None = None
        self._sandbox: Mapping[str, Any] = {}
        # To find one, a descriptor is read, and each card asks several times.
        self._functions: dict[tuple[str, str], Function] = {}
        self._subscribers: dict[Topic, list[Callable[[], object]]] = defaultdict(list)

    def subscribe(self, topic: Topic, callback: Callable[[], object]) -> Callable[[], None]:
        """Call a function whenever something changes.

        Args:
            topic: What: ``document``, ``selection``, ``samples``, ``credentials`` whenever one is
                edited, ``account`` when that is done, or ``run``.
            callback: The function.

        Returns:
            A function that ends this.
        """
        self._subscribers[topic].append(callback)
        return lambda: self._subscribers[topic].remove(callback)

    def publish(self, topic: Topic) -> None:
        """Call those who have subscribed to a topic, since it has changed."""
        for callback in [*self._subscribers[topic]]:
            callback()

    @property
    def is_sandbox(self) -> bool:
        """Whether the credentials are those of the studio's sandbox."""
        return bool(self._sandbox) and self.credentials == self._sandbox

    def take_sandbox(self, cfg: Mapping[str, Any]) -> None:
        """Use the sandbox's credentials, unless there are others already.

        Args:
            cfg: The credentials.
        """
        self._sandbox = cfg
        if not self.credentials:
            self.credentials = dict(cfg)
            self.publish("account")
        self.publish("credentials")

    def open(self, document: Document) -> None:
        """Work on another flow."""
        self.document = document
        self.has_begun = True
        self.selected = None
        self.samples = {}
        self._functions = {}
        self.publish("document")
        self.publish("selection")

    def function(self, step: str) -> Function:
        """Return what a step runs.

        Raises:
            ComponentError: It is not here.
        """
        file = self.document.flow_file()
        node = next(node for node in file.nodes if node.id == step)
        command = node.component, node.function
        if command not in self._functions:
            self._functions[command] = components.find(node, file.path.parent, self.connector)
        return self._functions[command]

    def cfg(self, step: str) -> dict[str, Any]:
        """Return the cfg of a step: its fields, and the credentials if they are for it.

        Raises:
            ComponentError: What the step runs is not here.
        """
        credentials = self.credentials if self.function(step).takes_credentials else {}
        return {**credentials, **(self.document.node(step).get("fields") or {})}

    def input_sample(self, step: str) -> Message | None:
        """Return the message that the step before emitted last, before it is mapped.

        Returns:
            The message with its passthrough; None if there is none.
        """
        edge = self.document.edge_to(step)
        samples = self.samples.get(edge.get("source") or "") if edge else None
        return samples[-1] if samples else None

    def trail(self, message: Message | None) -> Mapping[str, Message]:
        """Return the messages of earlier steps that a message carries, by the steps' ids."""
        return (message or {}).get("passthrough") or {}

    def mapped(self, step: str, message: Message) -> Message:
        """Return what a step gets when the step before emits a message.

        Args:
            step: The step.
            message: The message, with its passthrough.

        Raises:
            MappingError: The mapper of the step fails on it, or takes too long.
        """
        edge = self.document.edge_to(step) or {}
        mapper = Mapper((edge.get("config") or {}).get("mapper"), _LONGEST)
        return {**message, "body": mapper.body(message, self.trail(message))}

    def plan(self) -> Plan:
        """Return the flow, ready to run.

        Raises:
            InvalidFlowError: It cannot run; the error names all that is wrong with it.
        """
        return plan.prepare_content(self.document.dump(), self.document.path, self.connector)

    def faults(self) -> list[str]:
        """Return all that keeps the flow from running, a sentence without a full stop each."""
        try:
            self.plan()
        except InvalidFlowError as error:
            return [*error.faults]
        return []

    def title(self, step: str) -> str:
        """Return what people call a step: its name, else the title of what it runs."""
        name = str(self.document.node(step).get("name") or "")
        if name:
            return name
        try:
            function = self.function(step)
        except ComponentError:
            return step
        return str(function.entry.get("title") or function.name)
