"""A chain is entered by its receipts; whom its case concerns is remembered once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, select

from gateway.domain.errors import Conflict
from gateway.domain.identifiers import ChainId
from gateway.receipts.cases import case_of, opened_at, person_index
from gateway.receipts.chains import NewReceipt, add_receipt, enter_chain, open_chain
from gateway.storage.database import Database
from gateway.storage.schema import case_persons

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = bytes(range(32))
OPENING = NewReceipt(
    tenant="h99",
    chain=ChainId("chain-1"),
    jti="receipt-1",
    version="sha256:v",
    wrapped_key=b"locked",
    at=AT,
    expires_at=int(AT.timestamp()) + 3600,
    dossier="H99.01-20261122-0000001",
    persons=("003090000001", "003090000002", "003090000001"),
    applicant="003090000001",
)


def _persons(connection: Connection, case: str) -> list[bytes]:
    rows = select(case_persons.c.person_index).where(case_persons.c.case_ref == case)
    return sorted(connection.execute(rows).scalars())


def _indices(*numbers: str) -> list[bytes]:
    return sorted(person_index(KEY, number) for number in numbers)


async def test_case_remembers_persons_once_without_number(
    database: Database,
) -> None:
    again = replace(OPENING, chain=ChainId("chain-2"), persons=("003090000002", "003090000003"))

    case = await database.write(lambda c: enter_chain(c, OPENING, KEY))
    assert await database.write(lambda c: enter_chain(c, again, KEY)) == case

    numbers = ("003090000001", "003090000002", "003090000003")
    assert database.read(lambda c: _persons(c, case)) == _indices(*numbers)


async def test_applicant_is_marked_and_nobody_else(database: Database) -> None:
    def marked(connection: Connection) -> set[bytes]:
        rows = select(case_persons.c.person_index).where(case_persons.c.applicant.is_(True))
        return set(connection.execute(rows).scalars())

    alone = replace(OPENING, persons=())
    await database.write(lambda c: enter_chain(c, alone, KEY))
    assert database.read(marked) == set(_indices("003090000001"))
    relative = replace(OPENING, chain=ChainId("chain-2"))
    await database.write(lambda c: enter_chain(c, relative, KEY))
    assert database.read(marked) == set(_indices("003090000001"))
    later = replace(OPENING, chain=ChainId("chain-3"), applicant="003090000002")
    await database.write(lambda c: enter_chain(c, later, KEY))
    assert database.read(marked) == set(_indices("003090000001", "003090000002"))


async def test_extended_chain_adds_new_persons_only(
    database: Database,
) -> None:
    alone = replace(OPENING, dossier=None)
    later = replace(
        alone, jti="receipt-2", extends="receipt-1", persons=("003090000002", "003090000004")
    )

    def enter(connection: Connection) -> str:
        case = enter_chain(connection, alone, KEY)
        add_receipt(connection, alone, 7)
        return case if enter_chain(connection, later, KEY) == case else ""

    case = await database.write(enter)

    numbers = ("003090000001", "003090000002", "003090000004")
    assert database.read(lambda c: _persons(c, case)) == _indices(*numbers)


async def test_chains_without_dossier_are_separate_cases(database: Database) -> None:
    alone = replace(OPENING, dossier=None)
    other = replace(alone, chain=ChainId("chain-2"))
    cases = [await database.write(lambda c, o=o: enter_chain(c, o, KEY)) for o in (alone, other)]

    assert cases[0] != cases[1]
    assert [database.read(lambda c, o=case: len(_persons(c, o))) for case in cases] == [2, 2]


async def test_dossier_needs_own_tenant_and_code(database: Database) -> None:
    case = await database.write(lambda c: enter_chain(c, OPENING, KEY))
    code = str(OPENING.dossier)

    def found(tenant: str, dossier: str, key: bytes = KEY) -> tuple[str | None, int | None]:
        return database.read(
            lambda c: (case_of(c, tenant, dossier, key), opened_at(c, tenant, dossier, key))
        )

    assert found("h99", code) == (case, int(AT.timestamp()))
    for stranger in (("h98", code), ("h99", f"{code}1"), ("h99", code, bytes(32))):
        assert found(*stranger) == (None, None)


async def test_continued_chain_keeps_two_receipts(
    database: Database,
) -> None:
    def go_on(connection: Connection) -> None:
        enter_chain(connection, OPENING, KEY)
        add_receipt(connection, OPENING, 7)
        for number, used in ((2, 1), (3, 1)):
            later = replace(OPENING, jti=f"receipt-{number}", extends=f"receipt-{used}")
            enter_chain(connection, later, KEY)
            add_receipt(connection, later, 7 + number)

    await database.write(go_on)

    for jti, leaf in (("receipt-1", 7), ("receipt-3", 10)):
        assert database.read(lambda c, j=jti: open_chain(c, "chain-1", j)).leaf == leaf
    with pytest.raises(Conflict, match="receipt_closed"):
        database.read(lambda c: open_chain(c, "chain-1", "receipt-2"))
