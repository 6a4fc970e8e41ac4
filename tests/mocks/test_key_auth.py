"""The class that signs for httpx, which clients copy, against a real gateway."""

import re
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from gateway.access.callers import Grant
from gateway.access.clients import Registration
from gateway.access.grants import register_tenant
from gateway.access.proofs import read_public_key
from gateway.api.services import Services
from gateway.domain.identifiers import RECORDS, TenantId
from mocks.igate import IGate
from mocks.igate.key_auth import KeyAuth, public_jwk
from tests.clock import Clock

ROOT = Path(__file__).parents[2]
ISSUER = "http://127.0.0.1:8000"


@pytest.fixture
async def signing(app: FastAPI, services: Services, clock: Clock) -> KeyAuth:
    grant = Grant(frozenset({RECORDS}), None, None)
    await services.database.write(
        lambda c: register_tenant(c, "h99", "Tỉnh H", "H99", grant, is_test=True, now=clock())
    )
    key = Ed25519PrivateKey.generate()
    registration = Registration(read_public_key(dict(public_jwk(key))))
    client = await services.access.clients.add(TenantId("h99"), clock(), registration)
    return KeyAuth(ISSUER, client.client_id, key, clock.seconds)


async def test_igate_works_by_key(app: FastAPI, signing: KeyAuth, clock: Clock) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER, auth=signing) as http:
        igate = IGate(http)
        first = await igate.figures()
        found = await igate.dossier_status("H99-20261122-0000001")
        clock.forward(minutes=6)
        later = await igate.index_766("2026-11-01", "2026-11-22")

    assert [one.status for one in (first, found, later)] == [200, 404, 200]


async def test_unknown_key_is_told_so(app: FastAPI, signing: KeyAuth, clock: Clock) -> None:
    stranger = KeyAuth(ISSUER, "h99.00000000", Ed25519PrivateKey.generate(), clock.seconds)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER, auth=stranger) as http:
        answer = await http.get("/v1/forms")

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_documented_example_is_the_tested_one() -> None:
    document = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    source = (ROOT / "mocks" / "igate" / "key_auth.py").read_text(encoding="utf-8")
    [block] = re.findall(r"^```python\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)

    assert block in source
