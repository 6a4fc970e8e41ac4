"""`gateway clients …`: register tenants, add and revoke their clients.

Exit status: 0 done, 1 refused (the reason is said), 2 a setting cannot be used.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer

from gateway.access.callers import EVERYTHING, Grant
from gateway.access.clients import ClientDirectory
from gateway.access.grants import change_grant, register_tenant
from gateway.cli._deployment import (
    REFUSED,
    AsJson,
    refusals_printed,
    say,
    settings_from_environment,
)
from gateway.cli.clock import clock_of
from gateway.domain.identifiers import (
    IssuerAndKind,
    SourceId,
    TenantId,
)
from gateway.log.append import Appended
from gateway.log.tree import leaf_text
from gateway.sources.registry import registered, unknown_sources
from gateway.storage.database import Database

T = TypeVar("T")
Named = Annotated[list[str] | None, typer.Option(help="Repeat for several; all when absent.")]
Vouches = Annotated[
    list[str] | None,
    typer.Option(help="KIND=ISSUER: its records of that kind are that issuer's own; repeat."),
]
Agencies = Annotated[
    list[str] | None,
    typer.Option(help="An agency beside its own whose dossiers it may name, as G09.20; repeat."),
]


clients_app = typer.Typer(help="Tenants and their clients.", no_args_is_help=True)


@clients_app.command("register")
def register(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The tenant's code: a-z, 0-9, hyphens.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    agency: Annotated[str, typer.Option(help="Its agency code, as H99.01.")],
    source: Named = None,
    procedure: Named = None,
    officer: Named = None,
    vouches: Vouches = None,
    agencies: Agencies = None,
    test: Annotated[bool, typer.Option("--test", help="A test tenant, for ever.")] = False,
    as_json: AsJson = False,
) -> None:
    """Admit a tenant; its grant is a public leaf from now on."""
    grant, now = _grant(source, procedure, officer, vouches, agencies), clock_of(context)()

    def write(database: Database) -> Awaitable[Appended]:
        return database.write(
            lambda c: register_tenant(c, code, name, agency, grant, is_test=test, now=now)
        )

    _granted(write, code, as_json)


@clients_app.command("grant")
def grant(
    tenant: Annotated[str, typer.Argument()],
    source: Named = None,
    procedure: Named = None,
    officer: Named = None,
    vouches: Vouches = None,
    agencies: Agencies = None,
    as_json: AsJson = False,
) -> None:
    """Replace a tenant's whole grant from the next call on; what is left out is as in register."""
    given = _grant(source, procedure, officer, vouches, agencies)

    def write(database: Database) -> Awaitable[Appended]:
        return database.write(lambda c: change_grant(c, tenant, given))

    _granted(write, tenant, as_json)


@clients_app.command("add")
def add(
    context: typer.Context, tenant: Annotated[str, typer.Argument()], as_json: AsJson = False
) -> None:
    """Make a client for a tenant and show its secret, this once."""

    async def work(_: Database, directory: ClientDirectory) -> dict[str, object]:
        client = await directory.add(TenantId(tenant), clock_of(context)())
        return {"client_id": client.client_id, "client_secret": client.secret}

    say(_run(work), as_json)


@clients_app.command("revoke")
def revoke(
    context: typer.Context, client_id: Annotated[str, typer.Argument()], as_json: AsJson = False
) -> None:
    """End a client and every token it holds, at once."""

    async def work(_: Database, directory: ClientDirectory) -> dict[str, object]:
        await directory.revoke(client_id, clock_of(context)())
        return {"client_id": client_id, "revoked": True}

    say(_run(work), as_json)


@clients_app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """Every client that was ever made, without its secret."""

    async def work(_: Database, directory: ClientDirectory) -> list[dict[str, object]]:
        return [asdict(client) for client in directory.all()]

    listed = _run(work)
    if as_json:
        typer.echo(json.dumps(listed))
    else:
        for one in listed:
            state = "live" if one["revoked_at"] is None else "revoked"
            typer.echo(f"{one['client_id']}  {one['tenant']}  {state}")


def _grant(
    sources: list[str] | None,
    procedures: list[str] | None,
    officers: list[str] | None,
    vouches: list[str] | None,
    agencies: list[str] | None,
) -> Grant:
    return Grant(
        _sources(sources),
        _some(procedures),
        _some(officers),
        frozenset(_vouch(one) for one in vouches or ()),
        frozenset(agencies or ()),
    )


def _granted(write: Callable[[Database], Awaitable[Appended]], tenant: str, as_json: bool) -> None:
    async def work(database: Database, directory: ClientDirectory) -> dict[str, object]:
        appended = await write(database)
        directory.announce()
        return {"tenant": tenant, "leaf": leaf_text(appended.hash)}

    say(_run(work), as_json)


def _run(work: Callable[[Database, ClientDirectory], Awaitable[T]]) -> T:
    settings = settings_from_environment()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def within() -> T:
        with closing(Database(settings.database)) as database:
            return await work(database, ClientDirectory(database, settings.data / "clients.stamp"))

    with refusals_printed():
        return asyncio.run(within())


def _sources(named: list[str] | None) -> frozenset[SourceId]:
    if not named:
        return registered().granted
    sources = frozenset(SourceId(one) for one in named)
    if unknown := unknown_sources(sources):
        typer.echo(f"unknown_source: no source is called {', '.join(unknown)}", err=True)
        raise typer.Exit(REFUSED)
    return sources


def _some(names: list[str] | None) -> frozenset[str] | None:
    return None if not names or names == [EVERYTHING] else frozenset(names)


def _vouch(text: str) -> IssuerAndKind:
    kind, _, issuer = text.partition("=")
    return issuer.strip(), kind.strip()
