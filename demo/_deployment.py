"""The demo's deployment: mocks and gateway as processes of this machine.

Three processes on free loopback ports (population database, national portal and, where it is asked
for, the citizens' store of papers in one, a witness of the log, the gateway), and one folder outside
the source tree that holds everything they write: database, keys, logs. The deployment is marked as mock, and the two numbers
of the instant rule are 0.
"""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from demo._processes import (
    LOOPBACK,
    POLL_SECONDS,
    DidNotStart,
    end_of,
    free_port,
    in_time,
    start,
    stop,
    told_in,
)
from gateway.access.callers import Grant
from gateway.access.clients import ClientDirectory, NewClient, Registration
from gateway.access.grants import register_tenant
from gateway.access.proofs import read_public_key
from gateway.domain.clock import Clock, now_in_utc
from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS, SourceId, TenantId
from gateway.forms import local_date
from gateway.keys import Keys
from gateway.log.notes import signing_name
from gateway.log.publishing import LogFolder
from gateway.receipts.cases import register_dossier
from gateway.records.store import store_earlier
from gateway.storage.database import Database
from gateway.storage.url import DatabaseUrl

TOKEN_SECONDS = 7200
PORTS_TRIED = 2
TIMEOUT_SECONDS = 1.0
MISSES = (
    "GATEWAY_CONFIRM_MISSES_OF_TENANT",
    "GATEWAY_CONFIRM_MISSES_OF_ALL",
    "GATEWAY_PREFILL_MISSES_OF_TENANT",
    "GATEWAY_PREFILL_MISSES_OF_ALL",
)
"""Limits that a load test with strangers would meet."""
TRIAL_OFFICER, TRIAL_QUOTA = "H99.01.cb003", 3
"""Who may read so often a day in the sandbox, so that the refusal of one call more can be seen."""
MANY = 1_000_000
POLICY = "policy.txt"
TENANT = TenantId("tinh-mau")
AGENCY = "H99.01"

GATEWAY = "from gateway.cli.main import app; app()"
"""What Python runs for any command of the gateway."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A gateway with its mocks, running (hệ thống chạy thử).

    `mocks` is what `python -m mocks.serve` writes about itself, `environment` that in which the
    gateway runs, for commands on the same deployment; `clock` is that of this process, `today` the
    day on which it came up, by which the mocks' people live.
    """

    folder: Path
    address: str
    mocks: Mapping[str, Mapping[str, str] | None] = field(repr=False)
    processes: Mapping[str, asyncio.subprocess.Process] = field(repr=False)
    today: date
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    clock: Clock = field(repr=False, default=now_in_utc)

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
    def policy(self) -> Path:
        """Whose signatures the log's checkpoints bear: its own and the witness's."""
        return self.folder / POLICY

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
        now = self.clock()
        stores = {PERSONAL_PAPERS} if self.mocks["papers"] else frozenset[SourceId]()
        grant = Grant(frozenset({POPULATION, RECORDS}) | stores, None, None)
        with closing(Database(DatabaseUrl.in_folder(self.data))) as database:
            await database.write(
                lambda c: register_tenant(
                    c, TENANT, "Tỉnh Mẫu", AGENCY, grant, is_test=False, now=now
                )
            )
            directory = ClientDirectory(database, self.data / "clients.stamp")
            client = await directory.add(TENANT, now)
            directory.announce()
        return client

    async def add_hardened_client(self, jwk: Mapping[str, str]) -> str:
        """Another client of the demo's tenant, which signs by a key; its id."""
        registration = Registration(read_public_key(dict(jwk)))
        with closing(Database(DatabaseUrl.in_folder(self.data))) as database:
            directory = ClientDirectory(database, self.data / "clients.stamp")
            return (await directory.add(TENANT, self.clock(), registration)).client_id

    async def store_earlier(self) -> None:
        """Let every record kept by now have been stored long before: a paper of today is no fact."""
        at = self.clock() - EARLIER
        with closing(Database(DatabaseUrl.in_folder(self.data))) as database:
            await database.write(lambda c: store_earlier(c, at))

    async def open_dossiers(self, codes: Sequence[str]) -> None:
        """Let the gateway know these dossiers; every record kept by now was there long before them."""
        await self.store_earlier()
        # a dossier's time is kept in whole seconds
        await asyncio.sleep(1.0 - self.clock().timestamp() % 1.0)
        now, key = self.clock(), Keys(self.data / "keys").index
        with closing(Database(DatabaseUrl.in_folder(self.data))) as database:
            await database.write(
                lambda c: [register_dossier(c, TENANT, code, now, key) for code in codes]
            )


EARLIER = timedelta(days=40)
"""So long before the demo its people's papers are said to be stored: a paper of today is no fact."""


@asynccontextmanager
async def deployment(
    clock: Clock = now_in_utc,
    today: date | None = None,
    *,
    keep: bool = False,
    papers: bool = False,
) -> AsyncIterator[Deployment]:
    """Mocks and gateway from up to down; the folder goes with them unless it is to be kept.

    `papers`: the citizens' store of papers is there and read. Raises DidNotStart.
    """
    folder = Path(tempfile.mkdtemp(prefix="eform-gateway-"))
    processes: dict[str, asyncio.subprocess.Process] = {}
    try:
        today = today or local_date(clock())
        mocks = await _start_mocks(folder, processes, today, papers=papers)
        address, environment = await _start_gateway(folder, processes, mocks, clock)
        yield Deployment(folder, address, mocks, processes, today, environment, clock)
    finally:
        for process in reversed(processes.values()):
            await stop(process)
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


async def _start_mocks(
    folder: Path,
    processes: dict[str, asyncio.subprocess.Process],
    today: date,
    *,
    papers: bool,
) -> Any:
    info, log = folder / "mocks.json", folder / "mocks.log"
    command = ["-m", "mocks.serve", "--portal-port", "0", "--info", str(info)]
    command += ["--today", today.isoformat()]
    command += ["--papers-port", "0"] if papers else []
    processes["mocks"] = await start(command, log, _plain_environment())
    return await told_in(info, "mocks", processes["mocks"], log)


async def _start_witness(
    folder: Path, processes: dict[str, asyncio.subprocess.Process], host: str, year: int
) -> None:
    """A witness that knows the log before it begins, and the policy that asks for its signature."""
    data, info, log = folder / "data", folder / "witness.json", folder / "witness.log"
    data.mkdir(mode=0o700)
    origin = LogFolder(data / "log").origin(host, year)
    key = str(signing_name(origin, Keys(data / "keys").log.private))
    command = ["-m", "mocks.witness.serving", "--log", key, "--info", str(info)]
    processes["witness"] = await start(command, log, _plain_environment())
    told = await told_in(info, "witness", processes["witness"], log)
    text = f"log {key}\nwitness demo {told['vkey']} {told['url']}\nquorum demo\n"
    (folder / POLICY).write_text(text, encoding="utf-8")


async def _start_gateway(
    folder: Path,
    processes: dict[str, asyncio.subprocess.Process],
    mocks: Mapping[str, Mapping[str, str]],
    clock: Clock,
) -> tuple[str, Mapping[str, str]]:
    """Address and environment of the gateway, once it answers; another port where it was taken."""
    log = folder / "gateway.log"
    for attempts_left in reversed(range(PORTS_TRIED)):
        address = f"http://{LOOPBACK}:{free_port()}"
        if "witness" not in processes:
            host, year = urlsplit(address).netloc, local_date(clock()).year
            await _start_witness(folder, processes, host, year)
        environment = _plain_environment() | _settings(folder, address, mocks)
        command = ["-c", GATEWAY, "serve"]
        processes["gateway"] = await start(command, log, environment)
        if await _ready(address, processes["gateway"], log, last=not attempts_left):
            break
    return address, environment


def _plain_environment() -> dict[str, str]:
    """This environment without settings of another deployment, and with the mocks to be found."""
    root = str(Path(__file__).parents[1])
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return plain | {"PYTHONPATH": os.pathsep.join([f"{root}/src", root])}


def _settings(folder: Path, address: str, mocks: Mapping[str, Any]) -> dict[str, str]:
    population, portal = mocks["population"], mocks["portal"]
    settings = {
        "GATEWAY_DATA": str(folder / "data"),
        "GATEWAY_LOG_POLICY": str(folder / POLICY),
        "GATEWAY_ISSUER": address,
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_PORT": address.rpartition(":")[2],
        "GATEWAY_MOCK": "true",
        "GATEWAY_INSTANT_SECONDS": "0",
        "GATEWAY_INSTANT_SECONDS_PER_FIELD": "0",
        "GATEWAY_OFFICER_READS_PER_DAY": str(MANY),
        "GATEWAY_OFFICER_QUOTAS": json.dumps({TRIAL_OFFICER: TRIAL_QUOTA}),
        "GATEWAY_TOKEN_LIFETIME_SECONDS": str(TOKEN_SECONDS),
        **dict.fromkeys(MISSES, "1000000"),
        "GATEWAY_SOURCE_PATIENCE_SECONDS": str(TIMEOUT_SECONDS),
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
    if (papers := mocks["papers"]) is not None:
        settings |= {
            "GATEWAY_PAPERS_URL": papers["url"],
            "GATEWAY_PAPERS_UNIT": papers["username"],
            "GATEWAY_PAPERS_PASSWORD": papers["password"],
            "GATEWAY_PAPERS_DSTCODE": papers["dstcode"],
            "GATEWAY_PAPERS_PROVIDER_URL": papers["provider_url"],
        }
    return settings


async def _ready(
    address: str, process: asyncio.subprocess.Process, log: Path, *, last: bool
) -> bool:
    """Whether the gateway answers; raises DidNotStart where it does not and this was the last try."""
    async with in_time("gateway", log), httpx.AsyncClient(base_url=address) as http:
        while process.returncode is None:
            with suppress(httpx.TransportError):
                if (await http.get("/readyz")).status_code == httpx.codes.OK:
                    return True
            await asyncio.sleep(POLL_SECONDS)
    if last:
        raise DidNotStart("gateway", end_of(log))
    return False
