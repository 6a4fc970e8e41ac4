"""One mock of the population database per test, and a client that asks it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from mocks.people import Population
from mocks.population import PopulationMock, PopulationMockSettings, create_population_mock
from tests.mocks.asking import NOW, Caller


@pytest.fixture(scope="session")
def people() -> Population:
    return Population(2026)


@pytest.fixture
def mock(people: Population) -> PopulationMock:
    return create_population_mock(
        PopulationMockSettings(strict_order=True, clock=lambda: NOW), people
    )


@pytest.fixture
async def caller(mock: PopulationMock) -> AsyncIterator[Caller]:
    transport = httpx.ASGITransport(mock)
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as http:
        yield Caller(mock, http)


@pytest.fixture
async def lenient(people: Population) -> AsyncIterator[Caller]:
    """The same with the order of elements left free, as it is by default."""
    app = create_population_mock(PopulationMockSettings(clock=lambda: NOW), people)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as http:
        yield Caller(app, http)
