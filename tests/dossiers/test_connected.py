"""The whole gateway with a portal, through its front door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from gateway.app import create_app
from gateway.settings import PortalAccess, Settings
from mocks.adapter import FORWARD
from mocks.portal import PortalMock, PortalMockSettings, create_portal_mock
from mocks.portal.catalogue import Change
from tests.clock import Clock

from .conftest import CODE, Json, client_of, dossier, row, said
from .world import PEOPLE

URL = f"http://portal.test{FORWARD}"
PENSION = "1.014027"


@pytest.fixture
def portal(clock: Clock) -> PortalMock:
    told = PortalMockSettings(password="một mật khẩu", clock=lambda: clock().timestamp())
    return create_portal_mock(told, PEOPLE)


@pytest.fixture
async def connected(
    tmp_path: Path, schemas: Path, clock: Clock, portal: PortalMock
) -> AsyncIterator[FastAPI]:
    access = PortalAccess(
        url=URL, unit="H99", username="H99", password=SecretStr(portal.state.settings.password)
    )
    settings = Settings(data=tmp_path, schemas=schemas, mock=True, portal=access)
    app = create_app(settings, clock, httpx.ASGITransport(portal))
    async with app.router.lifespan_context(app):
        yield app


async def until_told(client: httpx.AsyncClient, code: str = CODE) -> Json:
    """The dossier once nothing of it waits any more."""
    for _ in range(1200):
        answer = await said(await client.get(f"/v1/dossiers/{code}"))
        if answer["synchronisation"]["status"] != "queued":
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("nobody told the portal")


async def test_registered_dossier_reaches_portal_within_second(
    connected: FastAPI, portal: PortalMock
) -> None:
    async with await client_of(connected, "h99") as client:
        await said(await client.post("/v1/dossiers", json=dossier()), 201)
        rows = {"rows": [row(4), row(9, 12), row(10, 13)]}
        await said(await client.post(f"/v1/dossiers/{CODE}/progress", json=rows))
        told = await until_told(client)
        figures = await said(await client.get("/v1/metrics/index-766?from=2026-11&to=2026-11"))

    assert (told["synchronisation"]["status"], told["portal_state"]) == ("delivered", 10)
    assert told["confirmed_by"] is not None
    assert portal.state.dossiers.held[CODE].state == "10"
    theirs = portal.index_766("2026-11-01", "2026-11-30")
    assert {name: figures[name] for name in theirs} == theirs
    assert figures["notice"][0].startswith("SỐ LIỆU TỪ NGUỒN MÔ PHỎNG")


async def test_form_is_flagged_before_procedure_is_abolished(
    connected: FastAPI, portal: PortalMock
) -> None:
    sync = connected.state.services.dossiers.portal
    async with await client_of(connected, "h99") as client:
        await sync.procedures.refresh((PENSION,))
        before = (await said(await client.get("/v1/forms")))["forms"][0]
        portal.state.catalogue.change(Change(code=PENSION, public=False))
        await sync.procedures.refresh((PENSION,))
        after = (await said(await client.get("/v1/forms")))["forms"][0]
        refused = await client.post("/v1/dossiers", json=dossier(procedure=PENSION))
        ready = await said(await client.get("/readyz"))

    assert PENSION in before["procedures"] and before["abolished"] == []
    assert after["abolished"] == [PENSION]
    assert (ready["status"], ready["procedures_abolished"]) == ("ok", [PENSION])
    assert (refused.status_code, refused.json()["code"]) == (422, "procedure_abolished")


async def test_figures_need_token_and_closed_period(
    connected: FastAPI,
) -> None:
    async with await client_of(connected, "h99") as client:
        open_ended = await client.get("/v1/metrics/index-766?from=2026-11")
        public = await client.get("/v1/metrics/index-766", headers={"Authorization": ""})
        del client.headers["Authorization"]
        public = await client.get("/v1/metrics/index-766")

    assert (open_ended.status_code, open_ended.json()["code"]) == (400, "parameter_missing")
    assert public.json() == {"releases": []}


async def test_portal_outage_delays_nobody(connected: FastAPI, portal: PortalMock) -> None:
    portal.state.faults.add(status=503)
    async with await client_of(connected, "h99") as client:
        await said(await client.post("/v1/dossiers", json=dossier()), 201)
        told = await said(await client.get(f"/v1/dossiers/{CODE}"))
        figures = await said(await client.get("/v1/metrics/index-766?from=2026-11&to=2026-11"))

    assert told["synchronisation"]["status"] == "queued"
    assert figures["dossiers"] == 0 and "Cổng không trả lời" in figures["notice"][1]
