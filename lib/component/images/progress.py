"""Progress of a copy, in the log."""

import time
from collections.abc import Callable
from logging import Logger, LoggerAdapter

INTERVAL = 10.0  # seconds between two lines


class Progress:
    """Counts the bytes of a copy, and logs how far it is.

    Args:
        logger: The step's logger.
        image: The image, as the log names it.
        total: The bytes of all its layers.
        clock: The time in seconds, from any moment on.
    """

    def __init__(
        self,
        logger: Logger | LoggerAdapter[Logger],
        image: str,
        total: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logger = logger
        self._image = image
        self._total = total
        self._clock = clock
        self._logged_at = clock()
        self._done = 0

    def add(self, size: int) -> None:
        """Count bytes that were copied, or that the target has already."""
        self._done += size
        now = self._clock()
        if now - self._logged_at >= INTERVAL:
            self._logged_at = now
            self._logger.info(
                "Copying %s: %.1f of %.1f MB", self._image, self._done / 1e6, self._total / 1e6
            )
