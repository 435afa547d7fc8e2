"""Results that are still in progress: waiting for them is a rebound, the platform's own timer."""

from collections.abc import Mapping
from typing import Any

from lib.component.cfg import Cfg, is_ticked
from lib.component.errors import NotReadyError, UnfinishedError

# Operations whose result has a ``status`` that says whether it is complete.
OPERATIONS = frozenset({"GetLifecyclePolicyPreview"})

_IN_PROGRESS = "IN_PROGRESS"
_FAILED = frozenset({"FAILED", "EXPIRED"})


def is_wanted(operation: str, cfg: Cfg) -> bool:
    """Return whether an action waits until its result is complete.

    Raises:
        InvalidFieldError: The field holds a value that no check box has.
    """
    return operation in OPERATIONS and is_ticked(cfg, "waitForCompletion")


def check(operation: str, members: Mapping[str, Any]) -> None:
    """Refuse a result that is not complete.

    Raises:
        NotReadyError: It is in progress.
        UnfinishedError: It will never be complete.
    """
    status = members.get("status")
    if status == _IN_PROGRESS:
        raise NotReadyError(operation, status)
    if status in _FAILED:
        raise UnfinishedError(operation, status)
