"""Ask a source within a citizen's waiting time, and translate every failure.

Every failure becomes SourceUnavailable or SourceBrokeContract with one of these causes:

| cause | when |
|---|---|
| `timeout` | no whole answer within the time of an attempt |
| `connection` | refused, reset, cut, unknown name, bad certificate, no HTTP |
| `status_NNN` | an answer that says failure |
| `throttled` | status 429 |
| `empty` | an answer without content |
| `not_listed` | the address is not one of the settings |
| `too_large` | more than one megabyte after decompression |
| `unreadable` | not the format that was agreed |
| `fault` | a SOAP Fault |
| `refused` | an answer in the agreed format that states a failure |
| `sign_in_refused` | the account, or a session just given, is not taken |
| `not_permitted` | an answer that states that the account has no right |
| `wrong_hash` | a file that arrived changed |
| `wrong_dossier` | the names of another dossier |
| `log_closed` | nobody is asked while reads could not be proved |
| `wrong_person` | about somebody else, or about nobody |
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
from lxml import etree

from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.upstream import http
from gateway.upstream.transport import Answer, Transport

T = TypeVar("T")

_PASSING = frozenset({"timeout", "connection", "empty", "status_502", "status_503", "status_504"})
"""Causes worth a retry; 500 is not one, because SOAP sends its deliberate refusals under it."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits for one source, in seconds; a citizen waits meanwhile."""

    deadline_seconds: float = 3.0
    attempt_seconds: float = 0.8
    attempts: int = 2
    shortest_pause_seconds: float = 0.05
    longest_pause_seconds: float = 0.25


@dataclass(frozen=True, slots=True)
class Exchange:
    """Asks one source by idempotent reads; clock, jitter and sleep are injected."""

    transport: Transport
    timeouts: Timeouts = Timeouts()
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[float, float], float] = field(default=random.uniform, repr=False)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)

    async def read(
        self, request: Callable[[], http.Request], decode: Callable[[bytes], T]
    ) -> tuple[T, int]:
        """Send a request, with one retry after a transient failure; returns the answer and the attempts.

        `request` is called for each attempt, since a sign-in may carry the time. Only for idempotent
        reads. Raises SourceError with its cause and the attempts made.
        """
        started, attempt = self.clock(), 1
        while True:
            left = self.timeouts.deadline_seconds - (self.clock() - started)
            try:
                return await self._attempt(request(), decode, left), attempt
            except SourceError as error:
                error.attempts = attempt
                if attempt >= self.timeouts.attempts or error.cause not in _PASSING:
                    raise
                pause = self._pause()
                if self.clock() - started + pause >= self.timeouts.deadline_seconds:
                    raise
            await self.sleep(pause)
            attempt += 1

    async def _attempt(self, request: http.Request, decode: Callable[[bytes], T], left: float) -> T:
        with exchange_with():
            async with asyncio.timeout(min(left, self.timeouts.attempt_seconds)):
                answer = await self.transport.send(request)
            return decode(_content(answer))

    def _pause(self) -> float:
        return self.jitter(
            self.timeouts.shortest_pause_seconds, self.timeouts.longest_pause_seconds
        )


@dataclass(frozen=True, slots=True)
class Posting:
    """Posts to listed addresses, one try each, any status being an answer."""

    transport: Transport
    timeout_seconds: float = 5.0

    async def post(self, url: str, content: bytes) -> Answer:
        """Post and read the answer, whatever it says; raises SourceError where there is none."""
        request = http.Request("POST", url, content=content)
        with exchange_with():
            async with asyncio.timeout(self.timeout_seconds):
                return await self.transport.send(request)


@contextmanager
def exchange_with() -> Iterator[None]:
    """Translate every failure of an exchange into SourceError, without the foreign text: it may hold values."""
    try:
        yield
    except (http.HTTPError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SourceUnavailable(_cause(error)) from None
    except etree.LxmlError:
        raise SourceBrokeContract("unreadable") from None


def _cause(error: Exception) -> str:
    # a carrier of httpx's may show a lost connection as a time-out; its own error underneath is exact
    origin = error.__cause__ if isinstance(error, http.HTTPError) and error.__cause__ else error
    return "timeout" if isinstance(origin, (TimeoutError, http.TimeoutException)) else "connection"


def _content(answer: Answer) -> bytes:
    if answer.status == http.codes.TOO_MANY_REQUESTS:
        raise SourceUnavailable("throttled")
    if not http.codes.is_success(answer.status):
        raise SourceUnavailable(f"status_{answer.status}")
    if not answer.content.strip():
        raise SourceUnavailable("empty")
    return answer.content
