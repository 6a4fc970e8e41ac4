"""How is a server loaded, and what did it answer? One process of its own, so that it costs nobody.

    python -m bench.driver < JOB > OUTCOME

JOB and OUTCOME are one JSON object each, `Job` and `Outcome` below. Without a `rate` the loop is
closed: every connection asks again as soon as it is answered. With one it is open: questions are
due at even times, and a wait for a free connection counts as the server's.
"""

import asyncio
import itertools
import json
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.processes import cpu_seconds, resident_bytes
from mocks.igate.key_auth import proof

NO_DOSSIER = b"H99.01-20261122-0000000"
"""The dossier code that every request has in its file; sent is one with the request's number."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to send: `requests` is a file with one JSON body a line, asked in turns.

    Measuring begins after `warm_up` answers and ends after `seconds`, or after `count` answers where
    that is set. An answer is right when its status is `status` and each of `holding` stands in it
    as often as said. With a `key`, an Ed25519 seed in hex, the token is sent by DPoP and every call
    is proved. `pids` are watched, and the memory of the first one `looks` times.
    """

    port: int
    path: str
    requests: str
    token: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    idempotent: bool = True
    concurrency: int = 32
    warm_up: int = 0
    seconds: float = 3.0
    count: int | None = None
    rate: float | None = None
    status: int = 200
    key: str = ""
    holding: dict[str, int] = field(default_factory=dict)
    pids: list[int] = field(default_factory=list)
    first: int = 1
    keep: str | None = None
    looks: int = 0


@dataclass(slots=True)
class Outcome:
    """What came of it; times in seconds, memory in bytes, `wrong` the first few wrong answers."""

    completed: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    wrong_count: int = 0
    wrong: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    @property
    def per_cpu_second(self) -> float:
        """Answers per second of the server's processor time."""
        return self.completed / self.cpu

    @property
    def per_second(self) -> float:
        """Answers per second on the clock."""
        return self.completed / self.wall


class Connection(asyncio.Protocol):
    """One connection that is kept, one question at a time; the answer tells its length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._held = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = transport  # type: ignore[assignment]  # TCP gives both directions

    def data_received(self, data: bytes) -> None:
        """Hand out the answer once it is whole."""
        self._held += data
        head_end = self._held.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = bytes(self._held[:head_end]).lower()
        whole = head_end + 4 + _content_length(head)
        if len(self._held) < whole:
            return
        body = bytes(self._held[head_end + 4 : whole])
        self._held.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up ends the question that waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send, and wait for status and body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


def _content_length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


class Drive:
    """One job at work."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._bodies = itertools.cycle(Path(job.requests).read_bytes().splitlines())
        self._key = (
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(job.key)) if job.key else None
        )
        self._number = itertools.count(job.first)
        self._holding = {text.encode(): times for text, times in job.holding.items()}
        self._answered = 0
        self._started = self._cpu_before = 0.0
        self._over = asyncio.Event()
        self._kept: list[bytes] = []
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """Connect, load, and end when enough was measured."""
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(Connection, "127.0.0.1", self._job.port))[1]
            for _ in range(self._job.concurrency)
        ]
        due = None if self._job.rate is None else self._due(self._job.rate)
        work = [asyncio.create_task(self._work(one, due)) for one in connections]
        if not self._job.warm_up:
            self._begin()
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait([over, *work], return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            await asyncio.gather(*work, return_exceptions=True)
        for task in (over, *work):
            task.cancel()
        for connection in connections:
            connection.close()
        for task in work:
            if task.done() and not task.cancelled():
                task.result()
        return self.outcome

    def keep(self) -> None:
        """Write the bodies of the answers down, where that is wanted."""
        if self._job.keep is not None:
            Path(self._job.keep).write_bytes(b"\n".join(self._kept))

    def _due(self, rate: float) -> Iterator[float]:
        start = time.perf_counter()
        return (start + i / rate for i in itertools.count())

    async def _work(self, connection: Connection, due: Iterator[float] | None) -> None:
        while not self._over.is_set():
            number = next(self._number)
            if self._job.count and number >= self._job.first + self._job.warm_up + self._job.count:
                await self._over.wait()
                return
            asked = time.perf_counter()
            if due is not None:
                now, asked = asked, next(due)
                if asked > now:
                    await asyncio.sleep(asked - now)
            status, body = await connection.ask(self._request(number))
            self._note(asked, status, body)

    def _request(self, number: int) -> bytes:
        job, body = (
            self._job,
            next(self._bodies).replace(NO_DOSSIER, NO_DOSSIER[:-7] + b"%07d" % number),
        )
        headers = {
            "Host": f"127.0.0.1:{job.port}",
            "Content-Type": job.content_type,
            "Content-Length": str(len(body)),
            **job.headers,
        }
        if self._key is not None:
            headers["Authorization"] = f"DPoP {job.token}"
            address, now = f"http://{headers['Host']}{job.path}", int(time.time())
            headers["DPoP"] = proof(self._key, "POST", address, now, job.token)
        elif job.token:
            headers["Authorization"] = f"Bearer {job.token}"
        if job.idempotent:
            headers["Idempotency-Key"] = secrets.token_hex(16)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {job.path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def _note(self, asked: float, status: int, body: bytes) -> None:
        self._answered += 1
        if self._answered == self._job.warm_up:
            self._begin()
            return
        if not self._started or self._over.is_set():
            return
        now, outcome = time.perf_counter(), self.outcome
        outcome.completed += 1
        outcome.latencies.append(now - asked)
        if self._job.keep is not None:
            self._kept.append(body)
        if status != self._job.status or any(
            body.count(text) != times for text, times in self._holding.items()
        ):
            outcome.wrong_count += 1
            if len(outcome.wrong) < 3:
                outcome.wrong.append(f"{status} {body[:200].decode(errors='replace')}")
        self._look()
        wanted = self._job.count
        if outcome.completed == wanted or (
            wanted is None and now - self._started >= self._job.seconds
        ):
            self._end(now)

    def _look(self) -> None:
        job = self._job
        if job.looks and job.count and self.outcome.completed % (job.count // job.looks) == 0:
            self.outcome.memory.append(resident_bytes(job.pids[0]))

    def _begin(self) -> None:
        self._cpu_before = cpu_seconds(self._job.pids)
        self._started = time.perf_counter()

    def _end(self, now: float) -> None:
        self.outcome.wall = now - self._started
        self.outcome.cpu = cpu_seconds(self._job.pids) - self._cpu_before
        self._over.set()


async def drive(job: Job) -> Outcome:
    """Run a job in a process of its own; raises RuntimeError for a wrong answer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.driver",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    written, _ = await process.communicate(json.dumps(asdict(job)).encode())
    if process.returncode:
        raise RuntimeError(f"{job.path}: the driver failed")
    outcome = Outcome(**json.loads(written))
    if outcome.wrong_count:
        raise RuntimeError(f"{job.path}: {outcome.wrong_count} wrong answers: {outcome.wrong}")
    return outcome


if __name__ == "__main__":
    at_work = Drive(Job(**json.load(sys.stdin)))
    uvloop.run(at_work.run())
    at_work.keep()
    json.dump(asdict(at_work.outcome), sys.stdout)
