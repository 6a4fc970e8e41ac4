"""The wire format of the national portal: rows of a dossier and its answers.

`DongBoHoSoMC` takes whole dossiers, `CapNhatTienDoHoSoMC` rows of progress, both as rows of texts;
times are `yyyyMMddHHmmss` in Vietnam, booleans `True`/`False`, flags `0`/`1`. An answer is read by
code and words together: `đã tồn tại` under 0, 3 or -3 says that the dossier, or every row of
progress, is there already. Its message may name a person: of it only the names of members are kept.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TypeAlias

from gateway.dossiers._evidence.flags import Mark
from gateway.dossiers._portal.protocol import Protocol
from gateway.dossiers.dossier import Attachment, Dossier, Fee, Result, Step, Supplement
from gateway.forms.values import LOCAL_ZONE
from gateway.upstream.adapter import Envelope

DOSSIER_SERVICE, STEPS_SERVICE = "DongBoHoSoMC", "CapNhatTienDoHoSoMC"
OWNER_KINDS = {"citizen": "1", "enterprise": "2", "state_body": "3", "organisation": "4"}
PAYMENTS = {"none": "0", "portal": "1", "province": "2", "unpaid": "3"}
FEES_DUE = {"receipt": "1", "supplement": "2", "return": "4"}
FEE_KINDS = {"ordinary": "1", "appraisal": "2", "extension": "3"}
OWN_SYSTEM = "2"
UNKNOWN = "unknown"
_EXISTS = "đã tồn tại"
_EXISTS_CODES = frozenset({"0", "00", "3", "-3"})
_MEMBER = re.compile(r"[A-Z][A-Za-z]{3,}")
_FLAGS_OF_A_DOSSIER = ("HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID")
_FLAGS_OF_A_FILE = ("DuocSoHoa", "DuocTaiSuDung", "DuocLayTuKhoDMQG")

Row: TypeAlias = Mapping[str, object]
"""A row as the portal takes it: texts, and lists of rows."""


class Told(Enum):
    """The portal has it now, or had it already."""

    DONE = auto()
    EXISTS = auto()


@dataclass(frozen=True, slots=True)
class Refused:
    """The portal answers and does not take it: the protocol's name of the error, and the member.

    `lasting` says that the same call would be refused again.
    """

    name: str
    member: str | None
    lasting: bool

    @property
    def reason(self) -> str:
        """One word for people and programs: `portal_missing:Email`."""
        return f"portal_{self.name}" + (f":{self.member}" if self.member else "")


Answer: TypeAlias = Told | Refused


@dataclass(frozen=True, slots=True)
class PortalProcedure:
    """A procedure as the portal publishes it (thủ tục hành chính trên Cổng DVCQG)."""

    code: str
    name: str
    sector: str
    sector_name: str
    public: bool
    for_citizens: bool
    has_result: bool


def dossier_row(
    dossier: Dossier,
    state: int,
    procedure: PortalProcedure,
    marks: Sequence[Mark],
    protocol: Protocol,
    gone: Collection[tuple[str, str]] = (),
) -> Row:
    """A whole dossier as a row of `DongBoHoSoMC`; flags stand as the marks raise them.

    `gone` are files that the portal has and the dossier no longer, by id and component.
    """
    owner, about = dossier.owner, {mark.flag: mark.value for mark in marks if mark.file is None}
    number = owner.personal_id or owner.identity_card or owner.number
    named = {one.file.id for one in dossier.attachments if one.file}
    row: dict[str, object] = {
        "MaHoSo": dossier.code,
        "MaTTHC": dossier.procedure,
        "TenTTHC": procedure.name,
        "MaLinhVuc": procedure.sector,
        "TenLinhVuc": procedure.sector_name,
        "KenhThucHien": about.get("KenhThucHien", ""),
        "ChuHoSo": owner.name,
        "SoGiayToChuHoSo": number or "",
        "LoaiDoiTuong": OWNER_KINDS[owner.kind],
        "Email": owner.email or "",
        "SoDienThoai": owner.phone or "",
        "TrichYeuHoSo": _cut(dossier.abstract, protocol, "TrichYeuHoSo"),
        "NgayNopHoSo": stamp(dossier.submitted),
        "NgayTiepNhan": stamp(received_at(dossier)),
        "NgayHenTra": stamp(dossier.due),
        "TrangThaiHoSo": str(state),
        "HinhThuc": "1" if dossier.return_by_post else "0",
        "DonViXuLy": dossier.unit,
        "NoiNopHoSo": OWN_SYSTEM,
        "DinhDanhCHS": _identity(dossier),
        "DSKetNoiCSDL": [{"MaCSDL": m.value} for m in marks if m.flag == "DSKetNoiCSDL"],
        "TaiLieuNop": [
            *(_file(a, marks, protocol) for a in dossier.attachments if a.file),
            *(
                {"TepDinhKemId": id_, "MaThanhPhanHoSo": component, "IsDeleted": "True"}
                for id_, component in sorted(gone)
                if id_ not in named
            ),
        ],
    }
    row |= {flag: about.get(flag, "0") for flag in _FLAGS_OF_A_DOSSIER}
    return row | _where_known(dossier, protocol)


def _where_known(dossier: Dossier, protocol: Protocol) -> dict[str, object]:
    """Members that stand in a row only where the province says something: silence takes nothing back."""
    said: dict[str, object] = {}
    if dossier.results:
        said["DanhSachGiayToKetQua"] = [result_row(one, protocol) for one in dossier.results]
    if dossier.payment is not None:
        said["DuocThanhToanTrucTuyen"] = PAYMENTS[dossier.payment]
    if dossier.fees:
        said["DanhSachLePhi"] = [fee_row(one) for one in dossier.fees]
    if dossier.supplements:
        said["DanhSachHoSoBoSung"] = [_supplement(one) for one in dossier.supplements]
    return said


def received_at(dossier: Dossier) -> int:
    """When it was received; the portal needs a time of a newly registered one too."""
    return dossier.submitted if dossier.received is None else dossier.received


def step_row(code: str, step: Step, protocol: Protocol) -> dict[str, str]:
    """One row of progress as `CapNhatTienDoHoSoMC` takes it."""
    longest = protocol.longest(STEPS_SERVICE, "NguoiXuLy")
    return {
        "MaHoSo": code,
        "NguoiXuLy": step.actor[:longest],
        "ChucDanh": step.title or "",
        "ThoiDiemXuLy": stamp(step.at),
        "PhongBanXuLy": step.unit or "",
        "NoiDungXuLy": step.content,
        "TrangThai": str(step.state),
        "NgayBatDau": _stamp_or_nothing(step.began),
        "NgayKetThucTheoQuyDinh": _stamp_or_nothing(step.due),
    }


def read_answer(envelope: Envelope, protocol: Protocol, service: str) -> Answer:
    """What the portal says to a dossier or to rows of progress."""
    if _EXISTS in envelope.folded_message and envelope.code in _EXISTS_CODES:
        return Told.EXISTS
    if envelope.succeeded:
        return Told.DONE
    names = {one.code: name for name, one in protocol.answers.items() if name != "done"}
    name = names.get(envelope.code)
    known = protocol.members(service)
    member = next((m for m in _MEMBER.findall(envelope.message) if m in known), None)
    if name is None or name in ("wrong_account", "exists"):
        return Refused("refused", None, lasting=False)
    return Refused(name, member, lasting=name != UNKNOWN)


def stamp(seconds: int) -> str:
    """A time as the portal writes it."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(LOCAL_ZONE).strftime("%Y%m%d%H%M%S")


def _identity(dossier: Dossier) -> list[dict[str, str]]:
    """The owner's numbers; where there is none, none is made up."""
    numbers = (("1", dossier.owner.personal_id), ("2", dossier.owner.identity_card))
    return [{"LoaiDinhDanh": kind, "SoDinhDanh": number} for kind, number in numbers if number]


def _file(attachment: Attachment, marks: Sequence[Mark], protocol: Protocol) -> dict[str, str]:
    file = attachment.file
    if file is None:
        raise ValueError("only a component with a file is sent")
    raised = {mark.flag: mark.value for mark in marks if mark.file == file.id}
    row = {
        "TepDinhKemId": file.id,
        "TenTepDinhKem": _cut(file.name, protocol, "TaiLieuNop.TenTepDinhKem"),
        "IsDeleted": str(attachment.removed),
        "MaThanhPhanHoSo": attachment.component,
        "DuongDanTaiTepTin": file.url or "",
        "MaKetQuaThayThe": raised.get("MaKetQuaThayThe", ""),
    }
    return row | {flag: raised.get(flag, "0") for flag in _FLAGS_OF_A_FILE}


def result_row(result: Result, protocol: Protocol) -> dict[str, str]:
    """One result as an entry of `DanhSachGiayToKetQua`."""
    return {
        "TenGiayTo": _cut(result.name, protocol, "DanhSachGiayToKetQua.TenGiayTo"),
        "MaThanhPhanHoSo": result.component or "",
        "GiayToId": result.id,
        "DuongDanTepTinKetQua": result.url or "",
        "MaGiayToKetQua": result.code or "",
    }


def fee_row(fee: Fee) -> dict[str, str]:
    """One fee as an entry of `DanhSachLePhi`; its times and kinds are numbered as a ministry's adapter numbers them (ours for the portal)."""
    return {
        "TenPhiLePhi": fee.name,
        "MaPhiLePhi": fee.code or "",
        "HinhThucThu": FEES_DUE.get(fee.due or "", ""),
        "Gia": str(fee.amount),
        "LoaiPhiLePhi": FEE_KINDS.get(fee.kind or "", ""),
    }


def _supplement(one: Supplement) -> dict[str, str]:
    return {
        "HoSoBoSungId": one.id,
        "NguoiYeuCauBoSung": one.asked_by,
        "NoiDungBoSung": one.content,
        "NgayBoSung": stamp(one.asked),
        "NguoiTiepNhanBoSung": one.received_by or "",
        "ThongTinTiepNhan": one.received_note or "",
        "NgayTiepNhanBoSung": _stamp_or_nothing(one.received),
        "NgayHenTraTruoc": _stamp_or_nothing(one.due_before),
        "NgayHenTraMoi": _stamp_or_nothing(one.due_after),
    }


def _stamp_or_nothing(seconds: int | None) -> str:
    return "" if seconds is None else stamp(seconds)


def _cut(text: str, protocol: Protocol, path: str) -> str:
    return text[: protocol.longest(DOSSIER_SERVICE, path)]
