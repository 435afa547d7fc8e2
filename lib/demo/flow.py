"""Calls actions as the platform does, and keeps what came of it."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.sailor import Component, Step, handle
from lib.sailor.step import describe_error

Body = dict[str, Any]


class SurpriseError(Exception):
    """An action did something else than the demo knows it has to."""


@dataclass(frozen=True)
class Call:
    """A call that succeeded.

    Args:
        chapter: The part of the image's life that it belongs to.
        action: The action.
        came_back: What came back, in a few words.
        milliseconds: The time that it took.
    """

    chapter: str
    action: str
    came_back: str
    milliseconds: float


@dataclass(frozen=True)
class Mistake:
    """A call that failed as it has to.

    Args:
        title: What was wrong.
        action: The action.
        body: The message's body.
        error: The error's text, as the platform shows it.
    """

    title: str
    action: str
    body: Body
    error: str


class Flow:
    """Calls actions as the platform does, and keeps what came of it.

    Args:
        component: The component that has the actions.
        cfg: Its credentials.
        progress: Is told each action before it is called.
    """

    def __init__(
        self, component: Component, cfg: dict[str, str], progress: Callable[[str], None]
    ) -> None:
        self._component = component
        self._cfg = cfg
        self._progress = progress
        self._chapter = ""
        self.calls: list[Call] = []
        self.mistakes: list[Mistake] = []

    @property
    def succeeded(self) -> set[str]:
        """The actions that were called with success."""
        return {call.action for call in self.calls}

    def chapter(self, name: str) -> None:
        """Begin another part of the image's life."""
        self._chapter = name

    def call(self, action: str, body: Body, came_back: Callable[[Body], str]) -> Body:
        """Call an action that has to succeed.

        Args:
            action: The action.
            body: The message's body.
            came_back: Says in a few words what came back.

        Returns:
            The body of what the action emitted.

        Raises:
            SurpriseError: It emitted something else than data, or data without what we look for.
        """
        event, payload, milliseconds = self._run(action, body)
        if event != "data":
            raise SurpriseError(f"{action} emitted {event}: {payload}")
        answer: Body = payload["body"]
        try:
            summary = came_back(answer)
        except (LookupError, TypeError) as error:
            raise SurpriseError(f"{action} lacks something in its answer: {error!r}") from error
        self.calls.append(Call(self._chapter, action, summary, milliseconds))
        return answer

    def mistake(self, title: str, action: str, body: Body, name: str) -> None:
        """Call an action that has to fail with an error of the given name.

        Raises:
            SurpriseError: It did not.
        """
        event, payload, _ = self._run(action, body)
        error = describe_error(payload)
        if event != "error" or error["name"] != name:
            raise SurpriseError(f"{action} emitted {event} in place of {name}: {payload}")
        self.mistakes.append(Mistake(title, action, body, error["message"]))

    def expect(self, fact: bool, words: str) -> None:
        """Check a fact about the last call.

        Raises:
            SurpriseError: It is none.
        """
        if not fact:
            raise SurpriseError(f"After {self.calls[-1].action} it is not so that {words}")

    def _run(self, action: str, body: Body) -> tuple[str, Any, float]:
        """Return the one event that a call emits, its payload, and the time in milliseconds."""
        self._progress(action)
        process = self._component.module(action).process
        emitted: list[tuple[str, Any]] = []
        step = Step(
            emit=lambda event, payload: emitted.append((event, payload)),
            logger=logging.getLogger("component"),
        )
        message = {
            "id": str(uuid.uuid4()),
            "body": body,
            "headers": {},
            "attachments": {},
            "metadata": {},
        }
        started = time.perf_counter()
        handle(process, step, message, dict(self._cfg), {})
        milliseconds = (time.perf_counter() - started) * 1000
        if len(emitted) != 1:
            raise SurpriseError(f"{action} emitted {len(emitted)} events")
        event, payload = emitted[0]
        return event, payload, milliseconds
