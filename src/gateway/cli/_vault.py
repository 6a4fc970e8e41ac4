"""`gateway keys rotate-vault`: give tenants another key in the vault."""

import asyncio
from typing import Annotated

import typer

from gateway.app.vault import vault_of
from gateway.cli._audit.verifying import bar
from gateway.cli._deployment import AsJson, deployment, say
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound
from gateway.records.rotation import rotate, tenants_of
from gateway.settings import Settings


def rotate_vault(
    context: typer.Context,
    tenant: Annotated[
        str | None, typer.Option(help="This tenant's alone; else every one's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give tenants another key in the vault and destroy the one before; a gateway may run meanwhile.

    Data keys are wrapped again, no record is rewritten. A rotation that was interrupted goes on.
    Copies of the vault from before still hold the old key, wrapped by the key provider.
    Exit status: 0 done, 1 refused or the keys cannot be had, 2 a setting cannot be used.
    """
    with deployment() as settings:
        say(asyncio.run(_rotate(settings, clock_of(context), tenant)), as_json)


async def _rotate(settings: Settings, clock: Clock, tenant: str | None) -> dict[str, object]:
    done: dict[str, object] = {}
    async with vault_of(settings, clock) as vault:
        named = [one for one in tenants_of(vault) if tenant in (None, one)]
        if tenant is not None and not named:
            raise NotFound("unknown_tenant", "the tenant has no key in the vault")
        for one in named:
            with bar(one) as progress:
                done[one] = await rotate(vault, one, progress)
    return done
