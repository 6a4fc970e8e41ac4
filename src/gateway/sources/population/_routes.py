"""The routes of a request to the population database: direct, or wrapped by the province's platform.

The question and its answer are SOAP by every route; a route knows where to post, how to sign in and
what the SOAP is wrapped in, and nothing else. The two wrapped ones are in `_facades.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Protocol, TypeVar

from gateway.sources.population._wire import Asking, sign_in_headers
from gateway.upstream import http
from gateway.upstream.exchange import Exchange

T = TypeVar("T")


class Route(Protocol):
    """Carries a question to the population database and its answer back."""

    async def carry(self, asking: Asking, decode: Callable[[bytes], T]) -> tuple[T, int]:
        """Carry one question; `decode` reads the SOAP that comes back. Gives it and the attempts.

        Raises SourceError with its cause and the attempts made.
        """
        ...


@dataclass(frozen=True, slots=True)
class DirectAccount:
    """One account at the database itself, or at the NDXP security server before it.

    `endpoint_url` is posted to, `service_url` is what the sign-in hashes. `client` (X-Road-Client)
    and `api_key` are sent where set.
    """

    endpoint_url: str
    service_url: str
    username: str
    secret: str = field(repr=False)
    client: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DirectRoute:
    """SOAP posted as it is, signed in by a hash of the time."""

    account: DirectAccount = field(repr=False)
    exchange: Exchange = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)

    async def carry(self, asking: Asking, decode: Callable[[bytes], T]) -> tuple[T, int]:
        """See `Route`."""
        body = asking.envelope().encode()
        return await self.exchange.read(lambda: self._request(body), decode)

    def _request(self, body: bytes) -> http.Request:
        account = self.account
        timestamp = str(int(self.clock().timestamp() * 1000))
        headers = {
            "Content-Type": "application/xml",
            "Accept-Encoding": "identity",
            **sign_in_headers(account.service_url, account.username, account.secret, timestamp),
        }
        if account.client:
            headers["X-Road-Client"] = account.client
        if account.api_key:
            headers["ApiKey"] = account.api_key
        return http.Request("POST", address(account.endpoint_url), headers=headers, content=body)


@cache
def address(url: str) -> http.URL:
    """A configured address, read once."""
    return http.URL(url)  # parsing it takes as long as building the rest of the request
