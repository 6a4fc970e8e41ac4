"""A server on loopback that answers each connection with bytes of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Loopback:
    """Where the server listens, and the requests that reached it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/dancu"
        self.requests: list[bytes] = []


@asynccontextmanager
async def serving(speak: Speak) -> AsyncIterator[Loopback]:
    """Answer every request by `speak`, then close the connection."""
    place: list[Loopback] = []
    open_now: set[asyncio.StreamWriter] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            place[0].requests.append(await reader.readuntil(b"\r\n\r\n"))
            await speak(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    place.append(Loopback(server.sockets[0].getsockname()[1]))
    try:
        yield place[0]
    finally:
        server.close()
        for writer in open_now:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


def saying(*pieces: bytes, pause_seconds: float = 0.0) -> Speak:
    """Write the pieces, waiting in between."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_seconds)

    return speak


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole HTTP answer."""
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
