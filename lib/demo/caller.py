"""Calls of actions, made as the platform makes them, and their results."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.sailor import Component, Step, handle
from lib.sailor.step import describe_error

Body = dict[str, Any]

_PATIENCE = 10  # seconds until a result that is not final is an error
_PAUSE = 0.1  # seconds between two calls for it


class UnexpectedResultError(Exception):
    """An action did not do what the demo expects."""


@dataclass(frozen=True)
class Call:
    """A call that succeeded.

    Args:
        chapter: The part of the image's life that it belongs to.
        action: The action.
        result: The result in a few words.
        milliseconds: How long it took.
    """

    chapter: str
    action: str
    result: str
    milliseconds: float


@dataclass(frozen=True)
class Mistake:
    """A call that failed as expected.

    Args:
        title: What is wrong with the message.
        action: The action.
        body: The message's body.
        error: The error's text, as the platform shows it.
    """

    title: str
    action: str
    body: Body
    error: str


class Caller:
    """Calls actions as the platform does, and keeps the results.

    Args:
        component: The component that has the actions.
        cfg: Its credentials.
        progress: Called with the name of each action before the action itself is.
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
        """The actions that succeeded."""
        return {call.action for call in self.calls}

    def chapter(self, name: str) -> None:
        """Begin the next part of the image's life."""
        self._chapter = name

    def call(
        self,
        action: str,
        body: Body,
        summarize: Callable[[Body], str],
        is_done: Callable[[Body], bool] = lambda _: True,
    ) -> Body:
        """Call an action that should succeed.

        Args:
            action: The action.
            body: The message's body.
            summarize: Sums up the body of the result in a few words.
            is_done: Says whether the body of the result is final; if not, the action is called
                again. The last call counts.

        Returns:
            The body of what the action emitted.

        Raises:
            UnexpectedResultError: It emitted something other than data, or data that lacks
                something, or the result was never final.
        """
        result, milliseconds = self._data(action, body)
        deadline = time.monotonic() + _PATIENCE
        try:
            while not is_done(result):
                if time.monotonic() > deadline:
                    raise UnexpectedResultError(f"{action}: not final after {_PATIENCE} seconds")
                time.sleep(_PAUSE)
                result, milliseconds = self._data(action, body)
            summary = summarize(result)
        except (LookupError, TypeError) as error:
            raise UnexpectedResultError(f"{action}: incomplete result: {error!r}") from error
        self.calls.append(Call(self._chapter, action, summary, milliseconds))
        return result

    def mistake(self, title: str, action: str, body: Body, name: str) -> None:
        """Call an action that should fail with an error of the given name.

        Raises:
            UnexpectedResultError: It did not.
        """
        event, payload, _ = self._run(action, body)
        error = describe_error(payload)
        if event != "error" or error["name"] != name:
            raise UnexpectedResultError(
                f"{action}: expected the error {name}, got {event}: {payload}"
            )
        self.mistakes.append(Mistake(title, action, body, error["message"]))

    def expect(self, fact: bool, expected: str) -> None:
        """Check a fact about the last call.

        Raises:
            UnexpectedResultError: It is not true.
        """
        if not fact:
            raise UnexpectedResultError(f"{self.calls[-1].action}: expected {expected}")

    def _data(self, action: str, body: Body) -> tuple[Body, float]:
        """Return the body that a call emits, and its duration in milliseconds."""
        event, payload, milliseconds = self._run(action, body)
        if event != "data":
            raise UnexpectedResultError(f"{action}: expected data, got {event}: {payload}")
        return payload["body"], milliseconds

    def _run(self, action: str, body: Body) -> tuple[str, Any, float]:
        """Return the one event that a call emits, its payload, and its duration in milliseconds."""
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
            raise UnexpectedResultError(f"{action}: expected one event, got {len(emitted)}")
        event, payload = emitted[0]
        return event, payload, milliseconds
