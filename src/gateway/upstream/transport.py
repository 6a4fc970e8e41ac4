"""Send one request to a listed origin, and limit how much of the answer is read.

A request goes straight to a transport, without a client around it: no redirect is followed, no
proxy is taken from the environment, no cookie is kept, only origins that are listed are reached,
and an answer ends at one megabyte, counted after decompression.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.domain.errors import SourceBrokeContract, SourceUnavailable
from gateway.upstream import http

LARGEST_ANSWER_BYTES = 1_048_576
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

Origin = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: its status and whole content, decompressed."""

    status: int
    content: bytes = field(repr=False)


class Transport:
    """Sends to the listed origins and reads at most one megabyte."""

    def __init__(self, addresses: Iterable[str], carrier: http.AsyncBaseTransport) -> None:
        self._origins = frozenset(_origin(http.URL(address)) for address in addresses)
        self._carrier = carrier

    async def send(self, request: http.Request) -> Answer:
        """Send once and read to the end.

        Raises SourceUnavailable (`not_listed`) for another origin, SourceBrokeContract
        (`too_large`, `unreadable`) for an answer that is not taken in; what the carrier raises is
        translated in `upstream/exchange.py`. The caller sets the time limit.
        """
        if _origin(request.url) not in self._origins:
            raise SourceUnavailable("not_listed")
        response = await self._carrier.handle_async_request(request)
        try:
            content = await _read(response)
        finally:
            await response.stream.aclose()  # type: ignore[union-attr]  # asynchronous, by contract
        return Answer(response.status_code, _decompressed(response, content))

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        await self._carrier.aclose()


def _origin(url: http.URL) -> Origin:
    return url.scheme, url.host, url.port


async def _read(response: http.Response) -> bytes:
    chunks: list[bytes] = []
    remaining = LARGEST_ANSWER_BYTES
    async for chunk in response.stream:  # type: ignore[union-attr]  # asynchronous, by contract
        remaining -= len(chunk)
        if remaining < 0:
            raise SourceBrokeContract("too_large")
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _decompressed(response: http.Response, content: bytes) -> bytes:
    """Undo gzip or deflate step by step, so that a bomb is never unpacked."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity") or not content:
        return content
    if coding not in ("gzip", "deflate"):
        raise SourceBrokeContract("unreadable")
    unpacker = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        plain = unpacker.decompress(content, LARGEST_ANSWER_BYTES + 1)
    except zlib.error as error:
        raise SourceBrokeContract("unreadable") from error
    if len(plain) > LARGEST_ANSWER_BYTES:
        raise SourceBrokeContract("too_large")
    if not unpacker.eof:
        raise SourceBrokeContract("unreadable")
    return plain
