"""The work that a running gateway repeats by itself, each piece at its own interval, in one kind of loop.

| work | every |
|---|---|
| take leaves into the log's tree | second; publish every half minute, when asked, and at the end |
| enter what witnesses say of the time | time that a checkpoint is published, but for the last |
| send dossiers that are due | second |
| delete replay copies and used proofs whose ten minutes are over | minute |
| end expired chains, erase keys that nothing needs, and contents of the vault that nothing names | hour |
| refresh the portal's catalogue of procedures | hour |
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import structlog

from gateway.access.idempotency import purge_replays
from gateway.access.used import purge_used
from gateway.api.services import Services
from gateway.domain.errors import Busy, SourceError
from gateway.dossiers.sync import PortalSync
from gateway.log.publishing import (
    INTEGRATE_SECONDS,
    PUBLISH_SECONDS,
    LogStopped,
    Publisher,
    WitnessTimes,
)
from gateway.retention.sweep import SWEEP_SECONDS, erase_days, sweep

PURGE_SECONDS = 60.0
SEND_SECONDS = 1.0
REFRESH_SECONDS = 3600.0


async def run_schedule(services: Services, stop_event: asyncio.Event) -> None:
    """Repeat all of it until `stop_event`; what has begun by then is let end."""
    database, clock = services.database, services.clock

    async def sweep_expired() -> None:
        _note("chains_abandoned", await sweep(database, clock))
        _note("orphans_erased", await services.dossiers.records.sweep())
        _note("day_keys_erased", await erase_days(database, services.keys, clock()))

    async def purge() -> None:
        _note("replays_purged", await database.write(lambda c: purge_replays(c, clock())))
        _note("proofs_purged", await database.write(lambda c: purge_used(c, clock())))

    work = [
        _every(SWEEP_SECONDS, sweep_expired, "sweep_failed", stop_event),
        _every(PURGE_SECONDS, purge, "sweep_failed", stop_event),
        _publish(services.log.publisher, services.log.times, stop_event),
    ]
    if services.dossiers.portal is not None:
        forms = services.forms.catalogue.forms()
        needed = {code for form in forms for code in form.bindings.procedures}
        work.append(_synchronise(services.dossiers.portal, needed, stop_event))
    await asyncio.gather(*work)


async def _synchronise(
    portal: PortalSync, needed: Collection[str], stop_event: asyncio.Event
) -> None:
    async def send() -> None:
        _note("dossiers_sent", await portal.send_due(lambda: not stop_event.is_set()))

    async def refresh() -> None:
        _note("procedures_changed", await portal.refresh(needed))

    await asyncio.gather(
        _every(SEND_SECONDS, send, "portal_not_told", stop_event),
        _every(REFRESH_SECONDS, refresh, "portal_not_told", stop_event),
    )


async def _publish(publisher: Publisher, times: WitnessTimes, stop_event: asyncio.Event) -> None:
    """Keep the log published; a log that has stopped is said once, a disputing witness each time."""
    due = time.monotonic()

    async def publish() -> None:
        signed = await publisher.publish()
        if publisher.disputing:
            structlog.get_logger().error("log_disputed", count=len(publisher.disputing))
        if signed is not None and not stop_event.is_set():
            await times.take(signed)

    async def turn() -> None:
        nonlocal due
        if not publisher.asked() and time.monotonic() < due:
            await publisher.integrate()
            return
        due = time.monotonic() + PUBLISH_SECONDS
        await publish()

    with suppress(LogStopped):
        await _every(INTEGRATE_SECONDS, turn, "log_not_published", stop_event)
        await _attempt(publish, "log_not_published")
    if publisher.stopped:
        structlog.get_logger().error("log_stopped")


async def _every(
    seconds: float, work: Callable[[], Awaitable[None]], failed: str, stop_event: asyncio.Event
) -> None:
    while not stop_event.is_set():
        await _attempt(work, failed)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), seconds)


async def _attempt(work: Callable[[], Awaitable[None]], failed: str) -> None:
    """Do the work; what may pass by the next time is an event with its cause."""
    try:
        await work()
    except (Busy, SourceError, OSError) as error:
        if isinstance(error, OSError):
            cause = type(error).__name__
        else:
            cause = error.detail if isinstance(error, SourceError) else error.code
        structlog.get_logger().warning(failed, error=cause)


def _note(event: str, count: int) -> None:
    if count:
        structlog.get_logger().info(event, count=count)
