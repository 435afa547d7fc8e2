"""Waiting for other processes: look again and again until a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

from lib.platform.errors import DeadlineExceededError

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, *, within: float = 20, every: float = 0.02) -> T:
    """Call a condition until its result is true, and return that result.

    Args:
        condition: The condition.
        what: What is expected, for the error.
        within: Seconds after which to give up.
        every: Seconds between two calls.

    Raises:
        DeadlineExceededError: The condition was still false at the deadline.
    """
    deadline = time.monotonic() + within
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise DeadlineExceededError(f"{what}: not within {within} s")
        time.sleep(every)
    return result
