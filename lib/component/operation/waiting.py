"""Results that are not ready yet: waiting for them is a rebound, the platform's own timer."""

from collections.abc import Mapping
from typing import Any

from lib.component import cfg as fields
from lib.component.errors import NotReadyError, UnfinishedError

# Those whose result tells by its ``status`` how far it is.
OPERATIONS = frozenset({"GetLifecyclePolicyPreview"})

_IN_PROGRESS = "IN_PROGRESS"
_HOPELESS = frozenset({"FAILED", "EXPIRED"})


def is_wanted(operation: str, cfg: Mapping[str, Any]) -> bool:
    """Return whether an action is to wait until its result is complete.

    Raises:
        InvalidFieldError: The field holds no value of a check box.
    """
    return operation in OPERATIONS and fields.is_ticked(cfg, "waitForCompletion")


def check(operation: str, members: Mapping[str, Any]) -> None:
    """Refuse a result that is not complete.

    Raises:
        NotReadyError: It is in the making.
        UnfinishedError: It will never be complete.
    """
    status = members.get("status")
    if status == _IN_PROGRESS:
        raise NotReadyError(operation)
    if status in _HOPELESS:
        raise UnfinishedError(operation, status)
