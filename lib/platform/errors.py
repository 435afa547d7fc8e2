"""Errors of the local platform.

PlatformError
├── DeadlineExceededError
├── QueueDeletedError
├── ProcessEndedError
├── UnreadableLogError
└── MissingSoftwareError
"""


class PlatformError(Exception):
    """Base of all errors that the local platform raises."""


class DeadlineExceededError(PlatformError):
    """Something did not happen within its time limit."""


class QueueDeletedError(PlatformError):
    """A queue was deleted while messages were expected in it."""


class ProcessEndedError(PlatformError):
    """A process that is needed is not running, or ended early."""


class UnreadableLogError(PlatformError):
    """A line of a step's log is not a JSON object."""


class MissingSoftwareError(PlatformError):
    """A program or package that the platform needs is not installed.

    Args:
        what: What is missing and why it is needed, as one sentence without a full stop.
        remedy: What to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
