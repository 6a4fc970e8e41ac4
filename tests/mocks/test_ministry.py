"""A ministry's adapter as a mock: six calls, codes and dates of its own, files by their hash."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mocks.ministry import MinistryMock, MinistryMockSettings, create_ministry_mock

Json = dict[str, Any]
PAPER = b"%PDF-1.4\r\n% invented\r\n"


class Client:
    """iGate before the ministry's adapter."""

    def __init__(self, mock: MinistryMock, http: httpx.AsyncClient, moment: list[float]) -> None:
        self.mock = mock
        self.http = http
        self.moment = moment
        self.token = ""

    async def sign_in(self, **changed: str) -> httpx.Response:
        settings = self.mock.state.settings
        form = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        response = await self.http.post("/token", data=form | changed)
        self.token = response.json().get("access_token", self.token)
        return response

    async def call(self, method: str, path: str, **how: Any) -> httpx.Response:
        if not self.token:
            await self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.http.request(method, path, headers=headers, **how)

    async def next_code(self, code: str = "G09.20") -> str:
        response = await self.call("GET", "/ma-ho-so", params={"code": code})
        return str(response.json()["value"])

    async def upload(self, *contents: bytes) -> list[Json]:
        files = [("files", ("giay.pdf", content, "application/pdf")) for content in contents]
        told: list[Json] = (await self.call("POST", "/tep-tin", files=files)).json()["data"]
        return told

    async def create(self, **changed: Any) -> httpx.Response:
        return await self.call("POST", "/NoiHoSo", json=await self.dossier(**changed))

    async def dossier(self, **changed: Any) -> Json:
        return {
            "MaHoSo": changed.get("MaHoSo") or await self.next_code(),
            "MaTTHC": "1.014748",
            "ChuHoSo": "Nguyễn Văn Mẫu",
            "LoaiDoiTuong": "0",
            "MaDonViTiepNhan": "G09.20",
            "NgayNop": "2026-11-22 09:30:00",
            "EformThongTinChiTiet": {"lyDo": "x", "bang": [1]},
            "ThongTinNguoiNop": {
                "LoaiDoiTuong": "0",
                "ThongTinChiTiet": {
                    "TenNguoiNop": "Nguyễn Văn Mẫu",
                    "SoDinhDanh": "003090000001",
                    "NgaySinh": "19900115000000",
                },
            },
        } | changed

    async def progress(self, names: Json, state: str, **changed: str) -> httpx.Response:
        row = {
            "IDHoSo": names["idHoSo"],
            "MaHoSo": names["maHoSo"],
            "NguoiXuLy": "Cán bộ",
            "ThoiDiemXuLy": "2026-11-22T09:30:00.000",
            "NoiDungXuLy": "Xử lý",
            "TrangThai": state,
        }
        return await self.call("POST", "/CapNhatTienTrinh", json=[row | changed])

    async def state(self, names: Json, state: str, **more: Any) -> httpx.Response:
        row = {"IdHoSo": names["idHoSo"], "MaHoSo": names["maHoSo"], "TrangThai": state}
        return await self.call("POST", "/CapNhatTrangThai", json=[row | more])


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    moment = [1_795_310_400.0]
    mock = create_ministry_mock(MinistryMockSettings(clock=lambda: moment[0]))
    transport = httpx.ASGITransport(mock)
    async with httpx.AsyncClient(transport=transport, base_url="http://ministry") as http:
        yield Client(mock, http, moment)


def with_file(**file: str) -> list[Json]:
    component = {"MaThanhPhanHoSo": "1.014748-TP01", "TenThanhPhanHoSo": "Đơn", "LoaiBan": "2"}
    return [{**component, "SoLuong": "1", "GiayToDinhKem": [{"TenGiayTo": "Đơn", **file}]}]


async def test_six_calls_complete_a_dossier(client: Client) -> None:
    (file,) = await client.upload(PAPER)
    assert file["HashTepTin"] == hashlib.sha256(PAPER).hexdigest()
    components = with_file(IdGiayTo=file["IdTepTin"], HashTepTin=file["HashTepTin"])
    created = await client.create(ThanhPhanHoSo=components)
    assert (created.status_code, created.json()["code"]) == (200, 200)
    names = created.json()["data"]
    for state in ("2", "4", "9"):
        assert (await client.progress(names, state)).status_code == 200
    assert (await client.state(names, "9", DanhSachGiayToKetQua=[{}])).status_code == 200
    kept = (await client.http.get("/_mock/state")).json()[names["maHoSo"]]
    assert (kept["state"], [row["TrangThai"] for row in kept["progress"]]) == (
        "9",
        ["2", "4", "9"],
    )


async def test_code_is_issued_for_unit_or_procedure(client: Client) -> None:
    assert await client.next_code("G09.20") == "G09.20-20261122-0000001"
    assert await client.next_code("G09.20") == "G09.20-20261122-0000002"
    assert await client.next_code("1.014748") == "G09-20261122-0000001"
    wrong = await client.call("GET", "/ma-ho-so", params={"code": "x"})
    assert wrong.status_code == 400


async def test_errors_are_told_by_http(client: Client) -> None:
    assert (await client.sign_in(client_secret="another")).status_code == 401
    client.token = "made-up"
    assert (await client.create(MaHoSo="G09.20-20261122-0000001")).status_code == 401
    await client.sign_in()
    elsewhere = await client.call("GET", "/ma-ho-so", params={"code": "G03.1"})
    assert elsewhere.status_code == 403
    assert (await client.call("POST", "/KhongCo")).status_code == 404
    assert (await client.call("POST", "/NoiHoSo", content=b"[" * 60_000)).status_code == 400
    assert (await client.call("POST", "/tep-tin", content=b"x")).status_code == 400


async def test_token_expires(client: Client) -> None:
    assert (await client.sign_in()).json()["expires_in"] == 3600
    client.moment[0] += 3600
    assert (await client.call("GET", "/ma-ho-so", params={"code": "G09"})).status_code == 401


async def test_file_must_match_the_upload(client: Client) -> None:
    (file,) = await client.upload(PAPER)
    other = hashlib.sha256(b"another").hexdigest()
    for wrong, member in (
        (with_file(IdGiayTo=file["IdTepTin"], HashTepTin=other), "HashTepTin"),
        (with_file(IdGiayTo="x", HashTepTin=file["HashTepTin"]), "IdGiayTo"),
    ):
        response = await client.create(ThanhPhanHoSo=wrong)
        assert response.status_code == 400
        assert response.json()["message"].endswith(f"GiayToDinhKem[0].{member}")
    assert client.mock.desk.kept == {}


async def test_files_keep_bytes_and_order(client: Client) -> None:
    contents = [PAPER, b"", b"--not-a-boundary\r\n\r\n" + bytes(range(256))]
    told = await client.upload(*contents)
    assert [f["HashTepTin"] for f in told] == [hashlib.sha256(c).hexdigest() for c in contents]


@pytest.mark.parametrize(
    ("member", "changed"),
    [
        ("NgayNop", {"NgayNop": "20261122093000"}),
        ("LoaiDoiTuong", {"LoaiDoiTuong": "4"}),
        ("MaTTHC", {"MaTTHC": ""}),
        (
            "ThongTinNguoiNop.ThongTinChiTiet.NgaySinh",
            {
                "ThongTinNguoiNop": {
                    "LoaiDoiTuong": "0",
                    "ThongTinChiTiet": {
                        "TenNguoiNop": "x",
                        "SoDinhDanh": "x",
                        "NgaySinh": "1990-01-15",
                    },
                }
            },
        ),
    ],
)
async def test_each_part_styles_dates_and_codes(client: Client, member: str, changed: Json) -> None:
    response = await client.create(**changed)
    assert response.status_code == 400
    assert response.json()["message"].endswith(member)


async def test_resent_dossier_is_found_by_its_names(client: Client) -> None:
    client.mock.state.faults.add(call="create", lost_answer=True, calls=1)
    said = await client.dossier()
    assert (await client.call("POST", "/NoiHoSo", json=said)).status_code == 504
    again = await client.call("POST", "/NoiHoSo", json=said)
    assert (again.status_code, "đã tồn tại" in again.json()["message"]) == (400, True)
    assert again.json()["data"]["maHoSo"] == said["MaHoSo"]
    assert len(client.mock.desk.kept) == 1
    journal = (await client.http.get("/_mock/journal")).json()["entries"]
    assert [(e["service"], e["outcome"]) for e in journal][-2:] == [
        ("create", "200"),
        ("create", "400"),
    ]


async def test_unissued_code_is_refused(client: Client) -> None:
    assert (await client.create(MaHoSo="G09.20-20261122-0000009")).status_code == 400


async def test_progress_is_single_legal_and_two_named(client: Client) -> None:
    names = (await client.create()).json()["data"]
    assert (await client.progress(names, "10")).status_code == 400
    assert (await client.progress(names, "2")).status_code == 200
    assert (await client.progress(names, "2")).status_code == 200
    assert len(client.mock.desk.kept[names["maHoSo"]].progress) == 1
    assert (await client.progress({**names, "idHoSo": "x"}, "4")).status_code == 400
    wrong_date = await client.progress(names, "4", ThoiDiemXuLy="2026-11-22 09:30:00")
    assert wrong_date.status_code == 400


async def test_fees_and_results_need_their_states(client: Client) -> None:
    names = (await client.create()).json()["data"]
    assert (await client.state(names, "2", DanhSachLePhi=[])).status_code == 400
    assert (await client.state(names, "2", NoiDungYKien="x")).status_code == 200
    assert (await client.state(names, "5", DanhSachLePhi=[{"Gia": "1"}])).status_code == 200


async def test_what_lies_behind_may_fail(client: Client) -> None:
    await client.sign_in()
    rule = {"call": "next_code", "status": 502, "calls": 1}
    assert (await client.http.post("/_mock/faults", json=rule)).status_code == 201
    response = await client.call("GET", "/ma-ho-so", params={"code": "G09"})
    assert response.status_code == 502
    assert await client.next_code("G09") == "G09-20261122-0000001"
    (listed,) = (await client.http.get("/_mock/faults")).json()
    assert (listed["matched"], listed["hit"]) == (2, 1)
    assert (await client.http.delete("/_mock/tokens")).status_code == 200
    assert (await client.call("GET", "/ma-ho-so", params={"code": "G09"})).status_code == 401
