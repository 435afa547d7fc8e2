"""A clock for tests, by which time passes only while a call waits for its next attempt."""

from datetime import UTC, datetime, timedelta

from lib.ecr import Clock


class StandingClock(Clock):
    """A clock that runs only while a call waits for its next attempt.

    Attributes:
        waits: The seconds that were waited, in order.
        bounds: Between which bounds each wait was drawn; the upper one is what is waited.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.bounds: list[tuple[float, float]] = []
        self._started = datetime(2025, 1, 31, 23, 59, 58, tzinfo=UTC)

    def now(self) -> datetime:
        return self._started + timedelta(seconds=sum(self.waits))

    def time(self) -> float:
        return sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def draw(self, low: float, high: float) -> float:
        self.bounds.append((low, high))
        return high
