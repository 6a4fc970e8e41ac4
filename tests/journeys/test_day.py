"""A day in the life of one citizen: what a result on record spares them, and what the portal hears of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.api.services import Services
from gateway.app import create_app
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from gateway.records.store import store_earlier
from gateway.settings import PortalAccess, Settings
from gateway.sources.population import PopulationAccess
from mocks.adapter import FORWARD
from mocks.igate.counter import CounterIGate
from mocks.igate.life import RESULT, Life, Lived
from mocks.igate.services import IGateServices
from mocks.people import Population
from mocks.population import ENDPOINT, PopulationMockSettings, create_population_mock
from mocks.portal import PortalMock, PortalMockSettings, create_portal_mock
from tests.journeys.conftest import TENANT, SetClock

OFFICER = "H99.01.cb017"


class Outside(httpx.AsyncBaseTransport):
    """Everything beyond the gateway, by host."""

    def __init__(self, **hosts: Any) -> None:
        self._hosts = {f"{name}.test": httpx.ASGITransport(app) for name, app in hosts.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._hosts[request.url.host].handle_async_request(request)


@dataclass(frozen=True, slots=True)
class Day:
    """What the citizen lived, what the portal holds, and what the gateway says of the dossiers."""

    lived: Lived
    portal: PortalMock
    standings: list[dict[str, Any]]
    figures: dict[str, Any]
    date: str


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    population, clock = Population(), SetClock()
    database = create_population_mock(
        PopulationMockSettings(clock=lambda: clock().timestamp()), population
    )
    shown = database.state.settings
    portal = create_portal_mock(
        PortalMockSettings(unit="H99", clock=lambda: clock().timestamp()), population
    )
    settings = Settings(
        data=tmp_path / "data",
        mock=True,
        instant_seconds=0,
        instant_seconds_per_field=0,
        sources={
            POPULATION: PopulationAccess(
                endpoint_url=f"http://dancu.test{ENDPOINT}",
                service_url=shown.service_url,
                username=shown.username,
                secret=shown.secret_key,
                officer=next(iter(shown.officers)),
                agency=shown.home_agency,
            )
        },
        portal=PortalAccess(
            url=f"http://portal.test{FORWARD}",
            unit="H99",
            username="H99",
            password=SecretStr(portal.state.settings.password),
        ),
    )
    app = create_app(settings, clock, Outside(dancu=database, portal=portal))
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
        await services.database.write(
            lambda c: register_tenant(
                c, TENANT, "Tỉnh Mẫu", "H99.01", grant, is_test=False, now=clock()
            )
        )
        client = await services.access.clients.add(TenantId(TENANT), clock())
        outside = Outside(gateway=app, igate=IGateServices(clock))
        async with (
            httpx.AsyncClient(transport=outside, base_url="http://gateway.test") as http,
            httpx.AsyncClient(transport=outside, base_url="http://igate.test") as dossier_services,
        ):
            igate = CounterIGate(
                http, None, dossier_services, lambda: clock() + timedelta(seconds=1)
            )
            await igate.sign_in(client.client_id, client.secret)
            yield await _lived(igate, portal, population, clock, services)


async def _lived(
    igate: CounterIGate,
    portal: PortalMock,
    population: Population,
    clock: SetClock,
    services: Services,
) -> Day:
    async def pause() -> None:
        long_ago = clock() - timedelta(days=40)
        await services.database.write(lambda c: store_earlier(c, long_ago))
        clock.forward(2)

    def next_second() -> Any:
        return clock() + timedelta(seconds=1)

    lived = await Life(igate, population, 2026, OFFICER, next_second, pause).live()
    standings = [await _delivered(igate, clock, code) for code in lived.codes]
    date = f"{clock() + timedelta(hours=7):%Y-%m-%d}"
    figures = await igate.index_766(date, date)
    return Day(lived, portal, standings, dict(figures.body), date)


async def _delivered(igate: CounterIGate, clock: SetClock, code: str) -> dict[str, Any]:
    for _ in range(1200):
        shown = (await igate.dossier_status(code)).body
        if shown["synchronisation"]["status"] != "queued":
            return dict(shown)
        clock.forward(1)
        await asyncio.sleep(0.05)
    raise AssertionError("nobody told the portal")


async def test_recorded_result_spares_next_procedure_fields(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    assert day.lived.unexpected == ()
    before, after = day.lived.asked
    assert 0 < after < before
    assert day.lived.after["visible"] == day.lived.before["visible"]
    assert day.lived.after["auto"] - day.lived.before["auto"] == before - after
    with capsys.disabled():
        print(f"\nfields left to the citizen: {before} -> {after}")

    first, card, last = day.lived.codes
    held = day.portal.state.dossiers.held
    assert [held[code].state for code in (first, card, last)] == ["10", "10", "10"]
    assert {one["synchronisation"]["status"] for one in day.standings} == {"delivered"}
    (paper,) = held[last].said["TaiLieuNop"]
    assert (paper["DuocTaiSuDung"], paper["MaKetQuaThayThe"]) == ("2", RESULT)
    assert not any("TaiLieuNop" in held[code].said for code in (first, card))
    flags = [
        {one["flag"] for one in status["flags"] if one["told"] and one["leaf"]}
        for status in day.standings
    ]
    reused = {"DuocSoHoa", "DuocTaiSuDung", "MaKetQuaThayThe"}
    assert reused <= flags[2] and not reused & (flags[0] | flags[1])
    read = ["DSKetNoiCSDL" in raised for raised in flags]
    assert all(read), "the population database says for every form who somebody is"

    theirs = day.portal.index_766(day.date, day.date)
    assert theirs["dossiers"] == 3
    assert {name: day.figures[name] for name in theirs} == theirs
