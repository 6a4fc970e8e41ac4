"""The hours of a log neither run back nor jump ahead unseen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.domain.clock import hour_of
from gateway.domain.errors import Busy
from gateway.log.append import CLOCK_GUARD, ClockGuard, append_case, confirm_clock
from gateway.storage.database import Database
from tests.log.writing import an_end

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Hands:
    """A clock and a monotonic one that a test moves."""

    def __init__(self) -> None:
        self.now, self.beat = NOW, 100.0

    def pass_by(self, gone: timedelta) -> None:
        self.now += gone
        self.beat += gone.total_seconds()


async def _append(database: Database, now: datetime) -> None:
    await database.write(lambda c: append_case(c, an_end(hour=hour_of(now))))


@pytest.mark.threat(72)
async def test_t72_hour_long_past_is_refused(database: Database) -> None:
    await _append(database, NOW)
    await _append(database, NOW - timedelta(hours=2))
    with pytest.raises(Busy) as refused:
        await _append(database, NOW - timedelta(hours=5))
    assert refused.value.code == "clock_behind"


@pytest.mark.threat(72)
async def test_t72_jump_ahead_stops_case_leaves(database: Database, tmp_path: Path) -> None:
    hands = Hands()
    guard = ClockGuard(tmp_path, lambda: hands.now, lambda: hands.beat)
    database.write_info[CLOCK_GUARD] = guard
    hands.pass_by(timedelta(days=3))
    await _append(database, hands.now)

    hands.now += timedelta(hours=1)
    for _ in range(2):
        with pytest.raises(Busy) as refused:
            await _append(database, hands.now)
        assert refused.value.code == "clock_jumped"
    database.write_info[CLOCK_GUARD] = ClockGuard(tmp_path, lambda: hands.now, lambda: hands.beat)
    with pytest.raises(Busy):
        await _append(database, hands.now)

    assert confirm_clock(tmp_path)
    await _append(database, hands.now)
    assert not confirm_clock(tmp_path)


async def test_clocks_may_differ_by_minutes(database: Database, tmp_path: Path) -> None:
    hands = Hands()
    database.write_info[CLOCK_GUARD] = ClockGuard(tmp_path, lambda: hands.now, lambda: hands.beat)
    hands.now += timedelta(minutes=14)
    await _append(database, hands.now)
    hands.now -= timedelta(minutes=30)
    await _append(database, hands.now)
