"""A whole province in one process: the gateway, the population database and iGate, without sockets."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.api.services import Services
from gateway.app import create_app
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from gateway.forms._showing.instants import local_date
from gateway.records.store import store_earlier
from gateway.settings import Settings
from gateway.sources.population import PopulationAccess
from mocks.igate import IGate, Story
from mocks.people import Population
from mocks.people.knowledge import records_of
from mocks.population import (
    ENDPOINT,
    PopulationMock,
    PopulationMockSettings,
    create_population_mock,
)
from tests.clock import NOON

TENANT = "tinh-mau"
ADDRESS = f"http://dancu.test{ENDPOINT}"


class SetClock:
    """The time of the deployment; goes on only when told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Province:
    """What a journey may touch: iGate as a tenant, the national database, the services, the clock."""

    igate: IGate
    http: httpx.AsyncClient
    database: PopulationMock
    population: Population
    services: Services
    clock: SetClock

    async def file_records_of(self, stories: Iterable[Story]) -> None:
        """Let the province hold the papers of everybody concerned before any dossier is opened."""
        for n in sorted({n for story in stories for n in story.owners}):
            for record in records_of(self.population, n):
                answer = await self.igate.store_record(record)
                assert answer.status in (200, 201), (record["kind"], answer.code)
        long_ago = self.clock() - timedelta(days=40)
        await self.services.database.write(lambda c: store_earlier(c, long_ago))
        self.clock.forward(60)


@pytest.fixture
async def province(tmp_path: Path) -> AsyncIterator[Province]:
    async with province_in(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def province_in(
    folder: Path, now: datetime = NOON, *, patience: float = 1.0
) -> AsyncIterator[Province]:
    """A province of its own; `patience` is how many seconds it waits for a source."""
    population, clock = Population(today=local_date(now)), SetClock(now)
    by_the_clock = PopulationMockSettings(clock=lambda: clock().timestamp())
    database = create_population_mock(by_the_clock, population)
    mock = database.state.settings
    settings = Settings(
        data=folder / "data",
        mock=True,
        source_patience_seconds=patience,
        token_lifetime_seconds=7200,
        instant_seconds=0,
        instant_seconds_per_field=0,
        sources={
            POPULATION: PopulationAccess(
                endpoint_url=ADDRESS,
                service_url=mock.service_url,
                username=mock.username,
                secret=mock.secret_key,
                officer=next(iter(mock.officers)),
                agency=mock.home_agency,
            )
        },
    )
    app = create_app(settings, clock, httpx.ASGITransport(app=database))
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
        await services.database.write(
            lambda c: register_tenant(
                c, TENANT, "Tỉnh Mẫu", "H99.01", grant, is_test=False, now=clock()
            )
        )
        client = await services.access.clients.add(TenantId(TENANT), clock())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as http:
            igate = IGate(http)
            assert (await igate.sign_in(client.client_id, client.secret)).status == 200
            yield Province(igate, http, database, population, services, clock)
