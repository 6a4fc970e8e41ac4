"""`gateway log …`, `gateway keys …`: publish the log, rotate it, rotate its key.

Exit status: 0 done, 1 refused (the reason is said), 2 a setting cannot be used.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway.app.sources import log_policy_of
from gateway.cli._deployment import AsJson, deployment, say, settings_from_environment
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock
from gateway.forms import local_date
from gateway.keys import Keys
from gateway.log.append import confirm_clock
from gateway.log.keys import announce_key
from gateway.log.publishing import (
    LogFolder,
    LogInUse,
    LogStopped,
    OpenLog,
    Witnesses,
    announce_rotation,
    next_origin,
    open_log,
)
from gateway.log.stored import log_size
from gateway.receipts.chains import void_open_chains
from gateway.reduction.months import Month
from gateway.reduction.releases import check_all_closed
from gateway.retention.rotation import begin_next_log
from gateway.retention.shredding import replay_shreds
from gateway.retention.sweep import end_every_chain
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.upstream.carrier import AiohttpTransport
from gateway.upstream.exchange import Posting
from gateway.upstream.transport import Transport

TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.2

log_app = typer.Typer(help="The transparency log.", no_args_is_help=True)
keys_app = typer.Typer(help="The keys of this deployment.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class _Held:
    """A log that no running gateway publishes just now."""

    folder: LogFolder
    database: Database
    keys: Keys
    log: OpenLog


@log_app.callback()
def log() -> None:
    """The transparency log."""


@keys_app.callback()
def keys() -> None:
    """The keys of this deployment."""


@log_app.command("publish")
def publish(context: typer.Context, as_json: AsJson = False) -> None:
    """Publish what has come in, now; a running gateway is asked to, and waited for."""

    async def work(settings: Settings) -> dict[str, object]:
        await publish_log(settings, clock_of(context))
        published = LogFolder(settings.data / "log").published()
        size = 0 if published is None else published.checkpoint.size
        return {"size": size, "signatures": 0 if published is None else len(published.lines)}

    say(_run(work), as_json)


async def publish_log(settings: Settings, clock: Clock) -> None:
    """Publish what has come in: here, or by the running gateway, which is waited for."""
    try:
        async with _held(settings, clock) as held:
            await held.log.publisher.publish()
    except LogInUse:
        await _ask_the_running_one(settings)


@log_app.command("confirm-clock")
def confirm(as_json: AsJson = False) -> None:
    """Say that the clock is right after it jumped ahead: case leaves are written again."""
    doubted = confirm_clock(settings_from_environment().data / "log")
    say({"in_doubt": doubted}, as_json)


@log_app.command("rotate")
@log_app.command("roll", hidden=True)  # its name before 0.2
def rotate(
    context: typer.Context,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="Even if a month is not closed; it never will be.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Close the log and open the next one, which names the old one's last checkpoint.

    For a year's end, or the end of an incident; not while a gateway runs. Every open chain ends.
    Refused while a month that is over is not closed, since it could not be closed afterwards; an
    incident is no time for closing, so then nothing is asked.
    """
    clock = clock_of(context)

    async def work(settings: Settings) -> dict[str, object]:
        async with _held(settings, clock) as held:
            if held.log.publisher.stopped:
                await held.database.write(void_open_chains)
            else:
                if not leave_open:
                    running = Month.at(clock())
                    held.database.read(lambda c: check_all_closed(c, held.log.origin, running))
                await end_every_chain(held.database, clock())
                await held.log.publisher.publish()
            last, old = held.folder.published(), held.log.origin
            previous = None if last is None else last.checkpoint
            host, private = urlsplit(settings.issuer).netloc, held.keys.log.private
            new = next_origin(held.folder, host, local_date(clock()).year, old)
            announce_rotation(held.folder, old, new)
            count = await held.database.write(
                lambda c: begin_next_log(c, old, new, private, previous)
            )
        async with _held(settings, clock) as held:
            await held.log.publisher.publish()
        size = 0 if previous is None else previous.size
        return {"closed": old, "published": size, "in_database": count, "opened": new}

    say(_run(work), as_json)


@keys_app.command("rotate-log")
def rotate_log(context: typer.Context, as_json: AsJson = False) -> None:
    """Give the log a new key, in a leaf that the old key signs too; not while a gateway runs.

    The new key signs every checkpoint from then on; tell it to the witnesses before the next start.
    """
    clock = clock_of(context)

    async def work(settings: Settings) -> dict[str, object]:
        async with _held(settings, clock) as held:
            if held.log.publisher.stopped:
                raise LogStopped("the log is in an incident; its key is not what helps")
            await held.log.publisher.publish()
            old, new = held.keys.log, held.keys.next_log_key()
            origin = held.log.origin
            await held.database.write(
                lambda c: announce_key(c, origin, new.private, old=old.private)
            )
            held.keys.adopt_next_log_key()
        async with _held(settings, clock) as held:
            await held.log.publisher.publish()
        return {"key": (settings.data / "log/public/key").read_text().strip()}

    say(_run(work), as_json)


@asynccontextmanager
async def _held(settings: Settings, clock: Clock) -> AsyncIterator[_Held]:
    """The log, for this command alone; raises LogInUse while a gateway runs on it."""
    policy = log_policy_of(settings)
    outside = Transport(() if policy is None else policy.addresses.values(), AiohttpTransport())
    witnesses = Witnesses(policy, Posting(outside).post)
    try:
        with LogFolder(settings.data / "log") as folder, closing(_database(settings)) as database:
            held = Keys(settings.data / "keys")
            host = urlsplit(settings.issuer).netloc
            opened = await open_log(
                folder, database, held, witnesses, host, clock, void_open_chains
            )
            size = opened.publisher.state().size
            await replay_shreds(database, folder, opened.origin, size)
            yield _Held(folder, database, held, opened)
    finally:
        await outside.aclose()


async def _ask_the_running_one(settings: Settings) -> None:
    folder = LogFolder(settings.data / "log")
    with closing(_database(settings)) as database:
        wanted = database.read(log_size)
    folder.ask_to_publish()
    for _ in range(int(TIMEOUT_SECONDS / _POLL_SECONDS)):
        published = folder.published()
        if published is not None and published.checkpoint.size >= wanted:
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise LogStopped("the running gateway did not publish within a minute; see its /readyz")


def _database(settings: Settings) -> Database:
    return Database(settings.database)


def _run(work: Callable[[Settings], Awaitable[dict[str, object]]]) -> dict[str, object]:
    async def within(settings: Settings) -> dict[str, object]:
        return await work(settings)

    with deployment() as settings:
        return asyncio.run(within(settings))
