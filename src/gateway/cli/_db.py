"""`gateway db …`: upgrade, check and back up the database of this deployment."""

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway.app.backup import MANIFEST, back_up
from gateway.app.vault import upgrade_databases
from gateway.cli._audit.verifying import bar
from gateway.cli._deployment import (
    COULD_NOT,
    REFUSED,
    AsJson,
    refusals_printed,
    settings_from_environment,
)
from gateway.cli.clock import clock_of
from gateway.log.publishing import LogFolder, LogInUse
from gateway.settings import Settings
from gateway.storage.database import Condition, inspect_database
from gateway.storage.schema import REVISION
from gateway.storage.vault_schema import VAULT
from gateway_verify.ending import tell

db_app = typer.Typer(help="The database of this deployment.", no_args_is_help=True)


@db_app.callback()
def db() -> None:
    """The database of this deployment."""


@db_app.command("upgrade")
def upgrade(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the database to the revision of this version; not while a gateway runs.

    Contents of records that an earlier version kept there are moved into the vault, and what is left of
    them overwritten; a kill is mended by calling it again. `gateway serve` does so by itself. Make a
    backup first: there is no way back but to restore it.
    Exit status: 0 it is at that revision now, 1 a gateway runs, 2 it cannot be used.
    """
    settings = _deployment()
    before = inspect_database(settings.database, lambda done, total: None).revision
    try:
        with (
            refusals_printed(),
            LogFolder(settings.data / "log"),
            bar("Chuyển vào kho / into the vault") as progress,
        ):
            moved = asyncio.run(upgrade_databases(settings, clock_of(context), progress))
    except LogInUse:
        typer.echo("a gateway runs on this data folder; stop it first", err=True)
        raise typer.Exit(REFUSED) from None
    if as_json:
        tell(orjson.dumps({"before": before, "revision": REVISION, "moved": moved}).decode())
    else:
        tell(f"phiên bản lược đồ / revision: {before or '-'} → {REVISION}; kho / vault: {moved}")


@db_app.command("check")
def check(as_json: AsJson = False) -> None:
    """Show revision, integrity and size of database and vault; a gateway may run meanwhile.

    Whether its content and the published log agree is what `gateway log check` finds out.
    Exit status: 0 current and intact, 1 not, 2 it could not be read.
    """
    settings = _deployment()
    with bar("Cơ sở dữ liệu / database") as progress:
        condition = inspect_database(settings.database, progress)
        vault = inspect_database(settings.vault, progress, VAULT)
    if as_json:
        tell(orjson.dumps(_shown(condition) | {"vault": _shown(vault)}).decode())
    else:
        tell("\n".join([*_lines(condition), "kho giấy tờ / vault:", *_lines(vault)]))
    sound = all(one.is_current and not one.faults for one in (condition, vault))
    raise typer.Exit(0 if sound else 1)


@db_app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="A new folder, on another disk if possible.")],
    as_json: AsJson = False,
) -> None:
    """Copy database, vault, keys and log into a new folder, with digests; a gateway may run meanwhile.

    The keys in `apart/` belong in another place than the rest. Day keys are in no backup.
    Exit status: 0 written, 1 the folder exists, 2 it could not be written.
    """
    settings = _deployment()
    try:
        with bar("Sao lưu / backup") as progress:
            digests = back_up(settings, target, lambda _, done, total: progress(done, total))
    except FileExistsError:
        typer.echo(f"{target} exists; a backup needs a new folder", err=True)
        raise typer.Exit(REFUSED) from None
    except OSError as failed:
        typer.echo(f"{failed.filename or target}: {failed.strerror}", err=True)
        raise typer.Exit(COULD_NOT) from None
    if as_json:
        tell(orjson.dumps({"folder": str(target), "files": digests}).decode())
    else:
        tell(f"{target}: {len(digests)} tệp / files, {MANIFEST}")


def _deployment() -> Settings:
    settings = settings_from_environment()
    if not settings.database.exists():
        typer.echo("no deployment has run in this data folder yet", err=True)
        raise typer.Exit(COULD_NOT)
    return settings


def _shown(condition: Condition) -> dict[str, object]:
    return {
        "revision": condition.revision,
        "needed": condition.needed,
        "current": condition.is_current,
        "faults": list(condition.faults),
        "bytes": condition.bytes,
    }


def _lines(condition: Condition) -> list[str]:
    current = "hiện hành / current" if condition.is_current else f"cần / needed: {condition.needed}"
    return [
        f"phiên bản lược đồ / revision: {condition.revision or '-'} ({current})",
        f"toàn vẹn / integrity: {'ok' if not condition.faults else len(condition.faults)}",
        *condition.faults,
        f"dung lượng / size: {condition.bytes / 1_000_000:.1f} MB",
    ]
