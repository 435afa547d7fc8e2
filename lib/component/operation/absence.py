"""Things that are not there: an error, or an empty result if the step's field says so."""

from lib.component.cfg import Cfg, is_ticked

FIELD = "allowNotFound"

_READING = ("BatchGet", "Describe", "Get", "List")
_NOT_FOUND = "NotFoundException"


def may_be_data(operation: str) -> bool:
    """Return whether an operation only looks something up, so that its absence may be a result."""
    return operation.startswith(_READING)


def is_data(operation: str, cfg: Cfg) -> bool:
    """Return whether an action emits an empty result for what is not there.

    Raises:
        InvalidFieldError: The field holds a value that no check box has.
    """
    return may_be_data(operation) and is_ticked(cfg, FIELD)


def is_not_found(code: str) -> bool:
    """Return whether an AWS code, such as ``RepositoryNotFoundException``, is for an absence."""
    return code.endswith(_NOT_FOUND)
