"""A limit on the messages that a step may emit in an interval."""

import threading
import time
from collections.abc import Callable


class RateLimit:
    """Lets so many calls pass in each interval and holds the others; safe to use from any thread.

    Args:
        limit: Calls in an interval.
        interval: The interval's length, in milliseconds.
        clock: Returns seconds that pass evenly.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        limit: int,
        interval: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limit = limit
        self._interval = interval / 1000
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._start = 0.0  # of the interval that the last call was put into
        self._calls = 0  # in that interval

    def wait(self) -> None:
        """Return when the call may pass."""
        pause = self._take() - self._clock()
        if pause > 0:
            self._sleep(pause)

    def _take(self) -> float:
        """Take a place in the first interval that has one, and return when that begins."""
        with self._lock:
            now = self._clock()
            if now - self._start >= self._interval:
                self._start, self._calls = now, 0
            elif self._calls >= self._limit:
                self._start, self._calls = self._start + self._interval, 0
            self._calls += 1
            return self._start
