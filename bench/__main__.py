"""Which figures does `make bench` measure, and did each keep its budget?

    python -m bench [--quick | --nightly] [--only PART ...] [--memory N] [--profile [--form FORM --reads N --count N]]

PART is one of forms, append, calls, portal, month, log; the figures of the others stay as they were kept.
Exit status: 0 all budgets kept, 1 one is not (the table says which), whatever was asked for.
"""

import argparse
import asyncio
import os
import platform
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace

import uvloop
from rich.console import Console

from bench import figures
from bench.append import append_cost
from bench.audit import audited
from bench.closing import month_closed
from bench.figures import NIGHTLY, ONE_READ, QUICK, TWO_READS, Size
from bench.house import house
from bench.outbox import outlived
from bench.results import RESULTS, Figure, table_of, write

ONE = "one read of the population over HTTP, one of the local record store; relay: two over HTTP"
TWO = "two reads of the population over HTTP, two of the local record store"


async def _forms(size: Size, console: Console) -> list[Figure]:
    with console.status("visibility, start"):
        return [*figures.visibility(size), await figures.starts(size)]


async def _append(size: Size, console: Console) -> list[Figure]:
    with console.status("append"):
        return [await append_cost(size.rounds, size.leaves)]


async def _calls(size: Size, console: Console) -> list[Figure]:
    found: list[Figure] = []
    async with house() as deployed:
        with console.status("prefill, gateway and relay in turns"):
            one = await figures.pairs(deployed, size, *ONE_READ)
            found.append(figures.prefill_figure("prefill", one, ONE))
        with console.status("prefill, hardened and compatible profile in turns"):
            found.append(await figures.profiles(deployed, size, *ONE_READ))
        with console.status("prefill with a relative"):
            two = await figures.pairs(deployed, size, *TWO_READS)
            found.append(figures.prefill_figure("prefill_two_upstream_reads", two, TWO))
        usual = figures.per_second(one)
        with console.status("latency"):
            found += await figures.latency(deployed, size, usual)
        with console.status("submissions"):
            found.append(await figures.submissions(deployed, size))
        with console.status("memory"):
            found.append(await figures.memory(deployed, size, usual))
    return found


async def _portal(size: Size, console: Console) -> list[Figure]:
    with console.status("the portal fails, forgets and is down for a day"):
        return await outlived(size.dossiers)


async def _month(size: Size, console: Console) -> list[Figure]:
    with console.status("a month, made and closed"):
        return await asyncio.to_thread(month_closed, size.closed)


async def _log(size: Size, console: Console) -> list[Figure]:
    with console.status("a large log, made and verified"):
        return audited(size.audited)


PARTS: dict[str, Callable[[Size, Console], Awaitable[list[Figure]]]] = {
    "forms": _forms,
    "append": _append,
    "calls": _calls,
    "portal": _portal,
    "month": _month,
    "log": _log,
}


async def measure(parts: Sequence[str], size: Size, console: Console) -> list[Figure]:
    """The named parts, one after another: what runs beside a measurement is measured with it."""
    return [figure for part in parts for figure in await PARTS[part](size, console)]


def main() -> int:
    """Read the command line, measure, write and show."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="a minute, for a first impression")
    parser.add_argument("--nightly", action="store_true", help="at full length")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="some parts")
    parser.add_argument("--memory", type=int, help="prefills of the memory run")
    parser.add_argument("--profile", action="store_true", help="where the time of a prefill goes")
    parser.add_argument("--form", default=ONE_READ[0], help="with --profile")
    parser.add_argument("--reads", type=int, default=ONE_READ[1], help="with --profile")
    parser.add_argument("--count", type=int, default=500, help="with --profile")
    given = parser.parse_args()
    console = Console(width=None if os.isatty(1) else 180)
    if given.profile:
        from bench.where import show

        show(given.form, given.reads, min(given.count, 200), given.count, console)
        return 0
    size = QUICK if given.quick else NIGHTLY if given.nightly else Size()
    if given.memory:
        size = replace(size, memory=given.memory, memory_seconds=float("inf"))
    found = uvloop.run(measure(given.only or tuple(PARTS), size, console))
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    # a first impression is not the state that is kept
    folder = RESULTS / "quick" if given.quick else RESULTS
    path = write(
        found,
        {"size": {k: str(v) for k, v in asdict(size).items()}, **machine},
        folder,
        keep=bool(given.only),
    )
    console.print(table_of(found))
    console.print(f"{path}", highlight=False)
    return 0 if all(figure.kept is not False for figure in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
