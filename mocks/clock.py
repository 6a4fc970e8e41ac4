"""The time of day: the only place of the mocks that reads the machine's clock.

Every mock's settings carry a `clock`; what is dated by the day follows from the `today` that a
population is given.
"""

import time
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

Seconds = Callable[[], float]
"""Gives seconds since 1970."""

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def machine_seconds() -> float:
    """The machine's clock, by which the mocks run unless they are given another."""
    return time.time()


def day_of(seconds: float) -> date:
    """The day in Vietnam on which a moment falls."""
    return datetime.fromtimestamp(seconds, VIETNAM).date()
