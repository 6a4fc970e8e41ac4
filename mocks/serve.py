"""Run the mocks as a process of their own, on loopback, until stopped.

    python -m mocks.serve --population-port 0 [--portal-port 0] [--papers-port 0]
                          [--ministry-port 0] [--today 2026-11-22] --info FILE

FILE appears by rename, readable by its owner alone, once every mock answers:
{"population": {"url", "service_url", "username", "secret", "officer", "agency"},
 "portal": null or {"url", "dstcode", "username", "password", "agency"},
 "papers": null or {"url", "dstcode", "provider_url", "username", "password"}}
and, where it is served, "ministry": {"url", "client_id", "client_secret", "agency"}. Population
alone answers always, the others where a port is given for them; the `url` of portal and papers is
the adapter's up to `/forward`. `--today` is the day from which the dates of the people follow; it does
not move the mocks' clock. SIGTERM and SIGINT end everything; FILE stays.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from mocks.adapter import DSTCODE, FORWARD
from mocks.ministry import MinistryMockSettings, create_ministry_mock
from mocks.papers import PapersMockSettings, create_papers_mock
from mocks.papers.settings import PROVIDER_URL
from mocks.people import Population
from mocks.people.calendar import DRAWN_UP
from mocks.population import ENDPOINT, PopulationMockSettings, create_population_mock, licensed
from mocks.portal import PortalMockSettings, create_portal_mock

LOOPBACK = "127.0.0.1"
OTHERS = ("portal", "papers", "ministry")
"""What is served beside the population database where a port is given for it."""


class _Server(uvicorn.Server):
    """Says when it is up, and leaves signals to whoever runs several of its kind."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def population_info(settings: PopulationMockSettings, port: int) -> dict[str, str]:
    """What a client of the population mock needs to know."""
    return {
        "url": f"http://{LOOPBACK}:{port}{ENDPOINT}",
        "service_url": settings.service_url,
        "username": settings.username,
        "secret": settings.secret_key,
        "officer": next(iter(settings.officers)),
        "agency": settings.home_agency,
    }


def papers_info(settings: PapersMockSettings, port: int) -> dict[str, str]:
    """What a client of the papers mock needs to know."""
    return {
        "url": f"http://{LOOPBACK}:{port}{FORWARD}",
        "dstcode": DSTCODE,
        "provider_url": PROVIDER_URL,
        "username": settings.unit,
        "password": settings.password,
    }


def portal_info(settings: PortalMockSettings, port: int) -> dict[str, str]:
    """What a client of the portal mock needs to know."""
    return {
        "url": f"http://{LOOPBACK}:{port}{FORWARD}",
        "dstcode": DSTCODE,
        "username": settings.unit,
        "password": settings.password,
        "agency": settings.unit,
    }


def ministry_info(settings: MinistryMockSettings, port: int) -> dict[str, str]:
    """What a client of the ministry adapter's mock needs to know."""
    return {
        "url": f"http://{LOOPBACK}:{port}",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "agency": settings.unit,
    }


def write_info(path: Path, info: dict[str, object]) -> None:
    """Put the file in place whole, for its owner's eyes."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(info, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@dataclass(frozen=True, slots=True)
class _Served:
    """One mock: its application, the port wanted, and what is told of it at the port it gets."""

    app: Any
    wanted: int
    told: Callable[[int], dict[str, str]]


def _mocks(
    settings: PopulationMockSettings, population: Population, port: int, others: Mapping[str, int]
) -> dict[str, _Served]:
    papers = PapersMockSettings(unit=settings.home_agency)
    portal, ministry = PortalMockSettings(unit=settings.home_agency), MinistryMockSettings()
    makers: dict[str, tuple[Callable[[], Any], Callable[[int], dict[str, str]]]] = {
        "portal": (lambda: create_portal_mock(portal, population), partial(portal_info, portal)),
        "papers": (lambda: create_papers_mock(papers, population), partial(papers_info, papers)),
        "ministry": (lambda: create_ministry_mock(ministry), partial(ministry_info, ministry)),
    }
    database = create_population_mock(settings, population)
    served = {"population": _Served(database, port, partial(population_info, settings))}
    for name, wanted in others.items():
        make, told = makers[name]
        served[name] = _Served(make(), wanted, told)
    return served


async def serve(
    settings: PopulationMockSettings,
    population: Population,
    port: int,
    info: Path,
    others: Mapping[str, int] | None = None,
) -> None:
    """Answer until a signal comes; `others` names ports for some of `OTHERS`; port 0 is a free one."""
    mocks = _mocks(settings, population, port, others or {})
    with ExitStack() as stack:
        listening = {
            name: stack.enter_context(socket.create_server((LOOPBACK, mock.wanted)))
            for name, mock in mocks.items()
        }
        servers = {name: _server(mock.app) for name, mock in mocks.items()}
        _end_on_signal(list(servers.values()))
        work = [
            asyncio.create_task(server.serve(sockets=[listening[name]]))
            for name, server in servers.items()
        ]
        for server in servers.values():
            await server.up.wait()
        if all(server.started for server in servers.values()):
            told: dict[str, object] = {"population": None, "portal": None, "papers": None}
            for name, mock in mocks.items():
                told[name] = mock.told(listening[name].getsockname()[1])
            write_info(info, told)
        await asyncio.gather(*work)


def _server(app: Any) -> _Server:
    return _Server(
        uvicorn.Config(app, loop="uvloop", http="httptools", log_level="critical", access_log=False)
    )


def _end_on_signal(servers: Sequence[_Server]) -> None:
    loop = asyncio.get_running_loop()

    def end(number: int) -> None:
        for server in servers:
            server.handle_exit(number, None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m mocks.serve")
    parser.add_argument("--population-port", type=int, default=0)
    for name in OTHERS:
        parser.add_argument(f"--{name}-port", type=int, help=f"absent: no {name} is served")
    parser.add_argument("--info", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--today", type=date.fromisoformat, default=DRAWN_UP)
    parser.add_argument("--officer", action="append", help="may be given again; the first is told")
    parser.add_argument("--agency", action="append", help="may be given again; the first is told")
    parser.add_argument("--strict-order", action="store_true")
    given = parser.parse_args(arguments)
    usual = PopulationMockSettings()
    agencies = {**licensed(*(given.agency or ())), **usual.agencies}
    settings = PopulationMockSettings(
        officers={**licensed(*(given.officer or ())), **usual.officers},
        agencies=agencies,
        home_agency=next(iter(agencies)),
        strict_order=given.strict_order,
    )
    population = Population(given.seed, given.today)
    wanted = {name: getattr(given, f"{name}_port") for name in OTHERS}
    others = {name: port for name, port in wanted.items() if port is not None}
    uvloop.run(serve(settings, population, given.population_port, given.info, others))


if __name__ == "__main__":
    main()
