"""How do mocks and gateway come up beside each other on this machine, and go down together?

Two processes of their own on free loopback ports (population database and national portal in one), and one folder outside the source tree that holds
everything they write: database, keys, logs. The deployment is marked as mock, and the two numbers
of the instant rule are 0.
"""

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from gateway.access.callers import Grant
from gateway.access.clients import ClientDirectory, NewClient
from gateway.custody.grants import register_tenant
from gateway.custody.keys import Keys
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from gateway.receipts.chains import register_dossier
from gateway.storage.database import Database

START_SECONDS = 20.0
STOP_SECONDS = 15.0
TOKEN_SECONDS = 7200
PORTS_TRIED = 2
LINES_SHOWN = 5
PATIENCE_SECONDS = 1.0
TENANT = TenantId("tinh-mau")
AGENCY = "H99.01"

_LOOPBACK = "127.0.0.1"
_GATEWAY = "from gateway.cli.main import app; app()"
_POLL_SECONDS = 0.05


class DidNotStart(Exception):
    """A process ended, or did not answer in time: which one, and the end of what it wrote."""

    def __init__(self, name: str, written: str = "") -> None:
        super().__init__("\n".join(filter(None, (name, written))))


@dataclass(frozen=True, slots=True)
class Deployment:
    """A gateway with its mocks, running (hệ thống chạy thử).

    `mocks` is what `python -m mocks.serve` writes about itself, `environment` that in which the
    gateway runs, for commands on the same deployment.
    """

    folder: Path
    address: str
    mocks: Mapping[str, Mapping[str, str] | None] = field(repr=False)
    processes: Mapping[str, asyncio.subprocess.Process] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)

    async def fallen(self) -> str:
        """Wait until a process ends by itself; gives its name."""
        waiting = {asyncio.create_task(p.wait(), name=n) for n, p in self.processes.items()}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).get_name()
        finally:
            for task in waiting:
                task.cancel()

    @property
    def data(self) -> Path:
        """The gateway's own folder."""
        return self.folder / "data"

    @property
    def population(self) -> Mapping[str, str]:
        """How the population mock is reached and signed in to."""
        return self._told("population")

    @property
    def portal(self) -> Mapping[str, str]:
        """How the national portal's mock is reached and signed in to."""
        return self._told("portal")

    def _told(self, name: str) -> Mapping[str, str]:
        told = self.mocks[name]
        if told is None:
            raise DidNotStart("mocks")
        return told

    async def admit_tenant(self) -> NewClient:
        """Register the demo's tenant, an ordinary one, with a client of its own."""
        now = datetime.now(UTC)
        grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
        with closing(Database(self.data / "gateway.db")) as database:
            await database.write(
                lambda c: register_tenant(
                    c, TENANT, "Tỉnh Mẫu", AGENCY, grant, is_test=False, now=now
                )
            )
            directory = ClientDirectory(database, self.data / "clients.stamp")
            client = await directory.add(TENANT, now)
            directory.announce()
        return client

    async def open_dossiers(self, codes: Sequence[str]) -> None:
        """Let the gateway know these dossiers; every record kept by now was there before them."""
        await asyncio.sleep(1.0)  # a dossier's time is kept in whole seconds
        now, key = datetime.now(UTC), Keys(self.data / "keys").index
        with closing(Database(self.data / "gateway.db")) as database:
            await database.write(
                lambda c: [register_dossier(c, TENANT, code, now, key) for code in codes]
            )


@asynccontextmanager
async def deployment(*, keep: bool = False) -> AsyncIterator[Deployment]:
    """Mocks and gateway from up to down; the folder goes with them unless it is to be kept.

    Raises DidNotStart.
    """
    folder = Path(tempfile.mkdtemp(prefix="eform-gateway-"))
    processes: dict[str, asyncio.subprocess.Process] = {}
    try:
        mocks = await _start_mocks(folder, processes)
        address, environment = await _start_gateway(folder, processes, mocks)
        yield Deployment(folder, address, mocks, processes, environment)
    finally:
        for process in reversed(processes.values()):
            await _stop(process)
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


async def _start_mocks(folder: Path, processes: dict[str, asyncio.subprocess.Process]) -> Any:
    info, log = folder / "mocks.json", folder / "mocks.log"
    command = ["-m", "mocks.serve", "--portal-port", "0", "--info", str(info)]
    processes["mocks"] = await _start(command, log, _plain_environment())
    return json.loads(await _written(info, processes["mocks"], log))


async def _start_gateway(
    folder: Path,
    processes: dict[str, asyncio.subprocess.Process],
    mocks: Mapping[str, Mapping[str, str]],
) -> tuple[str, Mapping[str, str]]:
    """Address and environment of the gateway, once it answers; another port where it was taken."""
    log = folder / "gateway.log"
    for attempts_left in reversed(range(PORTS_TRIED)):
        address = f"http://{_LOOPBACK}:{_free_port()}"
        environment = _plain_environment() | _settings(folder / "data", address, mocks)
        command = ["-c", _GATEWAY, "serve"]
        processes["gateway"] = await _start(command, log, environment)
        if await _ready(address, processes["gateway"], log, last=not attempts_left):
            break
    return address, environment


def _plain_environment() -> dict[str, str]:
    """This environment without settings of another deployment, and with the mocks to be found."""
    root = str(Path(__file__).parents[3])
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return plain | {"PYTHONPATH": os.pathsep.join([f"{root}/src", root])}


def _settings(data: Path, address: str, mocks: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    population, portal = mocks["population"], mocks["portal"]
    return {
        "GATEWAY_DATA": str(data),
        "GATEWAY_ISSUER": address,
        "GATEWAY_HOST": _LOOPBACK,
        "GATEWAY_PORT": address.rpartition(":")[2],
        "GATEWAY_MOCK": "true",
        "GATEWAY_INSTANT_SECONDS": "0",
        "GATEWAY_INSTANT_SECONDS_PER_FIELD": "0",
        "GATEWAY_TOKEN_LIFETIME_SECONDS": str(TOKEN_SECONDS),
        "GATEWAY_SOURCE_PATIENCE_SECONDS": str(PATIENCE_SECONDS),
        "GATEWAY_POPULATION_ENDPOINT_URL": population["url"],
        "GATEWAY_POPULATION_SERVICE_URL": population["service_url"],
        "GATEWAY_POPULATION_USERNAME": population["username"],
        "GATEWAY_POPULATION_SECRET": population["secret"],
        "GATEWAY_POPULATION_OFFICER": population["officer"],
        "GATEWAY_POPULATION_AGENCY": population["agency"],
        "GATEWAY_PORTAL_URL": portal["url"],
        "GATEWAY_PORTAL_DSTCODE": portal["dstcode"],
        "GATEWAY_PORTAL_UNIT": portal["agency"],
        "GATEWAY_PORTAL_USERNAME": portal["username"],
        "GATEWAY_PORTAL_PASSWORD": portal["password"],
    }


def _free_port() -> int:
    with socket.create_server((_LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def _start(
    arguments: list[str], log: Path, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    with log.open("wb") as written:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )


async def _written(path: Path, process: asyncio.subprocess.Process, log: Path) -> bytes:
    async with _in_time("mocks", log):
        while process.returncode is None:
            with suppress(FileNotFoundError):
                return await asyncio.to_thread(path.read_bytes)
            await asyncio.sleep(_POLL_SECONDS)
    raise DidNotStart("mocks", _end_of(log))


async def _ready(
    address: str, process: asyncio.subprocess.Process, log: Path, *, last: bool
) -> bool:
    """Whether the gateway answers; raises DidNotStart where it does not and this was the last try."""
    async with _in_time("gateway", log), httpx.AsyncClient(base_url=address) as http:
        while process.returncode is None:
            with suppress(httpx.TransportError):
                if (await http.get("/readyz")).status_code == httpx.codes.OK:
                    return True
            await asyncio.sleep(_POLL_SECONDS)
    if last:
        raise DidNotStart("gateway", _end_of(log))
    return False


@asynccontextmanager
async def _in_time(name: str, log: Path) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(START_SECONDS):
            yield
    except TimeoutError:
        raise DidNotStart(name, _end_of(log)) from None


def _end_of(log: Path) -> str:
    """The last lines of a log; no log of ours holds a value of anybody."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LINES_SHOWN:])


async def _stop(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, and SIGKILL for what will not go."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
