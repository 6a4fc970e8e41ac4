"""Get a platform's access token, keep it while it is valid, replace it when it is refused.

The token's answer is JSON: `access_token`, and `expires_in` in seconds where it is stated (RFC 6749
section 5.1). A token without a stated life is used for five minutes (ours). One that the platform
answers with 401 is replaced once for the question that met it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.domain.json_texts import AmbiguousJson, read_json
from gateway.upstream import http
from gateway.upstream.exchange import Exchange

T = TypeVar("T")

UNSTATED_LIFE_SECONDS = 300
LONGEST_LIFE_SECONDS = 86_400
_REFUSED = "status_401"
_TOKEN = re.compile(r"[!-~]{1,8192}")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and how long it may be used."""

    text: str = field(repr=False)
    life: timedelta


class TokenCache:
    """Caches one account's access token (mã truy cập) for all questions."""

    def __init__(
        self,
        exchange: Exchange,
        request: Callable[[], http.Request],
        clock: Callable[[], datetime],
    ) -> None:
        self._exchange = exchange
        self._request = request
        self._clock = clock
        self._held: tuple[str, datetime] | None = None
        self._fetching = asyncio.Lock()

    async def ask_with_token(self, ask: Callable[[str], Awaitable[tuple[T, int]]]) -> tuple[T, int]:
        """Ask with the held token, and once more with a new one where it is refused.

        Gives the answer and the attempts at the question. Raises SourceError, of the token's own
        exchange too.
        """
        token = await self._token()
        try:
            return await ask(token)
        except SourceUnavailable as refused:
            if refused.cause != _REFUSED:
                raise
            before = refused.attempts
        if (
            self._held is not None and self._held[0] == token
        ):  # else another question renewed it first
            self._held = None
        try:
            reply, attempts = await ask(await self._token())
        except SourceError as error:
            error.attempts += before
            raise
        return reply, before + attempts

    async def _token(self) -> str:
        async with self._fetching:
            if self._held is None or self._held[1] <= self._clock():
                token, _ = await self._exchange.read(self._request, read_token)
                self._held = token.text, self._clock() + token.life
            return self._held[0]


def read_token(content: bytes) -> Token:
    """Read a token's answer; raises SourceBrokeContract `unreadable` for anything else.

    A tenth of the stated life is left unused, so that no token expires in transit.
    """
    answer = read_object(content)
    text, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise SourceBrokeContract("unreadable")
    if type(seconds) is not int or seconds <= 0:
        seconds = UNSTATED_LIFE_SECONDS
    return Token(text, timedelta(seconds=min(seconds, LONGEST_LIFE_SECONDS) * 0.9))


def read_object(content: bytes) -> dict[str, object]:
    """A JSON object; raises SourceBrokeContract `unreadable` for anything else, a web page say."""
    try:
        answer = read_json(content)
    except AmbiguousJson:
        raise SourceBrokeContract("unreadable") from None
    if not isinstance(answer, dict):
        raise SourceBrokeContract("unreadable")
    return answer
