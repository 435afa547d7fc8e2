"""A rate limiter that all calls of a client share once Amazon ECR has throttled one of them.

It works as the adaptive mode of AWS's SDKs does, and is made of botocore's parts: a bucket from
which each request takes a token, and the CUBIC curve by which the bucket's rate falls and rises.
botocore's own limiter lets a request wait forever, starts from a rate that it has yet to measure,
and slows down once more for each of the requests that were throttled together.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import threading
from collections import deque

from botocore.exceptions import CapacityNotAvailableError

from lib.ecr.clock import Clock

# Requests per second. Slower than this, a step would seem to hang.
_LOWEST_RATE = 0.5
# What remains of the rate after a throttled answer. AWS's own limits are buckets, which forgive a
# rate that is a little too high, so less is given up than the 0.7 of botocore.
_REDUCTION = 0.85
# Seconds after a reduction in which throttled answers still tell of the time before it.
_PERIOD = 1.0
# Seconds over which granted requests are counted, and the most that are remembered.
_WINDOW = 2.0
_MOST_COUNTED = 1024
# The rate rises to at most so many times that of the granted requests, botocore's number.
_HEADROOM = 2.0
# Seconds after which a waiting request looks at the rate again, for it may have changed.
_LONGEST_NAP, _SHORTEST_NAP = 0.05, 0.001


class RateLimiter:
    """Delays requests; threads may share it. Until the first throttled answer it delays none.

    Args:
        clock: The clock by which requests wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._granted: deque[float] = deque(maxlen=_MOST_COUNTED)
        self._rate: _Rate | None = None

    def wait(self, timeout: float) -> bool:
        """Wait until a request may be sent; return False if that takes longer than the timeout.

        Args:
            timeout: Seconds.
        """
        rate = self._rate
        if rate is None:
            return True
        deadline = self._clock.time() + timeout
        if not self._turn.acquire(timeout=timeout):
            return False
        try:
            while nap := rate.seconds_to_next():
                left = deadline - self._clock.time()
                if left <= 0:
                    return False
                self._clock.sleep(max(min(nap, left, _LONGEST_NAP), _SHORTEST_NAP))
        finally:
            self._turn.release()
        return True

    def granted(self) -> None:
        """Take note of an answer that is not throttled."""
        now = self._clock.time()
        self._granted.append(now)
        if self._rate is not None:
            with self._lock:
                self._rate.rise(now, self._granted_since(now - _WINDOW) / _WINDOW)

    def throttled(self, sent: float) -> None:
        """Take note of a throttled answer.

        Args:
            sent: When its request was sent, by :meth:`lib.ecr.clock.Clock.time`.
        """
        now = self._clock.time()
        with self._lock:
            if self._rate is None:
                self._rate = _Rate(self._clock, now, self._granted_since(now - 1))
            elif sent > self._rate.reduced + _PERIOD:
                self._rate.fall(now, self._granted_since(now - _WINDOW) / _WINDOW)

    def has_granted_since(self, time: float) -> bool:
        """Return whether a request, of any call, was granted since a time."""
        return bool(self._granted) and self._granted[-1] > time

    def _granted_since(self, time: float) -> int:
        return sum(granted > time for granted in self._granted.copy())


class _Rate:
    """The rate of requests; ``rise`` and ``fall`` belong to the thread that holds the lock.

    Attributes:
        reduced: When it fell.
    """

    def __init__(self, clock: Clock, now: float, granted: float) -> None:
        # Imported here, because only steps that are throttled need them.
        from botocore.retries.bucket import TokenBucket  # noqa: PLC0415
        from botocore.retries.throttling import CubicCalculator  # noqa: PLC0415

        rate = max(granted, _LOWEST_RATE)
        self._bucket = TokenBucket(rate, _BucketClock(clock), _LOWEST_RATE)
        self._curve = CubicCalculator(rate, now, beta=_REDUCTION)
        self.fall(now, rate)

    def seconds_to_next(self) -> float:
        """Take a token and return 0; or return the seconds until there will be one."""
        try:
            self._bucket.acquire(block=False)
        except CapacityNotAvailableError:
            missing = 1 - float(self._bucket.available_capacity)
            return max(missing / float(self._bucket.max_rate), _SHORTEST_NAP)
        return 0

    def rise(self, now: float, granted: float) -> None:
        self._bucket.max_rate = min(self._curve.success_received(now), _HEADROOM * granted)

    def fall(self, now: float, granted: float) -> None:
        rate = max(min(granted, self._bucket.max_rate), _LOWEST_RATE)
        self._bucket.max_rate = self._curve.error_received(rate, now)
        self.reduced = now


class _BucketClock:
    """The clock as botocore's bucket reads it."""

    def __init__(self, clock: Clock) -> None:
        self.current_time = clock.time
