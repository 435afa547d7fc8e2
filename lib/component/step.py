"""What the platform's runtime hands to an action."""

from collections.abc import Callable
from logging import Logger, LoggerAdapter
from typing import Any, Protocol


class Step(Protocol):
    """The running step, as far as actions use it."""

    @property
    def logger(self) -> Logger | LoggerAdapter[Logger]:
        """Logs a line with the context of the message in process."""

    @property
    def emit(self) -> Callable[[str, Any], None]:
        """Sends an event; returns once it is delivered."""

    @property
    def message_size_limit(self) -> int:
        """How many bytes a message may have as JSON."""
