"""The time of day: its type, and the only place of the gateway that reads the machine's clock.

Whoever needs the time is given a `Clock`: commands by their context (`gateway.cli.clock`), services
by `create_app`. Deadlines and pauses are measured with `time.monotonic`, which tells no day.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


def hour_of(when: datetime) -> int:
    """Whole hours since 1970 UTC, all that the log keeps of a time."""
    return int(when.timestamp()) // 3600


def now_in_utc() -> datetime:
    """The machine's clock, by which a deployment runs."""
    return datetime.now(UTC)
