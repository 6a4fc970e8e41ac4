"""Call a provider behind the national portal's adapter: sign-in and envelope.

    POST <adapter's address><path>[?dstcode=…][&providerurl=…]
    {"username", "password"}                  -> {"error_code", "message", "session"}
    {"session", "madonvi", …}                 -> {"error_code", "message", "result": [...]}

The adapter finds the provider by `dstcode`, in a header or in the address, and by `providerurl`. An
answer says success only where the code is 0 (older ones write 00) and the message says so too. When
a session is over the unit signs in once more and asks once more; who comes meanwhile waits for that
session instead of making another.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict

from gateway.domain.errors import SourceBrokeContract, SourceUnavailable
from gateway.domain.json_texts import read_json
from gateway.domain.signs import normalized
from gateway.upstream import http
from gateway.upstream.exchange import Exchange

T = TypeVar("T")

SESSION_OVER = "-1"
_DONE = frozenset({"0", "00"})
_SUCCESS = "thành công"


@dataclass(frozen=True, slots=True)
class AdapterAccount:
    """One unit's account at one provider, and its address.

    `url` is the adapter's address up to `/forward`; `unit` the unit's code, sent as `madonvi`;
    `provider_url` is needed for every provider but the portal itself.
    """

    url: str
    unit: str
    username: str
    password: str = field(repr=False)
    login_path: str
    dstcode: str
    dstcode_in: Literal["header", "query"]
    provider_url: str | None = None


class Envelope(BaseModel):
    """The members of every answer of the portal; codes are text or numbers."""

    model_config = ConfigDict(hide_input_in_errors=True, coerce_numbers_to_str=True)

    error_code: str
    message: str = ""
    session: str | None = None
    result: list[object] | None = None

    @property
    def code(self) -> str:
        """The code, without blanks around it."""
        return self.error_code.strip()

    @property
    def folded_message(self) -> str:
        """The message normalised to NFC and case-folded; it may name a person."""
        return normalized("NFC", self.message).casefold()

    @property
    def succeeded(self) -> bool:
        """Whether code and message both state success."""
        return self.code in _DONE and _SUCCESS in self.folded_message


class _Session(Enum):
    """The session of the call has expired."""

    EXPIRED = auto()


class Adapter:
    """One unit, signed in at one provider behind the adapter (trục kết nối, nền tảng tích hợp)."""

    def __init__(self, account: AdapterAccount, exchange: Exchange) -> None:
        self._account = account
        self._exchange = exchange
        self._addresses: dict[str, http.URL] = {}
        self._session: str | None = None
        self._signing_in = asyncio.Lock()

    async def call(
        self, path: str, members: Mapping[str, object], read: Callable[[Envelope], T]
    ) -> tuple[T, int]:
        """Call in the current session, and once more in a new one where it has expired.

        Gives what `read` makes of the envelope, and the attempts. Raises SourceUnavailable
        (`sign_in_refused` and the causes of an exchange), SourceBrokeContract.
        """
        session = await self._signed_in()
        answer, attempts = await self._ask(path, members, read, session)
        if not isinstance(answer, _Session):
            return answer, attempts
        session = await self._signed_in(spent=session)
        answer, more = await self._ask(path, members, read, session)
        if isinstance(answer, _Session):
            raise SourceUnavailable("sign_in_refused", attempts + more)
        return answer, attempts + more

    async def _ask(
        self,
        path: str,
        members: Mapping[str, object],
        read: Callable[[Envelope], T],
        session: str,
    ) -> tuple[T | _Session, int]:
        body = write_body({"session": session, "madonvi": self._account.unit, **members})

        def decode(content: bytes) -> T | _Session:
            envelope = read_envelope(content)
            return _Session.EXPIRED if envelope.code == SESSION_OVER else read(envelope)

        return await self._exchange.read(lambda: self._request(path, body), decode)

    async def _signed_in(self, spent: str | None = None) -> str:
        """The current session; a new one where there is none, or where it is the `spent` one."""
        async with self._signing_in:
            session = self._session
            if session is None or session == spent:
                account = self._account
                body = write_body({"username": account.username, "password": account.password})
                self._session = None
                renewed, _ = await self._exchange.read(
                    lambda: self._request(account.login_path, body), _read_session
                )
                self._session = session = renewed
            return session

    def _request(self, path: str, body: bytes) -> http.Request:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Charset": "utf-8",
        }
        if self._account.dstcode_in == "header":
            headers["dstcode"] = self._account.dstcode
        return http.Request("POST", self._address(path), headers=headers, content=body)

    def _address(self, path: str) -> http.URL:
        """The service's address, parsed once: parsing costs more than sending."""
        if (known := self._addresses.get(path)) is not None:
            return known
        account = self._account
        query = {} if account.provider_url is None else {"providerurl": account.provider_url}
        if account.dstcode_in != "header":
            query["dstcode"] = account.dstcode
        address = http.URL(account.url.rstrip("/") + path, params=query)
        return self._addresses.setdefault(path, address)


def write_body(members: Mapping[str, object]) -> bytes:
    """Encode a call's body; unknown members are empty texts, as the portal expects."""
    return orjson.dumps({name: "" if value is None else value for name, value in members.items()})


def read_envelope(content: bytes) -> Envelope:
    """The envelope of an answer; raises SourceBrokeContract `unreadable`."""
    try:
        return Envelope.model_validate(read_json(content, Decimal))
    except ValueError:
        raise SourceBrokeContract("unreadable") from None


def _read_session(content: bytes) -> str:
    envelope = read_envelope(content)
    if not envelope.succeeded:
        raise SourceUnavailable("sign_in_refused")
    if not envelope.session:
        raise SourceBrokeContract("unreadable")
    return envelope.session
