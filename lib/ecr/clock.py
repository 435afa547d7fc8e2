"""The time by AWS's clock, where this machine's is wrong."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_logger = logging.getLogger("component.ecr")


class Clock:
    """This machine's clock, and how far AWS's is ahead of it.

    Attributes:
        offset: What to add to this machine's time.
    """

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """Return the time by AWS's clock, in UTC."""
        return datetime.now(UTC) + self.offset

    def correct(self, date: str) -> bool:
        """Take the time from an answer's Date header; return whether it holds one."""
        time = http_time(date)
        if time is None:
            return False
        self.offset = time - datetime.now(UTC)
        _logger.warning("this machine's clock is off by %s; corrected", self.offset)
        return True


def http_time(date: str) -> datetime | None:
    """Return the time that a Date header tells, or None if it tells none."""
    try:
        time = parsedate_to_datetime(date)
    except ValueError:
        return None
    # A zone of -0000 reads as none at all; HTTP's dates are in UTC.
    return time.replace(tzinfo=time.tzinfo or UTC)
