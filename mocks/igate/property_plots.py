"""People who come about land, buildings, power, vehicles and companies."""

import random

from mocks.igate.knowledge import someone
from mocks.igate.plot import Json, kin, known
from mocks.people import Person, Population

_SHARES, _ASSETS = 4, 6
"""The rows of capital and of assets that the company form begins with."""


def building(population: Population, person: Person, chance: random.Random) -> Json:
    """A land owner wants to build a house."""
    me = someone(population, person.n)
    certified = "land_certificate" in me.papers
    footprint, storeys = chance.randint(6, 12) * 10, chance.randint(1, 4)
    elsewhere = {
        "viTriXayDung": "khac",
        "tinhXayDung": person.permanent.province._asdict(),
        "xaXayDung": person.permanent.commune._asdict(),
    }
    return {
        "people": known(investor=me, land_user=me if certified else None),
        "answers": ({} if certified else elsewhere)
        | {
            "loaiThietKe": "ca_nhan",
            "soChungChiCaNhanThietKe": f"KTS-{chance.randrange(10**5):05d}",
            "capCongTrinh": "4",
            "dienTichTang1": footprint,
            "tongDienTichSan": footprint * storeys,
            "chiTietDienTich": f"Mỗi tầng {footprint} m²",
            "chieuCao": 4 * storeys,
            "chiTietChieuCao": "Mỗi tầng 4 m",
            "soTang": storeys,
            "chiTietSoTang": f"{storeys} tầng nổi",
            "duKienHoanThanh": "12 tháng",
        },
    }


def first_registration(population: Population, person: Person, chance: random.Random) -> Json:
    """A land user wants the first certificate of a plot, with or without the house on it."""
    me = someone(population, person.n)
    permit = me.papers.get("construction_permit", {})
    together = person.spouse is not None and chance.random() < 0.5
    house = {
        "loaiNhaO": "rieng_le",
        "soHuuChung": 0,
        "soHuuRieng": permit.get("floor_area_m2"),
        "nguonGocNhaO": "Tự xây dựng",
        "namHoanThanh": population.calendar.year(2025),
        "camKetTonTai": "cam_ket",
    }
    return {
        "people": known(
            mapped_land_user=me, co_user=kin(population, person.spouse), permit_holder=me
        ),
        "answers": (house if permit else {})
        | {
            "coNguoiCungSuDung": "co" if together else "khong",
            "dienTichChung": 0,
            "dienTichRieng": me.papers.get("cadastral_extract", {}).get("area_m2"),
            "suDungTu": str(me.papers.get("land_use_paper", {}).get("issued_on", "2005")),
            "thoiHanSuDung": "Lâu dài",
            "dangKyNhaO": "co" if permit else "khong",
            "deNghiCapGiay": "co",
        },
    }


def power_at_home(population: Population, person: Person, chance: random.Random) -> Json:
    """A household wants electricity."""
    shared = chance.random() < 0.2
    return {
        "people": {"resident": someone(population, person.n)},
        "answers": {
            "hinhThucThanhToan": chance.choice(("chuyen_khoan", "trich_no", "tien_mat")),
            "tinhTrangSuDung": "dung_chung" if shared else "chua_co",
            "khachHangDungChung": "Hộ liền kề",
        },
    }


def power_at_work(population: Population, person: Person, chance: random.Random) -> Json:
    """A business wants electricity, on the own land or elsewhere."""
    me = someone(population, person.n)
    at_home = "land_certificate" in me.papers
    place = person.current
    elsewhere = {
        "noiDungDien": "noi_khac",
        "diaDiemSuDung": f"{place.detail}, {place.commune.label}, {place.province.label}",
    }
    return {
        "people": known(buying_business=me, land_owner=me if at_home else None),
        "answers": ({} if at_home else elsewhere)
        | {
            "hinhThucThanhToan": "chuyen_khoan",
            "mucDich": "Sản xuất, kinh doanh",
            "congSuat": chance.randint(5, 60),
            "tinhTrangSuDung": "chua_co",
        },
    }


def vehicle(population: Population, person: Person, chance: random.Random) -> Json:
    """The buyer of a new vehicle has it registered."""
    return {
        "people": {"owner": someone(population, person.n)},
        "answers": {
            "namSinh": person.birth_year,
            "soToKhaiHaiQuan": f"{chance.randrange(10**11):012d}",
            "soPhieuXuatXuong": f"XX{chance.randrange(10**6):06d}",
        },
    }


def company(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody founds a company alone, anew or out of what they run already."""
    me = someone(population, person.n)
    title = me.papers.get("business_registration", {}).get("representative_title")
    way = "tu_ho_kinh_doanh" if title == "Chủ hộ kinh doanh" else "moi"
    way = "tu_co_so_bao_tro" if "social_facility_certificate" in me.papers else way
    capital, place = chance.randint(1, 9) * 120_000_000, person.current
    return {
        "people": {
            "owner": me,
            "legal_representative": me,
            "household_business": me,
            "household_business_owner": me,
            "social_facility": me,
        },
        "rows": {"nganhNghe": 1},
        "answers": {
            "tinhTrangThanhLap": way,
            "tenCongTy": f"CÔNG TY TNHH MỘT THÀNH VIÊN MẪU {person.full_name.upper()}"[:250],
            "soNhaTruSo": place.detail,
            "tinhTruSo": place.province._asdict(),
            "xaTruSo": place.commune._asdict(),
            "nganhNghe[].laNganhChinh": "co",
            "moHinhToChuc": "chu_tich",
            "vonDieuLe": capital,
            "nguonVon[].soTienNguonVon": capital // _SHARES,
            "taiSanGopVon[].giaTriTaiSan": capital // _ASSETS,
            "nguoiDaiDien[].chucDanhDaiDien": "Giám đốc",
            "hinhThucHachToan": "doc_lap",
            "soLaoDong": chance.randint(1, 30),
            "duAnBot": "khong",
            "phuongPhapThue": "khau_tru",
            "suDungHoaDon": "dien_tu",
        },
    }
