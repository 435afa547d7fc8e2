"""What is wrong with a message."""

from collections.abc import Iterable


class InvalidMessageError(Exception):
    """A message is not what the action takes; nothing was sent.

    Args:
        operation: The operation that the message was for.
        faults: A sentence for each thing that is wrong.
    """

    error_name = "InvalidMessage"

    def __init__(self, operation: str, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        lines = "".join(f"\n- {fault}" for fault in self.faults)
        super().__init__(f"{operation} can't use this message:{lines}")
