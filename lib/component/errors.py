"""What keeps an action from its result, beside the faults of Amazon ECR."""

from collections.abc import Iterable, Mapping
from itertools import islice

# A message that is wrong in this many places is of another kind altogether.
_MOST_FAULTS = 50


class InvalidMessageError(Exception):
    """A message is not what the action takes; nothing was sent.

    Args:
        operation: The operation that the message was for.
        faults: A sentence for each thing that is wrong; the first 50 are told.
    """

    error_name = "InvalidMessage"

    def __init__(self, operation: str, faults: Iterable[str]) -> None:
        faults = iter(faults)
        self.faults = tuple(islice(faults, _MOST_FAULTS))
        if next(faults, None) is not None:
            self.faults += ("and more",)
        lines = "".join(f"\n- {fault}" for fault in self.faults)
        super().__init__(f"{operation} can't use this message:{lines}")


class InvalidFieldError(Exception):
    """A field of the step holds what it can't; nothing was sent.

    Args:
        field: The field's name.
        given: What it holds.
        allowed: What it may hold: in words, or each value with the screen's name for it.
    """

    error_name = "InvalidField"

    def __init__(self, field: str, given: object, allowed: Mapping[str, str] | str) -> None:
        if not isinstance(allowed, str):
            allowed = " or ".join(f"{value} ({label})" for value, label in allowed.items())
        super().__init__(f"{field}: {given!r:.60} was given; allowed is {allowed}")


class WrongKeyError(Exception):
    """A request does not prove that it comes from who may start the flow; nothing was emitted.

    Args:
        header: The header that was to hold the key.
        field: The field that holds the key, as the screen calls it.
    """

    error_name = "WrongKey"

    def __init__(self, header: str, field: str) -> None:
        super().__init__(
            f"The request's header {header} does not hold what the field {field} does. If the "
            "request came from EventBridge, let its connection send that value"
        )


class SnapshotError(Exception):
    """A trigger's snapshot is not one that it made; nothing was sent.

    Args:
        given: What the platform keeps as the snapshot.
        needed: What it should be.
    """

    error_name = "UnreadableSnapshot"

    def __init__(self, given: object, needed: str) -> None:
        super().__init__(
            f"The step's snapshot can't be read: it is {given!r:.200}; needed is {needed}. Correct "
            "it, or reset it: the step then starts as if it had never run"
        )


class NoTimeError(Exception):
    """An answer does not tell the time by AWS's clock.

    Args:
        operation: The operation that was asked.
    """

    error_name = "NoTime"

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"The answer to {operation} has no Date header, so it is not known which images are"
            " new; let the proxy or endpoint on the way pass it on"
        )


class TooLargeError(Exception):
    """A result of many pages does not fit into one message.

    Args:
        operation: The operation that was asked.
        size_limit: How many bytes a message may have.
        way_out: What the field emitBehavior is to be set to, as the screen calls it.
    """

    error_name = "MessageTooLarge"

    def __init__(self, operation: str, size_limit: int, way_out: str) -> None:
        super().__init__(
            f"All that {operation} found is too large for one message: more than {size_limit} "
            f'bytes; choose "{way_out}" in place of it'
        )


class NotReadyError(Exception):
    """A result is still in the making; the same request will find it later."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation}: the result is still IN_PROGRESS")


class UnfinishedError(Exception):
    """A result will never be complete.

    Args:
        operation: The operation that was asked.
        status: What the result says of itself.
    """

    error_name = "Unfinished"

    def __init__(self, operation: str, status: str) -> None:
        super().__init__(
            f"{operation}: the result is {status}; start the preview again with "
            "StartLifecyclePolicyPreview"
        )


class RepeatedTokenError(Exception):
    """A page's nextToken leads to the same page again."""

    error_name = "RepeatedToken"

    def __init__(self) -> None:
        super().__init__("Amazon ECR gave the same nextToken twice; its pages have no end")


class IncompleteError(Exception):
    """Some items were emitted, the others can't be had.

    Args:
        emitted: How many were emitted.
        token: The nextToken of the page that is missing.
        reason: What hindered it.
    """

    error_name = "Incomplete"

    def __init__(self, emitted: int, token: object, reason: Exception) -> None:
        super().__init__(
            f"{emitted} items were emitted, the others are missing: {reason}. "
            f"A message with this nextToken goes on: {token}"
        )
