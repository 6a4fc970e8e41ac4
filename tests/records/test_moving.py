"""Contents of an earlier version are moved into the vault, and nothing of them is left in clear."""

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.app.vault import upgrade_databases, vault_of
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.keys import Keys
from gateway.records._announcement import read_announcement
from gateway.records._indices import identity_of, identity_of_awaited, owner_index
from gateway.records.codec import write_document
from gateway.records.kinds import Kinds
from gateway.records.moving import has_unsealed, move_into
from gateway.records.record import read_record
from gateway.records.store import RecordStore
from gateway.settings import Settings
from gateway.storage.schema import records
from mocks.people import Population
from mocks.people.knowledge import records_of
from tests.databases import load_dump, open_database, raw_bytes
from tests.records.conftest import NOW, ROOT

HERE = TenantId("h99")
OLDER = (ROOT / "tests/storage/older/first.sql").read_text()
MANY = 450


def row(key: bytes, kinds: Kinds, card: dict[str, Any], n: int, reason: str | None) -> str:
    """The line of a dump that has this record in clear."""
    record = read_record(card, kinds)
    document = {"record": record.document(), "revoked": reason, "posted_for": n == 0}
    owner, identity = owner_index(key, HERE, record.owner), identity_of(key, HERE, record)
    state = "revoked" if reason else "valid"
    return _line(f"rec_{n}", owner, record.kind, identity, state, write_document(document))


def awaited(key: bytes, kinds: Kinds, card: dict[str, Any]) -> str:
    """The same of an announcement."""
    sent = {"kind": card["kind"], "owner": {"personal_id": card["owner"]["personal_id"]}}
    coming = read_announcement(sent | {"expected_at": "2026-11-25T00:00:00+00:00"}, kinds, NOW)
    owner, identity = owner_index(key, HERE, coming.owner), identity_of_awaited(key, HERE, coming)
    content = write_document(coming.document())
    return _line("rec_coming", owner, coming.kind, identity, "pending", content)


def _line(
    record_id: str, owner: bytes, kind: str, identity: bytes, state: str, content: bytes
) -> str:
    values = f"x'{owner.hex()}', '{kind}', x'{identity.hex()}', '{state}', 1700000000"
    return f"INSERT INTO records VALUES ('{record_id}', 'h99', {values}, x'{content.hex()}');\n"  # noqa: S608


@pytest.fixture
def cards(people: Population) -> list[dict[str, Any]]:
    return [records_of(people, n)[0] for n in range(1, MANY + 1)]


@pytest.fixture
def older(tmp_path: Path, kinds: Kinds, cards: list[dict[str, Any]]) -> Path:
    """A data folder as an earlier version left it, with records in clear and rows deleted before."""
    tmp_path.chmod(0o700)
    key = Keys(tmp_path / "keys").index
    lines = [
        row(key, kinds, card, n, "replaced" if n == 1 else None) for n, card in enumerate(cards)
    ]
    gone = "DELETE FROM records WHERE id = 'rec_7';\n"
    load_dump(tmp_path, OLDER + "".join(lines) + awaited(key, kinds, cards[2]) + gone)
    assert cards[7]["number"].encode() in raw_bytes(tmp_path)
    return tmp_path


def upgraded(folder: Path) -> int:
    return asyncio.run(
        upgrade_databases(Settings(data=folder, mock=True), lambda: NOW, lambda done, total: None)
    )


def test_records_are_moved_and_overwritten(
    older: Path, kinds: Kinds, cards: list[dict[str, Any]]
) -> None:
    assert upgraded(older) == MANY
    left = raw_bytes(older)
    for card in cards:
        for value in (card["owner"]["personal_id"], card["number"]):
            assert value.encode() not in left
    assert upgraded(older) == 0
    asyncio.run(look(older, kinds, cards))


async def look(folder: Path, kinds: Kinds, cards: list[dict[str, Any]]) -> None:
    """Every record is what it was."""
    with closing(open_database(folder)) as database:
        async with vault_of(Settings(data=folder, mock=True), lambda: NOW) as vault:
            store = RecordStore(database, vault, kinds, vault.index_key, lambda: NOW)
            for n, card in enumerate(cards):
                if n == 7:
                    continue
                found = await store.get(HERE, f"rec_{n}")
                assert found.record.document() == json.loads(json.dumps(card))
                assert found.vouched == (n == 0)
                assert found.reason == ("replaced" if n == 1 else None)
                assert found.stored_at == datetime.fromtimestamp(1700000000, UTC)
            owner = PersonalId(cards[2]["owner"]["personal_id"])
            (coming,) = (await store.everything(HERE, owner)).awaited
            assert coming.id == "rec_coming"


class Fallen(Exception):
    """Where a kill would be."""


def test_interrupted_moving_goes_on(older: Path, kinds: Kinds, cards: list[dict[str, Any]]) -> None:
    async def fall() -> None:
        def stop(done: int, total: int) -> None:
            if done:
                raise Fallen

        with closing(open_database(older, upgrade=True)) as database:
            async with vault_of(Settings(data=older, mock=True), lambda: NOW) as vault:
                await move_into(database, vault, stop)

    with pytest.raises(Fallen):
        asyncio.run(fall())
    with closing(open_database(older)) as database:
        assert database.read(has_unsealed)
        moved = len(database.read(lambda c: c.execute(select(records.c.id)).all()))
    assert 0 < moved < MANY

    assert upgraded(older) == MANY - moved
    asyncio.run(look(older, kinds, cards))
