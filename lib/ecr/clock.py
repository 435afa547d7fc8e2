"""Time by AWS's clock, for machines whose own clock is wrong."""

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A machine's clock may be wrong by hours; a date further off is itself wrong.
LARGEST_OFFSET = timedelta(days=1)

_logger = logging.getLogger(__name__)


class Clock:
    """This machine's clock, and how far AWS's clock is ahead of it.

    Attributes:
        offset: The difference; it is added to this machine's time.
    """

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """Return the time by AWS's clock, in UTC."""
        return datetime.now(UTC) + self.offset

    def time(self) -> float:
        """Return seconds that pass evenly, whatever corrects the clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def correct(self, date: str) -> bool:
        """Take the time from an answer's Date header; return whether it holds a plausible one."""
        answered = http_time(date)
        if answered is None:
            return False
        offset = answered - datetime.now(UTC)
        if abs(offset) > LARGEST_OFFSET:
            _logger.warning("An answer's Date is off by %s; this machine's clock stays", offset)
            return False
        self.offset = offset
        _logger.warning("This machine's clock is off by %s; corrected", self.offset)
        return True


def http_time(date: str) -> datetime | None:
    """Return the time in a Date header, or None if it holds none."""
    try:
        parsed = parsedate_to_datetime(date)
    except ValueError:
        return None
    # A zone of -0000 is read as no zone at all; HTTP's dates are in UTC.
    return parsed.replace(tzinfo=parsed.tzinfo or UTC)
