"""Errors of the local platform.

PlatformError
├── DeadlineExceededError
├── QueueDeletedError
├── ProcessEndedError
├── UnreachableBrokerError
├── UnreadableLogError
├── InvalidFlowError
├── ExpressionError
├── MappingError
└── MissingSoftwareError
"""

from collections.abc import Sequence
from pathlib import Path


class PlatformError(Exception):
    """Base of all errors that the local platform raises."""


class DeadlineExceededError(PlatformError):
    """Something did not happen within its time limit."""


class QueueDeletedError(PlatformError):
    """A queue was deleted while messages were expected in it."""


class ProcessEndedError(PlatformError):
    """A process that is needed is not running, or ended early."""


class UnreachableBrokerError(PlatformError):
    """No RabbitMQ broker can be used at an address."""


class UnreadableLogError(PlatformError):
    """A line of a step's log is not a JSON object."""


class InvalidFlowError(PlatformError):
    """A flow cannot run as its file describes it.

    Args:
        path: The file.
        faults: All that is wrong with it, a sentence without a full stop each.
    """

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        lines = "".join(f"\n- {fault}" for fault in faults)
        super().__init__(f"{path} cannot run:{lines}")
        self.faults = faults


class ExpressionError(PlatformError):
    """A JSONata expression does not parse, or fails on a message.

    Args:
        text: What is wrong, with an excerpt of the expression.
        reason: What is wrong, for a reader who sees the expression.
        position: The number of characters up to the place where it is wrong; None if unknown.
    """

    def __init__(self, text: str, reason: str, position: int | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.position = position


class MappingError(PlatformError):
    """An expression of a mapping does not parse, or fails on a message.

    Args:
        path: The member that the expression makes, such as ``imageIds[0].imageDigest``; empty if
            it makes the whole body.
        text: The expression.
        cause: Why it fails.
    """

    def __init__(self, path: str, text: str, cause: ExpressionError) -> None:
        self.path = path
        self.text = text
        self.cause = cause
        super().__init__(f"{path}: {cause}" if path else str(cause))


class MissingSoftwareError(PlatformError):
    """A program or package that the platform needs is not installed.

    Args:
        what: What is missing and why it is needed, as one sentence without a full stop.
        remedy: What to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
