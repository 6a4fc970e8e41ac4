import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.driver import NO_DOSSIER, Drive, Job, drive
from bench.processes import cpu_seconds, resident_bytes, thread_seconds


class Parrot(asyncio.Protocol):
    """Says the same to everybody and remembers what it was asked; a question comes in one piece."""

    def __init__(self, body: bytes, asked: list[bytes]) -> None:
        self.body, self.asked = body, asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.asked.append(data)
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(self.body)
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.write(head + self.body)


@asynccontextmanager
async def answering(body: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A parrot on a free port, and what it heard."""
    asked: list[bytes] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Parrot(body, asked), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
def requests(tmp_path: Path) -> str:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b'{"dossier":"' + NO_DOSSIER + b'"}')
    return str(path)


async def test_every_question_is_measured_once_by_number(requests: str) -> None:
    async with answering(b'{"outcome":"found"}') as (port, asked):
        job = Job(port, "/x", requests, count=40, warm_up=10, concurrency=4, first=7)
        outcome = await drive(job)
    assert outcome.completed == len(outcome.latencies) == 40
    codes = {request[-9:-2] for request in asked}
    assert len(codes) == len(asked) >= 50
    assert min(codes) == b"0000007"


async def test_answer_without_required_part_ends_benchmark(requests: str) -> None:
    async with answering(b'{"outcome":"unavailable"}') as (port, _):
        job = Job(port, "/x", requests, count=5, holding={'"outcome":"found"': 1})
        with pytest.raises(RuntimeError, match="5 wrong answers"):
            await drive(job)


async def test_open_loop_keeps_its_rate(requests: str) -> None:
    async with answering(b"{}") as (port, asked):
        outcome = await Drive(Job(port, "/x", requests, rate=100, count=30)).run()
    assert outcome.completed == 30
    assert 0.25 < outcome.wall < 2.0
    assert len(asked) < 70


def test_processor_time_grows_and_memory_is_positive() -> None:
    before = cpu_seconds([os.getpid()])
    while cpu_seconds([os.getpid()]) < before + 0.05:
        sum(range(10_000))
    assert sum(thread_seconds(os.getpid())) > 0
    assert resident_bytes(os.getpid()) > 2**20
