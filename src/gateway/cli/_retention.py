"""`gateway retention erase`: destroy the case bodies whose time of retention is over."""

import asyncio
import json
from contextlib import closing
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway.cli._deployment import AsJson, deployment
from gateway.cli._log.publishing import publish_log
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.log.publishing import LogFolder
from gateway.reduction.months import Month
from gateway.reduction.releases import check_kept, last_settled
from gateway.retention.shredding import last_closed, shred_settled
from gateway.settings import Settings
from gateway.storage.database import Database

retention_app = typer.Typer(help="What may no longer be kept.", no_args_is_help=True)


@retention_app.callback()
def retention() -> None:
    """What may no longer be kept."""


@retention_app.command("erase")
def erase(
    context: typer.Context,
    before: Annotated[str, typer.Option(help="The first month that is kept, as 2026-07.")],
    as_json: AsJson = False,
) -> None:
    """Destroy bodies and salts of cases that ended in closed months before one, for ever.

    Concerns the running log and closed ones. A `shred` leaf for each log records it and is published at
    once, so that a restored backup erases them again. From then on auditors cannot recount the months
    concerned. Exit status: 0 done, also when nothing was left; 1 refused (younger than six months, not
    closed).
    """
    with deployment() as settings:
        logs = asyncio.run(_erase(settings, Month.read(before), clock_of(context)))
    count = sum(logs.values())
    done = {"count": count, "logs": logs}
    typer.echo(json.dumps(done) if as_json else f"đã hủy / destroyed: {count}")


async def _erase(settings: Settings, before: Month, clock: Clock) -> dict[str, int]:
    """How many bodies of each log went."""
    host, running = urlsplit(settings.issuer).netloc, Month.at(clock())
    origin = LogFolder(settings.data / "log").origin(host, running.year)
    check_kept(before, running)
    with closing(Database(settings.database)) as database:
        ends = database.read(lambda c: last_closed(c, before.first_hour))
        last = database.read(lambda c: last_settled(c, origin, before))
        if last is None and not ends:
            raise Conflict(
                "month_open", f"no month before {before} is closed; its bodies are needed"
            )
        found = await database.write(lambda c: shred_settled(c, origin, last, ends))
    if found:
        await publish_log(settings, clock)
    return found
