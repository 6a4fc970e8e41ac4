from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from gateway.api.services import Services
from gateway.domain.errors import Conflict
from gateway.dossiers._telling.outbox import Seal, purge_kept
from gateway.storage.schema import dossier_steps, dossiers
from tests.clock import Clock
from tests.databases import raw_bytes

from .conftest import CODE, OWNER, VALUES, Json, dossier, row, said

PROGRESS = f"/v1/dossiers/{CODE}/progress"
RECORD: Json = {
    "kind": "general",
    "owner": {"personal_id": OWNER["personal_id"]},
    "number": "12/2026",
    "issuer": "UBND xã A",
    "issued_on": "2026-01-31",
    "content": {"title": "Giấy xác nhận"},
    "file": {"name": "a.pdf", "sha256": "a" * 64, "media_type": "application/pdf"},
}


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and member of a problem document that repeats nothing that was sent."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert not any(value in answer.text for value in VALUES)
    problem = answer.json()
    return answer.status_code, problem["code"], problem.get("member")


async def test_dossier_is_created_once_and_repeatable(
    province: httpx.AsyncClient, services: Services
) -> None:
    first = await province.post("/v1/dossiers", json=dossier())
    again = await province.post("/v1/dossiers", json=dossier())

    assert (first.status_code, first.json()) == (201, {"code": CODE, "created": True})
    assert (again.status_code, again.json()) == (200, {"code": CODE, "created": False})
    stored = services.database.read(lambda c: c.execute(select(dossiers)).all())
    assert [(one.version, one.sync) for one in stored] == [(1, "queued")]


async def test_other_content_replaces_earlier_content(
    province: httpx.AsyncClient, services: Services
) -> None:
    await province.post("/v1/dossiers", json=dossier())
    await province.post("/v1/dossiers", json=dossier(abstract="Bổ sung"))

    stored = services.database.read(lambda c: c.execute(select(dossiers)).one())
    seal = Seal(services.keys.outbox)
    assert stored.version == 2
    assert seal.open_dossier(CODE, 2, stored.sealed).abstract == "Bổ sung"


@pytest.mark.threat(26)
async def test_queued_dossier_is_sealed_at_rest(
    province: httpx.AsyncClient, tmp_path: Path
) -> None:
    await province.post("/v1/dossiers", json=dossier())
    await province.post(PROGRESS, json={"rows": [row(4, content="gặp bà Bí Mật")]})

    kept = raw_bytes(tmp_path)
    assert CODE.encode() in kept
    assert [value for value in VALUES if value.encode() in kept] == []


@pytest.mark.threat(43)
async def test_sealed_dossier_opens_at_its_place(
    province: httpx.AsyncClient, services: Services
) -> None:
    await province.post("/v1/dossiers", json=dossier())
    sealed = services.database.read(lambda c: c.execute(select(dossiers.c.sealed)).scalar_one())
    seal = Seal(services.keys.outbox)

    assert seal.open_dossier(CODE, 1, sealed).owner.name == OWNER["name"]
    for code, version in ((CODE, 2), ("H99.01-20261122-0000002", 1)):
        with pytest.raises(Conflict, match="outbox_unreadable"):
            seal.open_dossier(code, version, sealed)
    with pytest.raises(Conflict, match="outbox_unreadable"):
        Seal(bytes(32)).open_dossier(CODE, 1, sealed)


BAD: dict[str, tuple[Json, str, str]] = {
    "a code of no format": ({"code": "hồ sơ 1"}, "code", "not_a_dossier_code"),
    "a procedure of no format": ({"procedure": "DKTT"}, "procedure", "not_a_procedure_code"),
    "a number of another length": (
        {"owner": {**OWNER, "personal_id": "00309000012"}},
        "owner.personal_id",
        "not_12_digits",
    ),
    "a kind of owner that is none": (
        {"owner": {**OWNER, "kind": "dog"}},
        "owner.kind",
        "not_one_of",
    ),
    "a blank abstract": ({"abstract": "  "}, "abstract", "blank"),
    "a date without its offset": ({"due": "2026-11-29T17:00:00"}, "due", "not_a_moment"),
    "a date of another century": ({"due": "1926-11-29T17:00:00+07:00"}, "due", "out_of_range"),
    "a digest that is none": (
        {
            "attachments": [
                {"component": "A", "name": "a", "file": {"id": "1", "name": "a", "sha256": "xyz"}}
            ]
        },
        "attachments[0].file.sha256",
        "wrong_pattern",
    ),
    "a component that is neither file nor read": (
        {"attachments": [{"component": "A", "name": "a"}]},
        "attachments[0]",
        "file_or_read",
    ),
    "a member that is ours to set": ({"state": 10}, "state", "unknown_member"),
}


@pytest.mark.threat(41)
async def test_impossible_member_is_named_with_reason(
    province: httpx.AsyncClient,
) -> None:
    for what, (changed, path, code) in BAD.items():
        answer = await province.post("/v1/dossiers", json=dossier(**changed))

        assert refusal(answer)[:2] == (422, "validation"), what
        assert {"path": path, "code": code} in answer.json()["fields"], what


async def test_dossier_received_before_submission_is_refused(
    province: httpx.AsyncClient,
) -> None:
    answer = await province.post("/v1/dossiers", json=dossier(received="2026-11-22T08:00:00+07:00"))

    assert answer.json()["fields"] == [{"path": "", "code": "received_before_submitted"}]


async def test_dossier_keeps_its_procedure(province: httpx.AsyncClient) -> None:
    await province.post("/v1/dossiers", json=dossier())
    answer = await province.post("/v1/dossiers", json=dossier(procedure="1.004223"))

    assert refusal(answer) == (422, "procedure_changed", "procedure")


async def test_one_file_has_one_digest(province: httpx.AsyncClient) -> None:
    await province.post("/v1/dossiers", json=dossier())
    other = dossier()
    other["attachments"][0]["file"]["sha256"] = "b" * 64
    answer = await province.post("/v1/dossiers", json=other)

    assert refusal(answer) == (422, "file_hash_mismatch", "attachments[0].file.sha256")


@pytest.mark.threat(1)
async def test_other_systems_dossier_is_not_found(
    province: httpx.AsyncClient, neighbour: httpx.AsyncClient
) -> None:
    await province.post("/v1/dossiers", json=dossier())

    assert refusal(await neighbour.get(f"/v1/dossiers/{CODE}"))[:2] == (404, "unknown_dossier")
    assert refusal(await neighbour.post(PROGRESS, json={"rows": [row(4)]}))[:2] == (
        404,
        "unknown_dossier",
    )
    assert refusal(await neighbour.post("/v1/dossiers", json=dossier()))[:2] == (
        422,
        "dossier_not_granted",
    )


async def test_progress_for_unknown_dossier_is_refused(province: httpx.AsyncClient) -> None:
    for code in (CODE, "hồ-sơ", "003090000123"):
        answer = await province.post(f"/v1/dossiers/{code}/progress", json={"rows": [row(2)]})

        assert refusal(answer) == (404, "unknown_dossier", None)


async def test_rows_are_taken_together_and_once(
    province: httpx.AsyncClient, services: Services
) -> None:
    await province.post("/v1/dossiers", json=dossier())

    taken = await said(await province.post(PROGRESS, json={"rows": [row(4), row(5, 12)]}))
    again = await said(await province.post(PROGRESS, json={"rows": [row(5, 12), row(4, 13)]}))
    refused = await province.post(PROGRESS, json={"rows": [row(9, 14), row(2, 15)]})

    assert (taken["taken"], again["taken"]) == (2, 1)
    assert refusal(refused) == (422, "illegal_transition", "rows[1].state")
    states = services.database.read(
        lambda c: (
            c.execute(select(dossier_steps.c.state).order_by(dossier_steps.c.seq)).scalars().all()
        )
    )
    assert states == [4, 5, 4]


LEGAL = {
    1: {2, 3, 7},
    2: {4, 5, 6, 7, 8, 9},
    3: set(),
    4: {2, 5, 6, 7, 8, 9},
    5: {2, 4, 7, 8},
    6: {2, 4, 7, 8, 9},
    7: set(),
    8: set(),
    9: {10},
    10: set(),
}
WAYS = {1: [], 2: [2], 3: [3], 4: [2, 4], 5: [2, 5], 6: [2, 6], 7: [7], 8: [2, 8], 9: [2, 9]}


async def test_state_is_followed_by_permitted_states_only(
    province: httpx.AsyncClient,
) -> None:
    for before in LEGAL:
        for after in range(1, 11):
            code = f"H99.01-20261122-{before:03d}{after:04d}"
            await said(
                await province.post("/v1/dossiers", json=dossier(code=code, received=None)), 201
            )
            rows = [row(state, 11 + n) for n, state in enumerate(WAYS.get(before, [2, 9, 10]))]
            address = f"/v1/dossiers/{code}/progress"
            if rows:
                await said(await province.post(address, json={"rows": rows}))
            answer = await province.post(address, json={"rows": [row(after, 30)]})

            legal = after in LEGAL[before] | {before}
            assert answer.status_code == (200 if legal else 422), (before, after)


BAD_ROWS: list[Json] = [
    {"rows": []},
    {"rows": [row(0)]},
    {"rows": [row(11)]},
    {"rows": [{**row(4), "state": "4"}]},
    {"rows": [{**row(4), "actor": ""}]},
    {"rows": [row(4)] * 101},
    {"dòng": [row(4)]},
]


async def test_rows_that_cannot_be_are_refused(province: httpx.AsyncClient) -> None:
    await province.post("/v1/dossiers", json=dossier())

    for body in BAD_ROWS:
        assert refusal(await province.post(PROGRESS, json=body))[:2] == (422, "validation"), body


async def test_dossiers_known_state_can_be_read(province: httpx.AsyncClient) -> None:
    await province.post("/v1/dossiers", json=dossier())
    await province.post(PROGRESS, json={"rows": [row(4)]})
    answer = await said(await province.get(f"/v1/dossiers/{CODE}"))

    assert answer == {
        "code": CODE,
        "bundle": None,
        "procedure": "1.004222",
        "form": "ct01-permanent-residence",
        "registered_at": "2026-11-22T05:00:00+00:00",
        "due": "2026-11-29T10:00:00+00:00",
        "state": 4,
        "portal_state": None,
        "confirmed_by": None,
        "synchronisation": {
            "status": "queued",
            "reason": None,
            "tries": 0,
            "next_try_at": "2026-11-22T05:00:00+00:00",
            "dossier_waits": True,
            "progress_waits": 1,
        },
        "flags": [],
        "on_paper": [],
        "unvouched": {"papers": [], "corrections": []},
    }


async def test_component_is_compared_with_owners_record(
    province: httpx.AsyncClient, clock: Clock
) -> None:
    taken = await said(await province.post("/v1/records", json=RECORD), 201)
    clock.forward(minutes=1)
    told = dossier()
    told["attachments"][0]["record"] = taken["id"]
    await said(await province.post("/v1/dossiers", json=told), 201)

    flags = (await said(await province.get(f"/v1/dossiers/{CODE}")))["flags"]
    assert {f["flag"]: f["value"] for f in flags} == {
        "HoSoCoThanhPhanSoHoa": "1",
        "DuocSoHoa": "1",
        "DuocTaiSuDung": "1",
    }


async def spoil_digest(client: httpx.AsyncClient, told: Json, _: str) -> None:
    told["attachments"][0]["file"]["sha256"] = "b" * 64


async def take_another_owner(client: httpx.AsyncClient, told: Json, _: str) -> None:
    told["owner"] = {**OWNER, "personal_id": "003090000999"}


async def revoke(client: httpx.AsyncClient, told: Json, record: str) -> None:
    await client.post(f"/v1/records/{record}/revoke", json={"reason": "annulled"})


SPOILS: dict[str, tuple[Any, str]] = {
    "another file": (spoil_digest, "file_hash_mismatch"),
    "another person's record": (take_another_owner, "record_not_usable"),
    "a record that was revoked": (revoke, "record_not_usable"),
}


@pytest.mark.parametrize(("spoil", "code"), SPOILS.values(), ids=SPOILS)
async def test_misfit_record_is_refused(province: httpx.AsyncClient, spoil: Any, code: str) -> None:
    taken = await said(await province.post("/v1/records", json=RECORD), 201)
    told = dossier()
    told["attachments"][0]["record"] = taken["id"]
    await spoil(province, told, taken["id"])

    assert refusal(await province.post("/v1/dossiers", json=told))[:2] == (422, code)


FORGOTTEN: dict[str, tuple[dict[str, Any], int]] = {
    "never accepted: thirty days after it was registered": ({"portal_state": 1}, 30),
    "accepted: thirty days after its promised time": ({"portal_state": 4}, 38),
    "promised in the far future: a year after it was registered": (
        {"portal_state": 4, "due_at": 4_000_000_000},
        365,
    ),
}


@pytest.mark.parametrize(("told", "days"), FORGOTTEN.values(), ids=FORGOTTEN)
async def test_delivered_content_is_kept_for_stated_time(
    province: httpx.AsyncClient,
    services: Services,
    clock: Clock,
    told: dict[str, Any],
    days: int,
) -> None:
    await province.post("/v1/dossiers", json=dossier(received=None))
    await services.database.write(
        lambda c: c.execute(dossiers.update().values(sync="delivered", told_version=1, **told))
    )

    async def purged(days: int) -> int:
        clock.now = datetime(2026, 11, 22, 5, tzinfo=UTC)
        clock.forward(days=days)
        return await services.database.write(lambda c: purge_kept(c, clock()))

    assert (await purged(days - 1), await purged(days)) == (0, 1)
    left = select(func.count()).select_from(dossiers).where(dossiers.c.sealed.is_not(None))
    assert services.database.read(lambda c: c.execute(left).scalar_one()) == 0


async def test_undelivered_content_is_never_erased(
    province: httpx.AsyncClient, services: Services, clock: Clock
) -> None:
    await province.post("/v1/dossiers", json=dossier())
    clock.forward(days=4000)

    assert await services.database.write(lambda c: purge_kept(c, clock())) == 0


FEE = {"name": "Lệ phí đăng ký", "amount": 20000, "due": "receipt", "kind": "ordinary"}
ASKED_FOR = {
    "id": "BS-1",
    "asked_by": "Cán bộ Một Cửa",
    "content": "Bổ sung bản chính",
    "asked": "2026-11-23T09:00:00+07:00",
}
BAD_ADDITIONS: dict[str, tuple[Json, str, str]] = {
    "nothing at all": ({"rows": []}, "", "nothing_said"),
    "a fee below nothing": ({"fees": [{**FEE, "amount": -1}]}, "fees[0].amount", "out_of_range"),
    "a fee in parts of a dong": (
        {"fees": [{**FEE, "amount": 0.5}]},
        "fees[0].amount",
        "wrong_type",
    ),
    "a fee of no known time": ({"fees": [{**FEE, "due": "later"}]}, "fees[0].due", "not_one_of"),
    "a fee twice": ({"fees": [FEE, FEE]}, "", "named_twice"),
    "a payment nobody knows": ({"payment": "cash"}, "payment", "not_one_of"),
    "papers that came before they were asked for": (
        {"supplements": [{**ASKED_FOR, "received": "2026-11-22T09:00:00+07:00"}]},
        "supplements[0]",
        "received_before_asked",
    ),
    "a request without content": (
        {"supplements": [{**ASKED_FOR, "content": " "}]},
        "supplements[0].content",
        "blank",
    ),
    "a result of no address": (
        {"results": [{"id": "R-1", "name": "Kết quả", "url": "file:///etc/passwd"}]},
        "results[0].url",
        "wrong_pattern",
    ),
}


@pytest.mark.parametrize(("body", "path", "code"), BAD_ADDITIONS.values(), ids=BAD_ADDITIONS)
async def test_impossible_addition_is_refused_by_name(
    province: httpx.AsyncClient, body: Json, path: str, code: str
) -> None:
    await province.post("/v1/dossiers", json=dossier())
    answer = await province.post(PROGRESS, json=body)

    assert answer.status_code in (400, 422)
    assert answer.json()["fields"] == [{"path": path, "code": code}]


async def test_addition_after_erasure_needs_whole_dossier(
    province: httpx.AsyncClient, services: Services
) -> None:
    await province.post("/v1/dossiers", json=dossier())
    result = {"results": [{"id": "R-1", "name": "Kết quả", "url": "https://x.test/r"}]}
    await said(await province.post(PROGRESS, json={"rows": [row(4)], **result}))
    await services.database.write(
        lambda c: c.execute(dossiers.update().values(sync="delivered", sealed=None))
    )

    again = await province.post(PROGRESS, json={"rows": [row(4)], **result})
    other = await province.post(PROGRESS, json={"rows": [row(9, 12)], "payment": "portal"})
    shown = await said(await province.get(f"/v1/dossiers/{CODE}"))

    assert again.status_code == 200 and again.json()["taken"] == 0
    assert refusal(other)[:2] == (422, "dossier_forgotten")
    assert shown["state"] == 4
