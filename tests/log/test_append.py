from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from sqlalchemy import Connection, select

from gateway.domain.clock import hour_of
from gateway.log.append import Appended, append_case, append_public
from gateway.log.canonical import canonical
from gateway.log.entries import LARGEST_ENTRY_BYTES, RefusalPayload, ShredLeaf, payload_of, seal_of
from gateway.log.tree import leaf_hash, root_of
from gateway.storage.database import Database
from gateway.storage.schema import bodies, leaves
from tests.log.writing import an_end, prefill_body

NOON = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
HOUR = hour_of(NOON)
SHRED = ShredLeaf("o", 0, 0, 1, "request")


def _entries(database: Database) -> list[bytes]:
    rows = database.read(lambda c: c.execute(select(leaves).order_by(leaves.c.idx)).all())
    assert [row.idx for row in rows] == list(range(len(rows)))
    assert all(row.hash == leaf_hash(row.entry) for row in rows)
    return [row.entry for row in rows]


async def test_public_leaf_is_kept_in_canonical_bytes(database: Database) -> None:
    appended = await database.write(lambda c: append_public(c, SHRED))

    text = b'{"count":1,"first":0,"kind":"shred","last":0,"origin":"o","reason":"request","v":1}'
    assert _entries(database) == [text]
    assert appended == Appended(0, leaf_hash(text))
    assert root_of([appended.hash]) == appended.hash


@pytest.mark.threat(60)
async def test_all_case_entries_look_alike(database: Database) -> None:
    payloads = [
        payload_of(prefill_body(st="f" * 600, h=HOUR)),
        payload_of(prefill_body(h=HOUR)),
        RefusalPayload("c", "x", 0, 0, "h99", HOUR, ()),
        an_end(hour=HOUR),
    ]
    for payload in payloads:
        await database.write(lambda c, one=payload: append_case(c, one))

    entries = _entries(database)
    assert {len(entry) for entry in entries} == {len(entries[0])}
    assert len(set(entries)) == 4
    assert not any(one.kind.encode() in entry for entry in entries for one in payloads)


async def test_payload_and_salt_open_seal(database: Database) -> None:
    payload = an_end(hour=HOUR)

    appended = await database.write(lambda c: append_case(c, payload))

    kept = database.read(lambda c: c.execute(select(bodies)).one())
    seal = sha256(b"eform-gateway/case/v1" + appended.salt + payload.encode()).digest()
    assert seal == seal_of(kept.salt, kept.body)
    assert _entries(database) == [
        canonical({"kind": "case", "seal": b64encode(seal).decode(), "v": 1})
    ]


async def test_only_hour_of_time_is_kept(database: Database) -> None:
    await database.write(lambda c: append_case(c, an_end(hour=hour_of(NOON))))

    kept = database.read(lambda c: c.execute(select(bodies)).one())
    assert kept.hour * 3600 == datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    assert (kept.kind, kept.tenant, kept.case_ref) == ("abandoned", "h99", "c")


async def test_equal_payloads_have_different_seals(database: Database) -> None:
    for _ in range(2):
        await database.write(lambda c: append_case(c, an_end(hour=HOUR)))

    assert len(set(_entries(database))) == 2


@pytest.mark.threat(24)
async def test_refused_change_leaves_no_index_gap(database: Database) -> None:
    def refuse(connection: Connection) -> None:
        append_public(connection, SHRED)
        raise LookupError("the business change is refused")

    def twice(connection: Connection) -> list[int]:
        return [append_public(connection, SHRED).index for _ in range(2)]

    assert await database.write(twice) == [0, 1]
    with pytest.raises(LookupError):
        await database.write(refuse)
    assert await database.write(twice) == [2, 3]
    assert len(_entries(database)) == 4


async def test_leaf_over_bundle_limit_is_refused(database: Database) -> None:
    leaf = replace(SHRED, reason="r" * LARGEST_ENTRY_BYTES)
    with pytest.raises(ValueError, match="65,535"):
        await database.write(lambda c: append_public(c, leaf))
    assert _entries(database) == []


def test_short_salt_is_refused() -> None:
    with pytest.raises(ValueError):
        seal_of(b"short", b"{}")
