"""Waiting for what happens in other processes: poll with a deadline, never sleep and hope."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, *, within: float = 20, every: float = 0.02) -> T:
    """Call ``condition`` until what it returns is true, and return that.

    Args:
        condition: Looks at the world.
        what: What is waited for, for the reader of a failure.
        within: Seconds after which to give up.
        every: Seconds between two looks.

    Raises:
        AssertionError: The deadline passed.
    """
    deadline = time.monotonic() + within
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within} s")
        time.sleep(every)
    return result
