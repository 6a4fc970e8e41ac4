"""How do the mocks run as a process of their own? On loopback, until told to stop.

    python -m mocks.serve --population-port 0 --info FILE

FILE appears by rename, readable by its owner alone, once every mock answers:
{"population": {"url", "service_url", "username", "secret", "officer", "agency"},
 "portal": null, "papers": null}. SIGTERM and SIGINT end everything; FILE stays.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from mocks.people import Population
from mocks.population import ENDPOINT, PopulationMockSettings, create_population_mock, licensed

LOOPBACK = "127.0.0.1"


class _Server(uvicorn.Server):
    """Says when it is up, and takes a signal as the end of its work, not as a death."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
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
    settings: PopulationMockSettings, population: Population, port: int, info: Path
) -> None:
    """Answer until a signal comes; `port` 0 takes a free one."""
    app = create_population_mock(settings, population)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", log_level="critical", access_log=False
    )
    server = _Server(config)
    with socket.create_server((LOOPBACK, port)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        if server.started:
            address = population_info(settings, listener.getsockname()[1])
            write_info(info, {"population": address, "portal": None, "papers": None})
        await running


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m mocks.serve")
    parser.add_argument("--population-port", type=int, default=0)
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
    uvloop.run(serve(settings, Population(given.seed), given.population_port, given.info))


if __name__ == "__main__":
    main()
