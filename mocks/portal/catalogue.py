"""The procedures that the portal publishes, with what it states of each. They change at run time.

Names of members and codes are the portal's; components, days, steps and decisions are ours.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mocks.adapter import PROTOCOL, Refused

Json = dict[str, Any]

_DATA = Path(__file__).parents[1] / "data"
_USERS = {
    "citizen": "Công dân Việt Nam",
    "enterprise": "Doanh nghiệp",
    "body": "Tổ chức (không bao gồm doanh nghiệp)",
}
_LEVELS = {"0": "Cấp Bộ", "1": "Cấp Tỉnh", "2": "Cấp Huyện", "3": "Cấp Xã"}
_CHANNELS = ("1", "2", "3")


class Change(BaseModel):
    """A procedure as `POST /_mock/procedures` takes it: a new one, or what changes of one.

    `public` false abolishes it. What is absent stays, or is the usual of a new one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^\d\.\d{6}$")
    title: str | None = Field(default=None, min_length=1, max_length=500)
    sector: str | None = Field(default=None, pattern=PROTOCOL["formats"]["sector"]["regex"])
    level: Literal["0", "1", "2", "3"] | None = None
    basis: list[str] | None = None
    users: list[Literal["citizen", "enterprise", "body"]] | None = None
    days: int | None = Field(default=None, ge=1, le=365)
    papers: list[str] | None = None
    result: str | None = None
    public: bool | None = None


class Catalogue:
    """The published procedures (thủ tục hành chính) and the portal's lists."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self.restore()

    def restore(self) -> None:
        """The procedures of the first day."""
        read = json.loads((_DATA / "procedures.json").read_text(encoding="utf-8"))
        self._sectors: dict[str, str] = read["sectors"]
        self._procedures: dict[str, Json] = {
            one["code"]: {"public": True, "decision": 1, **one} for one in read["procedures"]
        }

    def change(self, change: Change) -> Json:
        """Publish, change or abolish a procedure; every change is a decision of its own."""
        usual: Json = {
            "title": f"Thủ tục {change.code}",
            "sector": next(iter(self._sectors)),
            "level": "3",
            "basis": [],
            "users": ["citizen"],
            "days": 5,
            "papers": ["Đơn đề nghị"],
            "result": None,
            "public": True,
            "decision": 0,
        }
        before = self._procedures.get(change.code, usual)
        said = change.model_dump(exclude_unset=True)
        now = {**before, **{k: v for k, v in said.items() if v is not None or k == "result"}}
        now["decision"] = before["decision"] + 1
        self._sectors.setdefault(now["sector"], f"Lĩnh vực {now['sector']}")
        self._procedures[change.code] = now
        return now

    def find(self, code: str) -> Json | None:
        """The procedure behind a code; the suffix of a unit stands for the same procedure."""
        return self._procedures.get(code[:8])

    def public(self) -> list[Json]:
        """The procedures that take dossiers."""
        return [one for one in self._procedures.values() if one["public"]]

    def as_json(self) -> list[Json]:
        """All procedures as `/_mock/procedures` shows them."""
        return list(self._procedures.values())

    def listed(self) -> list[Json]:
        """`LayDanhSachTTHC`."""
        return [{"MATTHC": one["code"], "TENTTHC": one["title"]} for one in self.public()]

    def tree(self, code: str) -> list[Json]:
        """`LayThuTuc`; Refused for a procedure that was never there."""
        one = self.find(code)
        if one is None:
            raise Refused("unknown_procedure", "không tồn tại")
        return [_tree(one, self._sectors[one["sector"]], self._unit)]

    def sectors(self) -> list[Json]:
        """`LayDanhMucLinhVuc`."""
        return [
            {"MALINHVUC": code, "TENLINHVUC": name, "MANGANH": code[:3]}
            for code, name in self._sectors.items()
        ]

    def agencies(self) -> list[Json]:
        """`LayDanhMucCoQuan`: the unit and one commune of it (ours)."""
        named = ((self._unit, "Ủy ban nhân dân tỉnh", "1"), (f"{self._unit}.01", "Xã Mẫu", "3"))
        return [{"MADONVI": c, "TENDONVI": name, "CAPDONVI": level} for c, name, level in named]

    def entries(self, service: str) -> list[Json]:
        """Any other `LayDanhMuc…`; of these only the names are known, so members are ours."""
        name = service.removeprefix("LayDanhMuc")
        told = self._changing().get(name) or _lists()[name]
        return [{"MA": code, "TEN": text} for code, text in told.items()]

    def _changing(self) -> dict[str, dict[str, str]]:
        """The lists that follow the procedures."""
        basis = sorted({text for one in self.public() for text in one["basis"]})
        return {
            "CanCuPhapLy": {text: text for text in basis},
            "NhomThuTuc": self._sectors,
            "ThuTucThuocLoai": {one["code"]: one["title"] for one in self.public()},
        }


@lru_cache(maxsize=1)
def _lists() -> dict[str, dict[str, str]]:
    people = json.loads((_DATA / "lists.json").read_text(encoding="utf-8"))
    provinces = json.loads((_DATA / "units.json").read_text(encoding="utf-8"))["provinces"]
    users = PROTOCOL["lists"]["applicants"]["values"]
    return {
        "GioiTinh": {"1": "Nam", "2": "Nữ"},
        "TinhThanh": {code: name for code, name, _ in provinces},
        "QuanHuyen": {},
        "PhuongXa": {code: name for _, _, communes in provinces for code, name in communes},
        "QuocGia": {"VN": "Việt Nam"},
        "DanToc": people["ethnic_groups"],
        "TonGiao": people["religions"],
        "TinhTrangHonNhan": {"1": "Chưa kết hôn", "2": "Đang có vợ/chồng", "3": "Đã ly hôn"},
        "DoiTuong": {code: said["vi"] for code, said in users.items()},
        "CapThucHien": _LEVELS,
        "LePhi": {},
    }


def _tree(one: Json, sector: str, unit: str) -> Json:
    code, decision = one["code"], one["decision"]
    owner = one["sector"][:3]
    return {
        "ID": code.replace(".", ""),
        "MATTHC": code,
        "TENTTHC": one["title"],
        "LOAITTHC": "0",
        "TRANGTHAI": "1" if one["public"] else "0",
        "MACOQUANCONGBO": owner,
        "IDQUYETDINHCONGBO": f"QD-{code}-{decision}",
        "YEUCAU": "",
        "MOTADOITUONGTHUCHIEN": "",
        "LINHVUCTHUCHIEN": [{"MALINHVUC": one["sector"], "TENLINHVUC": sector}],
        "TRINHTUTHUCHIEN": [{"TRUONGHOP": "", "TRINHTU": [{"TENTRINHTU": "Nộp và nhận"}]}],
        "CACHTHUCTHUCHIEN": [_way(channel, one) for channel in _CHANNELS],
        "THANHPHANHOSO": [{"TRUONGHOP": "", "GIAYTO": _papers(one)}],
        "DOITUONGTHUCHIEN": [{"TENDOITUONG": _USERS[user]} for user in one["users"]],
        "KETQUATHUCHIEN": [
            {"MAKETQUA": f"KQ.{owner}.{code[2:]}", "TENKETQUA": one["result"]}
            for _ in range(one["result"] is not None)
        ],
        "CANCUPHAPLY": [{"SOVANBAN": text, "TENVANBAN": text} for text in one["basis"]],
        "COQUANTHUCHIEN": [{"MADONVI": unit, "TENDONVI": "Ủy ban nhân dân"}],
        "CAPTHUCHIEN": [
            {
                "CAPTHUCHIEN": one["level"],
                "MOTACOQUANTHUCHIEN": _LEVELS[one["level"]],
                "DIACHITIEPNHAN": "",
            }
        ],
    }


def _way(channel: str, one: Json) -> Json:
    days = {
        "THOIGIANGIAIQUYET": str(one["days"]),
        "DONVITINH": "Ngày làm việc",
        "MOTA": "",
        "PHILEPHI": [],
    }
    return {"KENH": channel, "THOIGIAN": [days]}


def _papers(one: Json) -> list[Json]:
    return [
        {
            "MAGIAYTO": f"{one['code']}-TP{number:02d}",
            "TENGIAYTO": name,
            "TENMAUDON": "",
            "URL": "",
            "SOBANCHINH": "1",
            "SOBANSAO": "0",
        }
        for number, name in enumerate(one["papers"], 1)
    ]
