"""How does a client of a provincial platform sign in and ask?"""

import base64

import httpx

from mocks.people import Person
from mocks.population import (
    JSON_FACADE,
    JSON_FACADE_SIGN_IN,
    TOKEN_FACADE,
    TOKEN_FACADE_SIGN_IN,
    officer_hash,
    partner_token,
)
from mocks.population.question import normalised
from tests.mocks.asking import Caller

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = "grant_type=client_credentials"


class Platform:
    """The account of one mock, by way of the platforms before it."""

    def __init__(self, caller: Caller) -> None:
        self._http = caller.http
        self._settings = caller.mock.state.settings

    async def sign_in(self, path: str = TOKEN_FACADE_SIGN_IN) -> httpx.Response:
        headers = {**FORM, "lgspaccesstoken": partner_token(self._settings)}
        return await self._http.post(path, content=GRANT, headers=headers)

    async def basic(self) -> httpx.Response:
        settings = self._settings
        pair = base64.b64encode(f"{settings.username}:{settings.secret_key}".encode()).decode()
        headers = {**FORM, "Authorization": f"Basic {pair}"}
        return await self._http.post(JSON_FACADE_SIGN_IN, content=GRANT, headers=headers)

    async def with_soap(self, soap: str, token: str | None = None) -> httpx.Response:
        token = token or (await self.sign_in()).json()["access_token"]
        body = {
            "accessToken": f"Bearer {token}",
            "lgspAccessToken": partner_token(self._settings),
            "AuthHash": officer_hash(self._settings),
            "data": soap,
        }
        return await self._http.post(TOKEN_FACADE, json=body)

    async def flat(self, body: dict[str, str], path: str = JSON_FACADE) -> httpx.Response:
        token = (await self.basic()).json()["access_token"]
        return await self._http.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


def numbered(person: Person) -> dict[str, str]:
    """The flat body that names its service by number."""
    return {
        "HoVaTen": normalised(person.full_name),
        "SoDinhDanh": person.personal_id,
        "SoCMND": "",
        "NgayThangNam": person.birth_date.replace("-", ""),
        "Nam": "",
        "MaTichHop": "037",
        "MaDVC": "1.004222",
        "MaCanBo": "cb.demo.01",
        "MaYeuCau": "gw-1",
    }


def named(person: Person, user_name: str) -> dict[str, str]:
    """The flat body that names a user of the service."""
    return {
        "maYeuCau": "gw-1",
        "maDVC": "1.004222",
        "maCanBo": "cb.demo.01",
        "soDinhDanh": person.personal_id,
        "soCMND": "",
        "hoVaTen": normalised(person.full_name),
        "ngayThangNam": person.birth_date.replace("-", ""),
        "userNameService": user_name,
    }
