"""iGate's client of the gateway: client credentials, JSON, and an idempotency key."""

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mocks.igate.form import Form, read_form


def _random_key() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the JSON body, `{}` where there was none."""

    status: int
    body: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The code of a problem document, else nothing."""
        return str(self.body.get("code", ""))


class IGate:
    """One installation of iGate as a client of the gateway; `http` carries the gateway's address."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        token: str | None = None,
        new_key: Callable[[], str] = _random_key,
    ) -> None:
        self._http = http
        self._token = token
        self._new_key = new_key
        self._forms: dict[str, Form] = {}
        self._options: dict[str, tuple[tuple[str, str], ...]] = {}

    @property
    def http(self) -> httpx.AsyncClient:
        """What carries the calls."""
        return self._http

    @property
    def token(self) -> str | None:
        """The token of the last sign-in."""
        return self._token

    async def sign_in(self, client_id: str, secret: str) -> Answer:
        """Fetch a token with client credentials (RFC 6749, section 4.4) and keep it."""
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        response = await self._http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        )
        answer = _answer(response)
        self._token = answer.body.get("access_token")
        return answer

    async def form(self, code: str) -> Form:
        """A form as its screen shows it; fetched once."""
        known = self._forms.get(code)
        if known is None:
            body = (await self._get(f"/v1/forms/{code}")).body
            known = self._forms[code] = read_form(body["definition"], body["bindings"])
        return known

    async def options(self, address: str) -> tuple[tuple[str, str], ...]:
        """The choices (value, label) behind a remote select; fetched once."""
        if address not in self._options:
            response = await self._http.get(address, headers=self._headers())
            entries = response.json() if response.status_code == httpx.codes.OK else []
            self._options[address] = tuple((str(e["value"]), e["label"]) for e in entries)
        return self._options[address]

    async def store_record(self, record: Mapping[str, Any]) -> Answer:
        """Hand a digitised result in."""
        return await self._post("/v1/records", record)

    async def prefill(self, body: Mapping[str, Any]) -> Answer:
        """Ask for a form to be filled."""
        return await self._post("/v1/prefills", body)

    async def submit(self, body: Mapping[str, Any]) -> Answer:
        """Hand in what was submitted."""
        return await self._post("/v1/submissions", body)

    async def register(self, dossier: Mapping[str, Any]) -> Answer:
        """Register a dossier for the portal, or say it anew."""
        return await self._post("/v1/dossiers", dossier)

    async def progress(self, code: str, rows: Sequence[Mapping[str, Any]], **came: Any) -> Answer:
        """Report rows of a dossier's progress, and what came to it with them."""
        return await self._post(f"/v1/dossiers/{code}/progress", {"rows": list(rows), **came})

    async def dossier_status(self, code: str) -> Answer:
        """How a registered dossier stands."""
        return await self._get(f"/v1/dossiers/{code}")

    async def records_of(
        self, owner: Mapping[str, str], dossier: str, officer: str, purpose: str = "reuse"
    ) -> Answer:
        """The valid records of a person, by number and name, as an officer reads them in a dossier."""
        named = {name: owner[name] for name in ("personal_id", "full_name")}
        asked = {"owner": named, "state": "valid", "dossier": dossier, "officer": officer}
        asked["purpose"] = purpose
        return await self._post("/v1/records/search", asked)

    async def index_766(self, first: str, last: str) -> Answer:
        """The tenant's indicators of Decision 766 for these days."""
        return await self._get(f"/v1/metrics/index-766?from={first}&to={last}")

    async def figures(self) -> Answer:
        """The tenant's own figures, signed in."""
        return await self._get("/v1/metrics/field-reduction")

    async def _get(self, path: str) -> Answer:
        return _answer(await self._http.get(path, headers=self._headers()))

    async def _post(self, path: str, body: Mapping[str, Any]) -> Answer:
        headers = self._headers() | {"Idempotency-Key": self._new_key()}
        return _answer(await self._http.post(path, json=body, headers=headers))

    def _headers(self) -> dict[str, str]:
        return {} if self._token is None else {"Authorization": f"Bearer {self._token}"}


def _answer(response: httpx.Response) -> Answer:
    kind = response.headers.get("content-type", "")
    body = response.json() if "json" in kind else {}
    return Answer(response.status_code, body if isinstance(body, dict) else {"items": body})
