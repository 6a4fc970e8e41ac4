"""Does a database of an earlier release serve on, with what was added since?"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, inspect, select

from gateway.log.append import append_case
from gateway.storage.database import Database
from gateway.storage.schema import bodies, bundles, case_persons, dossiers

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AS_IT_WAS = """
    DROP INDEX bodies_case;
    DROP INDEX case_persons_case;
    ALTER TABLE bodies DROP COLUMN case_ref;
"""


async def _body(database: Database, case: str) -> None:
    body = {"k": "abandoned", "case": case, "chain": "b", "ten": "h99", "h": 1}
    await database.write(lambda c: append_case(c, "abandoned", "h99", body, NOW))


async def test_the_bodies_of_an_older_database_are_found_by_their_case(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    before = Database(path)
    await _body(before, "Ab-1")
    before.close()
    with sqlite3.connect(path) as file:
        file.executescript(AS_IT_WAS)
    file.close()

    for _ in range(2):
        Database(path).close()
    now = Database(path)
    await _body(now, "Ab-2")

    kept = now.read(lambda c: c.execute(select(bodies.c.case_ref)).scalars().all())
    assert kept == ["Ab-1", "Ab-2"]
    indices = now.read(lambda c: inspect(c).get_indexes("bodies"))
    assert [one["name"] for one in indices] == ["bodies_case"]
    assert now.read(lambda c: inspect(c).get_indexes("case_persons")) != []
    now.close()


async def test_the_dossiers_of_an_older_database_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    Database(path).close()
    with sqlite3.connect(path) as file:
        file.executescript("""
            DROP INDEX dossiers_of_case;
            ALTER TABLE dossiers DROP COLUMN case_tag;
            ALTER TABLE dossiers DROP COLUMN added;
        """)
    file.close()

    for _ in range(2):
        Database(path).close()
    now = Database(path)
    assert now.read(lambda c: c.execute(select(dossiers)).all()) == []
    indices = {one["name"] for one in now.read(lambda c: inspect(c).get_indexes("dossiers"))}
    assert "dossiers_of_case" in indices
    now.close()


async def test_the_bundles_of_an_older_database_wait_for_what_confirms_them(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    before = Database(path)
    known = {"code": "H99.01-1", "tenant": "h99", "procedure": "2.000987", "registered_at": 1}
    await before.write(lambda c: c.execute(insert(bundles), known))
    before.close()
    with sqlite3.connect(path) as file:
        file.executescript("""
            ALTER TABLE bundles DROP COLUMN confirmed_leaf;
            ALTER TABLE bundles DROP COLUMN withdrawn_leaf;
        """)
    file.close()

    for _ in range(2):
        Database(path).close()
    now = Database(path)
    (kept,) = now.read(lambda c: c.execute(select(bundles)).all())
    assert (kept.code, kept.confirmed_leaf, kept.withdrawn_leaf) == ("H99.01-1", None, None)
    now.close()


async def test_persons_of_an_older_database_go_on_counting(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    Database(path).close()
    with sqlite3.connect(path) as file:
        file.executescript("""
            ALTER TABLE case_persons DROP COLUMN applicant;
            INSERT INTO case_persons (person_index, case_ref) VALUES (x'01', 'Ab-1');
        """)
    file.close()

    for _ in range(2):
        Database(path).close()
    now = Database(path)
    counted = select(case_persons.c.person_index).where(case_persons.c.applicant.is_(True))
    assert now.read(lambda c: c.execute(counted).scalars().all()) == [b"\x01"]
    now.close()
