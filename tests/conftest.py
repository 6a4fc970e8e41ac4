"""A gateway and the population database in one process, driven from plain (synchronous) tests.

A module shares one: starting is dear, and people of a country of four million need not meet.
"""

import asyncio
import copy
import gc
import json
import random
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import hypothesis
import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.api.services import Services
from gateway.app import create_app
from gateway.domain.errors import Conflict
from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS, SourceId, TenantId
from gateway.forms.catalogue import RegisteredForm
from gateway.receipts.cases import register_dossier
from gateway.records.store import store_earlier
from gateway.records.vault import Vault
from gateway.settings import Settings
from gateway.sources.personal_papers import PapersAccess
from gateway.sources.population import PopulationAccess
from gateway.sources.source import SourceAccess
from gateway.storage.database import Database
from gateway.storage.schema import bodies, leaves
from mocks.igate import FORMS, IGate, Story, stories
from mocks.igate.screen import Screen
from mocks.papers import FORWARD, PapersMock, PapersMockSettings, create_papers_mock
from mocks.people import Person, Population
from mocks.people.knowledge import records_of
from mocks.population import (
    ENDPOINT,
    PopulationMock,
    PopulationMockSettings,
    create_population_mock,
)
from tests.clock import Clock, sleep_under_faketime
from tests.databases import open_database, open_vault
from tests.few_forms import ONE_FORM, schemas_with

T = TypeVar("T")
Json = dict[str, Any]

SCHEMAS = Path(__file__).parents[1] / "schemas"
BOTH = frozenset({POPULATION, RECORDS})
TIMEOUT_SECONDS = 1.0
_ADDRESS = f"http://dancu.test{ENDPOINT}"
_ADAPTER = "adapter.test"
_TABLE = Population()
_ALL_THAT_CAN_BE_ASKED: Mapping[str, Json] = {
    "ct01-permanent-residence": {"hoDangKy": "hien_tai", "coThanhVienCungThayDoi": "co"},
    "household-business-registration": {"chuTheThanhLap": "thanh_vien_ho"},
}
"""Answers that open the groups of rows."""


sleep_under_faketime()


# A busy machine is no failing: the same examples each time, however long they take to make and to try.
hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

_DEAREST_FIRST = (
    "tests/kills/test_kills.py",
    "tests/kills/test_crash_points.py",
    "tests/journeys/test_demo.py",
    "tests/forms/test_renderer.py",
    "tests/submission/test_dress.py",
    "tests/journeys/test_citizens.py",
    "tests/forms/test_against_formio.py",
    "tests/prefill/test_chains.py",
    "tests/reduction/releases/test_diary.py",
    "tests/test_house.py",
)
"""Where a file stays on one worker, nobody should be left alone with one of these at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; everything else stays in its order."""
    place = {path: number for number, path in enumerate(_DEAREST_FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def pytest_collection_finish() -> None:
    """Collect seldom, and not what stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@dataclass
class Walk:
    """A form filled as far as one person can: the last answer, the data so far, every question."""

    answer: Json
    data: Json
    questions: list[Json] = field(default_factory=list)

    @property
    def receipt(self) -> str:
        return str(self.answer["receipt"])

    @property
    def filled(self) -> dict[str, Json]:
        return {f["path"]: f for f in self.answer["fields"] if f["state"] == "filled"}

    @property
    def locked(self) -> list[str]:
        """Locked fields that show."""
        return [p for p, f in self.filled.items() if f["edit"] == "locked" and f["visible"] is True]

    def submission(self, **more: Any) -> Json:
        return {"receipt": self.receipt, "data": copy.deepcopy(self.data), **more}


class Outside(httpx.AsyncBaseTransport):
    """The systems that the gateway calls, by host."""

    def __init__(self, database: PopulationMock, papers: PapersMock) -> None:
        self._database = httpx.ASGITransport(database)
        self._papers = httpx.ASGITransport(papers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        there = self._papers if request.url.host == _ADAPTER else self._database
        return await there.handle_async_request(request)


class House:
    """One running gateway; every call is made as the tenant `h99` unless another is named."""

    def __init__(
        self,
        folder: Path,
        *,
        with_papers: bool = False,
        with_population: bool = True,
        schemas: Path = SCHEMAS,
        **limits: Any,
    ) -> None:
        self.clock = Clock()
        self.population = _TABLE
        told = PopulationMockSettings(clock=lambda: self.clock().timestamp())
        self.database = create_population_mock(told, self.population)
        shelf = PapersMockSettings(clock=lambda: self.clock().timestamp())
        self.papers = create_papers_mock(shelf, self.population)
        self.folder = folder
        sources: dict[SourceId, SourceAccess] = {}
        if with_population:
            sources[POPULATION] = PopulationAccess(
                endpoint_url=_ADDRESS,
                service_url=told.service_url,
                username=told.username,
                secret=SecretStr(told.secret_key),
                officer="cb.demo.01",
                agency="H99.01",
            )
        if with_papers:
            sources[PERSONAL_PAPERS] = PapersAccess(
                url=f"http://{_ADAPTER}{FORWARD}",
                unit=shelf.unit,
                password=SecretStr(shelf.password),
            )
        settings = Settings(
            data=folder,
            schemas=schemas,
            mock=True,
            instant_seconds=0,
            instant_seconds_per_field=0,
            source_patience_seconds=TIMEOUT_SECONDS,
            sources=sources,
            **{"closed_answer_quantum_ms": 1, **limits},
        )
        self._loop = asyncio.new_event_loop()
        self._app = create_app(settings, self.clock, Outside(self.database, self.papers))
        self._life = self._app.router.lifespan_context(self._app)
        self.run(self._life.__aenter__())
        self.services: Services = self._app.state.services
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://gateway.test")
        self._clients: dict[str, str] = {}
        self._dossiers = 0
        self.admit("h99")

    def run(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self.run(self._http.aclose())
        self.run(self._life.__aexit__(None, None, None))
        self.run(self._loop.shutdown_default_executor())
        self._loop.close()

    def admit(
        self,
        tenant: str,
        sources: frozenset[SourceId] = BOTH,
        procedures: frozenset[str] | None = None,
        officers: frozenset[str] | None = None,
    ) -> None:
        """Let a province in."""
        grant = Grant(sources, procedures, officers)
        now = self.clock()
        with suppress(Conflict):  # it was let in before the last restart
            self.run(
                self.services.database.write(
                    lambda c: register_tenant(
                        c, tenant, "Tỉnh", "H99.01", grant, is_test=False, now=now
                    )
                )
            )
        self._clients[tenant] = self.run(
            self.services.access.clients.add(TenantId(tenant), now)
        ).client_id

    def token(self, tenant: str = "h99") -> str:
        caller = self.services.access.clients.caller(self._clients[tenant])
        assert caller is not None
        return self.services.access.tokens.issue(caller)

    async def call(
        self, path: str, body: Any, tenant: str = "h99", key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(tenant)}"}
        headers |= {"Content-Type": "application/json"}
        headers |= {} if key is None else {"Idempotency-Key": key}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self._http.post(path, content=content, headers=headers)

    def get(self, path: str, tenant: str | None = None) -> httpx.Response:
        headers = {} if tenant is None else {"Authorization": f"Bearer {self.token(tenant)}"}
        return self.run(self._http.get(path, headers=headers))

    def post(
        self, path: str, body: Any, tenant: str = "h99", key: str | None = None
    ) -> httpx.Response:
        return self.run(self.call(path, body, tenant, key))

    def prefill(self, body: Json, **how: Any) -> httpx.Response:
        return self.post("/v1/prefills", body, **how)

    def submit(self, body: Json, **how: Any) -> httpx.Response:
        return self.post("/v1/submissions", body, **how)

    def filled(self, body: Json, **how: Any) -> Json:
        """The answer to a question that must be answered."""
        answer = self.prefill(body, **how)
        assert answer.status_code == 200, answer.text
        read: Json = answer.json()
        return read

    def accepted(self, body: Json, **how: Any) -> Json:
        """The answer to a submission that must be taken."""
        answer = self.submit(body, **how)
        assert answer.status_code == 200, answer.text
        read: Json = answer.json()
        return read

    def refused(self, body: Json, **how: Any) -> dict[str, str]:
        """What is refused of a submission, by path."""
        answer = self.submit(body, **how)
        assert answer.status_code == 422, (answer.status_code, answer.text[:300])
        return {f["path"]: f["code"] for f in answer.json()["fields"]}

    def together(self, *calls: Awaitable[T]) -> list[T]:
        """Make calls at the same time."""

        async def all_of_them() -> list[T]:
            return list(await asyncio.gather(*calls))

        return self.run(all_of_them())

    def dossier(self) -> str:
        """A dossier code that nobody has used."""
        self._dossiers += 1
        return f"H99.01-20261122-{self._dossiers:07d}"

    def open_dossier(self, tenant: str = "h99") -> str:
        """The code of a dossier that a tenant has registered, as officers need one."""
        code, now = self.dossier(), self.clock()
        key = self.services.keys.index
        self.run(
            self.services.database.write(lambda c: register_dossier(c, tenant, code, now, key))
        )
        return code

    def search(self, owner: Json, tenant: str = "h99", **more: Any) -> httpx.Response:
        """A search of records by an officer in an open dossier."""
        named = {"dossier": self.open_dossier(tenant), "officer": "H99.01.cb017"}
        body = {"owner": owner, "purpose": "reuse", **named, **more}
        return self.post("/v1/records/search", body, tenant)

    def file_records_of(self, *people: int) -> None:
        """Let the province hold their papers since before any dossier."""
        for n in dict.fromkeys(people):
            for record in records_of(self.population, n):
                answer = self.post("/v1/records", record)
                assert answer.status_code in (200, 201, 409), answer.text
        long_ago = self.clock() - timedelta(days=40)
        self.run(self.services.database.write(lambda c: store_earlier(c, long_ago)))
        self.clock.forward(minutes=1)

    def question(self, form: str, person: Person | str, **more: Any) -> Json:
        """What is asked for a person by a login that vouches for number, name and birth date."""
        one = self.population.persona(person) if isinstance(person, str) else person
        return {
            "form": form,
            "procedure": FORMS[form].procedure,
            "subject": {
                "personal_id": one.personal_id,
                "full_name": one.full_name,
                "birth_date": one.birth_date,
            },
            "account": {"verified_by": "vneid", "phone": one.phone, "email": one.email},
            "legal_basis": {"kind": "procedure", "reference": FORMS[form].procedure or form},
            **more,
        }

    def story(self, form: str, persona: str | None = None, **answers: Any) -> Story:
        """Who comes for a form, by persona; `answers` are given instead of the story's own."""
        told = stories(self.population, form, 8, 2026)
        story = next(s for s in told if persona in (None, s.persona))
        usual = _ALL_THAT_CAN_BE_ASKED.get(form, {})
        return replace(story, answers={**story.answers, **usual, **answers})

    def walk(self, story: Story, **more: Any) -> Walk:
        """Fill a form with a person who answers what only they can, and asks again."""
        return self.run(self._walk(story, more))

    async def _walk(self, story: Story, more: Json) -> Walk:
        igate = IGate(self._http, self.token())
        form = await igate.form(story.form)
        chance = random.Random(story.form)
        screen = Screen(igate, form, story, chance)
        screen.sign_in()
        walk = Walk({}, {})

        async def ask() -> None:
            question = self.question(story.form, self.population.person(story.n), **more)
            question["data"] = copy.deepcopy(screen.data)
            if walk.answer:
                question["extends"] = walk.receipt
            walk.questions.append(question)
            answer = await self.call("/v1/prefills", question)
            assert answer.status_code == 200, answer.text
            walk.answer = answer.json()
            screen.take(walk.answer)

        await ask()
        while await screen.decide():
            await ask()
        if await screen.complete(optional_share=0.3, skipped_share=0.0, last=False):
            await ask()
        await screen.complete(optional_share=0.3, skipped_share=0.0, last=True)
        walk.data = screen.data
        return walk

    def igate(self, kind: type[IGate] = IGate) -> IGate:
        """An iGate that is signed in as `h99`."""
        return kind(self._http, self.token())

    def leaf_count(self) -> int:
        return self.services.database.read(
            lambda c: c.execute(select(func.count()).select_from(leaves)).scalar_one()
        )

    def bodies(self, kind: str) -> list[Json]:
        """The bodies of case leaves of one kind, oldest first."""
        rows = self.services.database.read(
            lambda c: list(c.execute(select(bodies.c.body).order_by(bodies.c.idx)).scalars())
        )
        return [body for body in map(orjson.loads, rows) if body["k"] == kind]

    def asked(self) -> list[str | None]:
        """The numbers that the population database was asked for since it was last forgotten."""
        return [entry.number for entry in self.database.state.journal]

    def form(self, code: str) -> RegisteredForm:
        return self.services.forms.catalogue.form_for(code)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas with one form: reading all of them is most of a start, and few tests need them."""
    return schemas_with(tmp_path_factory.mktemp("schemas"), ONE_FORM)


@pytest.fixture
async def app(tmp_path: Path, schemas: Path, clock: Clock) -> AsyncIterator[FastAPI]:
    """A gateway alone, asked on its own event loop."""
    app = create_app(Settings(data=tmp_path, schemas=schemas, mock=True), clock)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def services(app: FastAPI) -> Services:
    services: Services = app.state.services
    return services


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def empty_vault(tmp_path: Path) -> Iterator[Vault]:
    """A vault beside the database."""
    vault = open_vault(tmp_path, lambda: datetime(2026, 11, 22, 3, tzinfo=UTC))
    yield vault
    vault.database.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.close()


@pytest.fixture
def faults(house: House) -> Iterator[Any]:
    """The faults of the population database; none is left behind."""
    house.database.state.journal.clear()
    yield house.database.state.faults
    house.database.state.faults.clear()


def empties(answer: Json) -> dict[str, str]:
    """Why fields are empty, by path."""
    return {f["path"]: f["reason"] for f in answer["fields"] if f["state"] == "empty"}


def filled(answer: Json) -> dict[str, Json]:
    """What is said of filled fields, by path."""
    return {f["path"]: f for f in answer["fields"] if f["state"] == "filled"}
