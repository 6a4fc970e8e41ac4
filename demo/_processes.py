"""Processes of the demo: start, wait, stop."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
LINES_SHOWN = 5


class DidNotStart(Exception):
    """A process ended, or did not answer in time: which one, and the end of what it wrote."""

    def __init__(self, name: str, written: str = "") -> None:
        super().__init__("\n".join(filter(None, (name, written))))


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def start(
    arguments: list[str], log: Path, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Run Python with these arguments; what it writes goes into the log."""
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


async def told_in(
    path: Path, name: str, process: asyncio.subprocess.Process, log: Path
) -> dict[str, Any]:
    """What the process says of itself in a file, once it is there; raises DidNotStart."""
    async with in_time(name, log):
        while process.returncode is None:
            with suppress(FileNotFoundError):
                return dict(json.loads(await asyncio.to_thread(path.read_bytes)))
            await asyncio.sleep(POLL_SECONDS)
    raise DidNotStart(name, end_of(log))


@asynccontextmanager
async def in_time(name: str, log: Path) -> AsyncIterator[None]:
    """As long as a start may take; raises DidNotStart."""
    try:
        async with asyncio.timeout(START_SECONDS):
            yield
    except TimeoutError:
        raise DidNotStart(name, end_of(log)) from None


def end_of(log: Path) -> str:
    """The last lines of a log; no log of ours holds a value of anybody."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-LINES_SHOWN:])


async def stop(process: asyncio.subprocess.Process) -> None:
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
