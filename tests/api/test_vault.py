"""With the key service away nothing is stored or read in clear, and citizens go on typing."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from gateway.api.services import Services
from gateway.app import create_app
from gateway.domain.errors import SourceUnavailable
from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import PersonalId
from gateway.settings import Settings, TransitAccess
from gateway.sources.records._client import RecordsSource
from gateway.storage.url import DatabaseUnusable
from mocks.transit import TransitMock
from tests.api.test_records import OWNER, RECORD
from tests.clock import Clock
from tests.sources.contract import PURPOSE, ask

from .conftest import admit, signed_in

URL = "http://keys.test"


@pytest.fixture
def service() -> TransitMock:
    return TransitMock()


@pytest.fixture
async def served(
    tmp_path: Path, schemas: Path, clock: Clock, service: TransitMock
) -> AsyncIterator[FastAPI]:
    access = TransitAccess(url=URL, key=service.key, token=SecretStr(service.token))
    settings = Settings(
        data=tmp_path, schemas=schemas, mock=True, key_provider="transit", transit=access
    )
    app = create_app(settings, clock, httpx.ASGITransport(service))
    async with app.router.lifespan_context(app):
        yield app


async def test_key_service_away_stores_nothing(
    served: FastAPI, service: TransitMock, clock: Clock
) -> None:
    services: Services = served.state.services
    client = signed_in(served, services, await admit(services, "h99", clock))
    async with client:
        assert (await client.post("/v1/records", json=RECORD)).status_code == 201
        service.down = True
        services.dossiers.records.vault.keys.forget(PURPOSE.tenant)  # as five minutes later
        answer = await client.post("/v1/records", json=RECORD | {"number": "13/2026"})
    assert (answer.status_code, answer.json()["code"]) == (503, "vault_closed")
    assert answer.headers["retry-after"] == "1"

    source = RecordsSource(services.dossiers.records, services.forms.code_lists, clock)
    owner = PersonKey(PersonalId(OWNER["personal_id"]), None, None)
    with pytest.raises(SourceUnavailable) as unavailable:
        await ask(source, owner, source.held)
    assert unavailable.value.cause == "vault_closed"


async def test_provider_must_be_named_outside_mocks(tmp_path: Path, clock: Clock) -> None:
    app = create_app(Settings(data=tmp_path), clock)

    with pytest.raises(DatabaseUnusable, match="GATEWAY_KEY_PROVIDER"):
        async with app.router.lifespan_context(app):
            pass
