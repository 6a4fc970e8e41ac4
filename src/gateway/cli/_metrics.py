"""`gateway metrics …`: report figures, close months, enter counts of others."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from gateway.cli._deployment import REFUSED, AsJson, open_deployment
from gateway.cli._log.publishing import publish_log
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock
from gateway.domain.json_texts import own_json
from gateway.forms import local_date
from gateway.keys import Keys
from gateway.log.keys import latest_key
from gateway.log.publishing import LogFolder
from gateway.reduction.months import Month
from gateway.reduction.releases import ClosingContext, ReleaseSigner, close_month
from gateway.reduction.report import SERIES, question_of, report_from_log
from gateway.reduction.supplying import LARGEST_FILE_BYTES, append_supply, read_supply
from gateway.reduction.table import NARROWEST, show
from gateway.settings import Settings
from gateway.storage.database import Database

metrics_app = typer.Typer(help="Figures, counted from the log.", no_args_is_help=True)


@metrics_app.callback()
def metrics() -> None:
    """Figures, counted from the log."""


@metrics_app.command("report")
def report(
    tenant: Annotated[str | None, typer.Option(help="One tenant; all when absent.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day or month, as 2026-11-22 or 2026-11.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day or month, inclusive.")] = None,
    by: Annotated[str, typer.Option(help="A row is a series, form or procedure.")] = SERIES,
    as_json: AsJson = False,
) -> None:
    """Count the log of this deployment and print the reduction, core figure beside the target.

    Exit status: 0 counted, 1 refused (a body does not balance, a period cannot be read).
    """
    with open_deployment() as (_, database):
        document = report_from_log(database, question_of(tenant, first, last, by))
    if as_json:
        typer.echo(orjson.dumps(document).decode())
    else:
        console = Console()
        show(document, console if console.width >= NARROWEST else Console(width=NARROWEST))


@metrics_app.command("close")
def close(
    context: typer.Context,
    month: Annotated[str, typer.Argument(help="The month, as 2026-11.")],
    as_json: AsJson = False,
) -> None:
    """Close a month: write its tallies into the log and publish its release, once for ever.

    Works beside a running gateway, which publishes the tallies within the minute. Called again, it
    goes on where it was cut short, and changes nothing that stands. Exit status: 0 closed, 1 refused
    (not over, behind a closed one, fewer than 10 persons, a body that does not balance).
    """
    clock = clock_of(context)
    with (
        open_deployment() as (settings, database),
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task("Đếm hồ sơ / Counting cases", total=None)
        closed, made = asyncio.run(
            close_month(
                _office(settings, database, clock),
                Month.read(month),
                lambda done, total: progress.update(task, completed=done, total=total),
            )
        )
    release = own_json(closed.document or b"{}")
    if as_json:
        typer.echo(orjson.dumps({"made": made, "jws": closed.jws, "release": release}).decode())
        return
    said = "đã chốt / closed" if made else "đã chốt từ trước / stands already"
    typer.echo(f"{closed.month}: {said}")
    typer.echo(f"leaves {closed.first} to {closed.last}, {len(release['cells'])} cells")
    typer.echo(f"root {release['root']} at size {release['size']}")


@metrics_app.command("reconcile")
def reconcile(
    file: Annotated[Path, typer.Argument(help="Counts as .json or .csv.")],
    source: Annotated[
        str, typer.Option(help="Who counted: igate, portal, or the source that was read.")
    ],
    month: Annotated[str, typer.Option(help="The month that was counted, as 2026-11.")],
    as_json: AsJson = False,
) -> None:
    """Enter what somebody else counted into the log, to hold our figures against it.

    Exit status: 0 entered, 1 refused (the line and the member are named).
    """
    with open_deployment() as (_, database):
        try:
            with file.open("rb") as given:
                raw = given.read(LARGEST_FILE_BYTES + 1)
        except OSError as error:
            typer.echo(f"{file}: {error.strerror}", err=True)
            raise typer.Exit(REFUSED) from None
        as_csv = file.suffix.lower() == ".csv"
        supply = read_supply(raw, Month.read(month), source, as_csv=as_csv)
        indices = asyncio.run(database.write(lambda c: append_supply(c, supply)))
    if as_json:
        typer.echo(orjson.dumps({"leaves": indices, "digest": supply.digest}).decode())
    else:
        typer.echo(f"{supply.month} {supply.source}: leaves {', '.join(map(str, indices))}")


def _office(settings: Settings, database: Database, clock: Clock) -> ClosingContext:
    folder = LogFolder(settings.data / "log")
    keys = Keys(settings.data / "keys")
    keys.recover_log_key(database.read(latest_key))

    return ClosingContext(
        database,
        folder.origin(urlsplit(settings.issuer).netloc, local_date(clock()).year),
        settings.mock,
        ReleaseSigner(keys.log.private, keys.log.kid),
        folder.public / "releases",
        clock,
        lambda: publish_log(settings, clock),
    )
