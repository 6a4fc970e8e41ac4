"""A gateway without sources, and dossiers as a province sends them."""

import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.api.services import Services
from gateway.domain.identifiers import POPULATION, RECORDS, TenantId

Json = dict[str, Any]
SCHEMAS = Path(__file__).parents[2] / "schemas"
CODE = "H99.01-20261122-0000001"
OWNER = {
    "kind": "citizen",
    "name": "Bùi Thị Bí Mật",
    "personal_id": "003090000123",
    "email": "bimat@example.test",
    "phone": "+84900000001",
}
DOSSIER: Json = {
    "code": CODE,
    "procedure": "1.004222",
    "form": "ct01-permanent-residence",
    "channel": "online",
    "owner": OWNER,
    "abstract": "Đăng ký thường trú cho bà Bí Mật",
    "submitted": "2026-11-22T09:00:00+07:00",
    "received": "2026-11-22T10:00:00+07:00",
    "due": "2026-11-29T17:00:00+07:00",
    "unit": "Công an xã Mẫu",
    "attachments": [
        {
            "component": "000.00.00.G01-TP0001",
            "name": "Giấy tờ nhà ở",
            "file": {
                "id": "file-1",
                "name": "nha-cua-bi-mat.pdf",
                "sha256": "a" * 64,
                "url": "https://igate.test/fi/file/1",
            },
        }
    ],
}
VALUES = ("Bí Mật", "003090000123", "bimat@example.test", "+84900000001", "nha-cua-bi-mat")


def dossier(**changed: Any) -> Json:
    """A dossier as the province registers it, with some members changed; None leaves one out."""
    told = copy.deepcopy(DOSSIER) | changed
    return {name: value for name, value in told.items() if value is not None}


def row(state: int, hour: int = 11, **more: Any) -> Json:
    """A row of progress."""
    at = (datetime(2026, 11, 22, tzinfo=UTC) + timedelta(hours=hour)).isoformat()
    return {"state": state, "actor": "Cán bộ Một Cửa", "content": "Xử lý", "at": at, **more}


async def client_of(
    app: FastAPI, tenant: str, agency: str = "H99.01", agencies: frozenset[str] = frozenset()
) -> httpx.AsyncClient:
    """A tenant's own client, admitted and signed in."""
    services: Services = app.state.services
    grant = Grant(frozenset({POPULATION, RECORDS}), None, None, agencies=agencies)
    now = services.clock()
    await services.database.write(
        lambda c: register_tenant(c, tenant, "Tỉnh", agency, grant, is_test=False, now=now)
    )
    client = await services.access.clients.add(TenantId(tenant), now)
    caller = services.access.clients.caller(client.client_id)
    assert caller is not None
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://gateway.test",
        headers={"Authorization": f"Bearer {services.access.tokens.issue(caller)}"},
    )


@pytest.fixture
async def province(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with await client_of(app, "h99") as client:
        yield client


@pytest.fixture
async def neighbour(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with await client_of(app, "h98") as client:
        yield client


async def said(answer: httpx.Response, status: int = 200) -> Json:
    """The answer to a call that must end so."""
    assert answer.status_code == status, answer.text
    read: Json = answer.json()
    return read
