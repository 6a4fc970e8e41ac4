"""A gateway that runs as `gateway serve` does and can fall at any moment.

Born by `exec` it is the command itself; born by `fork` it is the same function in a child of a process
that has the modules in memory already, so that a hundred starts cost no hundred imports.
"""

import asyncio
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx
from httpx_aiohttp import AiohttpTransport

from gateway.access.callers import Grant
from gateway.access.clients import ClientDirectory, NewClient
from gateway.access.grants import register_tenant
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from tests.databases import open_database
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
TENANT = TenantId("tinh-mau")
READY_SECONDS = 60.0
Birth = Literal["fork", "exec"]

nursery = multiprocessing.get_context("forkserver")
nursery.set_forkserver_preload(["gateway.cli._serve", "mocks.serve", "tests.kills.lives"])


@contextmanager
def population(folder: Path) -> Iterator[Mapping[str, str]]:
    """The population database as a process of its own; how it is reached."""
    from tests.kills.lives import live_as_mocks

    info = folder / "mocks.json"
    process = nursery.Process(target=live_as_mocks, args=(str(info), str(folder / "mocks.log")))
    process.start()
    try:
        until = time.monotonic() + READY_SECONDS
        while not info.exists():
            assert process.is_alive() and time.monotonic() < until, "the mocks do not start"
            time.sleep(0.02)
        yield json.loads(info.read_bytes())["population"]
    finally:
        process.terminate()
        process.join()


class Gateway:
    """One deployment; at most one process of it lives."""

    def __init__(
        self,
        folder: Path,
        source: Mapping[str, str],
        schemas: Path = ROOT / "schemas",
        **settings: str,
    ) -> None:
        self.data = folder / "data"
        self.armed = folder / "armed"
        self.log = folder / "gateway.log"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "GATEWAY_DATA": str(self.data),
            "GATEWAY_SCHEMAS": str(schemas),
            "GATEWAY_ISSUER": "http://127.0.0.1:8000",
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_MOCK": "true",
            "GATEWAY_INSTANT_SECONDS": "0",
            "GATEWAY_INSTANT_SECONDS_PER_FIELD": "0",
            "GATEWAY_TOKEN_LIFETIME_SECONDS": "7200",
            "GATEWAY_POPULATION_ENDPOINT_URL": source["url"],
            "GATEWAY_POPULATION_SERVICE_URL": source["service_url"],
            "GATEWAY_POPULATION_USERNAME": source["username"],
            "GATEWAY_POPULATION_SECRET": source["secret"],
            "GATEWAY_POPULATION_OFFICER": source["officer"],
            "GATEWAY_POPULATION_AGENCY": source["agency"],
            **settings,
        }
        self._process: Any = None

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def begin(self, birth: Birth = "fork", crash_at: Sequence[str] = ()) -> None:
        """Start a process; `crash_at` as `lives.live` takes it."""
        if birth == "exec":
            with self.log.open("ab") as written:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", "from gateway.cli.main import app; app()", "serve"],
                    env=_plain() | self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=subprocess.STDOUT,
                )
            return
        from tests.kills.lives import live

        arguments = (self.environment, str(self.log), list(crash_at))
        self._process = nursery.Process(target=live, args=arguments)
        self._process.start()

    async def ready(self) -> None:
        """Until it answers that it is ready; asserts that it stays alive meanwhile."""
        request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        async with asyncio.timeout(READY_SECONDS):
            while True:
                assert self.alive(), self.last_words()
                with suppress(OSError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.write(request)
                    answer = await reader.read()
                    writer.close()
                    if answer.startswith(b"HTTP/1.1 200 "):
                        return
                await asyncio.sleep(0.02)

    async def start(self, birth: Birth = "fork", crash_at: Sequence[str] = ()) -> float:
        """Start, and wait until it is ready; gives the seconds."""
        began = time.perf_counter()
        self.begin(birth, crash_at)
        await self.ready()
        return time.perf_counter() - began

    def alive(self) -> bool:
        if isinstance(self._process, subprocess.Popen):
            return self._process.poll() is None
        return bool(self._process.is_alive())

    async def kill(self) -> None:
        """SIGKILL: no line of it runs any more."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await self.gone()

    async def stop(self) -> None:
        """SIGTERM: it ends as asked."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        await self.gone()

    async def gone(self) -> int:
        """Wait until it has ended, by whatever hand; its exit status, negative for a signal."""
        wait: Callable[[], Any] = (
            self._process.wait
            if isinstance(self._process, subprocess.Popen)
            else self._process.join
        )
        await asyncio.to_thread(wait)
        if isinstance(self._process, subprocess.Popen):
            return int(self._process.returncode)
        return int(self._process.exitcode)

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    async def admit(self) -> NewClient:
        """Let the province in, from a process beside the gateway, as `gateway clients` does."""
        now = datetime.now(UTC)
        grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
        with closing(open_database(self.data)) as database:
            await database.write(
                lambda c: register_tenant(
                    c, TENANT, "Tỉnh Mẫu", "H99.01", grant, is_test=False, now=now
                )
            )
            directory = ClientDirectory(database, self.data / "clients.stamp")
            new = await directory.add(TENANT, now)
            directory.announce()
        return new


def client(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, transport=AiohttpTransport(), timeout=30.0)


def copy_of(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to))


def _plain() -> dict[str, str]:
    plain = {name: text for name, text in os.environ.items() if not name.startswith("GATEWAY_")}
    return plain | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
