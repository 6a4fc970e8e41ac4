"""Send requests over the network by aiohttp, under httpx's interface.

Certificates are verified, answers come as they were sent, and what fails fails as aiohttp says it:
`exchange.py` translates that.
"""

import ssl
from collections.abc import AsyncIterator
from functools import cache

import aiohttp

from gateway.upstream import http

KEPT_ALIVE_SECONDS = 15.0


class AiohttpTransport(http.AsyncBaseTransport):
    """Keeps up to `most_connections` open; its session begins with the first request."""

    def __init__(self, *, most_connections: int = 100) -> None:
        self._most_connections = most_connections
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: http.Request) -> http.Response:
        """Send once; the content of the answer is still to be read, and its stream to be closed."""
        session = self._session or self._open()
        answer = await session.request(
            request.method,
            str(request.url),
            data=request.content or None,
            headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
            allow_redirects=False,
        )
        return http.Response(answer.status, headers=answer.raw_headers, stream=_Content(answer))

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._most_connections, ssl=_trusted(), keepalive_timeout=KEPT_ALIVE_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
        )
        return self._session


class _Content(http.AsyncByteStream):
    """The content of an answer as it arrives."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.content.iter_any()

    async def aclose(self) -> None:
        self._answer.release()
        await self._answer.wait_for_close()


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that are trusted, read once by a process."""
    return http.create_ssl_context(verify=True, trust_env=False)
