"""What is wrong with a message."""

from collections.abc import Iterable
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
