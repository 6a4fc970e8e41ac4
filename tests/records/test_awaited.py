"""A record that is on its way is noted once, waited for so long, and ended by what was announced."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import Conflict, NotFound, RecordRefused
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.records.store import RecordStore
from tests.records.conftest import NOW

HERE, THERE = TenantId("h99"), TenantId("h98")


def announcement(card: dict[str, Any], after: timedelta = timedelta(days=3)) -> dict[str, Any]:
    owner = {"personal_id": card["owner"]["personal_id"]}
    return {"kind": card["kind"], "owner": owner, "expected_at": (NOW + after).isoformat()}


async def announce(store: RecordStore, sent: dict[str, Any], tenant: TenantId = HERE) -> Any:
    return await store.put(tenant, sent)


async def test_announcement_is_noted_once_without_record(
    store: RecordStore, card: dict[str, Any]
) -> None:
    sent, owner = announcement(card), PersonalId(card["owner"]["personal_id"])
    noted, created = await announce(store, sent)
    assert created
    assert await announce(store, sent) == (noted, False)
    assert (await announce(store, sent, THERE))[0] != noted

    assert [one.id for one in (await store.everything(HERE, owner)).awaited] == [noted]
    assert await store.search(HERE, owner) == ()
    with pytest.raises(NotFound):
        await store.get(HERE, noted)


@pytest.mark.parametrize(
    ("after", "taken"),
    [
        (timedelta(seconds=-1), False),
        (timedelta(0), False),
        (timedelta(seconds=1), True),
        (timedelta(days=30), True),
        (timedelta(days=30, seconds=1), False),
    ],
)
async def test_record_is_awaited_for_thirty_days(
    store: RecordStore, card: dict[str, Any], after: timedelta, taken: bool
) -> None:
    if taken:
        assert (await announce(store, announcement(card, after)))[1]
        return
    with pytest.raises(RecordRefused) as refusal:
        await announce(store, announcement(card, after))
    assert (refusal.value.code, refusal.value.member) == ("not_awaited", "expected_at")


async def test_record_replaces_its_own_announcement_only(
    store: RecordStore, card: dict[str, Any]
) -> None:
    owner = PersonalId(card["owner"]["personal_id"])
    noted, _ = await announce(store, announcement(card))
    for named, refused in (("rec_none", NotFound), (7, RecordRefused), ({}, RecordRefused)):
        with pytest.raises(refused):
            await store.put(HERE, {**card, "announced": named})
    with pytest.raises(NotFound):
        await store.put(THERE, {**card, "announced": noted})

    came, created = await store.put(HERE, {**card, "announced": noted})

    assert created and (await store.everything(HERE, owner)).awaited == ()
    assert [one.id for one in await store.search(HERE, owner)] == [came]
    with pytest.raises((Conflict, NotFound)):
        await store.put(HERE, {**card, "announced": came})
