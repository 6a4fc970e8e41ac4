"""What was destroyed stays destroyed, whatever is restored, and the log says that it was."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from gateway.custody.pairs import differences
from gateway.custody.shredding import shred_up_to
from gateway.log.publishing.rows import log_size
from gateway.log.verify.evidence import Way, verify_log
from gateway.log.verify.tree.places import Folder
from gateway.storage.schema import bodies, case_persons, cases, chains
from tests.conftest import House, Json, Walk

FORM = "social-pension"


class Shredding:
    """A house with one case that has ended; what is asked of it is counted in its database."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self.dossier = self.house.dossier()
        self.walk = self.submitted(self.dossier)

    def submitted(self, dossier: str) -> Walk:
        walk = self.house.walk(self.house.story(FORM), dossier=dossier)
        self.house.accepted(walk.submission())
        return walk

    def shred(self) -> Json | None:
        database = self.house.rooms.database
        last = database.read(log_size) - 1
        leaf = self.house.run(database.write(lambda c: shred_up_to(c, last)))
        self.house.run(self.house.rooms.publisher.publish())
        return leaf

    def held(self) -> dict[str, int]:
        """How much leads to a case, or says something of it."""
        return self.house.rooms.database.read(_held)


def _held(connection: Connection) -> dict[str, int]:
    of = {table.name: select(func.count()).select_from(table) for table in PERSONAL}
    of["salts"] = select(func.count()).where(chains.c.content_salt.is_not(None))
    return {name: connection.execute(number).scalar_one() for name, number in of.items()}


PERSONAL = (bodies, cases, case_persons)
NOTHING = {"bodies": 0, "cases": 0, "case_persons": 0, "salts": 0}


@pytest.fixture
def shredding(tmp_path: Path) -> Iterator[Shredding]:
    made = Shredding(tmp_path / "data")
    yield made
    made.house.close()


def test_body_salt_and_every_way_to_the_case_go_and_the_log_says_so(shredding: Shredding) -> None:
    before, house = shredding.held(), shredding.house
    assert min(before.values()) >= 1

    leaf = shredding.shred()

    assert leaf is not None and leaf["count"] == before["bodies"]
    assert shredding.held() == NOTHING
    assert house.rooms.database.read_still(lambda c: list(differences(c))) == []
    assert verify_log(Folder(house.folder / "log/public"), None, Way()).checkpoint.size > 0
    assert shredding.shred() is None


def test_what_was_destroyed_is_not_in_the_file_either(tmp_path: Path) -> None:
    shredding = Shredding(tmp_path / "data")
    every = select(bodies.c.salt, bodies.c.body)
    rows = shredding.house.rooms.database.read(lambda c: c.execute(every).all())
    shredding.shred()
    shredding.house.close()

    files = [p for p in (tmp_path / "data").glob("gateway.db*") if p.stat().st_size]
    raw = b"".join(path.read_bytes() for path in files)

    assert files and rows
    assert not any(row.salt in raw or row.body in raw for row in rows)


def test_a_case_that_goes_on_is_kept_whole(shredding: Shredding) -> None:
    house = shredding.house
    kept = shredding.held()["bodies"]
    open_one = house.filled(house.question(FORM, "ordinary", dossier=house.dossier()))
    last = house.rooms.database.read(log_size) - 1
    again = shredding.submitted(shredding.dossier)
    now = shredding.held()["bodies"]

    leaf = house.run(house.rooms.database.write(lambda c: shred_up_to(c, last)))

    assert leaf is None and again.receipt and open_one["receipt"] and now > kept
    assert shredding.held()["bodies"] == now


def test_a_submission_whose_body_was_destroyed_is_not_taken_again(shredding: Shredding) -> None:
    shredding.shred()

    again = shredding.house.submit(shredding.walk.submission())

    assert (again.status_code, again.json()["code"]) == (409, "already_submitted")


@pytest.mark.threat(44)
def test_an_older_backup_brings_no_shredded_person_back(tmp_path: Path) -> None:
    shredding = Shredding(tmp_path / "data")
    database = tmp_path / "data/gateway.db"
    with sqlite3.connect(database) as live, sqlite3.connect(tmp_path / "older.db") as kept:
        live.backup(kept)
    live.close()
    kept.close()
    shredding.shred()
    shredding.house.close()
    for path in (tmp_path / "data").glob("gateway.db*"):
        path.unlink()
    shutil.copy(tmp_path / "older.db", database)
    with sqlite3.connect(database) as restored:
        assert restored.execute("SELECT count(*) FROM case_persons").fetchone()[0]
    restored.close()

    shredding.house = House(tmp_path / "data")  # no call has been made yet

    assert shredding.house.rooms.publisher.state().state == "incident"
    assert shredding.held() == NOTHING
    shredding.house.close()
