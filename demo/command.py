"""`gateway demo`: one day at a one-stop desk, from filling to the proof of the figures.

Exit status: 0 all as it should be, 1 something unexpected happened (it is named), 2 mocks or gateway
did not start, 130 stopped half-way.
"""

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from demo._day import play
from demo._deployment import deployment
from demo._igate import signed_in
from demo._outcome.report import print_day, print_json, write_day
from demo._processes import DidNotStart
from demo._staying import stay_up
from gateway.cli.clock import clock_of
from gateway.domain.clock import Clock

UNEXPECTED = 1
NOT_STARTED = 2
STOPPED = 130


def demo(
    context: typer.Context,
    dossiers: Annotated[int, typer.Option(min=8, max=4000, help="How many visits.")] = 400,
    seed: Annotated[int, typer.Option(help="Another seed, other people and choices.")] = 2026,
    out: Annotated[Path | None, typer.Option(help="Where the figures go; a new folder.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave database and logs.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Stay up; simulate nothing.")] = False,
    hardened: Annotated[
        bool, typer.Option("--hardened", help="iGate signs by a key instead of a secret.")
    ] = False,
    info: Annotated[Path | None, typer.Option(help="With --serve: addresses for programs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Fill, sign, judge, tell the portal and count: driven on loopback as iGate would."""
    if serve and hardened:
        raise typer.BadParameter("--serve hands out a plain token: leave --hardened out")
    clock = clock_of(context)
    work = (
        stay_up(clock, seed, info, keep)
        if serve
        else _run(clock, dossiers, seed, out, keep, as_json, hardened)
    )
    try:
        status = asyncio.run(work)
    except DidNotStart as error:
        typer.echo(f"did not start: {error}", err=True)
        status = NOT_STARTED
    except (asyncio.CancelledError, KeyboardInterrupt):
        status = STOPPED
    raise typer.Exit(status)


def add_command(commands: typer.Typer) -> None:
    """Add `gateway demo` to the command line (entry point `gateway.commands`)."""
    commands.command("demo")(demo)


async def _run(
    clock: Clock,
    count: int,
    seed: int,
    out: Path | None,
    keep: bool,
    as_json: bool,
    hardened: bool,
) -> int:
    whole = asyncio.current_task()
    if whole is not None:  # else mocks and gateway would outlive a SIGTERM
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, whole.cancel)
    folder = out or Path(tempfile.mkdtemp(prefix="eform-gateway-figures-"))
    folder.mkdir(parents=True, exist_ok=True)
    async with (
        deployment(clock, keep=keep, papers=True) as running,
        signed_in(running, hardened=hardened) as igate,
    ):
        day = await play(running, igate, count, seed, folder)
    write_day(folder, day)
    if as_json:
        print_json(day)
    else:
        print_day(day, folder, running.folder if keep else None)
    return UNEXPECTED if day.unexpected else 0
