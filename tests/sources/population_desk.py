"""The population database's mock as a source: one account, asked in the same process."""

from dataclasses import dataclass, field

import httpx

from gateway.domain.codelists import CodeLists
from gateway.domain.facts import PersonKey
from gateway.sources.population._client import PopulationDatabase, PopulationSettings
from gateway.sources.population._routes import DirectAccount, DirectRoute
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport
from mocks.people import Person, Population
from mocks.population import PopulationMock, PopulationMockSettings, create_population_mock
from tests.sources.conftest import NOW
from tests.sources.contract import key_of

URL = "http://population.test/dancu/1.0"
SECRET = "not-a-real-secret"
SETTINGS = PopulationSettings(officer="cb.demo.01", agency="H99")
QUICK = Timeouts(1.5, 0.5, 2, 0.01, 0.02)


@dataclass
class Desk:
    """The mock, the source that asks it, and what the source sent."""

    mock: PopulationMock
    source: PopulationDatabase
    sent: list[httpx.Request] = field(default_factory=list)

    def person(self, persona: str) -> Person:
        return self.mock.population.persona(persona)


def open_desk(lists: CodeLists, people: Population) -> Desk:
    """A mock that insists on the order of elements, under the tests' clock."""
    settings = PopulationMockSettings(
        secret_key=SECRET, strict_order=True, clock=lambda: NOW.timestamp()
    )
    mock = create_population_mock(settings, people)
    inner = httpx.ASGITransport(mock)
    sent: list[httpx.Request] = []

    async def watched(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return await inner.handle_async_request(request)

    return Desk(mock, source_over(httpx.MockTransport(watched), lists), sent)


def source_over(carrier: httpx.AsyncBaseTransport, lists: CodeLists) -> PopulationDatabase:
    """The source over any transport, with the account of the mock."""
    account = PopulationMockSettings(secret_key=SECRET)
    direct = DirectAccount(URL, account.service_url, account.username, SECRET)
    route = DirectRoute(direct, Exchange(Transport([URL], carrier), QUICK), lambda: NOW)
    return PopulationDatabase(SETTINGS, route, lists, lambda: NOW)


def key(person: Person) -> PersonKey:
    """The person as their login names them."""
    return key_of(person.personal_id, person.full_name, person.birth_date)
