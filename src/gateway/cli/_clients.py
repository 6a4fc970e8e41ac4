"""`gateway clients …`: register tenants, add and revoke their clients.

Exit status: 0 done, 1 refused (the reason is said), 2 a setting cannot be used.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from gateway.access.callers import EVERYTHING, Grant
from gateway.access.clients import ClientDirectory, ListedClient, Registration
from gateway.access.grants import (
    ShownTenant,
    change_grant,
    end_grant,
    register_tenant,
    show_tenant,
)
from gateway.access.proofs import LARGEST_JWK_BYTES, PinnedKey, read_public_key_file
from gateway.access.scopes import USUAL, read_scopes
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
from gateway.forms.catalogue import Catalogue, read_catalogue
from gateway.log.append import Appended
from gateway.log.tree import leaf_text
from gateway.sources.registry import registered, unknown_sources
from gateway.storage.database import Database
from gateway.storage.files import make_private_folder

T = TypeVar("T")
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
Named = Annotated[list[str] | None, typer.Option(help="Repeat for several; all when absent.")]
Vouches = Annotated[
    list[str] | None,
    typer.Option(help="KIND=ISSUER: its records of that kind are that issuer's own; repeat."),
]
Agencies = Annotated[
    list[str] | None,
    typer.Option(help="An agency beside its own whose dossiers it may name, as G09.20; repeat."),
]


Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The last day (of Vietnam) on which it holds."),
]
Hardened = Annotated[
    bool, typer.Option("--hardened", help="A client that signs by --jwk instead of a secret.")
]
Jwk = Annotated[
    Path | None,
    typer.Option(help="A file with its public JWK, on P-256 or Ed25519.", dir_okay=False),
]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="What it may do; repeat. All but batch and usage when absent."),
]
MustSign = Annotated[
    bool, typer.Option("--signatures-required", help="Its calls must bear RFC 9421 signatures.")
]

clients_app = typer.Typer(help="Tenants and their clients.", no_args_is_help=True)
keys_app = typer.Typer(help="The public keys of clients.", no_args_is_help=True)
clients_app.add_typer(keys_app, name="keys")


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
    until: Until = None,
    test: Annotated[bool, typer.Option("--test", help="A test tenant, for ever.")] = False,
    hardened: Hardened = False,
    jwk: Jwk = None,
    as_json: AsJson = False,
) -> None:
    """Admit a tenant; its grant is a public leaf from now on. With --hardened it gets a client too."""
    grant, now = _grant(source, procedure, officer, vouches, agencies, until), clock_of(context)()
    registration = _registration(hardened, jwk, None, must_sign=False)

    def write(database: Database) -> Awaitable[Appended]:
        return database.write(
            lambda c: register_tenant(c, code, name, agency, grant, is_test=test, now=now)
        )

    async def add_client(directory: ClientDirectory) -> dict[str, object]:
        return await _add(directory, code, now, registration) if hardened else {}

    _granted(write, code, as_json, add_client)


@clients_app.command("grant")
def grant(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument()],
    source: Named = None,
    procedure: Named = None,
    officer: Named = None,
    vouches: Vouches = None,
    agencies: Agencies = None,
    until: Until = None,
    end: Annotated[bool, typer.Option("--end", help="Allow nothing any more, at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Replace a tenant's whole grant from the next call on; what is left out is as in register."""
    if end and any((source, procedure, officer, vouches, agencies, until)):
        raise typer.BadParameter("--end leaves nothing granted: give it alone")
    now = clock_of(context)()
    given = None if end else _grant(source, procedure, officer, vouches, agencies, until)

    def write(database: Database) -> Awaitable[Appended]:
        if given is None:
            return database.write(lambda c: end_grant(c, tenant, now))
        return database.write(lambda c: change_grant(c, tenant, given))

    _granted(write, tenant, as_json)


@clients_app.command("show")
def show(
    context: typer.Context, tenant: Annotated[str, typer.Argument()], as_json: AsJson = False
) -> None:
    """A tenant: what it is granted, until when, and its clients."""
    now = clock_of(context)()

    async def work(database: Database, directory: ClientDirectory) -> dict[str, object]:
        shown = database.read(lambda c: show_tenant(c, tenant))
        own = [client for client in directory.all() if client.tenant == tenant]
        return _shown(shown, own, now, as_json=as_json)

    say(_run(work), as_json)


@clients_app.command("procedures")
def procedures() -> None:
    """The codes that --procedure takes: procedures, and forms that have none."""
    for code in sorted(_catalogue().grounds()):
        typer.echo(code)


@clients_app.command("add")
def add(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument()],
    hardened: Hardened = False,
    jwk: Jwk = None,
    scope: Scopes = None,
    signatures_required: MustSign = False,
    as_json: AsJson = False,
) -> None:
    """Make a client for a tenant and show its secret, this once; a hardened one has none."""
    registration = _registration(hardened, jwk, scope, must_sign=signatures_required)

    async def work(_: Database, directory: ClientDirectory) -> dict[str, object]:
        return await _add(directory, tenant, clock_of(context)(), registration)

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


@keys_app.command("add")
def add_key(
    context: typer.Context,
    client_id: Annotated[str, typer.Argument()],
    jwk: Annotated[Path, typer.Option(help="A file with the public JWK.", dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Give a client a second key, before the first is revoked."""
    key = _key(jwk)

    async def work(_: Database, directory: ClientDirectory) -> dict[str, object]:
        await directory.add_key(client_id, key, clock_of(context)())
        return {"client_id": client_id, "kid": key.kid}

    say(_run(work), as_json)


@keys_app.command("revoke")
def revoke_key(
    context: typer.Context,
    client_id: Annotated[str, typer.Argument()],
    kid: Annotated[str, typer.Argument(help="The key's thumbprint, as `keys list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """End a key and every token that was fetched by it, at once."""

    async def work(_: Database, directory: ClientDirectory) -> dict[str, object]:
        await directory.revoke_key(client_id, kid, clock_of(context)())
        return {"client_id": client_id, "kid": kid, "revoked": True}

    say(_run(work), as_json)


@keys_app.command("list")
def list_keys(client_id: Annotated[str, typer.Argument()], as_json: AsJson = False) -> None:
    """Every key that a client ever had."""

    async def work(_: Database, directory: ClientDirectory) -> list[dict[str, object]]:
        return [asdict(key) for key in directory.keys_of(client_id)]

    listed = _run(work)
    if as_json:
        typer.echo(json.dumps(listed))
    else:
        for one in listed:
            typer.echo(f"{one['kid']}  {'live' if one['revoked_at'] is None else 'revoked'}")


async def _add(
    directory: ClientDirectory, tenant: str, now: datetime, registration: Registration
) -> dict[str, object]:
    client = await directory.add(TenantId(tenant), now, registration)
    if registration.key is None:
        return {"client_id": client.client_id, "client_secret": client.secret}
    return {"client_id": client.client_id, "kid": registration.key.kid}


def _registration(
    hardened: bool, jwk: Path | None, scopes: list[str] | None, *, must_sign: bool
) -> Registration:
    """What a client is registered for; a key and --hardened come together."""
    if hardened != (jwk is not None):
        raise typer.BadParameter("--hardened and --jwk FILE come together")
    if must_sign and jwk is None:
        raise typer.BadParameter("--signatures-required needs a client with a key")
    with refusals_printed():
        named = read_scopes(" ".join(scopes)) if scopes else USUAL
    return Registration(None if jwk is None else _key(jwk), named, must_sign)


def _key(file: Path) -> PinnedKey:
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST_JWK_BYTES + 1)
    except OSError as error:
        raise typer.BadParameter(f"the JWK cannot be read: {error.strerror}") from None
    with refusals_printed():
        return read_public_key_file(raw)


def _shown(
    shown: ShownTenant, own: list[ListedClient], now: datetime, *, as_json: bool
) -> dict[str, object]:
    grant = shown.grant
    members: dict[str, object] = {
        "tenant": shown.tenant,
        "name": shown.name,
        "agency": shown.agency,
        "test": shown.is_test,
        "since": shown.since.date().isoformat(),
        "state": "ended" if grant.until is not None and grant.until <= now else "granted",
        "until": None if grant.until is None else grant.until.isoformat(),
        "sources": sorted(grant.sources),
        "procedures": _listed_or_all(grant.procedures),
        "officers": _listed_or_all(grant.officers),
        "vouches": [f"{kind}={issuer}" for issuer, kind in sorted(grant.vouches)],
        "agencies": sorted(grant.agencies),
    }
    if as_json:
        return {**members, "clients": [asdict(client) for client in own]}
    lines = (
        f"{one.client_id} ({one.profile}, {'live' if one.revoked_at is None else 'revoked'}: {one.scopes})"
        for one in own
    )
    return {**members, "clients": list(lines)}


def _listed_or_all(names: frozenset[str] | None) -> str | list[str]:
    return EVERYTHING if names is None else sorted(names)


def _grant(
    sources: list[str] | None,
    procedures: list[str] | None,
    officers: list[str] | None,
    vouches: list[str] | None,
    agencies: list[str] | None,
    until: datetime | None,
) -> Grant:
    return Grant(
        _sources(sources),
        _procedures(procedures),
        _some(officers),
        frozenset(_vouch(one) for one in vouches or ()),
        frozenset(agencies or ()),
        None if until is None else until.replace(tzinfo=_ZONE) + timedelta(days=1),
    )


def _catalogue() -> Catalogue:
    return read_catalogue(settings_from_environment().schemas)


def _procedures(named: list[str] | None) -> frozenset[str] | None:
    """The procedures of a grant, each of them served by a registered form."""
    some = _some(named)
    unknown = sorted(some - _catalogue().grounds()) if some else []
    if unknown:
        typer.echo(
            f"procedure_code_unusable: no registered form serves {', '.join(unknown)}; a code is like "
            "1.004222, and `gateway clients procedures` lists them",
            err=True,
        )
        raise typer.Exit(REFUSED)
    return some


async def _nothing_more(_: ClientDirectory) -> dict[str, object]:
    return {}


def _granted(
    write: Callable[[Database], Awaitable[Appended]],
    tenant: str,
    as_json: bool,
    then: Callable[[ClientDirectory], Awaitable[dict[str, object]]] = _nothing_more,
) -> None:
    async def work(database: Database, directory: ClientDirectory) -> dict[str, object]:
        appended = await write(database)
        directory.announce()
        return {"tenant": tenant, "leaf": leaf_text(appended.hash), **await then(directory)}

    say(_run(work), as_json)


def _run(work: Callable[[Database, ClientDirectory], Awaitable[T]]) -> T:
    settings = settings_from_environment()
    make_private_folder(settings.data)

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
