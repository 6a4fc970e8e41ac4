"""The same fifty people by every route: the same answers, and the same receipts but for numbers."""

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.api.services import Services
from gateway.app import create_app
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from gateway.settings import Settings
from gateway.sources.population import PopulationAccess
from mocks.igate import FORMS
from mocks.people import PERSONAS, Person, Population
from mocks.population import (
    ENDPOINT,
    JSON_FACADE,
    JSON_FACADE_SIGN_IN,
    TOKEN_FACADE,
    TOKEN_FACADE_SIGN_IN,
    PopulationMock,
    PopulationMockSettings,
    create_population_mock,
)
from tests.few_forms import schemas_with

FORM = "tk01-passport"
HOST = "http://dancu.test"
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
SCHEMAS = Path(__file__).parents[2] / "schemas"
PEOPLE = 50
ROUTES: dict[str, dict[str, str]] = {
    "direct": {"route": "direct", "endpoint_url": ENDPOINT},
    "lgsp_token": {
        "route": "lgsp_token",
        "endpoint_url": TOKEN_FACADE,
        "token_url": HOST + TOKEN_FACADE_SIGN_IN,
    },
    "lgsp_json": {
        "route": "lgsp_json",
        "endpoint_url": JSON_FACADE,
        "token_url": HOST + JSON_FACADE_SIGN_IN,
    },
    "lgsp_json by user name": {
        "route": "lgsp_json",
        "endpoint_url": JSON_FACADE,
        "token_url": HOST + JSON_FACADE_SIGN_IN,
        "json_body": "user_name",
    },
}
_TAGS = {"tag", "subject", "asked", "matched", "tied", "heads"}
DRAWN_BY_CHANCE = {"jti", "chain", "ref", "prev", *_TAGS}


@dataclass(frozen=True)
class Reached:
    """One gateway, and the database that it reaches by its route."""

    http: httpx.AsyncClient
    database: PopulationMock


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """The schemas with one form: reading all of them is most of a start."""
    return schemas_with(tmp_path / "schemas", FORM)


@pytest.fixture
async def gateways(tmp_path: Path, schemas: Path) -> AsyncIterator[dict[str, Reached]]:
    async with AsyncExitStack() as opened:
        yield {
            name: await opened.enter_async_context(_running(tmp_path / name, schemas, route))
            for name, route in ROUTES.items()
        }


def _settings(folder: Path, schemas: Path, database: PopulationMock, route: Any) -> Settings:
    told: PopulationMockSettings = database.state.settings
    access = {
        "service_url": told.service_url,
        "username": told.username,
        "secret": told.secret_key,
        "officer": "cb.demo.01",
        "agency": "H99",
        "app_name": told.app_name,
        "partner_code": told.partner_code,
        "partner_code_cus": told.partner_code_cus,
        "key_name": told.key_name,
        "key_pass": told.key_pass,
        **route,
        "endpoint_url": HOST + route["endpoint_url"],
    }
    population = PopulationAccess.model_validate(access)
    return Settings(data=folder, schemas=schemas, mock=True, sources={POPULATION: population})


class _running:  # noqa: N801 - a context manager
    """A gateway by one route, with a tenant signed in."""

    def __init__(self, folder: Path, schemas: Path, route: dict[str, str]) -> None:
        told = PopulationMockSettings(clock=NOW.timestamp)
        self._database = create_population_mock(told, Population(2026))
        settings = _settings(folder, schemas, self._database, route)
        self._app = create_app(settings, lambda: NOW, httpx.ASGITransport(self._database))
        self._life = self._app.router.lifespan_context(self._app)

    async def __aenter__(self) -> Reached:
        await self._life.__aenter__()
        services: Services = self._app.state.services
        grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
        await services.database.write(
            lambda c: register_tenant(c, "h99", "Tỉnh H", "H99.01", grant, is_test=False, now=NOW)
        )
        client = await services.access.clients.add(TenantId("h99"), NOW)
        caller = services.access.clients.caller(client.client_id)
        assert caller is not None
        headers = {"Authorization": f"Bearer {services.access.tokens.issue(caller)}"}
        transport = httpx.ASGITransport(self._app)
        self._http = httpx.AsyncClient(
            transport=transport, base_url="http://gateway.test", headers=headers
        )
        return Reached(self._http, self._database)

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._life.__aexit__(None, None, None)


def crowd() -> list[Person]:
    """Fifty people, every peculiar one among them as far as there is room."""
    people = Population(2026)
    peculiar = list(dict.fromkeys(PERSONAS.values()))[: PEOPLE - 5]
    return [people.person(n) for n in [*peculiar, *range(300, 300 + PEOPLE - len(peculiar))]]


def subject_of(person: Person) -> dict[str, str]:
    return {
        "personal_id": person.personal_id,
        "full_name": person.full_name,
        "birth_date": person.birth_date,
    }


async def prefilled(reached: Reached, person: Person) -> dict[str, Any]:
    procedure = FORMS[FORM].procedure
    question = {
        "form": FORM,
        "procedure": procedure,
        "subject": subject_of(person),
        "legal_basis": {"kind": "procedure", "reference": procedure},
    }
    answer = await reached.http.post("/v1/prefills", json=question)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def claims_of(answer: dict[str, Any]) -> dict[str, Any]:
    payload = answer["receipt"].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def without_chance(value: Any) -> Any:
    """A receipt without what is drawn anew for each, and without tags, whose key is drawn too."""
    if isinstance(value, dict):
        return {k: without_chance(v) for k, v in value.items() if k not in DRAWN_BY_CHANCE}
    return [without_chance(v) for v in value] if isinstance(value, list) else value


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """What the caller is told, but for ids, the receipt, the leaf, and how long a read took."""
    reads = [{k: v for k, v in read.items() if k != "ms"} for read in answer["sources"]]
    kept = ("form", "data", "fields", "summary", "expires_at")
    return {**{name: answer[name] for name in kept}, "sources": reads}


async def test_fifty_people_get_same_by_every_route(gateways: dict[str, Reached]) -> None:
    people, outcomes = crowd(), Counter[str]()
    assert len({person.n for person in people}) == PEOPLE
    for person in people:
        answers = [await prefilled(reached, person) for reached in gateways.values()]
        first, *others = answers
        for other in others:
            assert said(other) == said(first)
            assert without_chance(claims_of(other)) == without_chance(claims_of(first))
        refs = [read["ref"] for answer in answers for read in claims_of(answer)["reads"]]
        assert len(set(refs)) == len(refs) > 0
        outcomes.update(r["outcome"] for r in first["sources"] if r["source"] == "population")
    assert outcomes["found"] >= PEOPLE and outcomes["no_record"] > 0
    assert outcomes.keys() == {"found", "no_record"}
    asked = [
        [(a.number, a.birth, a.service, a.procedure, a.officer) for a in r.database.state.journal]
        for r in gateways.values()
    ]
    assert all(questions == asked[0] for questions in asked)
    assert [r.database.state.tokens.issued for r in gateways.values()] == [0, 1, 1, 1]


async def test_fifty_people_are_confirmed_by_every_route(
    gateways: dict[str, Reached],
) -> None:
    outcomes = Counter[str]()
    for number, person in enumerate(crowd()):
        subject = subject_of(person)
        if number % 5 == 0:
            subject["full_name"] = "Người Khác"
        body = {"subject": subject, "legal_basis": {"kind": "law", "reference": "59/2020"}}
        answers = [
            (await reached.http.post("/v1/identity/confirm", json=body)).json()
            for reached in gateways.values()
        ]
        told = [(answer["confirmed"], answer["outcome"]) for answer in answers]
        assert told == [told[0]] * len(ROUTES)
        outcomes[told[0][1]] += 1
    assert outcomes["found"] >= 35 and outcomes["no_record"] >= 10


@pytest.mark.threat(27)
@pytest.mark.parametrize("route", ROUTES)
async def test_page_instead_of_answer_is_unavailable_source(
    gateways: dict[str, Reached], route: str
) -> None:
    reached = gateways[route]
    reached.database.state.faults.add(garbage="html")
    answer = await prefilled(reached, reached.database.population.persona("ordinary"))

    assert {s["outcome"] for s in answer["sources"] if s["source"] == "population"} == {
        "unavailable"
    }
    assert "source_unavailable" in {field.get("reason") for field in answer["fields"]}
