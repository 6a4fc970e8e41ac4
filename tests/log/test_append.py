from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from sqlalchemy import Connection, select

from gateway.log.append import Appended, append_case, append_public
from gateway.log.canonical import canonical
from gateway.log.leaves import leaf_hash, public_entry, seal_of
from gateway.log.tree import root_of
from gateway.storage.database import Database
from gateway.storage.schema import bodies, leaves

NOON = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
GRANT = {"kind": "grant", "v": 1, "tenant": "h99"}


def _entries(database: Database) -> list[bytes]:
    rows = database.read(lambda c: c.execute(select(leaves).order_by(leaves.c.idx)).all())
    assert [row.idx for row in rows] == list(range(len(rows)))
    assert all(row.hash == leaf_hash(row.entry) for row in rows)
    return [row.entry for row in rows]


async def test_a_public_leaf_is_kept_in_canonical_bytes(database: Database) -> None:
    appended = await database.write(lambda c: append_public(c, GRANT))

    assert _entries(database) == [b'{"kind":"grant","tenant":"h99","v":1}']
    assert appended == Appended(0, leaf_hash(public_entry(GRANT)))
    assert root_of([appended.hash]) == appended.hash


@pytest.mark.threat(60)
async def test_all_case_entries_look_alike_whatever_they_stand_for(database: Database) -> None:
    cases: list[tuple[str, dict[str, str | int]]] = [
        ("prefill", {"letters": "f" * 600}),
        ("submission", {"letters": ""}),
        ("refusal", {"n": 1}),
        ("abandoned", {"n": 1}),
    ]
    for kind, body in cases:
        await database.write(lambda c, k=kind, b=body: append_case(c, k, "h99", b, NOON))

    entries = _entries(database)
    assert {len(entry) for entry in entries} == {len(entries[0])}
    assert len(set(entries)) == 4
    assert not any(kind.encode() in entry for entry in entries for kind, _ in cases)


async def test_body_and_salt_open_the_seal(database: Database) -> None:
    body = {"letters": "ff--", "v": 1}

    appended = await database.write(lambda c: append_case(c, "prefill", "h99", body, NOON))

    kept = database.read(lambda c: c.execute(select(bodies)).one())
    seal = sha256(b"eform-gateway/case/v1" + appended.salt + canonical(body)).digest()
    assert seal == seal_of(kept.salt, kept.body)
    assert _entries(database) == [
        canonical({"kind": "case", "seal": b64encode(seal).decode(), "v": 1})
    ]


async def test_of_the_time_only_the_hour_is_kept(database: Database) -> None:
    await database.write(lambda c: append_case(c, "prefill", "h99", {"v": 1}, NOON))

    kept = database.read(lambda c: c.execute(select(bodies)).one())
    assert kept.hour * 3600 == datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    assert (kept.kind, kept.tenant) == ("prefill", "h99")


async def test_equal_bodies_have_different_seals(database: Database) -> None:
    for _ in range(2):
        await database.write(lambda c: append_case(c, "refusal", "h99", {"v": 1}, NOON))

    assert len(set(_entries(database))) == 2


@pytest.mark.threat(24)
async def test_indices_have_no_gap_where_a_change_refuses_in_between(database: Database) -> None:
    def refuse(connection: Connection) -> None:
        append_public(connection, GRANT)
        raise LookupError("the business change is refused")

    def twice(connection: Connection) -> list[int]:
        return [append_public(connection, GRANT).index for _ in range(2)]

    assert await database.write(twice) == [0, 1]
    with pytest.raises(LookupError):
        await database.write(refuse)
    assert await database.write(twice) == [2, 3]
    assert len(_entries(database)) == 4


REFUSED_LEAVES = {
    "a kind that is not public": {"kind": "case", "v": 1},
    "an unknown kind": {"kind": "remark", "v": 1},
    "no kind": {"v": 1},
    "no version": {"kind": "grant"},
    "a version that is no number": {"kind": "grant", "v": True},
    "more than 64 KB": {"kind": "grant", "v": 1, "tenant": "h" * 65536},
}


@pytest.mark.parametrize("leaf", REFUSED_LEAVES.values(), ids=REFUSED_LEAVES)
async def test_a_leaf_outside_the_format_is_refused(
    database: Database, leaf: dict[str, str | int]
) -> None:
    with pytest.raises(ValueError):
        await database.write(lambda c: append_public(c, leaf))
    assert _entries(database) == []


async def test_a_case_of_an_unknown_kind_is_refused(database: Database) -> None:
    with pytest.raises(ValueError):
        await database.write(lambda c: append_case(c, "grant", "h99", {"v": 1}, NOON))


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(ValueError):
        seal_of(b"short", b"{}")
