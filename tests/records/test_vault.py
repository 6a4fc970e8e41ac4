"""What lies in the vault opens where it was put and nowhere else, and is never lost between two writes."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, select, update

from gateway.domain.errors import VaultClosed, VaultDamaged
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.dossiers import damage_alarm
from gateway.keys import FileKeys
from gateway.records.kinds import Kinds, read_kinds
from gateway.records.rotation import rotate
from gateway.records.store import RecordStore
from gateway.records.tenant_keys import HELD_SECONDS, REFUSED_SECONDS, TenantKeys
from gateway.records.vault import Vault
from gateway.storage.database import Database
from gateway.storage.schema import bodies, records
from gateway.storage.vault_schema import contents, data_keys, tenant_keys
from mocks.people import Population
from mocks.people.knowledge import records_of
from tests.databases import open_database, open_vault, raw_bytes
from tests.records.conftest import NOW, ROOT

HERE, THERE = TenantId("h99"), TenantId("h98")
KEY = b"k" * 32
KINDS = ROOT / "schemas" / "record-kinds.json"


@dataclass
class Service:
    """A key service that can be away, and counts how often it was asked."""

    keys: FileKeys
    name: str = "file"
    away: bool = False
    asked: int = 0

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        self._ask()
        return await self.keys.wrap(key, about)

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        self._ask()
        return await self.keys.unwrap(wrapped, about)

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise VaultClosed


@dataclass
class World:
    """A store of two tenants with two owners each, and the service that holds its keys."""

    store: RecordStore
    service: Service
    cards: Sequence[dict[str, Any]]
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def owner(self, n: int) -> PersonalId:
        return PersonalId(self.cards[n]["owner"]["personal_id"])

    async def fill(self) -> None:
        for tenant in (HERE, THERE):
            for card in self.cards:
                await self.store.put(tenant, card)

    def rows(self, table: Table) -> list[Any]:
        return list(self.store.vault.database.read(lambda c: c.execute(select(table)).all()))

    async def change(self, statement: Any) -> None:
        await self.store.vault.database.write(lambda c: c.execute(statement))

    def alarms(self) -> int:
        asked = select(func.count()).select_from(bodies).where(bodies.c.kind == "alarm")
        return int(self.store.database.read(lambda c: c.execute(asked).scalar_one()))


@pytest.fixture
def world(
    database: Database, empty_vault: Vault, kinds: Kinds, people: Population, tmp_path: Path
) -> World:
    seconds = [0.0]
    service = Service(FileKeys(tmp_path))
    keys = TenantKeys(empty_vault.database, service, lambda: NOW, lambda: seconds[0])
    vault = replace(empty_vault, keys=keys)
    store = RecordStore(database, vault, kinds, KEY, lambda: NOW, alarm=damage_alarm(lambda: NOW))
    cards = [records_of(people, n)[0] for n in (1, 2)]
    return World(store, service, cards, seconds)


async def test_nothing_lies_in_clear(world: World, tmp_path: Path) -> None:
    await world.fill()
    on_disk = raw_bytes(tmp_path)

    for card in world.cards:
        for value in (card["owner"]["personal_id"], card["number"], card["issuer"]):
            assert value.encode() not in on_disk
    assert b"h99" in on_disk


SWAPPED = {
    "contents of two owners": (contents, "sealed", (HERE, 0), (HERE, 1)),
    "contents of two tenants": (contents, "sealed", (HERE, 0), (THERE, 0)),
    "data keys of two owners": (data_keys, "wrapped", (HERE, 0), (HERE, 1)),
    "data keys of two tenants": (data_keys, "wrapped", (HERE, 0), (THERE, 0)),
    "owners of two contents": (contents, "owner_index", (HERE, 0), (HERE, 1)),
}


@pytest.mark.threat(43)
@pytest.mark.parametrize("swap", SWAPPED)
async def test_swapped_blobs_open_nowhere(world: World, swap: str) -> None:
    await world.fill()
    table, column, *places = SWAPPED[swap]
    named = []
    for tenant, n in places:
        (record,) = await world.store.search(tenant, world.owner(n))
        asked = select(records.c.owner_index, records.c.identity).where(records.c.id == record.id)
        owner, identity = world.store.database.read(lambda c, q=asked: c.execute(q).one())
        of = table.c.owner_index == owner if table is data_keys else table.c.identity == identity
        there = (table.c.tenant == tenant, of)
        (row,) = world.store.vault.database.read(
            lambda c, t=there: c.execute(select(table.c[column]).where(*t)).all()
        )
        named.append((there, row[0]))
    (first, mine), (second, other) = named
    await world.change(update(table).where(*first).values({column: other}))
    await world.change(update(table).where(*second).values({column: mine}))

    for tenant, n in places:
        with pytest.raises(VaultDamaged):
            await world.store.search(tenant, world.owner(n))
    assert world.alarms() == 2


@pytest.mark.threat(43)
@pytest.mark.parametrize(
    ("table", "column"),
    [(contents, "sealed"), (data_keys, "wrapped"), (contents, "edition"), (contents, "tenant")],
    ids=lambda one: str(one),
)
async def test_altered_or_removed_content_raises_alarm(
    world: World, table: Table, column: str
) -> None:
    await world.store.put(HERE, world.cards[0])
    (row,) = world.rows(table)
    value = getattr(row, column)
    changed = "h98" if isinstance(value, str) else bytes([value[0] ^ 1]) + value[1:]
    await world.change(update(table).values({column: changed}))

    for _ in range(2):
        with pytest.raises(VaultDamaged):
            await world.store.search(HERE, world.owner(0))
    assert world.alarms() == 1


@pytest.mark.threat(43)
async def test_contents_of_one_owner_cannot_be_swapped(world: World) -> None:
    card = world.cards[0]
    for number in ("1", "2"):
        await world.store.put(HERE, card | {"number": number})
    first, second = world.rows(contents)
    for row, sealed in ((first, second.sealed), (second, first.sealed)):
        mine = contents.c.identity == row.identity
        await world.change(update(contents).where(mine).values(sealed=sealed))

    with pytest.raises(VaultDamaged):
        await world.store.search(HERE, world.owner(0))


@pytest.mark.threat(43)
@pytest.mark.parametrize("column", ["identity", "owner_index", "edition"])
async def test_row_that_names_anothers_content_is_damaged(world: World, column: str) -> None:
    await world.fill()
    asked = select(records).where(records.c.tenant == HERE)
    first, second = world.store.database.read(lambda c: c.execute(asked).all())
    await world.store.database.write(
        lambda c: c.execute(delete(records).where(records.c.id == second.id))
    )
    mine = records.c.id == first.id
    await world.store.database.write(
        lambda c: c.execute(update(records).where(mine).values({column: getattr(second, column)}))
    )

    with pytest.raises(VaultDamaged):
        await world.store.get(HERE, first.id)


async def test_keys_are_held_five_minutes(world: World) -> None:
    await world.fill()
    await world.store.search(HERE, world.owner(0))
    asked = world.service.asked
    world.seconds[0] = HELD_SECONDS - 0.1
    await world.store.search(HERE, world.owner(0))
    assert world.service.asked == asked

    world.service.away, world.seconds[0] = True, HELD_SECONDS + 1
    with pytest.raises(VaultClosed):
        await world.store.search(HERE, world.owner(0))
    with pytest.raises(VaultClosed):
        await world.store.put(HERE, world.cards[0] | {"number": "khác"})
    assert world.service.asked == asked + 1  # a service that is away is not asked by every call

    world.service.away = False
    world.seconds[0] += REFUSED_SECONDS
    assert len(await world.store.search(HERE, world.owner(0))) == 1


async def test_keys_of_another_provider_stay_closed(world: World) -> None:
    await world.store.put(HERE, world.cards[0])
    await world.change(update(tenant_keys).values(provider="transit:other"))
    world.store.vault.keys.forget(HERE)

    with pytest.raises(VaultClosed):
        await world.store.search(HERE, world.owner(0))


async def test_rotation_writes_no_content_anew(world: World) -> None:
    await world.fill()
    before, keys = world.rows(contents), world.rows(data_keys)
    steps: list[tuple[int, int]] = []

    assert await rotate(world.store.vault, HERE, lambda *step: steps.append(step)) == 2
    assert steps[-1] == (2, 2)
    assert world.rows(contents) == before
    assert {(row.tenant, row.version) for row in world.rows(tenant_keys)} == {(HERE, 2), (THERE, 1)}
    changed = {
        row.tenant for row, old in zip(world.rows(data_keys), keys, strict=True) if row != old
    }
    assert changed == {HERE}
    for tenant in (HERE, THERE):
        assert [len(await world.store.search(tenant, world.owner(n))) for n in (0, 1)] == [1, 1]


async def test_interrupted_rotation_goes_on(world: World) -> None:
    await world.fill()
    await world.store.vault.keys.add(HERE)

    assert await rotate(world.store.vault, HERE, lambda done, total: None) == 2
    assert [row.version for row in world.rows(tenant_keys) if row.tenant == HERE] == [2]


async def test_gateway_follows_rotation_from_beside(
    world: World, tmp_path: Path, people: Population
) -> None:
    await world.fill()
    with closing(open_vault(tmp_path, lambda: NOW).database) as beside:
        vault = Vault(beside, TenantKeys(beside, FileKeys(tmp_path), lambda: NOW), KEY, lambda: NOW)
        for tenant in (HERE, THERE):
            await rotate(vault, tenant, lambda done, total: None)

    assert len(await world.store.search(HERE, world.owner(0))) == 1
    card = records_of(people, 3)[0]
    await world.store.put(THERE, card)  # a new owner's key is wrapped under the key of now
    assert {row.tenant_version for row in world.rows(data_keys)} == {2}


@pytest.fixture
def later(world: World) -> Iterator[list[timedelta]]:
    """What has passed since NOW, by the clocks of store and vault."""
    passed = [timedelta()]
    world.store.clock = lambda: NOW + passed[0]
    world.store.vault = replace(world.store.vault, clock=world.store.clock)
    yield passed


async def test_unnamed_content_is_swept_after_an_hour(world: World, later: list[timedelta]) -> None:
    await world.store.put(HERE, world.cards[0])
    await world.store.deposit(HERE, world.cards[1])

    later[0] = timedelta(minutes=59)
    assert await world.store.sweep() == 0
    later[0] = timedelta(minutes=61)
    assert await world.store.sweep() == 1
    assert await world.store.sweep() == 0
    assert len(world.rows(contents)) == len(world.rows(data_keys)) == 1
    assert len(await world.store.search(HERE, world.owner(0))) == 1


async def test_content_deposited_again_is_not_swept(world: World, later: list[timedelta]) -> None:
    await world.store.deposit(HERE, world.cards[0])
    later[0] = timedelta(minutes=70)
    deposit = await world.store.deposit(HERE, world.cards[0])
    assert await world.store.sweep() == 0

    await world.store.database.write(lambda c: world.store.put_in(c, HERE, deposit))
    assert len(await world.store.search(HERE, world.owner(0))) == 1


async def test_replaced_content_is_swept(world: World, later: list[timedelta]) -> None:
    card = world.cards[0]
    await world.store.put(HERE, card)
    later[0] = timedelta(hours=2)
    assert await world.store.sweep() == 0
    await world.store.put(HERE, card, {(card["issuer"], card["kind"])})
    assert len(world.rows(contents)) == 2

    assert await world.store.sweep() == 1
    (found,) = await world.store.search(HERE, world.owner(0))
    assert found.vouched and len(world.rows(contents)) == 1


def fall_between(folder: Path, card: dict[str, Any]) -> None:
    """Put a record into the vault and be killed before the database names it."""

    async def fall() -> None:
        vault = open_vault(folder, lambda: NOW)
        kinds = read_kinds(KINDS)
        store = RecordStore(open_database(folder), vault, kinds, KEY, lambda: NOW)
        await store.deposit(HERE, card)
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(fall())


@pytest.mark.threat(24)
def test_kill_between_the_two_writes(kinds: Kinds, people: Population, tmp_path: Path) -> None:
    card = records_of(people, 1)[0]
    owner = PersonalId(card["owner"]["personal_id"])
    child = get_context("spawn").Process(target=fall_between, args=(tmp_path, card))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL

    async def come_back(store: RecordStore) -> None:
        def there() -> list[Any]:
            return list(store.vault.database.read(lambda c: c.execute(select(contents)).all()))

        assert await store.search(HERE, owner) == ()
        orphans = there()
        assert len(orphans) == 1 and (await store.put(HERE, card))[1]
        assert there() == orphans
        assert len(await store.search(HERE, owner)) == 1

    vault = open_vault(tmp_path, lambda: NOW)
    with closing(open_database(tmp_path)) as database, closing(vault.database):
        asyncio.run(come_back(RecordStore(database, vault, kinds, KEY, lambda: NOW)))
