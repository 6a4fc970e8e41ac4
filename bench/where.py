"""Where does the time of a prefill go, room by room?

The gateway runs in this process on a real socket, every thread of it under cProfile, without what
it waits; driver and mocks are processes of their own. Time in a library is the room's that called
it; what nobody of ours called is told by the library's name. The profiler makes small functions
dearer than they are and sees nothing of what the loop does in C: read the shares, and the real cost
from the line above the tables.
"""

import asyncio
import cProfile
import pstats
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from bench.driver import drive
from bench.house import House, house, ready
from bench.processes import thread_seconds
from demo._deployment import TOKEN_SECONDS
from gateway.cli._serve import server_of
from gateway.domain.clock import now_in_utc
from gateway.domain.identifiers import POPULATION
from gateway.settings import Settings
from gateway.sources.population import PopulationAccess

Function = tuple[str, int, str]
SERVER = ("fastapi", "starlette", "uvicorn")
WAITING = ("_queue.SimpleQueue", "run_until_complete", "run_forever", "lock' objects")
FEW = 4
"""Questions at once under the profiler: more would wait so long that sources run out of time."""

_PASSES = 8


class Profiles:
    """One profile for the loop's thread, one for each thread that starts while it is on."""

    def __init__(self) -> None:
        self._loop: cProfile.Profile | None = None
        self._others: list[cProfile.Profile] = []

    def watch_new_threads(self) -> None:
        """Profile every thread that starts from here on."""
        threading.setprofile(lambda *_: self._others.append(_begun()))

    def watch_the_loop(self) -> None:
        """Profile the thread that calls this."""
        self._loop = _begun()

    def clear(self) -> None:
        """Forget what was seen until now."""
        for profile in (self._loop, *self._others):
            if profile is not None:
                profile.clear()

    def stats(self, loop_share: float) -> dict[Function, Any]:
        """All threads together, each as heavy as its part of the processor time was.

        The profiler's clock also counts a wait for the interpreter lock, which another thread holds.
        """
        threading.setprofile(None)
        loop = _seen([self._loop] if self._loop else [], loop_share)
        together = dict(loop)
        for function, seen in _seen(self._others, 1 - loop_share).items():
            together[function] = _sum(together[function], seen) if function in loop else seen
        return together


def _begun() -> cProfile.Profile:
    profile = cProfile.Profile()
    profile.enable()
    return profile


def _seen(profiles: list[cProfile.Profile], part: float) -> dict[Function, Any]:
    """What these profiles saw, waiting left out, all own times adding up to `part`."""
    if not profiles:
        return {}
    stats: dict[Function, Any] = pstats.Stats(*profiles).stats  # type: ignore[attr-defined]  # typeshed leaves it out
    working = {function: seen for function, seen in stats.items() if not _waits(function)}
    scale = part / sum(own for _, _, own, _, _ in working.values())
    return {
        function: (
            primitive,
            calls,
            own * scale,
            whole * scale,
            {c: (*t[:2], t[2] * scale, t[3] * scale) for c, t in callers.items() if c in working},
        )
        for function, (primitive, calls, own, whole, callers) in working.items()
    }


def _sum(one: Any, other: Any) -> Any:
    """Two threads' time in one function; the callers of both."""
    callers = dict(one[4])
    for caller, seen in other[4].items():
        known = callers.get(caller, (0, 0, 0.0, 0.0))
        callers[caller] = tuple(a + b for a, b in zip(known, seen, strict=True))
    return (*(a + b for a, b in zip(one[:4], other[:4], strict=True)), callers)


def _waits(function: Function) -> bool:
    """Whether a function's own time is that of waiting for work."""
    return any(name in function[2] for name in WAITING)


def owner_of(function: Function, depth: int) -> str | None:
    """The room (depth 1) or module (depth 2) of ours that a function stands in, or None.

    The web server is named as one, since nobody of ours calls it.
    """
    parts = Path(function[0]).parts
    if "gateway" in parts and "site-packages" not in parts:
        inside = parts[parts.index("gateway") :]
        return ".".join((*inside[:-1], Path(inside[-1]).stem)[: depth + 1])
    library = library_of(function)
    return library if library in SERVER else None


def library_of(function: Function) -> str:
    """The package that a function belongs to; `the loop` for built-ins nobody called."""
    parts = Path(function[0]).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if len(parts) > 1:
        return parts[-2] if parts[-2] != "python3.11" else Path(parts[-1]).stem
    return "the loop"


def shares(stats: Mapping[Function, Any], depth: int = 1) -> dict[str, float]:
    """Seconds by owner: own time of each function, a library's going to whoever called it."""
    mix: dict[Function, dict[str, float]] = {
        function: {owner_of(function, depth) or library_of(function): 1.0} for function in stats
    }
    borrowed = [function for function in stats if owner_of(function, depth) is None]
    for _ in range(_PASSES):
        for function in borrowed:
            if callers := stats[function][4]:
                mix[function] = _blend(callers, mix, function)
    seconds: dict[str, float] = defaultdict(float)
    for function, (_, _, own, _, _) in stats.items():
        for owner, part in mix[function].items():
            seconds[owner] += own * part
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def _blend(
    callers: Mapping[Function, Any], mix: Mapping[Function, Mapping[str, float]], own: Function
) -> dict[str, float]:
    """The callers' owners, each as heavily as the time spent on its behalf."""
    weights = {c: max(t[3], 1e-9) for c, t in callers.items() if c != own and c in mix}
    whole = sum(weights.values())
    blended: dict[str, float] = defaultdict(float)
    for caller, weight in weights.items():
        for owner, part in mix[caller].items():
            if part > 1e-3:
                blended[owner] += part * weight / whole
    return blended or dict(mix[own])


def heaviest(stats: Mapping[Function, Any], count: int) -> list[tuple[str, float, int]]:
    """The functions with the most own time: name, seconds, calls."""
    ranked = sorted(stats.items(), key=lambda item: -item[1][2])[:count]
    return [(_name(function), own, calls) for function, (_, calls, own, _, _) in ranked]


def _name(function: Function) -> str:
    owner = owner_of(function, 9) or library_of(function)
    return f"{owner}:{function[2]}"


async def profiled(form: str, found: int, people: int, prefills: int) -> "Profile":
    """Measure `prefills` of one form plainly at `gateway serve`, then again under the profiler."""
    async with house() as deployed:
        requests = await deployed.requests(form, people, found)
        before = thread_seconds(deployed.gateway_pid)
        plain = await drive(deployed.prefill_job(requests, found, warm_up=50, count=prefills))
        after = thread_seconds(deployed.gateway_pid)
        first, *others = (b - a for a, b in zip(before, after, strict=False))
        loop_share = first / (first + sum(others))
        await deployed.stop_gateway()
        profiles = Profiles()
        profiles.watch_new_threads()
        async with gateway_here(deployed):
            profiles.watch_the_loop()
            load = deployed.prefill_job(requests, found, concurrency=FEW, count=20)
            await drive(replace(load, pids=[]))
            profiles.clear()
            load = deployed.prefill_job(requests, found, concurrency=FEW, count=prefills)
            await drive(replace(load, pids=[]))
            stats = profiles.stats(loop_share)
    return Profile(form, prefills, plain.cpu, loop_share, stats)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one form's prefills cost; `loop_share` is the event loop's part, the rest is threads'."""

    form: str
    prefills: int
    cpu: float
    loop_share: float
    stats: Mapping[Function, Any]

    def tables(self) -> Iterator[Table]:
        """By room, by module and by function, in shares and microseconds of the plain run."""
        each = self.cpu / self.prefills * 1e6
        yield from (
            self._table(title, shares(self.stats, depth), each, rows)
            for title, depth, rows in (("room", 1, 20), ("module", 3, 25))
        )
        functions = Table("function, own time", "share", "calls per prefill")
        whole = sum(own for _, _, own, _, _ in self.stats.values())
        for name, own, calls in heaviest(self.stats, 25):
            functions.add_row(name, f"{own / whole:.1%}", f"{calls / self.prefills:.1f}")
        yield functions

    def _table(self, title: str, seconds: Mapping[str, float], each: float, rows: int) -> Table:
        table, whole = Table(title, "share", "us per prefill"), sum(seconds.values())
        for name, spent in list(seconds.items())[:rows]:
            table.add_row(name, f"{spent / whole:.1%}", f"{each * spent / whole:.0f}")
        return table


@asynccontextmanager
async def gateway_here(deployed: House) -> AsyncIterator[None]:
    """The gateway once more, in this process, with the data and the address of the one that ended."""
    running = deployed.deployment
    told = dict(running.population)
    asked = PopulationAccess.model_validate({"endpoint_url": told.pop("url"), **told})
    settings = Settings(
        data=running.data,
        issuer=running.address,
        port=deployed.gateway_port,
        mock=True,
        token_lifetime_seconds=TOKEN_SECONDS,
        instant_seconds=0,
        instant_seconds_per_field=0,
        sources={POPULATION: asked},
    )
    server = server_of(settings, now_in_utc)
    serving = asyncio.create_task(server.serve())
    await ready(deployed.gateway_port)
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def show(form: str, found: int, people: int, prefills: int, console: Console) -> None:
    """Print where the time of one form's prefills goes."""
    profile = uvloop.run(profiled(form, found, people, prefills))
    each = profile.cpu / profile.prefills * 1e3
    console.print(
        f"{form}: {each:.2f} ms of processor time per prefill, "
        f"{profile.loop_share:.0%} of it the event loop's, the rest the writer's",
        highlight=False,
    )
    for table in profile.tables():
        console.print(table)
