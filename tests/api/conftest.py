from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.callers import Grant
from gateway.access.clients import NewClient
from gateway.api.rooms import Rooms
from gateway.app import create_app
from gateway.custody.grants import register_tenant
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId
from gateway.settings import Settings
from tests.clock import Clock
from tests.few_forms import schemas_with

ADDRESS = "http://gateway.test"
SCHEMAS = Path(__file__).parents[2] / "schemas"
ONE_FORM = "social-pension"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas with one form: reading all of them is most of a start, and few tests need them."""
    return schemas_with(tmp_path_factory.mktemp("schemas"), ONE_FORM)


@pytest.fixture
async def app(tmp_path: Path, schemas: Path, clock: Clock) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(data=tmp_path, schemas=schemas, mock=True), clock)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def rooms(app: FastAPI) -> Rooms:
    rooms: Rooms = app.state.rooms
    return rooms


@pytest.fixture
async def client(rooms: Rooms, clock: Clock) -> NewClient:
    return await admit(rooms, "h99", clock)


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
        yield http


@pytest.fixture
async def gateway(
    app: FastAPI, rooms: Rooms, client: NewClient
) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, rooms, client) as http:
        yield http


async def admit(rooms: Rooms, code: str, clock: Clock) -> NewClient:
    grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
    await rooms.database.write(
        lambda c: register_tenant(c, code, "Tỉnh H", code.upper(), grant, is_test=True, now=clock())
    )
    return await rooms.clients.add(TenantId(code), clock())


def signed_in(app: FastAPI, rooms: Rooms, client: NewClient) -> httpx.AsyncClient:
    caller = rooms.clients.caller(client.client_id)
    assert caller is not None
    headers = {"Authorization": f"Bearer {rooms.tokens.issue(caller)}"}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)
