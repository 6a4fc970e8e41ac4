"""`gateway audit export, accept, accredit, revoke, auditors`: evidence packs out, signed audits in.

Exit status: 0 done, 1 refused (the reason is said), 2 a setting or a file cannot be used.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from gateway.audits import (
    Auditor,
    Pack,
    accept_audit,
    accredit,
    all_auditors,
    auditor_of,
    end_accreditation,
    note_giving,
    read_audit,
    write_bodies,
    write_pack,
)
from gateway.cli._audit.verifying import bar
from gateway.cli._deployment import COULD_NOT, AsJson, deployment, say, table_text
from gateway.cli.clock import clock_of
from gateway.domain.errors import BadRequest, Conflict
from gateway.log.publishing import LogFolder, PublishedTree
from gateway.log.tree import leaf_text
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway_verify.ending import tell
from gateway_verify.findings import Unchecked
from gateway_verify.locations import read_file

LARGEST_AUDIT_BYTES = 64 * 1024
"""Of a leaf, and the newline behind it."""


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder for the evidence pack.")],
    receiver: Annotated[
        str | None, typer.Option("--for", help="An accredited auditor, who is given bodies too.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Bodies up to the end of this month, as 2026-11.")
    ] = None,
    first: Annotated[int | None, typer.Option(min=0, help="Bodies from this leaf.")] = None,
    last: Annotated[int | None, typer.Option(min=0, help="Bodies up to this leaf.")] = None,
    closed: Annotated[
        str | None,
        typer.Option("--log", help="A closed log, as 2026, in place of the running one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an evidence pack: everything public by which anybody proves the figures without us.

    With --for also the sealed bodies of a range, encrypted to that auditor; all of them unless a month
    or leaves are named; an `access` leaf says so. May run beside the gateway.
    """
    if receiver is None and (month, first, last) != (None, None, None):
        typer.echo("a range is for bodies: name who is given them with --for", err=True)
        raise typer.Exit(COULD_NOT)
    with audit_deployment() as settings, closing(Database(settings.database)) as database:
        auditor = None if receiver is None else database.read(lambda c: auditor_of(c, receiver))
        running = LogFolder(settings.data / "log")
        log = running if closed is None else running.of_closed(closed)
        with bar("Chứng cứ / evidence") as told:
            pack = write_pack(folder, log, settings.schemas, told)
        if auditor is not None:
            span = _span(pack, month, first, last)
            _give_bodies(pack, database, auditor, span, clock_of(context)())
            running.ask_to_publish()
    done = _said(pack)
    say(done if auditor is None else done | {"for": auditor.name, "bodies": list(span)}, as_json)


def _give_bodies(
    pack: Pack, database: Database, auditor: Auditor, span: tuple[int, int], now: datetime
) -> None:
    """Record first, give second."""
    of = pack.signed.checkpoint
    asyncio.run(database.write(lambda c: note_giving(c, auditor, span, of, now)))
    with bar("Nội dung / bodies") as told:
        write_bodies(pack, database, auditor, span, told)


def _said(pack: Pack) -> dict[str, object]:
    return {
        "folder": str(pack.folder),
        "entries": pack.size,
        "root": pack.signed.checkpoint.root.hex(),
        "tallies": pack.tallies,
        "missing": pack.missing,
    }


def _span(pack: Pack, month: str | None, first: int | None, last: int | None) -> tuple[int, int]:
    """Which leaves' bodies are given; a month cannot be counted without all that came before it."""
    if month is not None:
        if month not in pack.ranges:
            raise BadRequest("month_not_closed", "the published log has no tally of it", "month")
        last = pack.ranges[month][1] if last is None else last
    return first or 0, pack.size - 1 if last is None else last


def accept(
    context: typer.Context,
    audit: Annotated[Path, typer.Argument(help="The signed audit, as the verifier wrote it.")],
    as_json: AsJson = False,
) -> None:
    """Enter an accredited auditor's finding into the log, whatever it finds.

    Called again with the same audit it changes nothing. May run beside the gateway.
    """
    now = clock_of(context)()
    with audit_deployment() as settings, closing(Database(settings.database)) as database:
        leaf = read_audit(read_file(audit, LARGEST_AUDIT_BYTES))
        log = LogFolder(settings.data / "log")
        shown = log.published()
        if shown is None:
            raise Conflict("nothing_published", "the log has no checkpoint yet")
        tree, origin = PublishedTree(log.tiles, shown.checkpoint.size), shown.checkpoint.origin
        work = database.write(lambda c: accept_audit(c, tree, origin, leaf, now))
        appended, added = asyncio.run(work)
        log.ask_to_publish()
    leaf_at = {"index": appended.index, "leaf": leaf_text(appended.hash)}
    say({"result": leaf["result"], "month": leaf["month"], **leaf_at, "added": added}, as_json)


def accredit_auditor(
    name: Annotated[str, typer.Argument(help="What people call the auditor.")],
    vkey: Annotated[str, typer.Argument(help="The auditor's verifier key (gateway audit key).")],
    recipient: Annotated[str, typer.Argument(help="The auditor's age recipient (age-keygen).")],
    as_json: AsJson = False,
) -> None:
    """Accredit an auditor, who may from now on be given bodies and have audits accepted."""
    with audit_deployment() as settings, closing(Database(settings.database)) as database:
        work = database.write(lambda c: accredit(c, name, vkey, recipient))
        say(asdict(asyncio.run(work)), as_json)


def revoke_auditor(
    context: typer.Context,
    who: Annotated[str, typer.Argument(help="The auditor's name or verifier key.")],
    as_json: AsJson = False,
) -> None:
    """End an accreditation; what was given cannot be called back."""
    now = clock_of(context)()
    with audit_deployment() as settings, closing(Database(settings.database)) as database:
        work = database.write(lambda c: end_accreditation(c, who, now))
        say(asdict(asyncio.run(work)), as_json)


def list_auditors(as_json: AsJson = False) -> None:
    """Who is, or was, accredited."""
    with audit_deployment() as settings, closing(Database(settings.database)) as database:
        known = [asdict(auditor) for auditor in database.read(all_auditors)]
    if as_json:
        tell(orjson.dumps(known).decode())
        return
    table = Table("tên / name", "khóa / verifier key", "age", "hiệu lực / active")
    for one in known:
        table.add_row(one["name"], one["vkey"], one["recipient"], "✓" if one["active"] else "-")
    tell(table_text(table))


@contextmanager
def audit_deployment() -> Iterator[Settings]:
    """The settings of a deployment that has run; a file that cannot be used is printed too."""
    try:
        with deployment() as settings:
            yield settings
    except Unchecked as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(COULD_NOT) from None
    except OSError as failed:
        typer.echo(f"{failed.filename}: {failed.strerror}", err=True)
        raise typer.Exit(COULD_NOT) from None
