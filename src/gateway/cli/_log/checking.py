"""`gateway log check`: compare the database with the published log, leaf by leaf."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import typer
from rich.console import Console
from rich.progress import Progress

from gateway.cli._deployment import COULD_NOT, AsJson, settings_from_environment
from gateway.domain.errors import Busy
from gateway.log.notes import Checkpoint
from gateway.log.publishing import LogDamaged, LogFolder, Recount, check_rows
from gateway.log.stored import LeafRows, log_size
from gateway.retention.consistency import Difference, differences
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway_verify.ending import tell

DIFFERENT = 1
"""Exit status: something does not fit; the leaf is named."""
MOST_SHOWN = 20
TRIES = 3


def check(
    as_json: AsJson = False,
) -> None:
    """Hold every change against its leaf, every leaf against its change, and both against the tiles.

    Reads only; a gateway may run meanwhile. Exit status: 0 all fits, 1 not, 2 could not be checked.
    """
    settings = settings_from_environment()
    if not settings.database.exists():
        typer.echo("no deployment has run in this data folder yet", err=True)
        raise typer.Exit(COULD_NOT)
    try:
        size, found = asyncio.run(_check(settings))
    except (Busy, OSError) as error:
        typer.echo(f"could not be read: {type(error).__name__}", err=True)
        raise typer.Exit(COULD_NOT) from None
    if as_json:
        listed = [{"leaf": one.index, "says": one.reason} for one in found]
        tell(json.dumps({"leaves": size, "differences": listed}))
    else:
        for one in found:
            tell(str(one))
        fits = f"{size} mục, khớp hết / {size} leaves, everything fits"
        differ = "không khớp / does not fit; see docs/operations.md, Incident"
        tell(differ if found else fits)
    raise typer.Exit(DIFFERENT if found else 0)


async def _check(settings: Settings) -> tuple[int, list[Difference]]:
    with closing(Database(settings.database)) as database:
        size = database.read(log_size)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("nhật ký / log", total=size)

            def walked(index: int) -> None:
                if index % 1000 == 0:
                    progress.update(task, completed=index)

            found = database.read_snapshot(
                lambda c: list(islice(differences(c, walked), MOST_SHOWN))
            )
        return size, found + list(_of_files(LogFolder(settings.data / "log"), LeafRows(database)))


def _of_files(folder: LogFolder, rows: LeafRows) -> Iterator[Difference]:
    """The first difference between the database and what is published, and within the latter."""
    published = None
    for _ in range(TRIES):  # what a running gateway replaced while it was read is read again
        before, published = published, folder.published()
        if published is None:
            return
        try:
            _compare(folder, rows, published.checkpoint)
            return
        except LogDamaged as damaged:
            found = Difference(damaged.index, damaged.reason)
        if published == before:
            break
    yield found


def _compare(folder: LogFolder, rows: LeafRows, published: Checkpoint) -> None:
    check_rows(folder.tiles, rows, published.size)
    if Recount(folder.tiles).root(published.size) != published.root:
        raise LogDamaged(0, "the published entries lead to another root than the signed one")
