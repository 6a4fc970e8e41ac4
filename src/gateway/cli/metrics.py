"""`gateway metrics report`: how many fields do citizens no longer declare?"""

from contextlib import closing
from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.cli.serve import settings_from_environment
from gateway.domain.errors import GatewayError
from gateway.reduction.reading import report_from_log
from gateway.reduction.report import SERIES, question_of
from gateway.reduction.table import NARROWEST, show
from gateway.storage.database import Database

REFUSED = 1
"""Exit status: no honest figure can be given; the reason names the leaf."""

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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Count the log of this deployment and print the reduction, core figure beside the target.

    Exit status: 0 counted, 1 refused (a body does not balance, a period cannot be read).
    """
    path = settings_from_environment().data / "gateway.db"
    if not path.exists():
        typer.echo("no deployment has run in this data folder yet", err=True)
        raise typer.Exit(REFUSED)
    try:
        question = question_of(tenant, first, last, by)
        with closing(Database(path)) as database:
            document = report_from_log(database, question)
    except GatewayError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(REFUSED) from None
    if as_json:
        typer.echo(orjson.dumps(document).decode())
    else:
        console = Console()
        show(document, console if console.width >= NARROWEST else Console(width=NARROWEST))
