"""What a check box of a form holds."""

from typing import Any

ALLOWED = "true or false"

_VALUES = dict.fromkeys((True, "true", "on"), True)
_VALUES |= dict.fromkeys((False, "false", "off", "", None), False)


def is_ticked(value: Any) -> bool | None:
    """Return whether a check box is ticked; None if the value is not one of a check box.

    The platform's documentation has ``on`` for one that is ticked, and nothing for any other; its
    screens keep booleans: https://docs.elastic.io/developers/view-classes.html

    Args:
        value: What the cfg holds: a boolean, ``true``, ``false``, ``on``, ``off``, or nothing.
    """
    return _VALUES.get(value) if isinstance(value, str | bool | None) else None
