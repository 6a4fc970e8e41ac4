"""The members, codes and dates of a ministry's adapter.

It numbers applicants from 0 (citizen 0, enterprise 1, household business 2; the portal begins at 1)
and writes a time in three styles: `2026-11-22 09:30:00` in a dossier, `20261122093000` of a person,
`2026-11-22T09:30:00.000` in progress rows; all of them local. Members as in `schemas/
portal-protocol.json`, `ministry`. A member without a value is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
STATES_WITH_RESULTS: Final = frozenset({5, 6, 9})
"""The states with which fees and results may be sent."""


class ApplicantKind(StrEnum):
    """Whose dossier it is (LoaiDoiTuong), in the ministry's numbers."""

    CITIZEN = "0"
    ENTERPRISE = "1"
    HOUSEHOLD_BUSINESS = "2"


class CopyKind(StrEnum):
    """In which form a component was handed in (LoaiBan)."""

    ORIGINAL = "0"
    COPY = "1"
    ELECTRONIC = "2"


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that was uploaded before, as a component of a dossier."""

    file_id: str
    sha256: str
    name: str
    result_code: str | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One component (thành phần hồ sơ) with its files."""

    code: str
    name: str
    quantity: int
    kind: CopyKind
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who hands a dossier in (người nộp), and for whom."""

    kind: ApplicantKind
    name: str = field(repr=False)
    number: str = field(repr=False)
    number_issued_on: date | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    province: str | None = None
    commune: str | None = None
    address: str | None = field(default=None, repr=False)
    owner_name: str | None = field(default=None, repr=False)
    owner_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MinistryDossier:
    """A dossier as the ministry takes it (NoiHoSo)."""

    code: str
    procedure: str
    owner: str = field(repr=False)
    kind: ApplicantKind
    unit: str
    submitted_at: datetime
    submitter: Submitter
    received_at: datetime | None = None
    service: str | None = None
    eform: Mapping[str, object] = field(default_factory=dict, repr=False)
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A dossier's two names with the ministry: the id it gave, and the code."""

    id: str
    code: str


@dataclass(frozen=True, slots=True)
class Step:
    """One row of progress (tiến trình)."""

    dossier: Named
    actor: str = field(repr=False)
    at: datetime
    content: str = field(repr=False)
    state: int
    unit: str | None = None
    began_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A dossier's new state; fees and results with states 5, 6 and 9 alone."""

    dossier: Named
    state: int
    opinion: str | None = field(default=None, repr=False)
    unit: str | None = None
    content: str | None = field(default=None, repr=False)
    fees: tuple[Mapping[str, str], ...] = ()
    results: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        if (self.fees or self.results) and self.state not in STATES_WITH_RESULTS:
            raise ValueError("fees and results come with states 5, 6 and 9 only")


def dossier_time(at: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss`."""
    return f"{at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"


def identity_time(day: date) -> str:
    """`yyyyMMddHHmmss` of local midnight."""
    return f"{datetime.combine(day, time.min):%Y%m%d%H%M%S}"


def progress_time(at: datetime) -> str:
    """`yyyy-MM-ddTHH:mm:ss.SSS`."""
    return at.astimezone(VIETNAM).replace(tzinfo=None).isoformat(timespec="milliseconds")


def dossier_body(dossier: MinistryDossier) -> dict[str, object]:
    """The body of `NoiHoSo`."""
    return _said(
        MaHoSo=dossier.code,
        MaTTHC=dossier.procedure,
        MaDichVuCong=dossier.service,
        ChuHoSo=dossier.owner,
        LoaiDoiTuong=dossier.kind.value,
        MaDonViTiepNhan=dossier.unit,
        NgayNop=dossier_time(dossier.submitted_at),
        NgayTiepNhan=None if dossier.received_at is None else dossier_time(dossier.received_at),
        EformThongTinChiTiet=dict(dossier.eform),
        ThanhPhanHoSo=[_component(one) for one in dossier.components],
        ThongTinNguoiNop=_submitter(dossier.submitter),
    )


def step_row(step: Step) -> dict[str, object]:
    """A row of `CapNhatTienTrinh`; the id is spelt `IDHoSo` here and nowhere else."""
    return _said(
        IDHoSo=step.dossier.id,
        MaHoSo=step.dossier.code,
        NguoiXuLy=step.actor,
        ThoiDiemXuLy=progress_time(step.at),
        PhongBanXuLy=step.unit,
        NoiDungXuLy=step.content,
        TrangThai=str(step.state),
        NgayBatDau=None if step.began_at is None else progress_time(step.began_at),
        NgayKetThucTheoQuyDinh=None if step.due_at is None else progress_time(step.due_at),
    )


def state_row(change: StateChange) -> dict[str, object]:
    """A row of `CapNhatTrangThai`."""
    beside = {"DanhSachLePhi": change.fees, "DanhSachGiayToKetQua": change.results}
    return _said(
        IdHoSo=change.dossier.id,
        MaHoSo=change.dossier.code,
        TrangThai=str(change.state),
        NoiDungYKien=change.opinion,
        PhongBanXuLy=change.unit,
        NoiDungXuLy=change.content,
        **{name: [dict(one) for one in rows] for name, rows in beside.items() if rows},
    )


def _component(component: Component) -> dict[str, object]:
    return _said(
        MaThanhPhanHoSo=component.code,
        TenThanhPhanHoSo=component.name,
        SoLuong=str(component.quantity),
        LoaiBan=component.kind.value,
        GiayToDinhKem=[
            _said(
                IdGiayTo=paper.file_id,
                MaKetQua=paper.result_code,
                TenGiayTo=paper.name,
                HashTepTin=paper.sha256,
            )
            for paper in component.papers
        ],
    )


def _submitter(submitter: Submitter) -> dict[str, object]:
    issued, born = submitter.number_issued_on, submitter.birth_date
    return _said(
        LoaiDoiTuong=submitter.kind.value,
        ThongTinChiTiet=_said(
            TenNguoiNop=submitter.name,
            SoDinhDanh=submitter.number,
            NgayCapDinhDanh=None if issued is None else identity_time(issued),
            NgaySinh=None if born is None else identity_time(born),
            SoDienThoai=submitter.phone,
            Email=submitter.email,
            MaTinh=submitter.province,
            MaXa=submitter.commune,
            DiaChiChiTiet=submitter.address,
            TenChuHs=submitter.owner_name,
            SoDinhDanhChuHs=submitter.owner_number,
        ),
    )


def _said(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
