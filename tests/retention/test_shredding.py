"""What was destroyed stays destroyed, whatever is restored, and the log says that it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select
from typer.testing import CliRunner

from gateway.cli.main import app as cli
from gateway.log.entries import ShredLeaf
from gateway.log.stored import log_size
from gateway.retention.consistency import differences
from gateway.retention.shredding import last_closed, shred_up_to
from gateway.storage.schema import bodies, case_persons, cases, chains, closed_bodies
from gateway_verify.evidence import Way, verify_log
from gateway_verify.locations import Folder
from tests.conftest import House, Walk
from tests.databases import back_up, looking_into, put_back, raw_bytes

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

    @property
    def origin(self) -> str:
        key: str = (self.house.folder / "log/public/key").read_text()
        return key.partition("+")[0]

    def shred(self) -> ShredLeaf | None:
        database = self.house.services.database
        last = database.read(log_size) - 1
        leaf = self.house.run(database.write(lambda c: shred_up_to(c, last, self.origin)))
        self.house.run(self.house.services.log.publisher.publish())
        return leaf

    def held(self) -> dict[str, int]:
        """How much leads to a case, or says something of it."""
        return self.house.services.database.read(_held)


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


def test_shred_removes_all_traces_and_is_logged(shredding: Shredding) -> None:
    before, house = shredding.held(), shredding.house
    assert min(before.values()) >= 1

    leaf = shredding.shred()

    assert leaf is not None and leaf.count == before["bodies"]
    assert shredding.held() == NOTHING
    assert house.services.database.read_snapshot(lambda c: list(differences(c))) == []
    assert verify_log(Folder(house.folder / "log/public"), None, Way()).checkpoint.size > 0
    assert shredding.shred() is None


def test_destroyed_data_leaves_the_file(tmp_path: Path) -> None:
    shredding = Shredding(tmp_path / "data")
    every = select(bodies.c.salt, bodies.c.body)
    rows = shredding.house.services.database.read(lambda c: c.execute(every).all())
    shredding.shred()
    shredding.house.close()

    raw = raw_bytes(tmp_path / "data")

    assert raw and rows
    assert not any(row.salt in raw or row.body in raw for row in rows)


def test_continuing_case_is_kept_whole(shredding: Shredding) -> None:
    house = shredding.house
    kept = shredding.held()["bodies"]
    open_one = house.filled(house.question(FORM, "ordinary", dossier=house.dossier()))
    last = house.services.database.read(log_size) - 1
    again = shredding.submitted(shredding.dossier)
    now = shredding.held()["bodies"]

    leaf = house.run(
        house.services.database.write(lambda c: shred_up_to(c, last, shredding.origin))
    )

    assert leaf is None and again.receipt and open_one["receipt"] and now > kept
    assert shredding.held()["bodies"] == now


def test_submission_with_destroyed_payload_is_refused(shredding: Shredding) -> None:
    shredding.shred()

    again = shredding.house.submit(shredding.walk.submission())

    assert (again.status_code, again.json()["code"]) == (409, "already_submitted")


@pytest.mark.threat(44)
def test_older_backup_restores_no_shredded_person(tmp_path: Path) -> None:
    shredding = Shredding(tmp_path / "data")
    older = back_up(tmp_path / "data", tmp_path / "older.db")
    shredding.shred()
    shredding.house.close()
    put_back(tmp_path / "data", older)
    with looking_into(tmp_path / "data") as restored:
        assert restored.execute(select(case_persons)).all()

    shredding.house = House(tmp_path / "data")  # no call has been made yet

    assert shredding.house.services.log.publisher.state().state == "incident"
    assert shredding.held() == NOTHING
    shredding.house.close()


class Rolled:
    """A case in a log that was closed, and another one in the log of the year after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        house = House(folder)
        story = house.story(FORM)
        self.dossiers = [house.dossier(), house.dossier()]
        for dossier in self.dossiers:
            house.accepted(house.walk(story, dossier=dossier).submission())
        house.close()
        command = ["log", "rotate", "--json", "--leave-open"]
        told = CliRunner().invoke(cli, command, env={"GATEWAY_DATA": str(folder)}, obj=house.clock)
        assert told.exit_code == 0, told.output
        self.closed = json.loads(told.output)["closed"]
        self.house = House(folder)
        again = self.house.walk(self.house.story(FORM), dossier=self.dossiers[1])
        self.house.accepted(again.submission())

    def shred_the_closed_one(self) -> ShredLeaf | None:
        database, origin = self.house.services.database, self.origin
        last = database.read(lambda c: last_closed(c, 10**6))[self.closed]
        leaf = self.house.run(database.write(lambda c: shred_up_to(c, last, origin, self.closed)))
        self.house.run(self.house.services.log.publisher.publish())
        return leaf

    @property
    def origin(self) -> str:
        return (self.folder / "log/public/key").read_text().partition("+")[0]

    def held(self) -> dict[str, int]:
        """Bodies of the closed log and of the running one, and ways to a case."""
        return self.house.services.database.read(_counted)


def _counted(connection: Connection) -> dict[str, int]:
    tables = (closed_bodies, bodies, cases)
    counts = {table.name: select(func.count()).select_from(table) for table in tables}
    return {name: connection.execute(number).scalar_one() for name, number in counts.items()}


@pytest.fixture
def rolled(tmp_path: Path) -> Iterator[Rolled]:
    made = Rolled(tmp_path / "data")
    yield made
    made.house.close()


def test_running_log_shreds_closed_logs_payloads(rolled: Rolled) -> None:
    before = rolled.held()
    assert before["closed_bodies"] >= 4 and before["bodies"] >= 2 and before["cases"] == 2

    leaf = rolled.shred_the_closed_one()

    assert leaf is not None
    assert leaf is not None
    assert (leaf.origin, leaf.count) == (rolled.closed, before["closed_bodies"])
    # the case that goes on in the running log is still found by its dossier
    assert rolled.held() == {"closed_bodies": 0, "bodies": before["bodies"], "cases": 1}
    assert rolled.house.services.database.read_snapshot(lambda c: list(differences(c))) == []
    proved = verify_log(Folder(rolled.folder / "log/public"), None, Way())
    assert [one["origin"] for _, one in proved.story.of_kind("shred")] == [rolled.closed]
    assert proved.story.shreds() == []
    assert rolled.house.services.database.read(lambda c: last_closed(c, 10**6)) == {}


def test_only_old_payloads_of_closed_log_end(rolled: Rolled) -> None:
    database = rolled.house.services.database
    hours = database.read(lambda c: c.execute(select(closed_bodies.c.hour)).scalars().all())
    none = database.read(lambda c: last_closed(c, min(hours)))[rolled.closed]
    first = database.read(lambda c: c.execute(select(func.min(closed_bodies.c.idx))).scalar_one())
    assert none == first - 1


@pytest.mark.threat(44)
@pytest.mark.parametrize("when", ["after the roll", "before the roll"])
def test_older_backup_restores_nobody_of_closed_log(when: str, tmp_path: Path) -> None:
    data, older = tmp_path / "data", tmp_path / "older.db"
    if when == "before the roll":
        house = House(tmp_path / "data")
        house.accepted(house.walk(house.story(FORM), dossier=house.dossier()).submission())
        house.run(house.services.log.publisher.publish())
        back_up(data, older)
        house.close()
    rolled = Rolled(tmp_path / "data")
    if when == "after the roll":
        back_up(data, older)
    rolled.shred_the_closed_one()
    rolled.house.close()
    put_back(data, older)

    rolled.house = House(tmp_path / "data")  # no call has been made yet

    assert rolled.house.services.log.publisher.state().state == "incident"
    held = rolled.held()
    assert held["closed_bodies"] == 0
    assert held["bodies"] == 0 or when == "after the roll"
    rolled.house.close()
