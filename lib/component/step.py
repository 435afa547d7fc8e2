"""The running step that the platform's runtime passes to actions and triggers."""

from collections.abc import Callable
from logging import Logger, LoggerAdapter
from typing import Any, Protocol


class Step(Protocol):
    """The running step: the part of it that is used here."""

    @property
    def logger(self) -> Logger | LoggerAdapter[Logger]:
        """Logs a line with the context of the message in progress."""

    @property
    def emit(self) -> Callable[[str, Any], None]:
        """Emits an event; returns once it is delivered."""

    @property
    def message_size_limit(self) -> int:
        """The bytes that a message may have as JSON."""
