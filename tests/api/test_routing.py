import json
from collections.abc import AsyncIterator
from decimal import Decimal
from io import StringIO
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.clients import NewClient
from gateway.api._routing import Context, MayPrefill, RequestModel, ResponseModel, new_router
from gateway.api.events import write_events_to
from gateway.api.services import Services, UseClock, UseDatabase
from tests.clock import Clock

from .conftest import admit, signed_in

SECRET = "Bùi Thị Bí Mật 003090000123"


class Inner(RequestModel):
    number: int
    text: str = "absent"


class EchoBody(RequestModel):
    inner: Inner
    data: dict[str, Any]
    rows: list[Inner] = []


class EchoResponse(ResponseModel):
    tenant: str
    data: dict[str, Any]


@pytest.fixture
async def echo(app: FastAPI) -> None:
    """Routes of this test beside the real ones."""
    router = new_router("test")

    @router.post("/test/echo")
    async def echo(body: EchoBody, caller: MayPrefill, context: Context) -> EchoResponse:
        return EchoResponse(tenant=caller.tenant, data={**body.data, "path": context.path})

    @router.get("/test/query/{name}")
    async def query(name: str, wanted: str, clock: UseClock, other: str = "-") -> dict[str, str]:
        return {"name": name, "wanted": wanted, "other": other}

    @router.get("/test/bug")
    async def bug(database: UseDatabase) -> dict[str, str]:
        raise KeyError(SECRET)

    @router.get("/test/number")
    async def number(database: UseDatabase) -> dict[str, Decimal]:
        return {"exact": Decimal("0.10000000000000000000001"), "large": Decimal("1E+3")}

    app.router.routes[:0] = router.routes


pytestmark = pytest.mark.usefixtures("echo")

BODY = {"inner": {"number": 1}, "data": {"a": "b"}}


async def test_valid_call_is_answered(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/test/echo", json=BODY)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"tenant": "h99", "data": {"a": "b", "path": "/test/echo"}}
    assert answer.headers["cache-control"] == "no-store"


REFUSED_BODIES: dict[str, tuple[Any, str, str]] = {
    "a member missing": ({"data": {}}, "inner", "missing"),
    "an unknown member": ({**BODY, "tenant": "h98"}, "tenant", "unknown_member"),
    "an unknown member inside": (
        {**BODY, "inner": {"number": 1, "verified": True}},
        "inner.verified",
        "unknown_member",
    ),
    "a text for a number": ({**BODY, "inner": {"number": "1"}}, "inner.number", "wrong_type"),
    "a truth for a number": ({**BODY, "inner": {"number": True}}, "inner.number", "wrong_type"),
    "a fraction for an integer": ({**BODY, "inner": {"number": 1.5}}, "inner.number", "wrong_type"),
    "a list for an object": ({**BODY, "data": []}, "data", "wrong_type"),
    "nothing for an object": ({**BODY, "data": None}, "data", "wrong_type"),
    "a wrong row": (
        {**BODY, "rows": [{"number": 1}, {"number": None}]},
        "rows[1].number",
        "wrong_type",
    ),
    "a name that is somebody's number": ({**BODY, "003090000123": 1}, "?", "unknown_member"),
}


@pytest.mark.parametrize("body, path, reason", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
async def test_refused_body_names_member_and_reason(
    gateway: httpx.AsyncClient, body: Any, path: str, reason: str
) -> None:
    answer = await gateway.post("/test/echo", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["member"]) == ("validation", path)
    assert answer.json()["fields"] == [{"path": path, "code": reason}]


async def test_t31_refusal_echoes_nothing(gateway: httpx.AsyncClient) -> None:
    bodies: list[Any] = [
        {"inner": {"number": SECRET}, "data": SECRET},
        {**BODY, SECRET: SECRET},
        {**BODY, "inner": SECRET},
        SECRET,
        [SECRET],
    ]
    for body in bodies:
        answer = await gateway.post("/test/echo", json=body)
        assert answer.status_code == 422
        assert "Bí Mật" not in answer.text
        assert "003090000123" not in answer.text


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', '{"a": 1, "a": 2}', "\ufeff{}"])
async def test_non_strict_json_is_400(gateway: httpx.AsyncClient, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await gateway.post("/test/echo", content=text.encode(), headers=headers)

    assert answer.status_code == 400
    assert answer.json()["status"] == 400


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_another_media_type_is_415(
    gateway: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await gateway.post("/test/echo", content=json.dumps(BODY).encode(), headers=headers)

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


async def test_json_may_name_its_charset(gateway: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await gateway.post("/test/echo", content=json.dumps(BODY).encode(), headers=headers)

    assert answer.status_code == 200


async def test_body_over_one_mebibyte_is_413(
    gateway: httpx.AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json"}
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 65536
            yield b" " * 65536

    declared = await gateway.post("/test/echo", content=b" " * 1048577, headers=headers)
    chunked = await gateway.post("/test/echo", content=chunks(), headers=headers)

    for answer in (declared, chunked):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert sent <= 1048576 + 2 * 65536


async def test_body_stated_too_long_is_unread(gateway: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "application/json", "Content-Length": "1048577"}
    answer = await gateway.post("/test/echo", content=never(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_unsigned_callers_body_is_not_read(anybody: httpx.AsyncClient) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "application/json"}
    answer = await anybody.post("/test/echo", content=never(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_two_authorization_headers_are_refused(
    gateway: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    token = gateway.headers["authorization"]
    headers = [("Authorization", token), ("Authorization", "Bearer other")]
    answer = await anybody.post("/test/echo", json=BODY, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "parameter_twice")


async def test_t02_hints_at_another_tenant_are_ignored(
    gateway: httpx.AsyncClient, app: FastAPI, services: Services, clock: Clock, client: NewClient
) -> None:
    await admit(services, "h98", clock)
    plain = await gateway.post("/test/echo", json=BODY)

    hints = {"X-Tenant": "h98", "X-Forwarded-User": "h98", "X-Client-Cert": "h98", "Tenant": "h98"}
    hinted = await gateway.post("/test/echo", json=BODY, headers=hints)
    asked = await gateway.post("/test/echo", params={"tenant": "h98"}, json=BODY)
    told = await gateway.post("/test/echo", json={**BODY, "tenant": "h98"})

    assert hinted.content == plain.content
    assert (asked.status_code, told.status_code) == (400, 422)


@pytest.mark.parametrize(
    "query, code",
    [
        ("", "parameter_missing"),
        ("wanted=1&wanted=2", "parameter_twice"),
        ("wanted=1&unknown=2", "unknown_parameter"),
    ],
)
async def test_undeclared_query_parameter_is_refused(
    anybody: httpx.AsyncClient, query: str, code: str
) -> None:
    answer = await anybody.get(f"/test/query/x?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_query_is_read(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/test/query/x?wanted=%C4%91")

    assert answer.json() == {"name": "x", "wanted": "đ", "other": "-"}


@pytest.mark.parametrize(
    "key, code",
    [
        ("k" * 21, "idempotency_key_too_short"),
        ("k" * 256, "idempotency_key_unusable"),
        ("k" * 22 + "\t", "idempotency_key_unusable"),
    ],
)
async def test_idempotency_key_has_22_to_255_characters(
    gateway: httpx.AsyncClient, key: str, code: str
) -> None:
    answer = await gateway.post("/test/echo", json=BODY, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_decimals_are_sent_as_numbers(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/test/number")

    assert answer.text == '{"exact":0.10000000000000000000001,"large":1000}'


async def test_bug_is_500_with_place_in_event(
    anybody: httpx.AsyncClient,
) -> None:
    lines = StringIO()
    write_events_to(lines)

    answer = await anybody.get("/test/bug")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    event = json.loads(lines.getvalue())
    assert (event["event"], event["error"]) == ("bug", "KeyError")
    assert event["place"].startswith("_routing.py:")
    assert "Bí Mật" not in answer.text + lines.getvalue()


async def test_unknown_address_and_method_are_problems(
    anybody: httpx.AsyncClient,
) -> None:
    nowhere = await anybody.get("/v1/nowhere")
    wrong = await anybody.put("/v1/records")

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no_such_address")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


def test_route_with_unknown_parameter_is_rejected() -> None:
    router = new_router("test")

    with pytest.raises(TypeError):

        @router.get("/test/unknown")
        async def unknown(wanted: int) -> dict[str, str]:
            return {}


async def test_another_tenant_is_another_caller(
    app: FastAPI, services: Services, clock: Clock, gateway: httpx.AsyncClient
) -> None:
    async with signed_in(app, services, await admit(services, "h98", clock)) as neighbour:
        answer = await neighbour.post("/test/echo", json=BODY)

    assert answer.json()["tenant"] == "h98"
