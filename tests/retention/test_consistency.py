"""No change without its leaf and no leaf without its change, whoever wrote in the database by hand."""

# ruff: noqa: S608  the statements are this file's own

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.log.append import append_public
from gateway.log.entries import ShredLeaf
from gateway.log.keys import latest_key
from gateway.retention.consistency import Difference, differences
from gateway.retention.sweep import sweep
from gateway.storage.database import Database
from tests.conftest import House
from tests.databases import back_up, open_database, put_back, run_sql

FORM = "social-pension"
ONE_OF = "(SELECT idx FROM bodies WHERE kind = '{}' ORDER BY idx LIMIT 1)"
PREFILL, SUBMISSION, REFUSAL, ABANDONED, CORRECTION = (
    ONE_OF.format(kind) for kind in ("prefill", "submission", "refusal", "abandoned", "correction")
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a house in which everything happened that writes a leaf."""
    house = House(tmp_path_factory.mktemp("lived"))
    house.file_records_of(*house.story(FORM).owners)
    walk = house.walk(house.story(FORM), dossier=house.dossier())
    wrong = walk.submission()
    path, other = [p for p in walk.locked if walk.filled[p]["source"] == "population"][:2]
    wrong["data"][path] = "khác"
    house.refused(wrong)
    ticket = house.accepted(walk.submission(contested=[other]))["corrections"][0]["ticket"]
    house.post(f"/v1/corrections/{ticket}/state", {"becomes": "resolved"})
    house.filled(house.question(FORM, "ordinary"))
    house.clock.forward(days=4)
    assert house.run(sweep(house.services.database, house.clock)) == 1
    house.close()
    return house.folder


@pytest.fixture
def copy(lived: Path, tmp_path: Path) -> Iterator[Database]:
    put_back(tmp_path, back_up(lived, tmp_path / "copy"))
    with closing(open_database(tmp_path)) as database:
        yield database


def found(database: Database) -> list[Difference]:
    return database.read_snapshot(lambda c: list(differences(c)))


def at(database: Database, question: str) -> int:
    return int(database.read(lambda c: c.exec_driver_sql(f"SELECT {question}").scalar_one()))


@pytest.mark.threat(24)
def test_untouched_deployment_is_consistent(copy: Database) -> None:
    kinds = {
        row.kind
        for row in copy.read(lambda c: c.exec_driver_sql("SELECT DISTINCT kind FROM bodies"))
    }
    assert kinds == {"prefill", "submission", "refusal", "abandoned", "correction"}
    walked: list[int] = []
    assert copy.read_snapshot(lambda c: list(differences(c, walked.append))) == []
    assert walked == list(range(at(copy, "COUNT(*) FROM leaves")))


CASES = {
    "a prefill's receipt is deleted": (
        f"DELETE FROM receipts WHERE leaf = {PREFILL}",
        PREFILL,
        "no receipt stands behind it",
    ),
    "a receipt names no leaf": (
        "UPDATE receipts SET leaf = 100000 WHERE jti = (SELECT min(jti) FROM receipts)",
        "100000",
        "a receipt names it and the log has no such leaf",
    ),
    "a receipt is put under another's leaf": (
        f"UPDATE receipts SET leaf = {PREFILL} WHERE leaf = (SELECT max(leaf) FROM receipts)",
        PREFILL,
        "a receipt names it, which its kind does not ask for",
    ),
    "a receipt is put into another chain": (
        "UPDATE receipts SET chain = (SELECT chain FROM chains WHERE state = 'submitted')",
        "(SELECT max(leaf) FROM receipts)",
        "the receipt that names it is of another chain",
    ),
    "a submitted chain is opened again": (
        "UPDATE chains SET state = 'open' WHERE state = 'submitted'",
        SUBMISSION,
        "no end stands behind it",
    ),
    "a chain is marked as submitted": (
        "UPDATE chains SET state = 'submitted' WHERE state = 'abandoned'",
        "NULL",
        "a chain is submitted and no leaf says so",
    ),
    "an abandoned chain loses its leaf's mark": (
        f"DELETE FROM chain_leaves WHERE idx = {ABANDONED}",
        ABANDONED,
        "no chain stands behind it",
    ),
    "a refusal is forgotten": (
        f"DELETE FROM chain_leaves WHERE idx = {REFUSAL}",
        REFUSAL,
        "no chain stands behind it",
    ),
    "a ticket is deleted": (
        "DELETE FROM correction_tickets",
        CORRECTION,
        "no ticket stands behind it",
    ),
    "a tenant is deleted": (
        "DELETE FROM tenants",
        '(SELECT idx FROM leaves WHERE instr(entry, \'"kind":"grant"\'))',
        "no tenant stands behind it",
    ),
    "a body is deleted": (
        f"DELETE FROM bodies WHERE idx = {SUBMISSION}",
        SUBMISSION,
        "its payload is gone and no shred leaf says so",
    ),
    "a body is exchanged for another's": (
        "UPDATE bodies SET (body, salt) = (SELECT body, salt FROM bodies AS other"
        f" WHERE other.idx = {PREFILL}) WHERE idx = {SUBMISSION}",
        SUBMISSION,
        "its seal does not open with the payload beside it",
    ),
    "a body is altered by one byte": (
        f"UPDATE bodies SET body = CAST(replace(body, 'online', 'paper_') AS BLOB)"
        f" WHERE idx = {SUBMISSION}",
        SUBMISSION,
        "its seal does not open with the payload beside it",
    ),
    "an entry is rewritten": (
        f"UPDATE leaves SET entry = (SELECT entry FROM leaves WHERE idx = {PREFILL})"
        f" WHERE idx = {SUBMISSION}",
        SUBMISSION,
        "the entry is not the one that was hashed",
    ),
    "a leaf is taken out": (
        f"DELETE FROM leaves WHERE idx = {SUBMISSION}",
        SUBMISSION,
        "the log has no leaf there",
    ),
    "a leaf is put in without a change": (
        "INSERT INTO leaves SELECT (SELECT max(idx) + 1 FROM leaves), entry, hash FROM leaves"
        f" WHERE idx = {PREFILL}",
        "(SELECT max(idx) + 1 FROM leaves)",
        "its payload is gone and no shred leaf says so",
    ),
}


@pytest.mark.threat(21, 24, 49, 56)
@pytest.mark.parametrize("case", CASES)
async def test_database_tampering_names_its_leaf(copy: Database, case: str) -> None:
    edit, where, says = CASES[case]
    index = None if where == "NULL" else at(copy, where)
    (changed,) = await copy.write(lambda c: run_sql(c, edit))
    assert changed >= 1

    assert Difference(index, says) in found(copy)


async def test_payload_without_receipt_is_named(copy: Database) -> None:
    doubled = [
        f"INSERT INTO {table} (idx, {key}) SELECT 5000, {key} FROM {table} WHERE idx = {PREFILL}"
        for table, key in (
            ("leaves", "entry, hash"),
            ("bodies", "kind, tenant, hour, case_ref, salt, body"),
        )
    ]
    await copy.write(lambda c: run_sql(c, *doubled))

    assert Difference(5000, "no receipt stands behind it") in found(copy)


@pytest.mark.parametrize("own_too", [True, False])
async def test_shredded_payload_may_be_absent(own_too: bool, copy: Database) -> None:
    index = at(copy, ABANDONED)
    own = (copy.read(latest_key) or "").partition("+")[0]
    leaf = ShredLeaf("elsewhere.example/log/2020", index, index, 1, "retention")
    await copy.write(lambda c: append_public(c, leaf))
    await copy.write(lambda c: append_public(c, replace(leaf, origin=own)) if own_too else None)
    await copy.write(lambda c: run_sql(c, f"DELETE FROM bodies WHERE idx = {index}"))

    # the chain's mark of the leaf stays; without its body nobody can say of which kind the leaf was
    gone = Difference(index, "its payload is gone and no shred leaf says so")
    assert (gone in found(copy)) is not own_too
    assert own_too is (found(copy) == [])
