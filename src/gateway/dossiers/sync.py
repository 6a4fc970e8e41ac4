"""Synchronisation with the national portal and a ministry's adapter, put together for one deployment."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from gateway.dossiers._ministry.client import MinistryAdapter
from gateway.dossiers._ministry.sending import MinistryDesk, of_procedures
from gateway.dossiers._portal.client import Portal
from gateway.dossiers._portal.procedures import Procedures
from gateway.dossiers._telling.following import Follower
from gateway.dossiers._telling.outbox import purge_kept
from gateway.dossiers._telling.sending import Sender
from gateway.dossiers.registry import Registry
from gateway.storage.database import Database
from gateway.upstream.adapter import Adapter
from gateway.upstream.breaker import Breaker, RetryBudget


@dataclass(frozen=True, slots=True)
class PortalSync:
    """The parts of one deployment that exchange dossiers with the portal and the ministry."""

    database: Database = field(repr=False)
    portal: Portal = field(repr=False)
    sender: Sender = field(repr=False)
    procedures: Procedures = field(repr=False)
    follower: Follower = field(repr=False)
    ministry: MinistryDesk | None = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)

    async def send_due(self, should_continue: Callable[[], bool]) -> int:
        """Send every dossier that is due or has news; how many were sent."""
        await self.follower.follow()
        sent = await self.sender.drain(should_continue)
        return sent if self.ministry is None else sent + await self.ministry.drain(should_continue)

    async def refresh(self, needed: Collection[str]) -> int:
        """Keep the catalogue of procedures in step; forget what was kept long enough; the changes."""
        await self.database.write(lambda c: purge_kept(c, self.clock()))
        return len(await self.procedures.refresh(needed))


def open_sync(
    database: Database,
    adapter: Adapter,
    registry: Registry,
    ministry: MinistryAdapter | None = None,
    of_ministry: frozenset[str] = frozenset(),
) -> PortalSync:
    """The synchronisation as a deployment runs it; dossiers `of_ministry` go to the ministry instead."""
    portal = Portal(adapter, registry.protocol)
    procedures = Procedures(database, portal, registry.clock)
    breaker, budget = Breaker(time.monotonic), RetryBudget(time.monotonic)
    elsewhere, other = None, None
    if ministry is not None:
        elsewhere = of_procedures(of_ministry)
        own = Breaker(time.monotonic)
        other = MinistryDesk(database, ministry, registry, of_ministry, own)
    sender = Sender(database, portal, procedures, registry, breaker, budget, elsewhere=elsewhere)
    follower = Follower(database, registry)
    return PortalSync(database, portal, sender, procedures, follower, other, registry.clock)
