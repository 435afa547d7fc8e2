"""A limit on the messages that a step may emit in an interval."""

import threading
import time


class RateLimit:
    """Lets so many calls pass in each interval and holds the others; safe to use from any thread.

    Args:
        limit: Calls in an interval.
        interval: The interval's length, in milliseconds.
    """

    def __init__(self, limit: int, interval: int) -> None:
        self._limit = limit
        self._interval = interval / 1000
        self._lock = threading.Lock()
        self._start = 0.0  # of the interval that the last call was put into
        self._calls = 0  # in that interval

    def wait(self) -> None:
        """Return when the call may pass."""
        pause = self._take() - time.monotonic()
        if pause > 0:
            time.sleep(pause)

    def _take(self) -> float:
        """Take a place in the first interval that has one, and return when that begins."""
        with self._lock:
            now = time.monotonic()
            if now - self._start >= self._interval:
                self._start, self._calls = now, 0
            elif self._calls >= self._limit:
                self._start, self._calls = self._start + self._interval, 0
            self._calls += 1
            return self._start
