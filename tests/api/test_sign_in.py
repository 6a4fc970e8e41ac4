import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.access.callers import Grant
from gateway.access.clients import NewClient
from gateway.access.grants import change_grant, end_grant
from gateway.api.services import Services
from gateway.domain.identifiers import POPULATION
from tests.clock import Clock

GRANT = {"grant_type": "client_credentials"}


def _basic(client_id: str, secret: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


async def test_basic_authentication_gets_valid_token(
    anybody: httpx.AsyncClient, client: NewClient
) -> None:
    headers = _basic(client.client_id, client.secret)
    answer = await anybody.post("/oauth/token", data=GRANT, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 1800)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await anybody.get("/v1/forms", headers=bearer)).status_code == 200


async def test_credentials_in_body_get_valid_token(
    anybody: httpx.AsyncClient, client: NewClient
) -> None:
    named = {"client_id": client.client_id, "client_secret": client.secret}
    answer = await anybody.post("/oauth/token", data={**GRANT, **named})

    assert answer.status_code == 200


async def test_revoked_client_and_token_are_refused(
    anybody: httpx.AsyncClient,
    gateway: httpx.AsyncClient,
    client: NewClient,
    services: Services,
    clock: Clock,
) -> None:
    assert (await gateway.get("/v1/forms")).status_code == 200

    await services.access.clients.revoke(client.client_id, clock())

    assert (await gateway.get("/v1/forms")).status_code == 401
    headers = _basic(client.client_id, client.secret)
    answer = await anybody.post("/oauth/token", data=GRANT, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


REFUSED: dict[str, tuple[dict[str, Any], dict[str, str], int, str]] = {
    "a wrong secret": (GRANT, _basic("h99.00000000", "wrong"), 401, "invalid_client"),
    "no client": (GRANT, {}, 401, "invalid_client"),
    "Basic that is no base64": (GRANT, {"Authorization": "Basic é"}, 401, "invalid_client"),
    "Basic without a colon": (GRANT, {"Authorization": "Basic aDk5"}, 401, "invalid_client"),
    "a Bearer": (GRANT, {"Authorization": "Bearer aDk5Ong="}, 401, "invalid_client"),
    "another client in the body": (
        {**GRANT, "client_id": "h98"},
        _basic("h99", "x"),
        401,
        "invalid_client",
    ),
    "both ways at once": (
        {**GRANT, "client_secret": "x"},
        _basic("h99", "x"),
        400,
        "invalid_request",
    ),
    "no grant type": ({"client_id": "h99"}, {}, 400, "invalid_request"),
    "another grant type": ({"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
    "a grant type twice": ({"grant_type": ["client_credentials"] * 2}, {}, 400, "invalid_request"),
    "a scope": ({**GRANT, "scope": "all"}, {}, 400, "invalid_scope"),
    "an unknown member": ({**GRANT, "tenant": "h98"}, {}, 400, "invalid_request"),
    "over 20 KB": ({**GRANT, "client_id": "h" * 20480}, {}, 400, "invalid_request"),
}


@pytest.mark.parametrize("data, headers, status, error", REFUSED.values(), ids=REFUSED)
async def test_refusal_has_shape_of_rfc_6749(
    anybody: httpx.AsyncClient, data: Any, headers: dict[str, str], status: int, error: str
) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    answer = await anybody.post("/oauth/token", data=data, headers=raw)

    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert ("www-authenticate" in answer.headers) == (status == 401 and bool(headers))
    assert answer.headers["cache-control"] == "no-store"


async def test_json_body_gets_rfc_6749_refusal(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post("/oauth/token", json=GRANT)

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_non_ascii_form_is_refused(anybody: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"\xff=\xff", b"grant_type", b"&&"):
        answer = await anybody.post("/oauth/token", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize("ended", [True, False])
async def test_ended_grant_opens_nothing(
    anybody: httpx.AsyncClient,
    gateway: httpx.AsyncClient,
    client: NewClient,
    services: Services,
    clock: Clock,
    ended: bool,
) -> None:
    until = clock() + timedelta(minutes=10)
    grant = Grant(frozenset({POPULATION}), None, None, until=until)
    await services.database.write(
        lambda c: end_grant(c, "h99", clock()) if ended else change_grant(c, "h99", grant)
    )
    services.access.clients.announce()
    assert (await gateway.get("/v1/forms")).status_code == (403 if ended else 200)

    clock.forward(minutes=0 if ended else 10)

    refused = await gateway.get("/v1/forms")
    assert (refused.status_code, refused.json()["code"]) == (403, "grant_ended")
    headers = _basic(client.client_id, client.secret)
    answer = await anybody.post("/oauth/token", data=GRANT, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"error": "unauthorized_client"})
