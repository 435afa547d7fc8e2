"""Pauses between attempts."""

import random


def delay(initial: float, attempt: int, limit: float) -> float:
    """Return the pause before the next attempt: doubled each time, with jitter.

    Args:
        initial: The pause before the first repetition, in any unit of time.
        attempt: How many repetitions there were before, from 0.
        limit: The longest pause, in the same unit.

    Returns:
        Between half of the pause and all of it, so that containers that failed together don't
        come back together.
    """
    # 2**64 times any pause is past any limit; a higher power would overflow a float one day.
    pause = min(initial * 2.0 ** min(attempt, 64), limit)
    return pause * random.uniform(0.5, 1)  # noqa: S311 - nothing secret hangs on it
