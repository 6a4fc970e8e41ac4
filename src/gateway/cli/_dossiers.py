"""`gateway dossiers …`: the synchronisation with the national portal: sent, queued, stopped.

Exit status: 0 done, 1 refused (the reason is said), 2 a setting cannot be used.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gateway.cli._deployment import REFUSED, AsJson, open_deployment
from gateway.cli._forms.checking import registered_forms
from gateway.cli.clock import clock_of
from gateway.dossiers import Change, Listed, abolished, changes, listed, send_again
from gateway.forms.values import LOCAL_ZONE

T = TypeVar("T")

NARROWEST = 160
SYNC = {
    "queued": "chờ gửi / queued",
    "delivered": "đã gửi / delivered",
    "dead": "tạm dừng / parked",
}

HEADINGS = (
    "đơn vị / unit",
    "hồ sơ / dossier",
    "thủ tục / procedure",
    "trạng thái / state",
    "Cổng / portal",
    "hẹn trả / due",
    "đồng bộ / sync",
    "lý do / reason",
)

dossiers_app = typer.Typer(
    help="Hồ sơ và Cổng DVCQG: what the national portal has.", no_args_is_help=True
)


@dossiers_app.command("list")
def list_dossiers(
    context: typer.Context,
    sync: Annotated[str | None, typer.Option(help="queued, delivered or dead.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Past their promised time.")] = False,
    as_json: AsJson = False,
) -> None:
    """Dossiers by unit, with what the portal knows of each and why one is parked."""
    if sync is not None and sync not in SYNC:
        typer.echo("sync: queued, delivered or dead", err=True)
        raise typer.Exit(REFUSED)
    now = clock_of(context)()
    found = _read(lambda c: list(listed(c, sync, now, overdue=overdue)))
    if as_json:
        typer.echo(json.dumps([_said(one) for one in found], ensure_ascii=False))
        return
    table = Table()
    for heading in HEADINGS:
        table.add_column(heading, min_width=23 if heading.startswith("hồ sơ") else None)
    for one in found:
        table.add_row(*_cells(one))
    _wide().print(table)
    typer.echo(f"{len(found)} hồ sơ / dossiers")


@dossiers_app.command("show")
def show(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The dossier's code.")],
    as_json: AsJson = False,
) -> None:
    """One dossier as it stands, without anything of the person whose it is."""
    now = clock_of(context)()
    found = [
        one
        for one in _read(lambda c: list(listed(c, None, now, overdue=False)))
        if one.code == code
    ]
    if not found:
        typer.echo("unknown_dossier: there is no such dossier", err=True)
        raise typer.Exit(REFUSED)
    said = _said(found[0])
    typer.echo(
        json.dumps(said, ensure_ascii=False)
        if as_json
        else "\n".join(f"{name}: {value}" for name, value in said.items())
    )


@dossiers_app.command("retry")
def retry(
    context: typer.Context,
    code: Annotated[
        str | None, typer.Argument(help="One dossier; all parked ones when absent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let parked dossiers be sent again; a running gateway takes them up within a second."""
    now = clock_of(context)()
    count = _write(lambda c: send_again(c, code, now))
    typer.echo(json.dumps({"queued": count}) if as_json else f"{count} hồ sơ / dossiers queued")


@dossiers_app.command("procedures")
def procedures(as_json: AsJson = False) -> None:
    """What is new, changed or abolished in the portal's catalogue, and which forms it concerns."""
    bound = {
        code: form.code
        for form in registered_forms(as_json).forms()
        for code in form.bindings.procedures
    }
    seen = _read(changes)
    gone = _read(lambda c: abolished(c, tuple(bound)))
    forms = {code[:8]: form for code, form in bound.items()}
    rows = [_change(one, forms) for one in seen]
    if as_json:
        flagged = sorted({bound[code] for code in gone})
        typer.echo(json.dumps({"changes": rows, "forms_flagged": flagged}, ensure_ascii=False))
        return
    table = Table(
        "thủ tục / procedure", "tên / name", "thay đổi / change", "ngày / day", "biểu mẫu / form"
    )
    for row in rows:
        table.add_row(*(row[n] or "" for n in ("code", "name", "change", "seen_at", "form")))
    _wide().print(table)
    for code in sorted(gone):
        typer.echo(f"bãi bỏ / abolished: {code} ({bound[code]})")


def _read(question: Callable[..., T]) -> T:
    with open_deployment() as (_, database):
        return database.read(question)


def _write(change: Callable[..., T]) -> T:
    with open_deployment() as (_, database):
        return asyncio.run(database.write(change))


def _said(one: Listed) -> dict[str, object]:
    times = {name: _day(getattr(one, name)) for name in ("due_at", "ended_at")}
    return asdict(one) | times


def _cells(one: Listed) -> tuple[str, ...]:
    portal = "" if one.portal_state is None else str(one.portal_state)
    told = (one.unit, one.code, one.procedure, str(one.state), portal)
    return (*told, _day(one.due_at) or "", SYNC[one.sync], one.reason or "")


def _change(one: Change, forms: Mapping[str, str]) -> dict[str, str | None]:
    said = {"code": one.code, "name": one.name, "change": one.change}
    return {**said, "seen_at": _day(one.seen_at), "form": forms.get(one.code)}


def _day(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).astimezone(LOCAL_ZONE).isoformat()


def _wide() -> Console:
    console = Console()
    return console if console.width >= NARROWEST else Console(width=NARROWEST)
