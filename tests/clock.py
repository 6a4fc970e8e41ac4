"""The time of a test: noon in Vietnam on one day, until the test moves it."""

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
