"""The step's snapshot: what it remembers from one message to the next."""

import threading
from collections.abc import Mapping
from typing import Any

from lib.sailor import wire


class Snapshot:
    """The local copy of a step's snapshot, shared by the messages in process.

    Args:
        value: The snapshot that the platform keeps.
    """

    def __init__(self, value: Any) -> None:
        self._lock = threading.Lock()
        # As text, so that each message gets a copy of its own.
        self._text = wire.dump(value)

    def copy(self) -> Any:
        """Return a copy for a handler."""
        return wire.parse(self._text)

    def replace(self, value: Any) -> None:
        """Put another snapshot in the place of this one."""
        self._text = wire.dump(value)

    def update(self, update: Mapping[str, Any]) -> None:
        """Merge members into the snapshot, at its top level."""
        with self._lock:
            value = wire.parse(self._text)
            self._text = wire.dump({**(value if isinstance(value, dict) else {}), **update})
