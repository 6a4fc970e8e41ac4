import asyncio
import hmac
from typing import Any

import pytest
from sqlalchemy import select

from gateway.domain.errors import Conflict, NotFound, RecordRefused
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.records.store import REVOCATION_REASONS, RecordStore
from gateway.storage.database import Database
from gateway.storage.schema import records
from mocks.people import Population
from mocks.people.knowledge import records_of
from tests.records.conftest import NOW

HERE, THERE = TenantId("h99"), TenantId("h98")


def owner_of(record: dict[str, Any]) -> PersonalId:
    return PersonalId(record["owner"]["personal_id"])


async def test_record_is_found_by_owner_unchanged(store: RecordStore, card: dict[str, Any]) -> None:
    record_id, created = await store.put(HERE, card)

    (found,) = await store.search(HERE, owner_of(card))
    assert created
    assert (found.id, found.state, found.stored_at) == (record_id, "valid", NOW)
    assert found.record.document() == card
    assert (await store.get(HERE, record_id)) == found


async def test_same_record_is_stored_once(store: RecordStore, card: dict[str, Any]) -> None:
    first = await store.put(HERE, card)
    again = await store.put(
        HERE, card | {"dossier": "H99.01-20261122-0000001", "file": card["file"] | {"name": "b"}}
    )

    assert first == (again[0], True) and again[1] is False
    assert (await store.get(HERE, first[0])).record.dossier is None


@pytest.mark.parametrize(
    "change",
    [
        {"number": "another"},
        {"issuer": "Công an tỉnh khác"},
        {"issued_on": "2020-01-01"},
        {"content": {}},
        {"owner": {"personal_id": "003190000001"}},
        {"kind": "general"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_record_that_differs_is_another(
    store: RecordStore, card: dict[str, Any], change: dict[str, Any]
) -> None:
    first, _ = await store.put(HERE, card)
    second, created = await store.put(HERE, card | change)

    assert created and second != first


async def test_fifty_at_once_make_one_record(store: RecordStore, card: dict[str, Any]) -> None:
    puts = await asyncio.gather(*(store.put(HERE, card) for _ in range(50)))

    assert len({record_id for record_id, _ in puts}) == 1
    assert sum(created for _, created in puts) == 1


@pytest.mark.threat(1)
async def test_other_tenants_records_are_not_found(
    store: RecordStore, card: dict[str, Any]
) -> None:
    record_id, _ = await store.put(HERE, card)

    assert await store.search(THERE, owner_of(card)) == ()
    assert (await store.reusable(THERE, owner_of(card), {"identity_card"})).records == ()
    with pytest.raises(NotFound, match="unknown_record"):
        (await store.get(THERE, record_id))
    with pytest.raises(NotFound, match="unknown_record"):
        await store.revoke(THERE, record_id, "annulled")
    assert (await store.put(THERE, card))[0] != record_id
    assert (await store.get(HERE, record_id)).state == "valid"


async def test_search_may_name_kind_and_state(store: RecordStore, people: Population) -> None:
    papers = records_of(people, people.persona("ordinary").n)
    ids = {paper["kind"]: (await store.put(HERE, paper))[0] for paper in papers}
    await store.revoke(HERE, ids["identity_card"], "replaced")
    owner = owner_of(papers[0])

    async def found(kind: str | None, state: str | None) -> set[str]:
        return {one.record.kind for one in await store.search(HERE, owner, kind, state)}

    assert await found(None, None) == set(ids)
    assert await found("identity_card", None) == {"identity_card"} == await found(None, "revoked")
    assert await found(None, "valid") == set(ids) - {"identity_card"}
    assert await found("identity_card", "valid") == set()


@pytest.mark.parametrize("reason", sorted(REVOCATION_REASONS))
async def test_revoked_record_gives_reason_and_is_invalid(
    store: RecordStore, card: dict[str, Any], reason: str
) -> None:
    record_id, _ = await store.put(HERE, card)
    revoked = await store.revoke(HERE, record_id, reason)

    assert (revoked.state, revoked.reason) == ("revoked", reason)
    kept = await store.get(HERE, record_id)
    assert (kept.state, kept.reason) == ("revoked", reason)
    assert (await store.reusable(HERE, owner_of(card), {"identity_card"})).records == ()
    assert await store.revoke(HERE, record_id, reason) == revoked


async def test_a_revocation_stands(store: RecordStore, card: dict[str, Any]) -> None:
    record_id, _ = await store.put(HERE, card)
    await store.revoke(HERE, record_id, "annulled")

    with pytest.raises(Conflict, match="record_revoked"):
        await store.put(HERE, card)
    with pytest.raises(Conflict, match="record_revoked"):
        await store.revoke(HERE, record_id, "replaced")


async def test_invented_reason_is_refused(store: RecordStore, card: dict[str, Any]) -> None:
    record_id, _ = await store.put(HERE, card)

    with pytest.raises(RecordRefused, match="unknown_reason"):
        await store.revoke(HERE, record_id, "vì ông Nam muốn thế")
    assert (await store.get(HERE, record_id)).state == "valid"


async def test_record_joins_a_larger_transaction(
    store: RecordStore, database: Database, card: dict[str, Any]
) -> None:
    deposit = await store.deposit(HERE, card)

    def change(connection: Any) -> None:
        store.put_in(connection, HERE, deposit)
        raise NotFound("unknown_dossier", "the rest of the change does not hold")

    with pytest.raises(NotFound):
        await database.write(change)
    assert await store.search(HERE, owner_of(card)) == ()
    await database.write(lambda connection: store.put_in(connection, HERE, deposit))
    assert len(await store.search(HERE, owner_of(card))) == 1


async def test_a_refused_record_leaves_nothing_behind(
    store: RecordStore, database: Database, card: dict[str, Any]
) -> None:
    with pytest.raises(RecordRefused):
        await store.put(HERE, card | {"issued_on": "2024-02-30"})
    assert database.read(lambda connection: connection.execute(select(records)).all()) == []


async def test_owner_is_stored_as_keyed_digest(
    store: RecordStore, database: Database, card: dict[str, Any]
) -> None:
    await store.put(HERE, card)
    (row,) = database.read(lambda connection: connection.execute(select(records)).all())
    outside = repr(row._mapping)
    digits = card["owner"]["personal_id"]

    assert row.owner_index == hmac.digest(b"k" * 32, f"owner|h99|{digits}".encode(), "sha256")
    assert digits not in outside and card["number"] not in outside
