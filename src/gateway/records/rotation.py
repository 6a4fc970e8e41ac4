"""Give a tenant another key in the vault: its data keys are wrapped again, its contents stay as they are.

    1. make the next tenant key; from now on nothing is wrapped under the one before
    2. wrap every data key of the tenant under it, group by group
    3. destroy the keys before it, when no data key is wrapped under one of them

A rotation that a kill interrupted goes on where it was: step 1 is made only where the tenant has one
key. A gateway may run meanwhile; it asks for the tenant's keys again when it meets one it does not hold.
"""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from gateway.domain.identifiers import TenantId
from gateway.records.codec import open_sealed, seal
from gateway.records.tenant_keys import StaleKeys, newest_version
from gateway.records.vault import Vault, key_place
from gateway.storage.database import overwriting
from gateway.storage.vault_schema import data_keys, tenant_keys

_GROUP = 200


def tenants_of(vault: Vault) -> list[TenantId]:
    """Every tenant that has a key in the vault."""
    asked = select(tenant_keys.c.tenant).distinct().order_by(tenant_keys.c.tenant)
    return [
        TenantId(one) for one in vault.database.read(lambda c: c.execute(asked).scalars().all())
    ]


async def rotate(vault: Vault, tenant: TenantId, progress: Callable[[int, int], None]) -> int:
    """Rotate the key of a tenant that has one; how many data keys were wrapped again.

    Raises VaultClosed, VaultDamaged, Busy.
    """
    of = tenant_keys.c
    kept = select(func.count()).select_from(tenant_keys).where(of.tenant == tenant)
    if vault.database.read(lambda c: c.execute(kept).scalar_one()) == 1:
        await vault.keys.add(tenant)
    vault.keys.forget(tenant)
    total = vault.database.read(lambda c: _count_older(c, tenant))
    done = 0
    progress(done, total)
    while True:
        await vault.keys.hold(tenant)
        try:
            wrapped = await vault.database.write(lambda c: _wrap_group(c, vault, tenant))
        except StaleKeys:  # held too long, or rotated from beside
            vault.keys.forget(tenant)
            continue
        if not wrapped:
            break
        done += wrapped
        progress(done, total)
    await vault.database.write(lambda c: _destroy_older(c, tenant))
    vault.keys.forget(tenant)
    return done


def _older(connection: Connection, tenant: TenantId) -> ColumnElement[bool]:
    """Data keys of the tenant that its newest key does not wrap."""
    of, newest = data_keys.c, newest_version(connection, tenant)
    return and_(of.tenant == tenant, of.tenant_version < newest)


def _count_older(connection: Connection, tenant: TenantId) -> int:
    asked = select(func.count()).select_from(data_keys).where(_older(connection, tenant))
    return connection.execute(asked).scalar_one()


def _wrap_group(connection: Connection, vault: Vault, tenant: TenantId) -> int:
    newest, wrapping = vault.keys.newest(tenant)
    rows = connection.execute(
        select(data_keys).where(_older(connection, tenant)).limit(_GROUP)
    ).all()
    with overwriting(connection):
        for row in rows:
            before = key_place(tenant, row.owner_index, row.version, row.tenant_version)
            key = open_sealed(vault.keys.cipher(tenant, row.tenant_version), before, row.wrapped)
            place = key_place(tenant, row.owner_index, row.version, newest)
            mine = data_keys.c.tenant == tenant, data_keys.c.owner_index == row.owner_index
            rewrapped = {"tenant_version": newest, "wrapped": seal(wrapping, place, key)}
            connection.execute(update(data_keys).where(*mine).values(rewrapped))
    return len(rows)


def _destroy_older(connection: Connection, tenant: TenantId) -> None:
    of = tenant_keys.c
    if not _count_older(connection, tenant):
        with overwriting(connection):
            older = of.version < newest_version(connection, tenant)
            connection.execute(delete(tenant_keys).where(of.tenant == tenant, older))
