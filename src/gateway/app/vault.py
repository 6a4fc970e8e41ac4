"""Open the vault of a deployment with its key provider, and bring both databases to this version."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.domain.clock import Clock
from gateway.keys import FileKeys, Keys
from gateway.records.moving import end_moving, has_unsealed, move_into
from gateway.records.tenant_keys import KeyProvider, TenantKeys
from gateway.records.vault import Vault
from gateway.settings import Settings
from gateway.storage.database import Database, overwrite_deleted
from gateway.storage.url import DatabaseUnusable
from gateway.storage.vault_schema import VAULT
from gateway.upstream.carrier import AiohttpTransport
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transit import TransitKeys
from gateway.upstream.transport import Transport

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""


def open_vault(settings: Settings, keys: Keys, clock: Clock, outside: Transport) -> Vault:
    """The vault, made where there is none; the caller closes its database. Raises DatabaseUnusable."""
    provider = open_provider(settings, outside)
    database = Database(settings.vault, VAULT, upgrade=True)
    return Vault(database, TenantKeys(database, provider, clock), keys.index, clock)


def open_provider(settings: Settings, outside: Transport) -> KeyProvider:
    """Who wraps the tenants' keys; raises DatabaseUnusable where nothing says so.

    Keys in a file beside the data are for mock deployments, and for those that say that they want it.
    """
    if (access := settings.transit) is not None:
        seconds = access.patience_seconds
        exchange = Exchange(outside, Timeouts(deadline_seconds=seconds))
        return TransitKeys(access.url, access.key, access.token.get_secret_value(), exchange)
    if settings.key_provider is None and not settings.mock:
        raise DatabaseUnusable(
            "GATEWAY_KEY_PROVIDER says who wraps the keys of the vault: `transit` for a key service,"
            " `file` for a key in the data folder"
        )
    return FileKeys(settings.data / "keys")


@asynccontextmanager
async def vault_of(settings: Settings, clock: Clock) -> AsyncIterator[Vault]:
    """The vault for a command, with a way of its own to the key service."""
    addresses = () if settings.transit is None else (settings.transit.url,)
    outside = Transport(addresses, AiohttpTransport())
    vault = open_vault(settings, Keys(settings.data / "keys"), clock, outside)
    try:
        yield vault
    finally:
        vault.database.close()
        await outside.aclose()


async def upgrade_databases(settings: Settings, clock: Clock, progress: Progress) -> int:
    """Bring database and vault to this version; how many records of before were moved into the vault.

    What a kill interrupted goes on here. Raises DatabaseUnusable, VaultClosed, Busy.
    """
    database = Database(settings.database, upgrade=True)
    try:
        async with vault_of(settings, clock) as vault:
            if not database.read(has_unsealed):
                return 0
            moved = await move_into(database, vault, progress)
    finally:
        database.close()
    overwrite_deleted(settings.database)
    database = Database(settings.database)
    try:
        await database.write(end_moving)
    finally:
        database.close()
    return moved
