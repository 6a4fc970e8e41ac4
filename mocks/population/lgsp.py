"""The platforms before the database in two provinces, which want a token and wrap the SOAP.

POST /lgsp/token          form grant_type=client_credentials, header lgspaccesstoken = base64 of JSON
                          AccessKey, SecretKey, AppName, PartnerCode, PartnerCodeCus in this order
POST /lgsp/dancu          JSON accessToken ("Bearer …"), lgspAccessToken, AuthHash, data (the SOAP);
                          answered by the bare SOAP (ours)
POST /lgsp-json/token     the same form under Basic username:secret (ours)
POST /lgsp-json/dancu     Authorization Bearer; flat JSON with MaTichHop; answered by error_code and
                          message, the SOAP as text
POST /lgsp-json/dancu/037 flat JSON with userNameService, 033 likewise; answered by data: the SOAP as
                          text (ours), for 033 "true" or "false"

Paths, the life of tokens, the members' strictness and every answer to a mistake are ours. Whatever
is asked ends at the same desk as direct SOAP, so the answers are the same.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from xml.sax.saxutils import escape

from lxml import etree

from mocks.population.desk import Answer, Desk
from mocks.population.question import OPERATIONS, REQUEST, SOAP
from mocks.population.settings import PopulationMockSettings

TOKEN_FACADE = "/lgsp/dancu"
TOKEN_FACADE_SIGN_IN = "/lgsp/token"  # noqa: S105 - an address
JSON_FACADE = "/lgsp-json/dancu"
JSON_FACADE_SIGN_IN = "/lgsp-json/token"

_JSON = b"application/json"
_FORM = "application/x-www-form-urlencoded"
_GRANT = b"grant_type=client_credentials"
_BY_SERVICE = {f"{JSON_FACADE}/{service}": service for service in ("037", "033")}
_NUMBERED = {
    "HoVaTen",
    "SoDinhDanh",
    "SoCMND",
    "NgayThangNam",
    "Nam",
    "MaTichHop",
    "MaDVC",
    "MaCanBo",
    "MaYeuCau",
}
_NAMED = {
    "maYeuCau": "MaYeuCau",
    "maDVC": "MaDVC",
    "maCanBo": "MaCanBo",
    "soDinhDanh": "SoDinhDanh",
    "soCMND": "SoCMND",
    "hoVaTen": "HoVaTen",
}


class Tokens:
    """The tokens that were given out, each good until its time."""

    def __init__(self, settings: PopulationMockSettings) -> None:
        self._settings = settings
        self._good: dict[str, float] = {}
        self.issued = 0

    def issue(self) -> Answer:
        """A new token."""
        token = secrets.token_urlsafe(24)
        self._good[token] = self._settings.clock() + self._settings.token_seconds
        self.issued += 1
        life = self._settings.token_seconds
        return _say(200, {"access_token": token, "token_type": "Bearer", "expires_in": life})

    def holds(self, authorization: str) -> bool:
        """Whether a `Bearer` value names a token that is still good."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self._good.get(token, 0) > self._settings.clock()

    def revoke_all(self) -> None:
        """Let every token end at once."""
        self._good.clear()


class Platforms:
    """Both platforms of one account, before one desk."""

    def __init__(self, settings: PopulationMockSettings, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self.tokens = Tokens(settings)

    def serves(self, path: str) -> bool:
        """Whether the path is one of theirs."""
        return path.startswith(("/lgsp/", "/lgsp-json/"))

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one POST."""
        if path in (TOKEN_FACADE_SIGN_IN, JSON_FACADE_SIGN_IN):
            return self._sign_in(path, headers, body)
        asked = _object(headers, body)
        if asked is None:
            return _say(400, {"error": "no flat JSON object of texts"})
        if path == TOKEN_FACADE:
            return self._with_soap(asked)
        if path == JSON_FACADE or path in _BY_SERVICE:
            return self._flat(path, headers.get("authorization", ""), asked)
        return _say(404, {"error": "no such place"})

    def _sign_in(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        settings = self._settings
        if headers.get("content-type") != _FORM or body != _GRANT:
            return _say(400, {"error": "unsupported_grant_type"})
        if path == TOKEN_FACADE_SIGN_IN:
            known = headers.get("lgspaccesstoken") == partner_token(settings)
        else:
            basic = _base64(f"{settings.username}:{settings.secret_key}")
            known = headers.get("authorization") == f"Basic {basic}"
        return self.tokens.issue() if known else _say(401, {"error": "invalid_client"})

    def _with_soap(self, asked: Mapping[str, str]) -> Answer:
        if asked.keys() != {"accessToken", "lgspAccessToken", "AuthHash", "data"}:
            return _say(400, {"error": "four members are wanted"})
        if (
            not self.tokens.holds(asked["accessToken"])
            or asked["lgspAccessToken"] != partner_token(self._settings)
            or asked["AuthHash"] != officer_hash(self._settings)
        ):
            return self._turned_away()
        return self._desk.hear(asked["data"].encode())

    def _flat(self, path: str, authorization: str, asked: Mapping[str, str]) -> Answer:
        if not self.tokens.holds(authorization):
            return self._turned_away()
        service = _BY_SERVICE.get(path)
        fields = _numbered(asked) if service is None else self._named(service, asked)
        if fields is None:
            return _say(400, {"error": "the members are not those of the body"})
        reply = self._desk.hear(_envelope(fields))
        code = _refusal(reply.body) or ("0" if reply.status == 200 else str(reply.status))
        wrapped = {"error_code": code, "message": reply.body}
        if service is not None:
            wrapped = {"data": _yes_or_no(reply.body) or reply.body}
        return replace(reply, body=json.dumps(wrapped, ensure_ascii=False), content_type=_JSON)

    def _named(self, service: str, asked: Mapping[str, str]) -> dict[str, str] | None:
        if asked.keys() != {*_NAMED, "ngayThangNam", "userNameService"}:
            return None
        if asked["userNameService"] != self._settings.username:
            return None
        date = asked["ngayThangNam"]
        fields = {element: asked[member] for member, element in _NAMED.items()}
        born = {"Nam": date} if len(date) == len("yyyy") else {"NgayThangNam": date}
        return {**fields, "MaTichHop": service, **born}

    def _turned_away(self) -> Answer:
        self._desk.turn_away()
        return _say(401, {"error": "invalid_token"})


def partner_token(settings: PopulationMockSettings) -> str:
    """The header lgspaccesstoken of this account."""
    members = {
        "AccessKey": settings.username,
        "SecretKey": settings.secret_key,
        "AppName": settings.app_name,
        "PartnerCode": settings.partner_code,
        "PartnerCodeCus": settings.partner_code_cus,
    }
    return _base64(json.dumps(members, separators=(",", ":")))


def officer_hash(settings: PopulationMockSettings) -> str:
    """The AuthHash of the officer's key; the colon is ours."""
    return _base64(f"{settings.key_name}:{settings.key_pass}")


def _numbered(asked: Mapping[str, str]) -> dict[str, str] | None:
    return dict(asked) if asked.keys() == _NUMBERED else None


def _envelope(fields: Mapping[str, str]) -> bytes:
    """The SOAP that a platform makes of flat members, in the order of the service; empty ones left out."""
    operation = OPERATIONS.get(fields["MaTichHop"], OPERATIONS["037"])
    names = ("MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "SoDinhDanh", "SoCMND", "HoVaTen")
    inside = "".join(f"<{n}>{escape(fields[n])}</{n}>" for n in names if fields[n])
    born = [f"<{n}>{escape(fields[n])}</{n}>" for n in ("NgayThangNam", "Nam") if fields.get(n)]
    if born:
        inside += f"<NgayThangNamSinh>{''.join(born)}</NgayThangNamSinh>"
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{operation} xmlns="{REQUEST}">{inside}'
        f"</{operation}></s:Body></s:Envelope>"
    ).encode()


def _refusal(soap: str) -> str | None:
    root = etree.fromstring(soap.encode())
    return root.text if root.tag == "errorCode" else None


def _yes_or_no(soap: str) -> str | None:
    return next((e.text for e in etree.fromstring(soap.encode()).iter("{*}TonTai")), None)


def _object(headers: Mapping[str, str], body: bytes) -> dict[str, str] | None:
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        return None
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    flat = isinstance(asked, dict) and all(isinstance(text, str) for text in asked.values())
    return asked if flat else None


def _say(status: int, value: Mapping[str, object]) -> Answer:
    return Answer(status, json.dumps(value), content_type=_JSON)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
