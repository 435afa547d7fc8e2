"""The step's snapshot: what it remembers from one message to the next.

docs/platform.md, "Snapshots".
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from lib.sailor import json_text

log = logging.getLogger("sailor")


class Snapshot:
    """The local copy of a step's snapshot; the messages in progress share it, on any thread.

    Args:
        value: The snapshot as the platform stores it.
    """

    def __init__(self, value: Any) -> None:
        self._lock = threading.Lock()
        # As text, so that each message gets its own copy.
        self._text = json_text.dump(value)

    def copy(self) -> Any:
        """Return a copy for a handler."""
        return json_text.parse(self._text)

    def replace(self, value: Any) -> None:
        """Put another snapshot in place of this one."""
        with self._lock:
            self._text = json_text.dump(value)

    def update(self, update: Any) -> bool:
        """Merge members into the snapshot, at its top level.

        Args:
            update: The members. What is no object of members is ignored, with a line in the log.

        Returns:
            Whether they were merged.
        """
        if not isinstance(update, Mapping):
            log.error("updateSnapshot: got %s, expected an object; ignored", type(update).__name__)
            return False
        if update.get("$set"):
            log.warning("updateSnapshot: $set is no longer supported; ignored")
            return False
        with self._lock:
            value = json_text.parse(self._text)
            self._text = json_text.dump({**(value if isinstance(value, dict) else {}), **update})
        return True
