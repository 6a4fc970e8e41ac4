"""Robots that are slow enough for the instant rule, and that the portal knows, are marked."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from gateway.storage.database import Database
from gateway.storage.schema import case_persons, submission_pace
from gateway.submission.bursts import Bursts, Pace, read_bursts
from tests.databases import open_database

SCHEMAS = Path(__file__).parents[2] / "schemas"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FORM = 7


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


async def marks(
    database: Database, paces: list[tuple[Pace, datetime]], bursts: Bursts | None = None
) -> list[bool]:
    """Which of these submissions are marked, in their order."""
    rule = bursts or read_bursts(SCHEMAS / "measure.json")
    return await database.write(lambda c: [rule.note(c, pace, at) for pace, at in paces])


def pace(number: int, seconds: int, tenant: str = "h99") -> Pace:
    return Pace(tenant, FORM, f"case-{number}", seconds)


@pytest.mark.threat(18)
async def test_t18_all_but_twenty_robots_are_marked(
    database: Database,
) -> None:
    marked = await marks(database, [(pace(n, 75), NOW) for n in range(1000)])

    assert sum(marked) == 980 and not any(marked[:20])


@pytest.mark.threat(18)
async def test_t18_robots_of_one_person_are_marked(
    database: Database,
) -> None:
    rows = [
        {"person_index": b"one", "case_ref": f"case-{n}", "applicant": True} for n in range(1000)
    ]
    await database.write(lambda c: c.execute(insert(case_persons), rows))
    chance = random.Random(18)
    robots = [(pace(n, chance.randrange(60, 900)), NOW) for n in range(1000)]

    assert sum(await marks(database, robots)) == 990


async def test_honest_rush_hour_is_not_marked(database: Database) -> None:
    """Three hundred declarations of one form in an hour, filled in as people fill in."""
    chance = random.Random(2026)
    rush = [(pace(n, int(chance.lognormvariate(5.0, 0.6))), NOW) for n in range(300)]

    assert sum(await marks(database, rush)) == 0


async def test_tenants_forms_and_hours_count_apart(database: Database) -> None:
    rule = Bursts(of_one_timing=2, of_one_person=2)
    first = [(pace(n, 75), NOW) for n in range(2)]
    others = [
        (pace(2, 75, "h98"), NOW),
        (Pace("h99", FORM + 1, "case-3", 75), NOW),
        (pace(4, 76), NOW),
        (pace(5, 75), NOW),
        (pace(6, 75), NOW + timedelta(hours=1)),
    ]

    told = await marks(database, [*first, *others], rule)

    assert told == [False, False, False, False, False, True, False]
    left = select(func.count()).select_from(submission_pace)
    assert database.read(lambda c: c.execute(left).scalar_one()) == 1
