"""`gateway audit export …`: what is handed to those who check, and what comes back from them?

Exit status: 0 done, 1 refused (the reason is said), 2 a setting or a file cannot be used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway.cli.audit import COULD_NOT, bar
from gateway.cli.serve import settings_from_environment
from gateway.custody.audits.packs import write_pack
from gateway.domain.errors import GatewayError
from gateway.log.publishing.folder import LogFolder
from gateway.log.publishing.refusals import LogStopped
from gateway.settings import Settings

REFUSED = 1

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder for the evidence pack.")],
    as_json: Json = False,
) -> None:
    """Write an evidence pack: everything public by which anybody proves the figures without us.

    May run beside the gateway.
    """
    with deployment() as settings:
        log = LogFolder(settings.data / "log")
        with bar("Chứng cứ / evidence") as told:
            pack = write_pack(folder, log, settings.schemas, told)
    done = {
        "folder": str(folder),
        "entries": pack.size,
        "root": pack.signed.checkpoint.root.hex(),
        "tallies": pack.tallies,
        "missing": pack.missing,
    }
    say(done, as_json)


@contextmanager
def deployment() -> Iterator[Settings]:
    """The settings of this environment; a refusal inside is said and ends with its status."""
    settings = settings_from_environment()
    if not (settings.data / "gateway.db").exists():
        typer.echo("no deployment has run in this data folder yet", err=True)
        raise typer.Exit(REFUSED)
    try:
        yield settings
    except (GatewayError, LogStopped) as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(REFUSED) from None
    except OSError as failed:
        typer.echo(f"{failed.filename}: {failed.strerror}", err=True)
        raise typer.Exit(COULD_NOT) from None


def say(done: dict[str, object], as_json: bool) -> None:
    """What was done, for programs or for people."""
    if as_json:
        typer.echo(orjson.dumps(done).decode())
    else:
        typer.echo("\n".join(f"{name}: {_plain(value)}" for name, value in done.items()))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)
