"""End chains that nobody submitted, and delete what is due.

An open chain whose last receipt has expired gets its `abandoned` leaf and loses its key K in one
transaction; replay copies are deleted when they are ten minutes old, open correction tickets when they
expire.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from gateway.access.idempotency import purge_replays
from gateway.domain.clock import hour_of
from gateway.keys import Keys, day_of
from gateway.log.append import append_case
from gateway.log.entries import AbandonedPayload
from gateway.receipts.chains import abandon, expired_chains, oldest_key
from gateway.receipts.tickets import expire_tickets
from gateway.sources.registry import registered
from gateway.storage.database import Database

SWEEP_SECONDS = 3600
"""How often a running gateway sweeps, besides once at its start."""

KEPT_DAYS = 35
"""The least age in days at which a day key is erased: a receipt can be valid for 30 days."""

_LARGEST_GROUP = 200
_FAR = 2**62
"""Seconds since 1970 by which everything has expired."""


async def sweep(database: Database, clock: Callable[[], datetime]) -> int:
    """End every chain that has expired and delete old replay copies; gives the number of chains.

    Chains end in groups, a transaction each, so that callers do not wait for all of them.
    """
    now = clock()
    await database.write(lambda connection: purge_replays(connection, now))
    letters = registered().letters
    while await database.write(lambda c: expire_tickets(c, letters, now, _LARGEST_GROUP)):
        pass
    total, at = 0, int(now.timestamp())
    while ended := await database.write(lambda connection: _end_group(connection, now, at)):
        total += ended
    return total


async def end_every_chain(database: Database, now: datetime) -> int:
    """End every open chain, expired or not, as abandoned; gives their number."""
    total = 0
    while ended := await database.write(lambda connection: _end_group(connection, now, _FAR)):
        total += ended
    return total


async def erase_days(database: Database, keys: Keys, now: datetime) -> int:
    """Delete the day keys that no chain needs any more; gives the number of days.

    With a day key go the chain keys of that day in every backup of the database too. Kept are the
    days on which an open chain began, and `KEPT_DAYS`, since a later backup may hold such chains.
    """
    first = now.astimezone(UTC).date() - timedelta(days=KEPT_DAYS)
    oldest = database.read_separately(oldest_key)
    return keys.erase_days_before(first if oldest is None else min(first, day_of(oldest)))


def _end_group(connection: Connection, now: datetime, until: int) -> int:
    expired = expired_chains(connection, until, _LARGEST_GROUP)
    for chain, tenant, case_ref in expired:
        leaf = append_case(connection, AbandonedPayload(case_ref, chain, tenant, hour_of(now)))
        abandon(connection, chain, leaf.index)
    return len(expired)
