"""How do the mocks run as a process of their own? On loopback, until told to stop.

    python -m mocks.serve --population-port 0 [--papers-port 0] --info FILE

FILE appears by rename, readable by its owner alone, once every mock answers:
{"population": {"url", "service_url", "username", "secret", "officer", "agency"},
 "portal": null, "papers": null or {"url", "dstcode", "provider_url", "username", "password"}}; the
papers answer only where a port is given for them, and their `url` is the adapter's up to `/forward`.
SIGTERM and SIGINT end everything; FILE stays.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from mocks.papers import FORWARD, PapersMockSettings, create_papers_mock
from mocks.papers.settings import DSTCODE, PROVIDER_URL
from mocks.people import Population
from mocks.population import ENDPOINT, PopulationMockSettings, create_population_mock, licensed

LOOPBACK = "127.0.0.1"


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


def write_info(path: Path, info: dict[str, object]) -> None:
    """Put the file in place whole, for its owner's eyes."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(info, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


async def serve(
    settings: PopulationMockSettings,
    population: Population,
    port: int,
    info: Path,
    papers_port: int | None = None,
) -> None:
    """Answer until a signal comes; port 0 takes a free one, no port for the papers leaves them out."""
    papers = PapersMockSettings(unit=settings.home_agency)
    apps: dict[str, tuple[Any, int]] = {
        "population": (create_population_mock(settings, population), port)
    }
    if papers_port is not None:
        apps["papers"] = (create_papers_mock(papers, population), papers_port)
    with ExitStack() as stack:
        running = {
            name: (_server(app), stack.enter_context(socket.create_server((LOOPBACK, wanted))))
            for name, (app, wanted) in apps.items()
        }
        _end_on_signal([server for server, _ in running.values()])
        work = [
            asyncio.create_task(server.serve(sockets=[listener]))
            for server, listener in running.values()
        ]
        for server, _ in running.values():
            await server.up.wait()
        if all(server.started for server, _ in running.values()):
            ports = {name: listener.getsockname()[1] for name, (_, listener) in running.items()}
            told = papers_info(papers, ports["papers"]) if "papers" in ports else None
            address = population_info(settings, ports["population"])
            write_info(info, {"population": address, "portal": None, "papers": told})
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
    parser.add_argument("--papers-port", type=int, help="absent: no papers are served")
    parser.add_argument("--info", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=2026)
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
    population = Population(given.seed)
    uvloop.run(serve(settings, population, given.population_port, given.info, given.papers_port))


if __name__ == "__main__":
    main()
