"""The portal as a mock: what it takes, what it refuses, and which manners it can show."""

import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.adapter import DSTCODE, FORWARD, PROTOCOL
from mocks.adapter.entrance import FORWARD_TWIN
from mocks.papers.settings import PROVIDER_URL
from mocks.people import Population
from mocks.portal import CALL, LOGIN, PortalMockSettings, create_portal_mock
from mocks.portal.desk import Desk
from tests.mocks.unit import DOSSIER, Json, Unit, dossier, file, step

ROOT = Path(__file__).parents[2]
DIFFERENCES = json.loads((ROOT / "docs" / "portal-differences.json").read_text())["differences"]


@pytest.fixture
async def unit(people: Population) -> AsyncIterator[Unit]:
    moment = [1_795_310_400.0]
    mock = create_portal_mock(PortalMockSettings(clock=lambda: moment[0]), people)
    transport = httpx.ASGITransport(mock)
    async with httpx.AsyncClient(transport=transport, base_url="http://adapter") as http:
        yield Unit(mock, http, moment)


@pytest.fixture(scope="module")
def signed_in(people: Population) -> tuple[Desk, str]:
    """The desk behind the wire, and a session there."""
    mock = create_portal_mock(PortalMockSettings(), people)
    account = {"username": "H99", "password": mock.state.settings.password}
    reply, _ = mock.desk.login(json.dumps(account).encode())
    return mock.desk, json.loads(reply.body)["session"]


def failed(told: Json, name: str) -> bool:
    """Whether this is the error of that name, with its own words."""
    said = PROTOCOL["answers"][name]
    return told["error_code"] == said["code"] and said["words"] in told["message"]


def test_portal_differences_have_a_named_test() -> None:
    tests = set(re.findall(r"def test_(\w+)\(", Path(__file__).read_text(encoding="utf-8")))
    listed = [difference["id"] for difference in DIFFERENCES]
    assert len(set(listed)) == len(listed)
    assert set(listed) <= tests
    for difference in DIFFERENCES:
        assert set(difference) == {"id", "subject", "mock", "real", "tag"}
        assert difference["tag"] in {"sure", "likely", "ours"}
        assert all(difference.values())


def test_protocol_facts_state_their_certainty() -> None:
    def untagged(value: Any, place: str) -> list[str]:
        if isinstance(value, list):
            return [p for n, v in enumerate(value) for p in untagged(v, f"{place}[{n}]")]
        if not isinstance(value, dict):
            return []
        if "name" in value and "tag" not in value:
            return [place]
        return [p for name, v in value.items() for p in untagged(v, f"{place}.{name}")]

    assert untagged(PROTOCOL, "") == []
    for part in ("answers", "formats", "lists", "services"):
        for name, said in PROTOCOL[part].items():
            assert said["tag"] in {"sure", "likely", "ours"}, name


# -- the way in


@pytest.mark.parametrize("adapter", [FORWARD, FORWARD_TWIN])
async def test_dstcode_comes_by_header_or_address(unit: Unit, adapter: str) -> None:
    account = {"username": "H99", "password": unit.state.settings.password}
    way: Json
    for way in (
        {"headers": {"dstcode": DSTCODE}},
        {"params": {"dstcode": DSTCODE}},
        {"params": {"dstcode": DSTCODE, "providerurl": "https://portal.example"}},
    ):
        response = await unit.http.post(adapter + LOGIN, json=account, **way)
        assert response.json()["error_code"] == "0"


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"headers": {"dstcode": "VN:GOV:another"}},
        {"headers": {"dstcode": DSTCODE}, "params": {"providerurl": PROVIDER_URL}},
    ],
)
async def test_message_for_another_is_not_forwarded(unit: Unit, way: Json) -> None:
    assert (await unit.http.post(FORWARD + LOGIN, json={}, **way)).status_code == 404


async def test_the_data_path_is_an_invention(unit: Unit) -> None:
    assert CALL == "/mapi/g"
    assert (await unit.post("/mapi/another", {})).status_code == 404
    response = await unit.http.get(FORWARD + CALL, headers={"dstcode": DSTCODE})
    assert response.status_code == 405


async def test_wrong_unit_password_is_refused(unit: Unit) -> None:
    for wrong in ({"password": "another"}, {"username": "H98"}):
        assert failed(await unit.login(**wrong), "wrong_account")
    assert failed(await unit.ask("LayDanhSachTTHC", session="made-up"), "session_over")


async def test_session_expires_after_half_an_hour(unit: Unit) -> None:
    await unit.login()
    unit.moment[0] += 1799
    assert (await unit.ask("LayDanhSachTTHC"))["error_code"] == "0"
    unit.moment[0] += 1
    assert failed(await unit.ask("LayDanhSachTTHC"), "session_over")


async def test_second_sign_in_ends_the_first(unit: Unit) -> None:
    first = (await unit.login())["session"]
    await unit.login()
    assert (await unit.ask("LayDanhSachTTHC"))["error_code"] == "0"
    assert failed(await unit.ask("LayDanhSachTTHC", session=first), "session_over")


async def test_unit_acts_for_itself_and_below(unit: Unit) -> None:
    for agency in ("H99", "H99.01", "000.00.01.H99"):
        assert (await unit.ask("LayDanhSachTTHC", madonvi=agency))["error_code"] == "0"
    for agency in ("H98", "H991"):
        assert failed(await unit.ask("LayDanhSachTTHC", madonvi=agency), "not_allowed")


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 60_000, b"\xff"])
async def test_request_other_than_object_is_400(unit: Unit, body: bytes) -> None:
    for path in (LOGIN, CALL):
        response = await unit.post(path, body)
        assert (response.status_code, response.json()["error_code"]) == (400, "-2")


async def test_undescribed_service_does_not_exist(unit: Unit) -> None:
    for service in ("DongBoHoiDap", "LayQDCB", "x"):
        assert failed(await unit.ask(service), "unknown_service")


# -- the catalogue


async def test_declared_procedures_are_listed(unit: Unit) -> None:
    listed = (await unit.ask("LayDanhSachTTHC"))["result"]
    codes = {one["MATTHC"] for one in listed}
    drafts, ready = ROOT / "schemas/drafts/forms", ROOT / "schemas/forms"
    bound = [*drafts.glob("*/bindings.json"), *ready.glob("*/bindings.json")]
    asked = {code for path in bound for code in json.loads(path.read_text())["procedures"]}

    assert len(bound) >= 31
    assert asked <= codes
    assert all(set(one) == {"MATTHC", "TENTTHC"} for one in listed)
    assert all(code.startswith("9.") for code in codes - asked)


def names_of(description: list[Any]) -> dict[str, list[Any] | None]:
    """Member -> what is inside, of a result as the protocol describes it."""
    named: dict[str, list[Any] | None] = {}
    for one in description:
        named.update({one: None} if isinstance(one, str) else one)
    return named


def follows(description: list[Any], value: Json) -> bool:
    named = names_of(description)
    return set(value) == set(named) and all(
        follows(inside, entry)
        for name, inside in named.items()
        if inside is not None
        for entry in value[name]
    )


async def test_procedure_has_whole_tree_without_fields(unit: Unit) -> None:
    description = PROTOCOL["services"]["LayThuTuc"]["result"]
    for one in (await unit.ask("LayDanhSachTTHC"))["result"]:
        (tree,) = (await unit.ask("LayThuTuc", maTTHC=one["MATTHC"]))["result"]
        assert follows(description, tree)
        assert (tree["TENTTHC"], tree["TRANGTHAI"]) == (one["TENTTHC"], "1")
    (suffixed,) = (await unit.ask("LayThuTuc", maTTHC="1.001193.000.00.00.H99"))["result"]
    assert suffixed["MATTHC"] == "1.001193"
    assert failed(await unit.ask("LayThuTuc", maTTHC="1.999999"), "unknown_procedure")


async def test_most_lists_are_known_by_name(unit: Unit) -> None:
    names = [name for name in PROTOCOL["services"] if name.startswith("LayDanhMuc")]
    assert len(names) == 16
    for name in names:
        told = await unit.ask(name)
        assert told["error_code"] == "0"
        members = set(PROTOCOL["services"][name]["result"])
        assert all(set(entry) == members for entry in told["result"])


async def test_procedures_change_while_it_runs(unit: Unit) -> None:
    async def decide(**change: Any) -> int:
        return (await unit.http.post("/_mock/procedures", json=change)).status_code

    before = (await unit.ask("LayThuTuc", maTTHC="1.001193"))["result"][0]
    assert await decide(code="1.555555", title="Thủ tục mới") == 201
    assert await decide(code="1.001193", title="Đăng ký khai sinh (sửa đổi)") == 201
    assert await decide(code="1.000894", public=False) == 201
    assert await decide(code="kết hôn") == 422

    listed = {p["MATTHC"]: p["TENTTHC"] for p in (await unit.ask("LayDanhSachTTHC"))["result"]}
    after = (await unit.ask("LayThuTuc", maTTHC="1.001193"))["result"][0]
    gone = (await unit.ask("LayThuTuc", maTTHC="1.000894"))["result"][0]
    assert listed["1.555555"] == "Thủ tục mới"
    assert listed["1.001193"] == after["TENTTHC"] == "Đăng ký khai sinh (sửa đổi)"
    assert before["IDQUYETDINHCONGBO"] != after["IDQUYETDINHCONGBO"]
    assert "1.000894" not in listed
    assert gone["TRANGTHAI"] == "0"
    marriage = dossier(MaTTHC="1.000894")
    assert failed(await unit.send(marriage), "unknown_procedure")
    await unit.http.delete("/_mock/procedures")
    assert (await unit.send(marriage))["error_code"] == "0"


async def test_technical_id_needs_a_held_number(unit: Unit) -> None:
    number = unit.mock.population.persona("ordinary").personal_id
    told = await unit.ask("TraCuuTechID", provider="wso2is", mstorcmnd=number)
    nobody = await unit.ask("TraCuuTechID", provider="wso2is", mstorcmnd="003999999999")
    assert [set(entry) for entry in told["result"]] == [{"TECHNICALID"}]
    assert nobody["result"] == []


# -- dossiers


async def test_dossier_is_accepted_once_then_updated(unit: Unit) -> None:
    assert (await unit.ask("TraCuuHoSo", mahoso=DOSSIER))["result"] == []
    assert "thành công" in (await unit.send(dossier()))["message"].lower()
    (found,) = (await unit.ask("TraCuuHoSo", mahoso=DOSSIER))["result"]
    assert (found["MAHOSO"], found["TRANGTHAI"]) == (DOSSIER, "2")
    assert failed(await unit.send(dossier()), "exists")
    assert (await unit.send(dossier(GhiChu="x"), updating="True"))["error_code"] == "0"
    assert len(unit.state.dossiers.held) == 1
    assert unit.state.dossiers.held[DOSSIER].said["GhiChu"] == "x"


async def test_update_of_unknown_dossier_is_refused(unit: Unit) -> None:
    assert failed(await unit.send(dossier(), updating="True"), "unknown")


async def test_a_dossier_keeps_its_procedure(unit: Unit) -> None:
    await unit.send(dossier())
    assert failed(await unit.send(dossier(MaTTHC="1.000894"), updating="True"), "malformed")


@pytest.mark.parametrize("code", ["0", "3", "-3"])
async def test_existence_is_reported_under_three_codes(unit: Unit, code: str) -> None:
    await unit.send(dossier())
    unit.state.faults.add(service="DongBoHoSoMC", exists_code=code)
    told = await unit.send(dossier())
    assert (told["error_code"], "đã tồn tại" in told["message"]) == (code, True)


@pytest.mark.parametrize(
    "member", [f["name"] for f in PROTOCOL["services"]["DongBoHoSoMC"]["data"] if f.get("required")]
)
async def test_a_missing_member_is_named(unit: Unit, member: str) -> None:
    told = await unit.send(dossier(**{member: None}))
    assert failed(told, "missing")
    assert told["message"].endswith(f"data[0].{member}")
    if member not in ("Email", "SoDienThoai"):
        assert failed(await unit.send(dossier(**{member: ""})), "missing")


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("MaHoSo", {"MaHoSo": "H99.01-20261122-001"}),
        ("MaHoSo", {"MaHoSo": "H99.01_20261122_0000001"}),
        ("MaTTHC", {"MaTTHC": "1.1193"}),
        ("MaLinhVuc", {"MaLinhVuc": "G03-GD10"}),
        ("TrichYeuHoSo", {"TrichYeuHoSo": "x" * 1001}),
        ("NgayTiepNhan", {"NgayTiepNhan": "2026-11-22"}),
        ("NgayHenTra", {"NgayHenTra": "20260231080000"}),
        ("TrangThaiHoSo", {"TrangThaiHoSo": "11"}),
        ("LoaiDoiTuong", {"LoaiDoiTuong": "0"}),
        ("HoSoCoThanhPhanSoHoa", {"HoSoCoThanhPhanSoHoa": "True"}),
        ("KenhThucHien", {"KenhThucHien": 2}),
        ("TaiLieuNop", {"TaiLieuNop": "x"}),
        ("TaiLieuNop[1].DuocSoHoa", {"TaiLieuNop": [file(1), file(2, DuocSoHoa="yes")]}),
        ("TaiLieuNop[0].TenTepDinhKem", {"TaiLieuNop": [file(TenTepDinhKem="x" * 4001)]}),
        (
            "DanhSachGiayToKetQua[0].TenGiayTo",
            {"DanhSachGiayToKetQua": [{"TenGiayTo": "x" * 2001}]},
        ),
    ],
)
async def test_formats_codes_and_lengths_are_held(unit: Unit, place: str, changed: Json) -> None:
    told = await unit.send(dossier(**changed))
    assert failed(told, "malformed")
    assert told["message"].endswith(f"data[0].{place}")
    assert not unit.state.dossiers.held


async def test_undescribed_member_is_refused(unit: Unit) -> None:
    assert failed(await unit.send(dossier(TenChuHo="x")), "malformed")
    assert failed(await unit.ask("LayDanhSachTTHC", maTTHC="1.001193"), "malformed")


@pytest.mark.parametrize(
    "code", ["000.00.53.H99-261122-0099", "000.00.53.H99-261122-00990", "H99.1-20261122-0092637"]
)
async def test_both_dossier_code_formats_are_accepted(unit: Unit, code: str) -> None:
    assert (await unit.send(dossier(code)))["error_code"] == "0"


async def test_code_of_another_agency_is_refused(unit: Unit) -> None:
    assert failed(await unit.send(dossier("H98.01-20261122-0000001")), "not_allowed")


async def test_an_unknown_procedure_is_refused(unit: Unit) -> None:
    assert failed(await unit.send(dossier(MaTTHC="1.999999")), "unknown_procedure")


async def test_result_replacing_component_must_be_named(unit: Unit) -> None:
    told = await unit.send(dossier(TaiLieuNop=[file(DuocTaiSuDung="2")]))
    assert failed(told, "missing")
    assert told["message"].endswith("data[0].TaiLieuNop[0].MaKetQuaThayThe")


async def test_call_is_accepted_whole_or_not(unit: Unit) -> None:
    good, bad = dossier("H99.01-20261122-0000002"), dossier(MaTTHC="1.999999")
    assert failed(await unit.send(good, bad), "unknown_procedure")
    assert failed(await unit.send(good, good), "malformed")
    assert not unit.state.dossiers.held
    assert (await unit.send(good, dossier()))["error_code"] == "0"
    rows = [step("4"), step("2", code="H99.01-20261122-0000009")]
    assert failed(await unit.advance(*rows), "unknown")
    assert unit.state.dossiers.held[DOSSIER].progress == []


async def test_call_has_at_most_hundred_dossiers(unit: Unit) -> None:
    many = [dossier(f"H99.01-20261122-{n:07d}") for n in range(101)]
    assert failed(await unit.send(*many), "malformed")
    assert (await unit.send(*many[:100]))["error_code"] == "0"
    assert failed(await unit.send(), "missing")


async def test_update_replaces_members_keeps_file_ids(unit: Unit) -> None:
    await unit.send(dossier(GhiChu="một", Fax="hai", TaiLieuNop=[file(1), file(2)]))
    await unit.send(
        dossier(Fax="", TaiLieuNop=[file(2, IsDeleted="True"), file(3)]), updating="True"
    )
    said = unit.state.dossiers.held[DOSSIER].said
    assert said["GhiChu"] == "một"
    assert "Fax" not in said
    assert [(f["TepDinhKemId"], f["IsDeleted"]) for f in said["TaiLieuNop"]] == [
        ("t1", "False"),
        ("t2", "True"),
        ("t3", "False"),
    ]


# -- states


@pytest.mark.parametrize("before", [str(n) for n in range(1, 11)])
async def test_only_listed_transitions_are_legal(unit: Unit, before: str) -> None:
    way = {"1": [], "2": ["2"], "3": ["3"], "10": ["2", "9", "10"]}.get(before, ["2", before])
    for number in range(1, 11):
        after, code = str(number), f"H99.01-20261122-{number:07d}"
        await unit.send(dossier(code, TrangThaiHoSo="1"))
        assert set(await unit.through(*way, code=code)) <= {"0"}
        told = await unit.advance(step(after, "20261125100000", code=code))
        legal = after == before or after in PROTOCOL["transitions"]["next"][before]
        assert (told["error_code"] == "0") is legal
        assert legal or failed(told, "illegal_state")


async def test_dossier_cannot_start_in_midcourse(unit: Unit) -> None:
    assert failed(await unit.send(dossier(TrangThaiHoSo="9")), "illegal_state")
    await unit.send(dossier())
    assert failed(await unit.send(dossier(TrangThaiHoSo="10"), updating="True"), "illegal_state")


async def test_progress_of_unknown_dossier_is_refused(unit: Unit) -> None:
    assert failed(await unit.advance(step("4")), "unknown")


async def test_officer_name_has_at_most_fifty_characters(unit: Unit) -> None:
    await unit.send(dossier())
    assert failed(await unit.advance(step("4", NguoiXuLy="x" * 51)), "malformed")


async def test_progress_keeps_order_without_duplicates(unit: Unit) -> None:
    await unit.send(dossier())
    rows = [step(s, f"2026112209{m}000") for m, s in enumerate(("4", "5", "4", "9"))]
    assert (await unit.advance(*rows[:2]))["error_code"] == "0"
    assert (await unit.advance(*rows[1:]))["error_code"] == "0"
    assert failed(await unit.advance(*rows), "exists")
    held = (await unit.http.get(f"/_mock/state/dossiers/{DOSSIER}")).json()
    assert [row["TrangThai"] for row in held["progress"]] == ["4", "5", "4", "9"]
    assert [one["state"] for one in held["history"]] == ["2", "4", "5", "4", "9"]
    assert held["flags"] == []
    await unit.advance(step("10", "20261101000000"))
    assert unit.state.dossiers.held[DOSSIER].flags == ["progress_back_in_time"]


async def test_update_to_older_state_is_flagged(
    unit: Unit,
) -> None:
    await unit.send(dossier())
    await unit.advance(step("4"))
    assert (await unit.send(dossier(), updating="True"))["error_code"] == "0"
    held = unit.state.dossiers.held[DOSSIER]
    assert (held.state, held.flags) == ("2", ["back_to_accepted"])


async def test_refusal_as_11_becomes_3_and_flagged(unit: Unit) -> None:
    await unit.send(dossier(TrangThaiHoSo="1"))
    data = {"MaHoSo": DOSSIER, "TrangThai": "11", "NgayXuLy": "20261122090000"}
    assert failed(await unit.ask("DongBoTrangThaiHoSo", type="1", data=data), "malformed")
    assert (await unit.ask("DongBoTrangThaiHoSo", type="2", data=data))["error_code"] == "0"
    held = unit.state.dossiers.held[DOSSIER]
    assert (held.state, held.flags) == ("3", ["state_11"])


async def test_portal_counts_are_given_by_month(unit: Unit) -> None:
    for n in range(3):
        received = f"2026{10 + n % 2}22080000"
        first = "1" if n == 2 else "2"
        code = f"H99.01-20261122-{n:07d}"
        await unit.send(dossier(code, NgayTiepNhan=received, TrangThaiHoSo=first))
    report = {"procedure": "1.001193", "month": "202611", "count": 5}
    assert (await unit.http.post("/_mock/reported", json=report)).status_code == 201
    told = await unit.ask("DoiSoatHoSo", tuThang="202610", denThang="202612")
    assert [tuple(row.values()) for row in told["result"]] == [
        ("1.001193", "202610", "2", "0", "2"),
        ("1.001193", "202611", "1", "2", "5"),
    ]
    assert (await unit.ask("DoiSoatHoSo", tuThang="202612", denThang="202612"))["result"] == []


# -- manners and faults


async def test_success_may_be_written_otherwise(unit: Unit) -> None:
    for style, code in (("00", "00"), ("number", 0)):
        unit.state.faults.clear()
        unit.state.faults.add(success_code=style)
        assert (await unit.ask("LayDanhMucCoQuan"))["error_code"] == code


async def test_code_0_may_hide_a_failure(unit: Unit) -> None:
    unit.state.faults.add(service="DongBoHoSoMC", failing_message="Có lỗi xảy ra", calls=1)
    told = await unit.send(dossier())
    assert (told["error_code"], told["message"]) == ("0", "Có lỗi xảy ra")
    assert not unit.state.dossiers.held
    assert (await unit.send(dossier()))["error_code"] == "0"


async def test_answer_may_be_lost_after_work(unit: Unit) -> None:
    unit.state.faults.add(service="DongBoHoSoMC", lost_answer=True, calls=1)
    await unit.login()
    body = {"isUpdating": "False", "data": [dossier()]}
    assert (await unit.response("DongBoHoSoMC", **body)).status_code == 504
    assert failed(await unit.ask("DongBoHoSoMC", **body), "exists")
    assert len(unit.state.dossiers.held) == 1
    assert [(a.service, a.outcome, a.faults) for a in unit.state.journal][1:] == [
        ("DongBoHoSoMC", "done", ("lost_answer",)),
        ("DongBoHoSoMC", "exists", ()),
    ]


@pytest.mark.parametrize("effect", [{"status": 502}, {"garbage": "html"}, {"garbage": "empty"}])
async def test_undelivered_call_changes_nothing(unit: Unit, effect: Json) -> None:
    unit.state.faults.add(service="DongBoHoSoMC", **effect)
    response = await unit.response("DongBoHoSoMC", isUpdating="False", data=[dossier()])
    assert response.status_code == effect.get("status", 200)
    assert not response.text.startswith("{")
    assert not unit.state.dossiers.held


async def test_caller_may_be_throttled(unit: Unit) -> None:
    unit.state.faults.add(status=429, retry_after_seconds=7, seconds=60)
    response = await unit.post(LOGIN, {})
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert (await unit.http.post("/_mock/clock", json={"forward_seconds": 60})).status_code == 201
    assert (await unit.login())["error_code"] == "0"


async def test_session_may_end_at_any_call(unit: Unit) -> None:
    unit.state.faults.add(service="DongBoHoSoMC", expire_session=True, calls=1)
    assert failed(await unit.send(dossier()), "session_over")
    await unit.login()
    assert (await unit.send(dossier()))["error_code"] == "0"


async def test_the_same_seed_fails_alike(unit: Unit) -> None:
    async def run() -> list[int]:
        unit.state.faults.clear()
        unit.state.faults.add(service="LayDanhMucCoQuan", probability=0.3, seed=7, status=502)
        return [(await unit.response("LayDanhMucCoQuan")).status_code for _ in range(50)]

    first = await run()
    assert first == await run()
    assert 5 < first.count(502) < 25


async def test_fault_may_target_dossier_or_procedure(unit: Unit) -> None:
    unit.state.faults.add(dossier=DOSSIER, status=502)
    unit.state.faults.add(procedure="1.000894", status=503)
    other = dossier("H99.01-20261122-0000002")
    marriage = {**other, "MaTTHC": "1.000894"}
    for row, status in ((dossier(), 502), (marriage, 503), (other, 200)):
        response = await unit.response("DongBoHoSoMC", isUpdating="False", data=[row])
        assert response.status_code == status


async def test_faults_are_steered_from_outside(unit: Unit) -> None:
    made = (await unit.http.post("/_mock/faults", json={"status": 503})).json()
    wrong = await unit.http.post("/_mock/faults", json={"statsu": 503})
    assert (wrong.status_code, wrong.json()["members"]) == (422, ["statsu"])
    assert (await unit.http.post("/_mock/faults", json={"calls": 1})).status_code == 422
    assert (await unit.post(LOGIN, {})).status_code == 503
    (listed,) = (await unit.http.get("/_mock/faults")).json()
    assert (listed["matched"], listed["hit"]) == (1, 1)
    await unit.http.delete(f"/_mock/faults/{made['id']}")
    assert (await unit.http.get("/_mock/faults")).json() == []


async def test_journal_and_state_are_readable(unit: Unit) -> None:
    await unit.send(dossier(), dossier("H99.01-20261122-0000002"))
    journal = (await unit.http.get("/_mock/journal")).json()
    assert [(e["service"], e["outcome"], e["rows"]) for e in journal["entries"]] == [
        ("login", "done", 0),
        ("DongBoHoSoMC", "done", 2),
    ]
    state = (await unit.http.get("/_mock/state")).json()
    assert (state["dossiers"], state["states"]) == (2, {"2": 2})
    assert set((await unit.http.get("/_mock/state/dossiers")).json()) == {
        DOSSIER,
        "H99.01-20261122-0000002",
    }
    assert (await unit.http.get("/_mock/state/dossiers/x")).status_code == 404
    assert (await unit.http.get("/_mock/nothing")).status_code == 404
    assert (await unit.http.delete("/_mock/journal")).json()["total"] == 0


def test_two_thousand_dossiers_pass_in_seconds(signed_in: tuple[Desk, str]) -> None:
    """Through the desk itself: what a client spends on HTTP is the client's."""
    desk, session = signed_in
    call: Json = {"session": session, "madonvi": "H99"}
    started = time.process_time()
    for n in range(2_000):
        code = f"H99.01-20261122-{n:07d}"
        new = {**call, "service": "DongBoHoSoMC", "isUpdating": "False", "data": [dossier(code)]}
        rows = [step(s, f"2026112209000{i}", code) for i, s in enumerate(("4", "9", "10"))]
        desk.call(json.dumps(new).encode())
        desk.call(json.dumps({**call, "service": "CapNhatTienDoHoSoMC", "data": rows}).encode())
    assert sum(held.state == "10" for held in desk.dossiers.held.values()) == 2_000
    assert time.process_time() - started < 4


async def test_every_protocol_service_is_answered(unit: Unit) -> None:
    for service in PROTOCOL["services"]:
        told = await unit.ask(service)
        assert not failed(told, "unknown_service"), service


_texts = st.text(max_size=20) | st.sampled_from(["True", "2", DOSSIER, "20261122080000", ""])
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | _texts,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["MaHoSo", "TaiLieuNop", "TrangThai", "DinhDanhCHS"]) | _texts,
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_NAMES = [f["name"] for f in PROTOCOL["services"]["DongBoHoSoMC"]["data"]]
_bent = st.tuples(st.sampled_from(_NAMES), _anything).map(lambda p: {**dossier(), p[0]: p[1]})
_members = st.fixed_dictionaries(
    {},
    optional={
        "data": st.lists(_bent, max_size=2) | _anything,
        "isUpdating": st.sampled_from(["True", "False"]) | _anything,
        **dict.fromkeys(("madonvi", "service", "type", "mahoso", "maTTHC", "x"), _anything),
    },
)


@settings(max_examples=150)
@given(service=st.sampled_from(["DongBoHoSoMC", *PROTOCOL["services"]]), members=_members)
def test_any_request_gets_an_enveloped_answer(
    signed_in: tuple[Desk, str], service: str, members: Json
) -> None:
    desk, session = signed_in
    call = {"session": session, "madonvi": "H99", "service": service, **members}
    reply, _ = desk.call(json.dumps(call).encode())
    assert reply.status == 200
    codes = {said["code"] for said in PROTOCOL["answers"].values()}
    assert json.loads(reply.body)["error_code"] in codes


async def test_nonsensical_wish_is_refused(unit: Unit) -> None:
    for place in ("faults", "procedures", "reported", "clock"):
        for wish in ({"self": 1}, {"": 1}, [], 7, {"code": None}, {"forward_seconds": "x"}):
            response = await unit.http.post(f"/_mock/{place}", json=wish)
            assert response.status_code == 422, (place, wish)
