"""Decision 766's indicators as the portal would count them, from what was sent and nothing else."""

import random
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from mocks.adapter import PROTOCOL
from mocks.people import Population
from mocks.portal import PortalMockSettings, create_portal_mock
from tests.mocks.unit import DOSSIER, Json, Unit, dossier, file, step

NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
RESIDENCE = {
    "MaTTHC": "1.004222",
    "TenTTHC": "Đăng ký thường trú",
    "MaLinhVuc": "G02-CT01",
    "TenLinhVuc": "Đăng ký, quản lý cư trú",
}
RESULT = [{"TenGiayTo": "Giấy khai sinh", "DuongDanTepTinKetQua": "/fi/kq"}]


@pytest.fixture
async def unit(people: Population) -> AsyncIterator[Unit]:
    mock = create_portal_mock(PortalMockSettings(clock=lambda: 1_795_310_400.0), people)
    transport = httpx.ASGITransport(mock)
    async with httpx.AsyncClient(transport=transport, base_url="http://adapter") as http:
        yield Unit(mock, http, [0.0])


async def index(unit: Unit, **query: str) -> Json:
    response = await unit.http.get("/_mock/index-766", params=NOVEMBER | query)
    told: Json = response.json()
    return told


async def counted(unit: Unit, indicator: str) -> tuple[int, int]:
    told = (await index(unit))["indicators"][indicator]
    return told["numerator"], told["denominator"]


def code(n: int) -> str:
    return f"H99.01-20261122-{n:07d}"


async def test_each_indicator_counts_its_own_marks(unit: Unit) -> None:
    plain, residence = dossier(code(1)), dossier(code(2), **RESIDENCE)
    told = await unit.send(
        plain,
        residence,
        dossier(code(3), DanhSachGiayToKetQua=RESULT),
        dossier(code(4), TaiLieuNop=[file()], HoSoCoThanhPhanSoHoa="1"),
        dossier(code(5), TaiLieuNop=[file()], DanhSachGiayToKetQua=RESULT),
        dossier(code(6), **RESIDENCE, TaiLieuNop=[file(DuocLayTuKhoDMQG="1")]),
        dossier(code(7), DSKetNoiCSDL=[{"MaCSDL": "POP-DB"}]),
        dossier(code(8), TaiKhoanDuocXacThucVoiVNeID="1"),
        dossier(code(9), DSKetNoiCSDL=[{"MaCSDL": "7"}], TaiKhoanDuocXacThucVoiVNeID="0"),
    )
    assert told["error_code"] == "0"
    citizens = [one for one in unit.state.catalogue.public() if "citizen" in one["users"]]
    told = (await index(unit))["indicators"]
    assert {name: (one["numerator"], one["denominator"]) for name, one in told.items()} == {
        "4.1": (2, 7),
        "4.2": (2, 9),
        "4.3": (1, 9),
        "4.4": (3, 9),
        "4.5a": (2, len(citizens)),
        "4.5b": (3, 9),
        "3.3": (2, 9),
        "3.6": (0, 0),
        "1.4": (9, 9),
        "2.1": (0, 0),
    }
    assert [told[i]["score"] for i in ("4.1", "4.2", "4.3", "4.4", "4.5b")] == [
        "1.71",
        "1.11",
        "0.28",
        None,
        "0.67",
    ]


async def test_nothing_counted_is_no_score(unit: Unit) -> None:
    told = (await index(unit))["indicators"]["4.3"]
    assert (told["numerator"], told["denominator"], told["score"]) == (0, 0, None)


async def test_score_stays_within_its_points(unit: Unit) -> None:
    await unit.send(dossier(HoSoCoThanhPhanSoHoa="1"))
    assert (await index(unit))["indicators"]["4.3"]["score"] == "2.00"


@pytest.mark.parametrize(
    ("marks", "count"),
    [
        ({"HoSoCoThanhPhanSoHoa": "1"}, 1),
        ({"HoSoCoThanhPhanSoHoa": "0"}, 0),
        ({"TaiLieuNop": [file(DuocSoHoa="1")]}, 0),
        ({"NoiNopHoSo": "1", "TaiLieuNop": [file(DuocSoHoa="1")]}, 1),
        ({"NoiNopHoSo": "1", "HoSoCoThanhPhanSoHoa": "1"}, 0),
        ({"NoiNopHoSo": "1", "TaiLieuNop": [file(DuocSoHoa="1", IsDeleted="True")]}, 0),
    ],
)
async def test_reuse_of_portal_dossiers_has_another_mark(
    unit: Unit, marks: Json, count: int
) -> None:
    await unit.send(dossier(**marks))
    assert await counted(unit, "4.3") == (count, 1)


async def test_a_deleted_file_counts_for_nothing(unit: Unit) -> None:
    gone = file(DuocLayTuKhoDMQG="1", IsDeleted="1")
    await unit.send(dossier(**RESIDENCE, TaiLieuNop=[gone]))
    for indicator in ("4.2", "4.4", "4.5b"):
        assert await counted(unit, indicator) == (0, 1)


async def test_receipt_days_include_both_ends(unit: Unit) -> None:
    for n, day in enumerate(
        ("20261031235959", "20261101000000", "20261130235959", "20261201000000")
    ):
        await unit.send(dossier(code(n), NgayTiepNhan=day, NgayHenTra="20261231000000"))
    assert (await index(unit))["dossiers"] == 2
    assert (await index(unit, agency="H99.02"))["dossiers"] == 0
    assert (await index(unit, agency="H99.01"))["dossiers"] == 2
    wrong = await unit.http.get("/_mock/index-766", params={"from": "2026-11"})
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("way", "on_time"),
    [
        ([("4", "22"), ("9", "23"), ("10", "29")], True),
        ([("4", "22"), ("9", "24")], False),
        ([("9", "23"), ("10", "24")], True),
        ([("8", "23")], True),
        ([("7", "24")], False),
        ([("5", "22"), ("4", "25"), ("9", "26")], True),
        ([("5", "22"), ("4", "23"), ("9", "25")], False),
        ([("5", "22"), ("7", "26")], True),
        ([("5", "22"), ("4", "23"), ("5", "23"), ("4", "23"), ("9", "23")], False),
        ([("4", "22")], None),
    ],
)
async def test_time_excludes_waiting_for_papers(
    unit: Unit, way: list[tuple[str, str]], on_time: bool | None
) -> None:
    await unit.send(dossier())
    rows = [step(state, f"202611{day}1{n}0000") for n, (state, day) in enumerate(way)]
    assert (await unit.advance(*rows))["error_code"] == "0"
    assert await counted(unit, "2.1") == (int(on_time is True), int(on_time is not None))


async def test_synchronised_share_uses_larger_count(unit: Unit) -> None:
    await unit.send(dossier(code(1)), dossier(code(2)), dossier(code(3), **RESIDENCE))
    for procedure, count in (("1.001193", 5), ("1.004222", 0), ("1.000894", 4)):
        report = {"procedure": procedure, "month": "202611", "count": count}
        await unit.http.post("/_mock/reported", json=report)
    told = await index(unit)
    assert told["indicators"]["1.4"] == {"numerator": 3, "denominator": 10}
    assert {sector: one["1.4"] for sector, one in told["sectors"].items()} == {
        "G15-TP01": {"numerator": 2, "denominator": 9},
        "G02-CT01": {"numerator": 1, "denominator": 1},
    }


async def test_abolished_procedure_is_not_for_citizens(unit: Unit) -> None:
    await unit.send(dossier(TaiKhoanDuocXacThucVoiVNeID="1"))
    before = await counted(unit, "4.5a")
    await unit.http.post("/_mock/procedures", json={"code": "1.001193", "public": False})
    assert before[0] == 1
    assert await counted(unit, "4.5a") == (0, before[1] - 1)


async def test_sums_agree_with_count_by_hand(unit: Unit) -> None:
    chance = random.Random(766)

    def flag() -> str:
        return chance.choice(["0", "1"])

    sent: list[Json] = []
    for n in range(200):
        files = [file(i, DuocLayTuKhoDMQG=flag()) for i in range(chance.randrange(3))]
        result: list[Any] = chance.choice([[], RESULT])
        row = dossier(
            code(n),
            **chance.choice([{}, RESIDENCE]),
            TaiLieuNop=files,
            DanhSachGiayToKetQua=result,
            HoSoCoThanhPhanSoHoa=flag(),
            TaiKhoanDuocXacThucVoiVNeID=flag(),
        )
        sent.append(row)
        await unit.send(row)
    stored = [any(f["DuocLayTuKhoDMQG"] == "1" for f in row["TaiLieuNop"]) for row in sent]
    birth = [row["MaTTHC"] == "1.001193" for row in sent]
    given = [bool(row["DanhSachGiayToKetQua"]) for row in sent]
    told = (await index(unit))["indicators"]
    by_hand = {
        "4.1": sum(b and g for b, g in zip(birth, given, strict=True)),
        "4.2": sum(
            bool(row["TaiLieuNop"]) and (g or not b)
            for row, b, g in zip(sent, birth, given, strict=True)
        ),
        "4.3": sum(row["HoSoCoThanhPhanSoHoa"] == "1" for row in sent),
        "4.4": sum(s or g for s, g in zip(stored, given, strict=True)),
        "4.5b": sum(
            s or row["TaiKhoanDuocXacThucVoiVNeID"] == "1"
            for s, row in zip(stored, sent, strict=True)
        ),
    }
    assert {name: told[name]["numerator"] for name in by_hand} == by_hand
    for one in PROTOCOL["index_766"]["digitisation"]:
        if one["full_score_at"] is not None:
            said = told[one["id"]]
            exact = Decimal(one["points"]) * said["numerator"] / said["denominator"]
            exact = min(Decimal(one["points"]), exact / Decimal(str(one["full_score_at"])))
            assert abs(Decimal(said["score"]) - exact) <= Decimal("0.005")


async def test_last_update_describes_a_dossier(unit: Unit) -> None:
    await unit.send(dossier(HoSoCoThanhPhanSoHoa="1"))
    assert await counted(unit, "4.3") == (1, 1)
    await unit.send(dossier(HoSoCoThanhPhanSoHoa="0"), updating="True")
    assert await counted(unit, "4.3") == (0, 1)
    assert unit.state.dossiers.held[DOSSIER].updates == 1
