from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.callers import Grant
from gateway.access.clients import NewClient
from gateway.access.grants import register_tenant
from gateway.api.services import Services
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from gateway.receipts.cases import register_dossier
from tests.clock import Clock

ADDRESS = "http://gateway.test"
SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.fixture
async def client(services: Services, clock: Clock) -> NewClient:
    return await admit(services, "h99", clock)


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
        yield http


@pytest.fixture
async def gateway(
    app: FastAPI, services: Services, client: NewClient
) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, services, client) as http:
        yield http


async def admit(services: Services, code: str, clock: Clock) -> NewClient:
    grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
    await services.database.write(
        lambda c: register_tenant(c, code, "Tỉnh H", code.upper(), grant, is_test=True, now=clock())
    )
    dossier, key = f"{code.upper()}.01-20261122-0000001", services.keys.index
    await services.database.write(lambda c: register_dossier(c, code, dossier, clock(), key))
    return await services.access.clients.add(TenantId(code), clock())


def signed_in(app: FastAPI, services: Services, client: NewClient) -> httpx.AsyncClient:
    caller = services.access.clients.caller(client.client_id)
    assert caller is not None
    headers = {"Authorization": f"Bearer {services.access.tokens.issue(caller)}"}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)
