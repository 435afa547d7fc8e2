"""The platform's standard steps, run by the runtime's own ``handle``, without a broker."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from lib.platform.standard import PATH
from lib.sailor import Step, handle
from lib.sailor.component import Component
from lib.sailor.step import describe_error

COMPONENT = Component.load(PATH)

Event = tuple[str, Any]


class StandardStep:
    """A step of a flow, which keeps its state and its snapshot between messages.

    Args:
        function: The function of the standard component.
        fields: The step's fields.
        variables: The flow's variables.
        injected: What the function takes for tests, such as ``sleep``.
    """

    def __init__(
        self,
        function: str,
        fields: Mapping[str, Any],
        variables: Mapping[str, Any] | None = None,
        **injected: Any,
    ) -> None:
        self._process = partial(COMPONENT.process(function), **injected)
        self._fields = fields
        self._variables = variables or {}
        self.snapshot: dict[str, Any] = {}

    def events(self, body: Any, **parts: Any) -> list[Event]:
        """Return what the step emits for a message; an error as the platform shows it.

        Args:
            body: The message's body.
            parts: Other parts of the message.
        """
        events: list[Event] = []

        def emit(event: str, payload: Any) -> None:
            events.append((event, describe_error(payload) if event == "error" else payload))
            if event == "snapshot":
                self.snapshot = payload

        step = Step(emit, logging.getLogger("tests"), self._variables)
        message = {"body": body, "headers": {}, **parts}
        handle(self._process, step, message, dict(self._fields), self.snapshot)
        return events

    def bodies(self, body: Any, **parts: Any) -> list[Any]:
        """Return the bodies that the step emits for a message, if it emits nothing else."""
        events = self.events(body, **parts)
        assert {event for event, _ in events} <= {"data"}, events
        return [payload["body"] for _, payload in events]

    def error(self, body: Any, **parts: Any) -> str:
        """Return name and message of the error that is all that a step emits for a message."""
        [(event, error)] = self.events(body, **parts)
        assert event == "error", error
        return f"{error['name']}: {error['message']}"
