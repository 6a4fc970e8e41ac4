"""What does a running gateway do by itself, and how often?"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import structlog

from gateway.access.idempotency import purge_replays
from gateway.domain.errors import Busy
from gateway.keys import Keys
from gateway.retention.sweep import SWEEP_SECONDS, erase_days, sweep
from gateway.storage.database import Database

PURGE_SECONDS = 60


async def sweep_by_the_hour(
    database: Database, keys: Keys, clock: Callable[[], datetime], stop_event: asyncio.Event
) -> None:
    """At the start and every hour: end what has expired, and let go of keys that nothing needs."""

    async def work() -> None:
        if count := await sweep(database, clock):
            structlog.get_logger().info("chains_abandoned", count=count)
        if count := await erase_days(database, keys, clock()):
            structlog.get_logger().info("day_keys_erased", count=count)

    await _repeat(work, SWEEP_SECONDS, stop_event)


async def purge_by_the_minute(
    database: Database, clock: Callable[[], datetime], stop_event: asyncio.Event
) -> None:
    """At the start and every minute: let replay copies go whose ten minutes are over."""

    async def work() -> None:
        if count := await database.write(lambda c: purge_replays(c, clock())):
            structlog.get_logger().info("replays_purged", count=count)

    await _repeat(work, PURGE_SECONDS, stop_event)


async def _repeat(
    work: Callable[[], Awaitable[None]], seconds: float, stop_event: asyncio.Event
) -> None:
    while not stop_event.is_set():
        try:
            await work()
        except Busy as busy:
            structlog.get_logger().warning("sweep_failed", error=busy.code)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), seconds)
