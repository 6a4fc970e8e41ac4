"""What commands share: the settings of the environment, the deployment's database, output, exit status."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from gateway.domain.errors import GatewayError
from gateway.log.publishing import LogInUse, LogStopped
from gateway.settings import Settings, read_settings
from gateway.sources.source import UnusableSource
from gateway.storage.database import Database
from gateway_verify.ending import tell

REFUSED = 1
"""Exit status: nothing was done; the reason is printed."""
COULD_NOT = 2
"""Exit status: a setting or a file cannot be used, or the work could not be done."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def settings_from_environment() -> Settings:
    """Read the settings; prints which one is unusable, without its value, and exits otherwise."""
    try:
        return read_settings(os.environ)
    except UnusableSource as refused:
        print(refused, file=sys.stderr)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            name = "_".join(["GATEWAY", *(str(part).upper() for part in one["loc"])])
            print(f"{name}: {one['msg']}", file=sys.stderr)
    raise typer.Exit(COULD_NOT)


@contextmanager
def refusals_printed() -> Iterator[None]:
    """Print a refusal that is raised inside, and end with its status."""
    try:
        yield
    except (GatewayError, LogStopped, LogInUse) as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(REFUSED) from None


@contextmanager
def deployment() -> Iterator[Settings]:
    """The settings of a deployment that has run; refusals inside are printed."""
    settings = settings_from_environment()
    if not settings.database.exists():
        typer.echo("no deployment has run in this data folder yet", err=True)
        raise typer.Exit(REFUSED)
    with refusals_printed():
        yield settings


@contextmanager
def open_deployment() -> Iterator[tuple[Settings, Database]]:
    """The settings and the open database of a deployment that has run; refusals are printed."""
    with deployment() as settings, closing(Database(settings.database)) as database:
        yield settings, database


def say(done: Mapping[str, object], as_json: bool) -> None:
    """Print what was done, for programs or for people."""
    if as_json:
        tell(orjson.dumps(done).decode())
    else:
        tell("\n".join(f"{name}: {_plain(value)}" for name, value in done.items()))


def table_text(table: Table) -> str:
    """A table as text for the output."""
    console = Console()
    with console.capture() as text:
        console.print(table)
    return text.get().removesuffix("\n")


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)
