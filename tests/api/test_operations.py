import json
import re
from pathlib import Path

import httpx
from fastapi import FastAPI

from gateway.api._error_codes import ERRORS
from gateway.api.services import Services
from gateway.cli._serve import described

KEPT = Path(__file__).parents[2] / "schemas" / "openapi.json"


async def test_process_answers_and_is_ready(anybody: httpx.AsyncClient) -> None:
    assert (await anybody.get("/healthz")).json() == {"status": "ok"}
    ready = (await anybody.get("/readyz")).json()
    assert ready["status"] == "ok"
    assert ready["log"]["reads_open"] is True


async def test_without_database_it_is_live_not_ready(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    services.database.read(lambda connection: connection.connection.close())

    ready = await anybody.get("/readyz")

    assert (await anybody.get("/healthz")).status_code == 200
    assert ready.status_code in {500, 503}


async def test_every_code_is_explained(anybody: httpx.AsyncClient) -> None:
    listed = {one["code"]: one for one in (await anybody.get("/v1/errors")).json()["errors"]}

    assert listed.keys() == ERRORS.keys()
    assert listed["body_too_large"]["status"] == 413
    assert all(one["title_vi"] and one["title"] and one["remedy"] for one in listed.values())


async def test_receipts_verify_and_no_secret_is_published(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    keys = (await anybody.get("/.well-known/jwks.json")).json()["keys"]

    assert [key["kid"] for key in keys] == [services.keys.receipt.kid, services.keys.log.kid]
    assert all(key.keys() == {"kty", "crv", "x", "kid", "use", "alg"} for key in keys)


async def test_documentation_lists_calls_and_loads_nothing(
    anybody: httpx.AsyncClient, app: FastAPI
) -> None:
    page = (await anybody.get("/docs")).text

    for path in app.openapi()["paths"]:
        assert path in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|<script|<link|@import|url\(", page)


def test_kept_interface_is_served() -> None:
    assert KEPT.read_text() == described(), "run: gateway openapi schemas/openapi.json"


def test_interface_names_sign_in_and_refusals() -> None:
    document = json.loads(described())

    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert "default" in call["responses"], f"{method} {path} does not say how it refuses"
            public = path.startswith(
                ("/catalogue/", "/oauth/", "/.well-known/", "/log/", "/v1/log/")
            )
            public |= path in {"/healthz", "/readyz", "/metrics", "/v1/errors"}
            optional = path.startswith("/v1/metrics/")
            assert optional or ("security" in call) != public, f"{method} {path}"


async def test_t51_only_reviewed_addresses_are_served(app: FastAPI) -> None:
    served = {route.path for route in app.routes}

    assert served == {
        "/v1/dossiers",
        "/v1/metrics/index-766",
        "/v1/dossiers/{code}",
        "/v1/dossiers/{code}/progress",
        "/openapi.json",
        "/docs",
        "/healthz",
        "/readyz",
        "/metrics",
        "/.well-known/jwks.json",
        "/oauth/token",
        "/v1/errors",
        "/v1/forms",
        "/v1/forms/{form}",
        "/v1/prefills",
        "/v1/identity/confirm",
        "/v1/submissions",
        "/v1/corrections/search",
        "/v1/corrections/{ticket}/state",
        "/v1/records",
        "/v1/records/search",
        "/v1/records/{record}/revoke",
        "/v1/igate/eforms/{eform}/prefill",
        "/v1/igate/dossiers",
        "/v1/metrics/field-reduction",
        "/v1/log/proof",
        "/v1/log/consistency",
        "/log/{address:path}",
        "/catalogue/provinces",
        "/catalogue/communes",
        "/catalogue/countries",
        "/catalogue/business-lines",
        "/catalogue/hospitals",
        "/catalogue/banks",
    }
