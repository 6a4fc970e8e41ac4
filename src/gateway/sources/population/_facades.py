"""The wrappings of two provincial platforms (LGSP) around a SOAP request and its answer.

**With a token** (after Hậu Giang). The token is asked for by a form `grant_type=client_credentials`
under the header `lgspaccesstoken`: base64 of a JSON object of AccessKey, SecretKey, AppName,
PartnerCode, PartnerCodeCus in this order. A question is a JSON object of `accessToken` (`Bearer …`),
`lgspAccessToken` (as the header), `AuthHash` (base64 of `name:pass` of the officer's key) and
`data`, the SOAP text; the answer is the bare SOAP text (ours).

**As JSON** (after Đồng Tháp), under `Authorization: Bearer …`, one of two flat bodies:

    service_number   HoVaTen SoDinhDanh SoCMND NgayThangNam Nam MaTichHop MaDVC MaCanBo MaYeuCau
                     answered by `error_code` and `message`, the SOAP as text
    user_name        maYeuCau maDVC maCanBo soDinhDanh soCMND hoVaTen ngayThangNam userNameService
                     answered by `data`, the SOAP as text, or "true" or "false"

Neither carries the agency. Ours: the token comes by client credentials under Basic (RFC 6749
sections 2.3.1 and 4.4); `user_name` names no service, so its number ends the address, and where
only the year is known `ngayThangNam` holds the year.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from gateway.domain.errors import SourceBrokeContract
from gateway.sources.population._routes import address
from gateway.sources.population._tokens import TokenCache, read_object
from gateway.sources.population._wire import Asking
from gateway.upstream import http
from gateway.upstream.exchange import Exchange

T = TypeVar("T")
FlatBody = Literal["service_number", "user_name"]

_GRANT = b"grant_type=client_credentials"
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "identity"}
_JSON = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
_YES_OR_NO = ("true", "false")
_REFUSALS = ("004", "005")


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """A partner's account at a platform that wants SOAP beside its token."""

    token_url: str
    endpoint_url: str
    access_key: str
    secret_key: str = field(repr=False)
    app_name: str
    partner_code: str
    partner_code_cus: str
    key_name: str
    key_pass: str = field(repr=False)

    def partner(self) -> str:
        """The partner's own credentials, as the header and the body carry them."""
        members = {
            "AccessKey": self.access_key,
            "SecretKey": self.secret_key,
            "AppName": self.app_name,
            "PartnerCode": self.partner_code,
            "PartnerCodeCus": self.partner_code_cus,
        }
        return _base64(json.dumps(members, ensure_ascii=False, separators=(",", ":")))

    def officer_key(self) -> str:
        """The officer's key; that a colon parts name and pass is ours."""
        return _base64(f"{self.key_name}:{self.key_pass}")


class TokenFacade:
    """The route through a platform that takes SOAP as a member of a JSON object."""

    def __init__(
        self, account: TokenAccount, exchange: Exchange, clock: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._exchange = exchange
        self._tokens = TokenCache(exchange, self._token_request, clock)

    async def carry(self, asking: Asking, decode: Callable[[bytes], T]) -> tuple[T, int]:
        """See `Route`."""
        soap = asking.envelope()

        async def ask(token: str) -> tuple[T, int]:
            return await self._exchange.read(lambda: self._request(token, soap), decode)

        return await self._tokens.ask_with_token(ask)

    def _token_request(self) -> http.Request:
        headers = {**_FORM, "lgspaccesstoken": self._account.partner()}
        return http.Request(
            "POST", address(self._account.token_url), headers=headers, content=_GRANT
        )

    def _request(self, token: str, soap: str) -> http.Request:
        account = self._account
        body = {
            "accessToken": f"Bearer {token}",
            "lgspAccessToken": account.partner(),
            "AuthHash": account.officer_key(),
            "data": soap,
        }
        return _post(account.endpoint_url, body)


@dataclass(frozen=True, slots=True)
class JsonAccount:
    """An account at a platform that makes the SOAP itself."""

    token_url: str
    endpoint_url: str
    username: str
    secret: str = field(repr=False)
    body: FlatBody = "service_number"


class JsonFacade:
    """The route through a platform that takes flat JSON and hands SOAP back as text."""

    def __init__(
        self, account: JsonAccount, exchange: Exchange, clock: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._exchange = exchange
        self._tokens = TokenCache(exchange, self._token_request, clock)

    async def carry(self, asking: Asking, decode: Callable[[bytes], T]) -> tuple[T, int]:
        """See `Route`."""
        url, body, member = self._wrapped(asking)

        async def ask(token: str) -> tuple[T, int]:
            headers = {"Authorization": f"Bearer {token}"}
            return await self._exchange.read(
                lambda: _post(url, body, headers), lambda content: decode(_soap(content, member))
            )

        return await self._tokens.ask_with_token(ask)

    def _wrapped(self, asking: Asking) -> tuple[str, Mapping[str, str], str]:
        """Where the question goes, its body, and the member in which the SOAP comes back."""
        account = self._account
        if account.body == "service_number":
            return account.endpoint_url, _by_service_number(asking), "message"
        body = _by_user_name(asking, account.username)
        return f"{account.endpoint_url}/{asking.service}", body, "data"

    def _token_request(self) -> http.Request:
        account = self._account
        basic = _base64(f"{account.username}:{account.secret}")
        headers = {**_FORM, "Authorization": f"Basic {basic}"}
        return http.Request("POST", address(account.token_url), headers=headers, content=_GRANT)


def _by_service_number(asking: Asking) -> Mapping[str, str]:
    fields = asking.fields
    return {
        "HoVaTen": fields["HoVaTen"],
        "SoDinhDanh": fields["SoDinhDanh"],
        "SoCMND": "",
        "NgayThangNam": asking.full_date(),
        "Nam": asking.year(),
        "MaTichHop": asking.service,
        "MaDVC": fields["MaDVC"],
        "MaCanBo": fields["MaCanBo"],
        "MaYeuCau": fields["MaYeuCau"],
    }


def _by_user_name(asking: Asking, user_name: str) -> Mapping[str, str]:
    fields = asking.fields
    return {
        "maYeuCau": fields["MaYeuCau"],
        "maDVC": fields["MaDVC"],
        "maCanBo": fields["MaCanBo"],
        "soDinhDanh": fields["SoDinhDanh"],
        "soCMND": "",
        "hoVaTen": fields["HoVaTen"],
        "ngayThangNam": asking.full_date() or asking.year(),
        "userNameService": user_name,
    }


def _soap(content: bytes, member: str) -> bytes:
    """The SOAP inside a JSON answer; a bare yes or no, or a refusal, as the element it stands for."""
    answer = read_object(content)
    told = answer.get(member)
    if isinstance(told, str) and told.lstrip().startswith("<"):
        return told.encode()
    if told in _YES_OR_NO:
        return f"<TonTai>{told}</TonTai>".encode()
    if answer.get("error_code") in _REFUSALS:
        return f"<errorCode>{answer['error_code']}</errorCode>".encode()
    raise SourceBrokeContract("unreadable")


def _post(
    url: str, body: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> http.Request:
    content = json.dumps(body, ensure_ascii=False).encode()
    return http.Request("POST", address(url), headers={**_JSON, **(headers or {})}, content=content)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
