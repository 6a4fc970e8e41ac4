"""`gateway mocks serve`: run the mocks of the State's systems without the gateway."""

import asyncio
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.clock import clock_of
from gateway.forms import local_date
from mocks.people import Population
from mocks.population import PopulationMockSettings
from mocks.serve import OTHERS
from mocks.serve import serve as serve_mocks

mocks_app = typer.Typer(help="Stand-ins of the State's systems.", no_args_is_help=True)
_POLL_SECONDS = 0.05
_NAMES = {
    "population": "CSDL quốc gia về dân cư (mô phỏng) / population database (mock)",
    "portal": "Cổng Dịch vụ công quốc gia (mô phỏng) / National Public Service Portal (mock)",
    "papers": "Kho giấy tờ cá nhân (mô phỏng) / citizens' store of papers (mock)",
    "ministry": "Hệ thống của bộ (mô phỏng) / a ministry's adapter (mock)",
}


def add_command(commands: typer.Typer) -> None:
    """Add `gateway mocks` to the command line (entry point `gateway.commands`)."""
    commands.add_typer(mocks_app, name="mocks")


@mocks_app.command("serve")
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The population mock's port; 0 takes a free one.")] = 0,
    info: Annotated[Path | None, typer.Option(help="Addresses for programs, by rename.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other people.")] = 2026,
) -> None:
    """Serve the mocks on loopback until SIGTERM or Ctrl-C, and say how to reach them."""
    people = Population(seed, local_date(clock_of(context)()))
    with tempfile.TemporaryDirectory(prefix="eform-mocks-") as folder, suppress(KeyboardInterrupt):
        asyncio.run(_serve(port, info or Path(folder) / "mocks.json", people))


async def _serve(port: int, info: Path, people: Population) -> None:
    await asyncio.to_thread(info.unlink, missing_ok=True)
    others = dict.fromkeys(OTHERS, 0)
    serving = serve_mocks(PopulationMockSettings(), people, port, info, others)
    running = asyncio.create_task(serving)
    while True:
        with suppress(FileNotFoundError):
            told = json.loads(await asyncio.to_thread(info.read_bytes))
            for name, title in _NAMES.items():
                _say(title, told[name])
            break
        await asyncio.wait((running,), timeout=_POLL_SECONDS)
        if running.done():
            break
    await running


def _say(title: str, told: dict[str, str]) -> None:
    typer.echo(title)
    for name, value in told.items():
        typer.echo(f"  {name:<13} {value}")
    typer.echo(f"  {'journal':<13} {'/'.join(told['url'].split('/')[:3])}/_mock/journal")
