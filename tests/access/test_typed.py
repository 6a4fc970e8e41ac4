"""Five persons whom nothing but a typed number ties to an applicant, in a day."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.access.typed import MOST_IN_A_DAY, NAMED, TypedPersons
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.storage.database import Database
from gateway.storage.schema import typed_persons
from tests.clock import Clock
from tests.databases import open_database

HERE = TenantId("h99")
ME, OTHER = PersonalId("003090000001"), PersonalId("003090000002")
KEY = b"k" * 32


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


async def typed(persons: TypedPersons, vault: Database, *who: str, by: PersonalId = ME) -> bool:
    """One call that types these persons; whether the last of them may be opened."""
    with persons.by(HERE, by) as one:
        may = [one.may_open(person) for person in who]
        await vault.write(one.record)
    return may[-1]


async def test_sixth_person_of_day_is_not_opened(vault: Database, clock: Clock) -> None:
    persons = TypedPersons(vault, KEY, clock)
    for number in range(MOST_IN_A_DAY):
        assert await typed(persons, vault, f"person {number}")
    assert not await typed(persons, vault, "person 5")
    assert await typed(persons, vault, "person 0"), "one of the five is no new one"
    assert await typed(persons, vault, "person 5", by=OTHER)
    clock.now += timedelta(days=1)
    assert await typed(persons, vault, "person 5")


async def test_persons_of_one_call_count_each(vault: Database, clock: Clock) -> None:
    persons = TypedPersons(vault, KEY, clock)
    with persons.by(HERE, ME) as one:
        assert [one.may_open(str(n)) for n in range(6)] == [True] * 5 + [False]
        assert one.may_open("0")
        assert [one.may_open(f"named {n}", NAMED) for n in range(6)] == [True] * 5 + [False]


async def test_other_processes_and_restarts_count_too(vault: Database, clock: Clock) -> None:
    for number in range(MOST_IN_A_DAY):
        assert await typed(TypedPersons(vault, KEY, clock), vault, f"person {number}")
    assert not await typed(TypedPersons(vault, KEY, clock), vault, "person 5")


async def test_calls_under_way_count_together(vault: Database, clock: Clock) -> None:
    persons = TypedPersons(vault, KEY, clock)
    with persons.by(HERE, ME) as one, persons.by(HERE, ME) as other:
        assert all(one.may_open(str(n)) for n in range(3))
        assert [other.may_open(str(n)) for n in range(3, 6)] == [True, True, False]
    with persons.by(HERE, ME) as later:
        assert later.may_open("7"), "a call that ended without a record counts no more"


async def test_rows_hold_no_number_nor_past_day(vault: Database, clock: Clock) -> None:
    persons = TypedPersons(vault, KEY, clock)
    await typed(persons, vault, "003090000009|A|")
    clock.now += timedelta(days=1)
    await typed(persons, vault, "003090000008|B|")
    rows = vault.read(lambda c: c.execute(select(typed_persons)).all())
    assert len(rows) == 1
    assert "003090" not in str(rows)
