"""The time of a test: noon in Vietnam on one day, until the test moves it."""

import os
import select
import time
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def sleep_under_faketime() -> None:
    """Let `time.sleep` work where libfaketime shifts the clock and leaves the monotonic one alone.

    Its 0.9.10 refuses `clock_nanosleep` until a moment of the monotonic clock (EINVAL), by which Python
    sleeps, also in `Popen.wait(timeout)`; `select` it lets through.
    """
    if "faketime" in os.environ.get("LD_PRELOAD", ""):
        time.sleep = lambda seconds: select.select((), (), (), seconds) and None
