"""An alarm that is due is written once, however often the change that writes it runs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from gateway.access.failures import Alarm, Asker, FailureLimiter, Limits
from gateway.domain.errors import Conflict
from gateway.domain.identifiers import TenantId
from gateway.prefill._asking.reads import record_alarms
from gateway.storage.database import Database
from gateway.storage.schema import bodies
from tests.clock import Clock
from tests.databases import open_database

HERE = Asker(TenantId("h99"), "h99.1")
DUE = (Alarm(HERE.tenant, "tenant", 1),)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def tries(clock: Clock) -> FailureLimiter:
    tries = FailureLimiter(Limits(1, 10), clock)
    tries.begin(HERE)
    tries.end(HERE, missed=True)
    return tries


def refuse(_: Connection) -> None:
    raise Conflict("month_open", "this change takes itself out")


async def test_repeated_change_keeps_its_alarm(
    database: Database, tries: FailureLimiter, clock: Clock
) -> None:
    runs = []

    def record(connection: Connection) -> None:
        runs.append(1)
        record_alarms(connection, due, "prefill", clock())

    with tries.recording() as due:
        await asyncio.gather(database.write(record), database.write(refuse), return_exceptions=True)
    written = database.read(lambda c: c.execute(select(func.count()).select_from(bodies)).scalar())
    assert (len(runs), written, tries.alarms()) == (2, 1, ())


async def test_failed_change_leaves_alarm_due(
    database: Database, tries: FailureLimiter, clock: Clock
) -> None:
    def record(connection: Connection) -> None:
        record_alarms(connection, due, "prefill", clock())
        refuse(connection)

    with pytest.raises(Conflict), tries.recording() as due:
        await database.write(record)
    assert tries.alarms() == DUE
