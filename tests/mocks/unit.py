"""How does a province's system speak with the mock of the portal in tests?"""

from typing import Any

import httpx

from mocks.adapter import DSTCODE, FORWARD
from mocks.portal import CALL, LOGIN, PortalMock

Json = dict[str, Any]

DOSSIER = "H99.01-20261122-0000001"


class Unit:
    """A unit before its security server; `moment[0]` is the mock's time in seconds since 1970."""

    def __init__(self, mock: PortalMock, http: httpx.AsyncClient, moment: list[float]) -> None:
        self.mock = mock
        self.http = http
        self.moment = moment
        self.state = mock.state
        self.session = ""

    async def post(self, path: str, body: Json | bytes, **how: Any) -> httpx.Response:
        usual: Json = {"headers": {"dstcode": DSTCODE, "content-type": "application/json"}}
        sent: Json = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.http.post(FORWARD + path, **(sent | usual | how))

    async def login(self, **changed: str) -> Json:
        settings = self.state.settings
        account = {"username": settings.unit, "password": settings.password}
        told: Json = (await self.post(LOGIN, account | changed)).json()
        self.session = told.get("session", self.session)
        return told

    async def ask(self, service: str, **members: Any) -> Json:
        """The answer to a service; signs in the first time."""
        told: Json = (await self.response(service, **members)).json()
        return told

    async def response(self, service: str, **members: Any) -> httpx.Response:
        if not self.session:
            await self.login()
        envelope = {"session": self.session, "madonvi": "H99", "service": service}
        body = {name: value for name, value in (envelope | members).items() if value is not None}
        return await self.post(CALL, body)

    async def send(self, *rows: Json, updating: str = "False") -> Json:
        return await self.ask("DongBoHoSoMC", isUpdating=updating, data=list(rows))

    async def advance(self, *rows: Json) -> Json:
        return await self.ask("CapNhatTienDoHoSoMC", data=list(rows))

    async def through(self, *states: str, code: str = DOSSIER) -> list[str]:
        """Progress rows one by one, an hour apart; the codes that were answered."""
        rows = [
            step(state, f"2026112{2 + hour // 12}{9 + hour % 12:02d}0000", code=code)
            for hour, state in enumerate(states)
        ]
        return [(await self.advance(row))["error_code"] for row in rows]


def dossier(code: str = DOSSIER, **changed: Any) -> Json:
    """A dossier as a careful unit sends it; a change of None leaves a member out."""
    usual: Json = {
        "MaHoSo": code,
        "MaTTHC": "1.001193",
        "TenTTHC": "Đăng ký khai sinh",
        "MaLinhVuc": "G15-TP01",
        "TenLinhVuc": "Hộ tịch",
        "KenhThucHien": "2",
        "LoaiDoiTuong": "1",
        "Email": "",
        "SoDienThoai": "",
        "TrichYeuHoSo": "Đăng ký khai sinh",
        "NgayTiepNhan": "20261122080000",
        "NgayHenTra": "20261123170000",
        "TrangThaiHoSo": "2",
        "HinhThuc": "0",
        "DonViXuLy": "UBND xã Mẫu",
        "NoiNopHoSo": "2",
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def step(state: str, at: str = "20261122090000", code: str = DOSSIER, **changed: str) -> Json:
    """A row of progress."""
    usual = {"MaHoSo": code, "NguoiXuLy": "Cán bộ", "ThoiDiemXuLy": at}
    return {**usual, "NoiDungXuLy": "Xử lý", "TrangThai": state, **changed}


def file(number: int = 1, **changed: str) -> Json:
    """An entry of TaiLieuNop."""
    usual = {"TepDinhKemId": f"t{number}", "TenTepDinhKem": f"giay-{number}.pdf"}
    return {**usual, "IsDeleted": "False", "DuongDanTaiTepTin": f"/fi/{number}", **changed}
