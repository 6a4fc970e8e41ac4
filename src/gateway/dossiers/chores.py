"""What does a gateway that is connected to the portal do by itself, and how often?"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from gateway.domain.errors import Busy, SourceError
from gateway.dossiers.ministry.client import MinistryAdapter
from gateway.dossiers.ministry.sending import MinistryDesk, of_procedures
from gateway.dossiers.portal.client import Portal
from gateway.dossiers.portal.procedures import Procedures
from gateway.dossiers.registry import Registry
from gateway.dossiers.telling.following import Follower
from gateway.dossiers.telling.outbox import purge_kept
from gateway.dossiers.telling.sending import Sender
from gateway.storage.database import Database
from gateway.upstream.adapter import Adapter
from gateway.upstream.breaker import Breaker, RetryBudget

DRAIN_SECONDS = 1.0
REFRESH_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class PortalDesk:
    """Everything that speaks with the portal in one deployment."""

    database: Database = field(repr=False)
    portal: Portal = field(repr=False)
    sender: Sender = field(repr=False)
    procedures: Procedures = field(repr=False)
    follower: Follower = field(repr=False)
    ministry: MinistryDesk | None = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)

    async def tell_by_the_second(self, stop_event: asyncio.Event) -> None:
        """At the start and every second: send what is due or has news, until the gateway closes."""

        async def work() -> None:
            await self.follower.follow()
            turns = await self.sender.drain(lambda: not stop_event.is_set())
            if self.ministry is not None:
                turns += await self.ministry.drain(lambda: not stop_event.is_set())
            if turns:
                structlog.get_logger().info("dossiers_sent", count=turns)

        await _repeat(work, DRAIN_SECONDS, stop_event)

    async def refresh_by_the_hour(self, needed: Collection[str], stop_event: asyncio.Event) -> None:
        """At the start and every hour: keep the catalogue in step, forget what was kept long enough."""

        async def work() -> None:
            await self.database.write(lambda c: purge_kept(c, self.clock()))
            if seen := await self.procedures.refresh(needed):
                structlog.get_logger().info("procedures_changed", count=len(seen))

        await _repeat(work, REFRESH_SECONDS, stop_event)


def open_desk(
    database: Database,
    adapter: Adapter,
    registry: Registry,
    ministry: MinistryAdapter | None = None,
    of_ministry: frozenset[str] = frozenset(),
) -> PortalDesk:
    """The desk as a deployment runs it; dossiers `of_ministry` go to the ministry instead."""
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
    return PortalDesk(database, portal, sender, procedures, follower, other, registry.clock)


async def _repeat(
    work: Callable[[], Awaitable[None]], seconds: float, stop_event: asyncio.Event
) -> None:
    while not stop_event.is_set():
        try:
            await work()
        except (Busy, SourceError) as error:
            structlog.get_logger().warning("portal_not_told", error=error.detail)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), seconds)
