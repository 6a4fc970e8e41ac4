"""A linked declaration is one dossier in every figure, and one dossier per procedure on the portal."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from gateway.app import create_app
from gateway.domain.verdicts import encode_letters
from gateway.dossiers._telling.listing import send_again
from gateway.receipts.cases import case_of, register_dossier
from gateway.settings import PortalAccess, Settings
from gateway.storage.schema import bodies, form_versions, leaves
from mocks.adapter import FORWARD
from mocks.portal import PortalMock, PortalMockSettings, create_portal_mock
from mocks.portal.catalogue import Change
from tests.clock import Clock
from tests.few_forms import schemas_with
from tests.log.writing import append_body, prefill_body

from .conftest import CODE, OWNER, Json, client_of, dossier, row, said
from .test_registry import refusal
from .world import PEOPLE

BIRTH, RESIDENCE, CARD = "1.001193", "1.004222", "9.900001"
PARTS = {part: f"H99.01-20261122-000010{n}" for n, part in enumerate((BIRTH, RESIDENCE, CARD))}
OF_BIRTH, OF_RESIDENCE = "tinhCuTru", "gioiTinh"
"""A field of the bundle whose item serves the birth alone, and one for the residence alone."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas with one bundle and the declarations that it speaks for."""
    alone = ("birth-registration", "ct01-permanent-residence", "tk1-ts-social-insurance")
    return schemas_with(tmp_path_factory.mktemp("bundled"), "bundle-birth", *alone)


@pytest.fixture
def portal(clock: Clock, request: pytest.FixtureRequest) -> PortalMock:
    """The portal, without the procedure that a test names."""
    told = PortalMockSettings(password="một mật khẩu", clock=lambda: clock().timestamp())
    portal = create_portal_mock(told, PEOPLE)
    portal.state.catalogue._procedures.pop(getattr(request, "param", None), None)
    return portal


@pytest.fixture
async def gateway(
    tmp_path: Path, bundled: Path, clock: Clock, portal: PortalMock
) -> AsyncIterator[FastAPI]:
    access = PortalAccess(
        url=f"http://portal.test{FORWARD}",
        unit="H99",
        username="H99",
        password=SecretStr(portal.state.settings.password),
    )
    settings = Settings(data=tmp_path, schemas=bundled, mock=True, portal=access)
    app = create_app(settings, clock, httpx.ASGITransport(portal))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def province(gateway: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with await client_of(gateway, "h99") as client:
        yield client


def part(procedure: str, **own: Any) -> Json:
    return {"procedure": procedure, "code": PARTS[procedure], **own}


def bundle(*parts: Json, **changed: Any) -> Json:
    """A birth, told once for three procedures."""
    told = list(parts) or [part(BIRTH), part(RESIDENCE), part(CARD)]
    usual = {"procedure": "2.000987", "form": "bundle-birth", "parts": told}
    return dossier(**{**usual, **changed})


async def settle(gateway: FastAPI, clock: Clock) -> None:
    """Tell the portal all that waits, put-off turns included."""
    sender = gateway.state.services.dossiers.portal.sender
    await sender.drain()
    while sender.next_at() is not None:
        clock.forward(minutes=1)
        await sender.drain()


async def prefilled(gateway: FastAPI, source: str, field: str) -> None:
    """A prefill of the bundle in which this source answered and filled this one field."""
    services = gateway.state.services

    def change(connection: Any) -> None:
        version = select(form_versions.c.leaf).where(form_versions.c.form == "bundle-birth")
        leaf = connection.execute(version).scalar_one()
        entry = connection.execute(select(leaves.c.entry).where(leaves.c.idx == leaf)).scalar_one()
        paths = [path for path, *_ in json.loads(entry)["fields"]]
        so, rows = encode_letters(paths, {field: source[0]})
        members = {
            "case": register_dossier(
                connection, "h99", CODE, services.clock(), services.keys.index
            ),
            "chain": "ch_1",
            "fv": leaf,
            "proc": "2.000987",
            "ch": "online",
            "vb": "vneid",
            "q": [[source, "found", 1, 0]],
            "st": encode_letters(paths, {field: "F"})[0],
            "so": so,
            "or": rows,
        }
        append_body(connection, prefill_body(**members), services.clock())

    await services.database.write(change)


def leaves_of(gateway: FastAPI, kind: str) -> list[Json]:
    """The bodies of one kind in the bundle's case."""
    services = gateway.state.services

    def ask(connection: Any) -> list[Json]:
        case = case_of(connection, "h99", CODE, services.keys.index)
        asked = select(bodies.c.body).where(bodies.c.case_ref == case, bodies.c.kind == kind)
        return [json.loads(one) for one in connection.execute(asked).scalars()]

    found: list[Json] = services.database.read(ask)
    return found


async def test_portal_gets_each_procedure_not_bundle(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    own = {"unit": "Bảo hiểm xã hội Mẫu", "due": "2026-12-01T17:00:00+07:00", "attachments": []}
    told = bundle(part(BIRTH), part(RESIDENCE), part(CARD, **own))
    first = await province.post("/v1/dossiers", json=told)
    again = await province.post("/v1/dossiers", json=told)
    await settle(gateway, clock)

    assert (first.status_code, again.status_code) == (201, 200)
    held = portal.state.dossiers.held
    assert {one.procedure: code for code, one in held.items()} == PARTS
    birth, card = held[PARTS[BIRTH]].said, held[PARTS[CARD]].said
    assert (birth["DonViXuLy"], card["DonViXuLy"]) == ("Công an xã Mẫu", "Bảo hiểm xã hội Mẫu")
    assert (birth["NgayHenTra"], card["NgayHenTra"]) == ("20261129170000", "20261201170000")
    assert birth["ChuHoSo"] == card["ChuHoSo"]
    assert len(birth["TaiLieuNop"]) == 1 and "TaiLieuNop" not in card


async def test_parts_progress_separately_and_bundle_shows_them(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    rows = {"rows": [row(4), row(9, 12), row(10, 13)]}
    await said(await province.post(f"/v1/dossiers/{PARTS[BIRTH]}/progress", json=rows))
    await settle(gateway, clock)
    shown = await said(await province.get(f"/v1/dossiers/{CODE}"))
    alone = await said(await province.get(f"/v1/dossiers/{PARTS[BIRTH]}"))

    assert {code: one.state for code, one in portal.state.dossiers.held.items()} == {
        PARTS[BIRTH]: "10",
        PARTS[RESIDENCE]: "2",
        PARTS[CARD]: "2",
    }
    assert (shown["code"], shown["procedure"], shown["form"]) == (CODE, "2.000987", "bundle-birth")
    assert [(one["procedure"], one["portal_state"]) for one in shown["parts"]] == [
        (BIRTH, 10),
        (RESIDENCE, 2),
        (CARD, 2),
    ]
    assert shown["parts"][0] == alone and alone["bundle"] == CODE


@pytest.mark.parametrize("portal", [CARD], indirect=True)
async def test_unknown_part_is_parked_and_delays_none(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    await gateway.state.services.dossiers.portal.procedures.refresh()
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    await settle(gateway, clock)
    shown = await said(await province.get(f"/v1/dossiers/{CODE}"))

    assert set(portal.state.dossiers.held) == {PARTS[BIRTH], PARTS[RESIDENCE]}
    states = [one["synchronisation"] for one in shown["parts"]]
    assert [(one["status"], one["reason"]) for one in states] == [
        ("delivered", None),
        ("delivered", None),
        ("dead", "unknown_procedure"),
    ]


NOBODY_ASKED = {"procedure": CARD, "chosen": False}


async def test_unchosen_part_is_stated_and_not_sent(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    told = bundle(part(BIRTH), part(RESIDENCE), NOBODY_ASKED)
    await said(await province.post("/v1/dossiers", json=told), 201)
    await settle(gateway, clock)
    assert set(portal.state.dossiers.held) == {PARTS[BIRTH], PARTS[RESIDENCE]}

    await said(await province.post("/v1/dossiers", json=bundle()))
    await settle(gateway, clock)
    assert set(portal.state.dossiers.held) == set(PARTS.values())


BAD: dict[str, tuple[Json, str, str]] = {
    "no parts at all": (bundle(parts=None), "parts_missing", "parts"),
    "parts of what is no bundle": (
        bundle(procedure="1.004222", form=None),
        "not_a_bundle",
        "parts",
    ),
    "a procedure that the bundle does not serve": (
        bundle(part(BIRTH), {"procedure": "1.000656", "code": PARTS[CARD]}),
        "part_not_served",
        "parts[1].procedure",
    ),
    "a procedure twice": (
        bundle(part(BIRTH), part(BIRTH, code=PARTS[CARD])),
        "part_doubled",
        "parts[1].procedure",
    ),
    "a code twice": (
        bundle(part(BIRTH), part(RESIDENCE, code=PARTS[BIRTH])),
        "part_doubled",
        "parts[1].code",
    ),
    "the bundle's code for a part": (
        bundle(part(BIRTH, code=CODE)),
        "part_doubled",
        "parts[0].code",
    ),
    "a procedure left out": (bundle(part(BIRTH), part(RESIDENCE)), "part_missing", "parts"),
    "nothing chosen": (
        bundle(*({"procedure": one, "chosen": False} for one in PARTS)),
        "part_missing",
        "parts",
    ),
    "a record that the owner has not": (
        bundle(
            part(BIRTH),
            part(RESIDENCE, attachments=[{**dossier()["attachments"][0], "record": "rec_1"}]),
            part(CARD),
        ),
        "record_not_usable",
        "parts[1].attachments[0].record",
    ),
}


@pytest.mark.parametrize("what", BAD)
async def test_impossible_parts_are_named_and_not_kept(
    province: httpx.AsyncClient, what: str
) -> None:
    told, code, member = BAD[what]

    assert refusal(await province.post("/v1/dossiers", json=told)) == (422, code, member)
    await said(await province.get(f"/v1/dossiers/{CODE}"), 404)
    await said(await province.get(f"/v1/dossiers/{PARTS[BIRTH]}"), 404)


async def test_chosen_part_has_code_and_valid_times(
    province: httpx.AsyncClient,
) -> None:
    no_code = await province.post("/v1/dossiers", json=bundle({"procedure": BIRTH}))
    early = part(CARD, received="2026-11-22T08:00:00+07:00")
    too_early = await province.post("/v1/dossiers", json=bundle(early))

    assert no_code.json()["fields"] == [{"path": "parts[0]", "code": "code_if_chosen"}]
    assert too_early.json()["fields"] == [{"path": "", "code": "received_before_submitted"}]


async def test_bundle_and_parts_keep_their_codes(
    province: httpx.AsyncClient, gateway: FastAPI
) -> None:
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    other = PARTS[CARD].replace("102", "109")
    renamed = bundle(part(BIRTH), part(RESIDENCE), part(CARD, code=other))
    left = bundle(part(BIRTH), part(RESIDENCE), NOBODY_ASKED)
    taken = bundle(code=CODE.replace("0001", "0002"))
    alone = dossier(code=PARTS[BIRTH], procedure=BIRTH)
    rows = {"rows": [row(4)]}

    async def told(body: Json) -> tuple[int, str, str | None]:
        return refusal(await province.post("/v1/dossiers", json=body))

    assert await told(renamed) == (422, "part_changed", "parts")
    assert await told(left) == (422, "part_changed", "parts")
    assert await told(taken) == (422, "part_code_taken", "parts[0].code")
    assert await told(alone) == (422, "part_of_bundle", "code")
    assert await told(dossier()) == (422, "procedure_changed", "procedure")
    assert refusal(await province.post(f"/v1/dossiers/{CODE}/progress", json=rows)) == (
        422,
        "bundle_of_parts",
        "code",
    )


@pytest.mark.threat(1)
async def test_other_system_cannot_see_or_change_bundle(
    province: httpx.AsyncClient, gateway: FastAPI
) -> None:
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    async with await client_of(gateway, "h98") as neighbour:
        for code in (CODE, *PARTS.values()):
            await said(await neighbour.get(f"/v1/dossiers/{code}"), 404)
            rows = {"rows": [row(4)]}
            await said(await neighbour.post(f"/v1/dossiers/{code}/progress", json=rows), 404)
        again = await neighbour.post("/v1/dossiers", json=bundle())

    assert refusal(again)[:2] == (422, "dossier_not_granted")


async def test_read_flags_only_parts_it_filled(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    await prefilled(gateway, "population", OF_BIRTH)
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    await settle(gateway, clock)
    held = portal.state.dossiers.held
    connected = {one.procedure for one in held.values() if "DSKetNoiCSDL" in one.said}
    vouched = {one.said["TaiKhoanDuocXacThucVoiVNeID"] for one in held.values()}
    assert connected == {BIRTH}
    assert vouched == {"1"}

    await prefilled(gateway, "population", OF_RESIDENCE)
    shown = await said(await province.get(f"/v1/dossiers/{CODE}"))
    raised = {
        one["procedure"]: [f["told"] for f in one["flags"] if f["flag"] == "DSKetNoiCSDL"]
        for one in shown["parts"]
    }
    assert raised == {BIRTH: [True], RESIDENCE: [False], CARD: []}


async def test_component_read_for_another_part_needs_paper(
    province: httpx.AsyncClient, gateway: FastAPI
) -> None:
    await prefilled(gateway, "population", OF_BIRTH)
    replaced = [{"component": "TP-2", "name": "Giấy tờ", "replaced_by": "population"}]
    await said(await province.post("/v1/dossiers", json=bundle(attachments=replaced)), 201)
    shown = await said(await province.get(f"/v1/dossiers/{CODE}"))

    assert {one["procedure"]: len(one["on_paper"]) for one in shown["parts"]} == {
        BIRTH: 0,
        RESIDENCE: 1,
        CARD: 1,
    }
    assert shown["parts"][1]["on_paper"][0]["reason"] == "not_read"


async def test_record_is_reuse_of_naming_part(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    paper = {
        "kind": "general",
        "owner": {"personal_id": OWNER["personal_id"]},
        "number": "12/2026",
        "issuer": "UBND xã A",
        "issued_on": "2026-01-31",
        "content": {"title": "Giấy xác nhận"},
        "file": {"name": "a.pdf", "sha256": "a" * 64, "media_type": "application/pdf"},
    }
    record = (await said(await province.post("/v1/records", json=paper), 201))["id"]
    clock.forward(minutes=5)
    named = [{**dossier()["attachments"][0], "record": record}]
    told = bundle(part(BIRTH), part(RESIDENCE, attachments=named), part(CARD))
    await said(await province.post("/v1/dossiers", json=told), 201)
    await said(await province.post("/v1/dossiers", json=told))
    await settle(gateway, clock)

    flagged = {
        one.procedure
        for one in portal.state.dossiers.held.values()
        if one.said.get("HoSoCoThanhPhanSoHoa") == "1"
    }
    assert flagged == {RESIDENCE}
    assert [leaf["proc"] for leaf in leaves_of(gateway, "reuse")] == [RESIDENCE]


def of_the_whole(gateway: FastAPI) -> list[int]:
    """The states that the log says of the whole bundle."""
    return [one["st"] for one in leaves_of(gateway, "sync") if "part" not in one]


async def go_on(province: httpx.AsyncClient, procedure: str, *rows: Json) -> None:
    progress = f"/v1/dossiers/{PARTS[procedure]}/progress"
    await said(await province.post(progress, json={"rows": list(rows)}))


@pytest.mark.parametrize("portal", [CARD], indirect=True)
async def test_bundle_is_confirmed_with_its_last_part(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    await settle(gateway, clock)
    two_of_three = [one["proc"] for one in leaves_of(gateway, "sync")]
    before = await said(await province.get(f"/v1/dossiers/{CODE}"))
    assert set(two_of_three) == {BIRTH, RESIDENCE} and of_the_whole(gateway) == []
    assert before["confirmed_by"] is None

    portal.state.catalogue.change(Change(code=CARD))
    services = gateway.state.services
    await services.database.write(lambda c: send_again(c, None, clock()))
    await settle(gateway, clock)
    after = await said(await province.get(f"/v1/dossiers/{CODE}"))
    whole = leaves_of(gateway, "sync")[-1]

    assert of_the_whole(gateway) == [2]
    assert (whole["proc"], whole["fl"], whole["pre"]) == ("2.000987", [], 1)
    assert after["confirmed_by"] is not None
    assert after["confirmed_by"] not in {one["confirmed_by"] for one in after["parts"]}


async def test_part_refused_locally_does_not_delay_bundle(
    province: httpx.AsyncClient, gateway: FastAPI, clock: Clock
) -> None:
    told = bundle(part(BIRTH), part(RESIDENCE), part(CARD), received=None)
    await said(await province.post("/v1/dossiers", json=told), 201)
    await go_on(province, BIRTH, row(2))
    await go_on(province, RESIDENCE, row(2))
    await settle(gateway, clock)
    assert of_the_whole(gateway) == []

    await go_on(province, CARD, row(3))
    await settle(gateway, clock)
    assert of_the_whole(gateway) == [2]
    assert {one["proc"] for one in leaves_of(gateway, "sync")} == {"2.000987", BIRTH, RESIDENCE}


async def test_bundle_is_withdrawn_with_its_last_part(
    province: httpx.AsyncClient, gateway: FastAPI, clock: Clock
) -> None:
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    await settle(gateway, clock)
    accepted = leaves_of(gateway, "sync")
    withdrawn = []
    for procedure in PARTS:
        await go_on(province, procedure, row(7))
        await settle(gateway, clock)
        withdrawn.append(of_the_whole(gateway))

    assert [leaf.get("part") for leaf in accepted] == [1, 1, 1, None]
    assert {leaf["proc"] for leaf in accepted[:3]} == set(PARTS)
    assert {leaf["st"] for leaf in accepted} == {2}
    assert withdrawn == [[2], [2], [2, 7]]


async def test_unsent_part_holds_bundle_back(
    province: httpx.AsyncClient, gateway: FastAPI, portal: PortalMock, clock: Clock
) -> None:
    portal.state.faults.add(dossier=PARTS[CARD], status=503)
    await said(await province.post("/v1/dossiers", json=bundle()), 201)
    await gateway.state.services.dossiers.portal.sender.drain()
    for procedure in (BIRTH, RESIDENCE):
        await go_on(province, procedure, row(7))
    await gateway.state.services.dossiers.portal.sender.drain()
    assert of_the_whole(gateway) == []

    portal.state.faults.clear()
    await settle(gateway, clock)
    assert of_the_whole(gateway) == [2]
