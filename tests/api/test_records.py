import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from gateway.api.services import Services
from gateway.storage.schema import records, replays
from tests.clock import Clock

from .conftest import admit, signed_in

OWNER = {"personal_id": "003090000123", "full_name": "Bùi Thị Bí Mật"}
RECORD: dict[str, Any] = {
    "kind": "general",
    "owner": OWNER,
    "number": "12/2026",
    "issuer": "UBND xã A",
    "issued_on": "2026-01-31",
    "content": {"title": "Giấy xác nhận"},
    "file": {"name": "a.pdf", "sha256": "0" * 64, "media_type": "application/pdf"},
}
CASE = {"dossier": "H99.01-20261122-0000001", "officer": "H99.01.cb017", "purpose": "reuse"}
SEARCH = {"owner": OWNER, **CASE}
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
SERVER_OWNED = (
    "tenant",
    "id",
    "source",
    "verified",
    "state",
    "stored_at",
    "owner_index",
    "created",
)


async def test_record_is_stored_found_and_deleted(gateway: httpx.AsyncClient) -> None:
    taken = await gateway.post("/v1/records", json=RECORD)
    found = await gateway.post("/v1/records/search", json=SEARCH)
    ended = await gateway.post(
        f"/v1/records/{taken.json()['id']}/revoke", json={"reason": "annulled"}
    )
    left = await gateway.post("/v1/records/search", json={**SEARCH, "state": "valid"})

    assert (taken.status_code, taken.json()["created"]) == (201, True)
    (one,) = found.json()["records"]
    assert (one["id"], one["state"]) == (taken.json()["id"], "valid")
    assert one["stored_at"] == "2026-11-22T05:00:00+00:00"
    assert one["record"]["content"] == {"title": "Giấy xác nhận"}
    assert ended.json() == {"id": taken.json()["id"], "state": "revoked"}
    assert left.json() == {"records": [], "awaited": []}


async def test_same_record_is_stored_once(gateway: httpx.AsyncClient) -> None:
    first = await gateway.post("/v1/records", json=RECORD)
    second = await gateway.post("/v1/records", json=RECORD)

    assert (second.status_code, second.json()) == (
        200,
        {"id": first.json()["id"], "created": False},
    )


async def test_repeated_call_gets_first_answer(gateway: httpx.AsyncClient) -> None:
    first = await gateway.post("/v1/records", json=RECORD, headers=KEY)
    second = await gateway.post("/v1/records", json=RECORD, headers=KEY)

    assert (second.status_code, second.content) == (201, first.content)


async def test_t37_key_with_another_body_is_422(gateway: httpx.AsyncClient) -> None:
    await gateway.post("/v1/records", json=RECORD, headers=KEY)
    answer = await gateway.post("/v1/records", json={**RECORD, "number": "13"}, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_t37_key_belongs_to_one_tenant(
    gateway: httpx.AsyncClient, app: FastAPI, services: Services, clock: Clock
) -> None:
    first = await gateway.post("/v1/records", json=RECORD, headers=KEY)
    async with signed_in(app, services, await admit(services, "h98", clock)) as neighbour:
        second = await neighbour.post("/v1/records", json=RECORD, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


async def test_t37_fifty_parallel_calls_have_one_effect(
    gateway: httpx.AsyncClient, services: Services
) -> None:
    answers = await asyncio.gather(
        *(gateway.post("/v1/records", json=RECORD, headers=KEY) for _ in range(50))
    )

    made = [answer for answer in answers if answer.status_code == 201]
    late = [answer for answer in answers if answer.status_code == 409]
    assert len(made) + len(late) == 50 and made
    assert len({answer.content for answer in made}) == 1
    assert {answer.json()["code"] for answer in late} <= {"still_running"}
    assert len(services.database.read(lambda c: c.execute(select(records)).all())) == 1


async def test_refused_call_frees_key_and_stores_nothing(
    gateway: httpx.AsyncClient, services: Services
) -> None:
    wrong = {**RECORD, "kind": "papyrus"}
    answers = [await gateway.post("/v1/records", json=wrong, headers=KEY) for _ in range(2)]

    assert [answer.json()["code"] for answer in answers] == ["unknown_kind"] * 2
    for table in (records, replays):
        assert services.database.read(lambda c, t=table: c.execute(select(t)).all()) == []


async def test_t01_another_tenants_record_is_404(
    gateway: httpx.AsyncClient, app: FastAPI, services: Services, clock: Clock
) -> None:
    record_id = (await gateway.post("/v1/records", json=RECORD)).json()["id"]
    async with signed_in(app, services, await admit(services, "h98", clock)) as neighbour:
        own = {**SEARCH, "dossier": "H98.01-20261122-0000001"}
        found = await neighbour.post("/v1/records/search", json=own)
        revoked = await neighbour.post(
            f"/v1/records/{record_id}/revoke", json={"reason": "annulled"}
        )
        absent = await neighbour.post("/v1/records/rec_none/revoke", json={"reason": "annulled"})

    assert found.json() == {"records": [], "awaited": []}
    assert (revoked.status_code, revoked.content) == (404, absent.content)


@pytest.mark.parametrize("member", SERVER_OWNED)
async def test_t41_server_owned_members_cannot_be_sent(
    gateway: httpx.AsyncClient, member: str
) -> None:
    calls = {
        "/v1/records": {**RECORD, member: "x"},
        "/v1/records/search": {"owner": {**OWNER, member: "x"}},
        "/v1/records/rec_x/revoke": {"reason": "annulled", member: "x"},
    }
    for path, body in calls.items():
        if path == "/v1/records/search" and member == "state":
            continue
        answer = await gateway.post(path, json=body)
        assert answer.status_code == 422
        assert [field["code"] for field in answer.json()["fields"]] == ["unknown_member"]


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "a number of eleven digits": ({"owner": {"personal_id": "00309000012"}}, "owner.personal_id"),
    "Arabic-Indic digits": ({"owner": {"personal_id": "٠٠٣٠٩٠٠٠٠١٢٣"}}, "owner.personal_id"),
    "full-width digits": (
        {"owner": {"personal_id": "００３０９００００１２３"}},
        "owner.personal_id",
    ),
    "a newline at the end": ({"owner": {"personal_id": "003090000123\n"}}, "owner.personal_id"),
    "an impossible date": ({"issued_on": "2026-02-30"}, "issued_on"),
    "a digest that is none": ({"file": {**RECORD["file"], "sha256": "x"}}, "file.sha256"),
    "a content that is none": ({"content": "Bùi Thị Bí Mật"}, "content"),
}


@pytest.mark.parametrize("change, member", HOSTILE.values(), ids=HOSTILE)
async def test_t33_invalid_record_names_member_without_value(
    gateway: httpx.AsyncClient, services: Services, change: dict[str, Any], member: str
) -> None:
    answer = await gateway.post("/v1/records", json={**RECORD, **change})

    assert (answer.status_code, answer.json()["member"]) == (422, member)
    assert "Bí Mật" not in answer.text and "00309" not in answer.text
    assert services.database.read(lambda c: c.execute(select(records)).all()) == []


async def test_records_need_sign_in(anybody: httpx.AsyncClient) -> None:
    for path in ("/v1/records", "/v1/records/search", "/v1/records/x/revoke"):
        assert (await anybody.post(path, json={})).status_code == 401


@pytest.mark.threat(63)
@pytest.mark.parametrize(("name", "found"), [("BUI THI BI MAT", 1), ("Bùi Thị Khác", 0), ("Ø", 0)])
async def test_search_compares_number_and_name(
    gateway: httpx.AsyncClient, name: str, found: int
) -> None:
    later = {"kind": "driving_licence", "expected_at": "2026-12-01T17:00:00+07:00"}
    for record in (RECORD, {**later, "owner": OWNER}):
        assert (await gateway.post("/v1/records", json=record)).status_code == 201
    owner = {**OWNER, "full_name": name}
    answer = (await gateway.post("/v1/records/search", json={**SEARCH, "owner": owner})).json()
    assert (len(answer["records"]), len(answer["awaited"])) == (found, found)


@pytest.mark.threat(63)
async def test_search_by_number_alone_is_refused(gateway: httpx.AsyncClient) -> None:
    owner = {"personal_id": OWNER["personal_id"]}
    assert (await gateway.post("/v1/records/search", json={"owner": owner})).status_code == 422


@pytest.mark.threat(63)
async def test_nameless_record_is_found_beside_named(gateway: httpx.AsyncClient) -> None:
    nameless = {**RECORD, "number": "2", "owner": {"personal_id": OWNER["personal_id"]}}
    assert (await gateway.post("/v1/records", json=nameless)).status_code == 201
    before = await gateway.post("/v1/records/search", json=SEARCH)
    await gateway.post("/v1/records", json=RECORD)
    after = await gateway.post("/v1/records/search", json=SEARCH)
    assert (len(before.json()["records"]), len(after.json()["records"])) == (0, 2)
