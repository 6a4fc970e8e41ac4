"""How do gateway, mocks and relay stand beside each other, with people who ask for forms?

The gateway runs as `gateway serve` does, its database on disk with every commit synced; people,
their papers and their requests come from the mock population, the same for the same seed.
"""

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx_aiohttp import AiohttpTransport

from bench.driver import NO_DOSSIER, Job
from bench.relay import question
from demo._deployment import Deployment, deployment
from gateway.sources.population._wire import sign_in_headers
from mocks.igate import IGate, Story, file_records, stories
from mocks.igate.key_auth import JWT_BEARER, assertion, proof, public_jwk
from mocks.people import Population

SEED = 2026
RECORDS_AT_ONCE = 16
READY_SECONDS = 20.0
FOUND = '"outcome":"found"'


@dataclass(slots=True)
class House:
    """Everything that is measured, and where the requests lie."""

    folder: Path
    deployment: Deployment
    relay_port: int
    relay_pid: int
    population: Population
    igate: IGate
    token: str = field(repr=False)
    next_number: int = 1

    @property
    def gateway_pid(self) -> int:
        """The gateway's process."""
        return self.deployment.processes["gateway"].pid

    @property
    def gateway_port(self) -> int:
        """Where the gateway listens."""
        return port_of(self.deployment.address)

    def numbers(self, count: int) -> int:
        """The first of so many request numbers that nobody else gets."""
        first, self.next_number = self.next_number, self.next_number + count
        return first

    def prefill_job(self, requests: Path, found: int, **more: Any) -> Job:
        """Prefills of the people in `requests`, all of whose reads must find somebody."""
        return Job(
            port=self.gateway_port,
            path="/v1/prefills",
            requests=str(requests),
            token=more.pop("token", self.token),
            holding={FOUND: found, '"receipt":"': 1, '"leaf":"': 1},
            pids=[self.gateway_pid],
            first=self.numbers(1 + more.get("count", 50_000)),
            **more,
        )

    async def hardened(self) -> dict[str, str]:
        """Another client of the tenant, which signs: `token` and `key` for a job of the next minutes."""
        key, now = Ed25519PrivateKey.generate(), int(time.time())
        client_id = await self.deployment.add_hardened_client(public_jwk(key))
        issuer = self.deployment.address
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion(key, client_id, issuer, now),
        }
        headers = {"DPoP": proof(key, "POST", f"{issuer}/oauth/token", now)}
        answer = await self.igate.http.post("/oauth/token", data=form, headers=headers)
        return {"token": answer.json()["access_token"], "key": key.private_bytes_raw().hex()}

    def relay_job(self, requests: Path, path: str = "/relay", **more: Any) -> Job:
        """The same people at the relay."""
        holding = {FOUND: 2} if path == "/relay" else {}
        return Job(
            port=self.relay_port,
            path=path,
            requests=str(requests),
            holding=holding,
            pids=[self.relay_pid],
            **more,
        )

    def submission_job(self, requests: Path, count: int) -> Job:
        """Receipts handed in, each once."""
        return Job(
            port=self.gateway_port,
            path="/v1/submissions",
            requests=str(requests),
            token=self.token,
            count=count,
            holding={'"accepted":true': 1, '"evidence":{': 1},
            pids=[self.gateway_pid],
        )

    def source_job(self, requests: Path, **more: Any) -> Job:
        """The population questions behind prefill requests, asked with nobody between."""
        population = self.deployment.population
        questions = questions_of(requests, population, self.folder / "questions.xml")
        timestamp = str(int(time.time() * 1000))
        headers = sign_in_headers(
            population["service_url"], population["username"], population["secret"], timestamp
        )
        url = urlsplit(population["url"])
        return Job(
            port=port_of(url.netloc),
            path=url.path,
            requests=str(questions),
            content_type="application/xml",
            headers=dict(headers),
            idempotent=False,
            **more,
        )

    async def requests(self, form: str, count: int, found: int) -> Path:
        """Prefill requests of different people, one a line, whose papers are filed first.

        Only people are taken for whom the gateway makes exactly `found` reads and all of them find
        somebody: a figure over mixed work would say nothing.
        """
        path = self.folder / f"{form}.jsonl"
        if not path.exists():
            lines = await suitable(self.igate, self.population, form, count, found)
            path.write_bytes(b"\n".join(lines))
        return path

    async def stop_gateway(self) -> None:
        """End the gateway's process; its data, its address and its tokens stay good."""
        process = self.deployment.processes["gateway"]
        process.terminate()
        await process.wait()

    async def slow(self, milliseconds: float | None) -> None:
        """Let the population database take this long for every answer, or no longer."""
        url = urlsplit(self.deployment.population["url"])
        async with httpx.AsyncClient(base_url=f"{url.scheme}://{url.netloc}") as mock:
            await mock.delete("/_mock/faults")
            if milliseconds is not None:
                answer = await mock.post("/_mock/faults", json={"delay_ms": milliseconds})
                answer.raise_for_status()


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    """Everything up, and down again."""
    async with (
        deployment() as running,
        relay(running.population) as (relay_port, relay_pid),
        httpx.AsyncClient(
            base_url=running.address, transport=AiohttpTransport(), timeout=60.0
        ) as http,
    ):
        client = await running.admit_tenant()
        igate = IGate(http)
        await igate.sign_in(client.client_id, client.secret)
        assert igate.token is not None
        with tempfile.TemporaryDirectory(prefix="eform-gateway-bench-") as folder:
            yield House(
                Path(folder),
                running,
                relay_port,
                relay_pid,
                Population(today=running.today),
                igate,
                igate.token,
            )


@asynccontextmanager
async def relay(population: Mapping[str, str]) -> AsyncIterator[tuple[int, int]]:
    """The peer, up and answering: its port and its process."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.relay",
        str(port),
        env=os.environ | {"BENCH_POPULATION": json.dumps(dict(population))},
    )
    try:
        await ready(port)
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()


async def fresh_start() -> float:
    """Seconds from the start of a gateway that has no data yet until it is ready."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="eform-gateway-bench-") as folder:
        own = {"GATEWAY_DATA": f"{folder}/data", "GATEWAY_PORT": str(port), "GATEWAY_MOCK": "true"}
        plain = {name: text for name, text in os.environ.items() if not name.startswith("GATEWAY_")}
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from gateway.cli.main import app; app()",
            "serve",
            env=plain | own,
            stderr=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            await ready(port)
            return time.perf_counter() - started
        finally:
            process.terminate()
            await process.wait()


async def suitable(
    igate: IGate, population: Population, form: str, count: int, found: int
) -> list[bytes]:
    """Bodies of prefills that make `found` reads with somebody found at each."""
    people = stories(population, form, count, SEED)
    _, refused = await file_records(
        igate, population, [n for story in people for n in story.owners], RECORDS_AT_ONCE
    )
    assert not refused, refused[:3]
    asked = [body_of(story) for story in people]
    fitting: list[bytes] = []
    for some in batches(asked, RECORDS_AT_ONCE):
        answers = await asyncio.gather(*(igate.prefill(body) for body in some))
        for body, answer in zip(some, answers, strict=True):
            assert answer.status == 200, answer.code
            outcomes = [source["outcome"] for source in answer.body["sources"]]
            if outcomes == ["found"] * found:
                fitting.append(json.dumps(body, ensure_ascii=False).encode())
    assert len(fitting) > count / 2, f"{form}: {len(fitting)} of {count} fit"
    return fitting


def batches(things: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """The things in order, so many at a time."""
    return (things[start : start + size] for start in range(0, len(things), size))


def body_of(story: Story) -> dict[str, Any]:
    """A citizen's first call of the form, nothing typed yet, as the province's system sends it."""
    return {
        "form": story.form,
        "procedure": story.procedure,
        "dossier": NO_DOSSIER.decode(),
        "channel": "online",
        "subject": dict(story.subject),
        "account": dict(story.account),
        "legal_basis": {"kind": "procedure", "reference": story.ground},
        "data": {},
    }


def questions_of(requests: Path, population: Mapping[str, str], path: Path) -> Path:
    """The population questions behind prefill requests, to ask that source with nobody between."""
    asked = [json.loads(line) for line in requests.read_bytes().splitlines()]
    written = (question(population, one["subject"], one["procedure"]) for one in asked)
    path.write_bytes(b"\n".join(written))
    return path


async def ready(port: int) -> None:
    """Wait until a server says that it is ready."""
    async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient() as http:
        while True:
            with suppress(httpx.TransportError):
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.01)


def free_port() -> int:
    """A loopback port that nobody holds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def port_of(address: str) -> int:
    """The port of an address."""
    return int(address.rpartition(":")[2])
