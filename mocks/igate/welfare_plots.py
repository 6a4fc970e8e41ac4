"""People who come about support: an allowance, a disability, insurance, a lost job, school."""

import random

from mocks.igate.knowledge import Someone, someone
from mocks.igate.own_plots import benefits_drawn
from mocks.igate.plot import HOUSEHOLD, WOMAN, Json, head_of, holds, kin, known
from mocks.people import Person, Population

_LIMBS, _SIGNS = (
    "dauHieuVanDong",
    {
        "dauHieuVanDong": 5,
        "dauHieuNgheNoi": 5,
        "dauHieuNhin": 6,
        "dauHieuThanKinh": 4,
        "dauHieuTriTue": 3,
    },
)
_ACTIVITIES = 10
_ALLOWANCES = ("tro_cap_bhxh", "tro_cap_xa_hoi", "nguoi_co_cong")


def _drawn(somebody: Someone) -> tuple[str, ...]:
    return tuple(one for one in benefits_drawn(somebody) if one in _ALLOWANCES)


def young_and_poor(population: Population, person: Person) -> bool:
    """A child, or somebody young who is still at school, of a poor household."""
    return holds("poverty_certificate", 6, 21)(population, person)


def allowance_of_the_young(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody young asks, or the mother for a child."""
    me = someone(population, person.n)
    mother_n = person.n - person.n % HOUSEHOLD + WOMAN
    mother = population.person(mother_n)
    by_mother = person.age < 18
    answers: Json = {
        "nguoiKhai": "khai_thay" if by_mother else "ban_than",
        "tinhTrangDiHoc": "dang_di_hoc",
        "chiTietDiHoc": "Đang học tại trường mẫu",
        "cheDoDangHuong": _drawn(me),
    }
    people = known(
        applicant=me,
        supported_by=kin(population, person.mother),
        father=kin(population, person.father),
    )
    if not by_mother:
        return {"people": people, "answers": answers}
    return {
        "people": people | {"proxy": someone(population, mother_n)},
        "subject": mother,
        "owners": (person.n,),
        "answers": answers | {"quanHeNguoiKhaiThay": "Mẹ"},
    }


def frail(population: Population, person: Person) -> bool:
    """Past seventy, or certified as disabled."""
    return person.age >= 70 or holds("disability_certificate")(population, person)


def allowance_of_the_old(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody old or disabled asks for a monthly allowance."""
    me = someone(population, person.n)
    cared_for = bool(person.children)
    answers: Json = {
        "cheDoDangHuong": _drawn(me),
        "coNguoiPhungDuong": "co" if cared_for else "khong",
        "quaTrinhHoatDong": "Sinh sống và lao động tại địa phương",
    }
    if cared_for:
        answers["nguoiPhungDuong"] = population.person(person.children[0]).full_name
    return {"people": {}, "answers": answers}


def disability(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody whom a hospital examined asks for the degree to be determined."""
    again = "disability_certificate" in someone(population, person.n).papers
    signs = {f"{sign}{i}": "false" for sign, last in _SIGNS.items() for i in range(1, last + 1)}
    able = ("duoc", "duoc", "can_tro_giup")
    return {
        "people": {},
        "answers": signs
        | {f"{_LIMBS}4": "true", "loaiDeNghi": "xac_dinh_lai" if again else "xac_dinh"}
        | {f"hoatDong{i}": chance.choice(able) for i in range(1, _ACTIVITIES + 1)},
    }


def insurance(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody insures themselves through the household or of their own will."""
    me = someone(population, person.n)
    kind = "bhyt_ho_gia_dinh" if chance.random() < 0.7 else "bhxh_tu_nguyen"
    return {
        "people": known(
            declarant=me,
            self_insured=me,
            insured=me,
            household_head=head_of(population, person),
        ),
        "answers": {
            "loaiHinhThamGia": kind,
            "nhanBanDienTu": "dien_tu" if chance.random() < 0.8 else "ban_giay",
            "mucTienDong": chance.randint(15, 60) * 100_000,
            "phuongThucDong": "12_thang",
            "noiDungThayDoi": "Không thay đổi",
            "thonHo": "Thôn 1",
        },
    }


def unemployment(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody who lost the job asks for the benefit."""
    elsewhere = person.current != person.permanent
    return {
        "people": {"dismissed_employee": someone(population, person.n)},
        "rows": {"giayToKemTheo": 1},
        "answers": {
            "trinhDoDaoTao": chance.choice(("so_cap", "trung_cap", "cao_dang", "dai_hoc")),
            "nganhNgheDaoTao": chance.choice(("May công nghiệp", "Cơ khí", "Kế toán")),
            "oKhacThuongTru": "co" if elsewhere else "khong",
            "noiNhanTroCap": person.current.province.label,
        },
    }


def study(population: Population, person: Person, chance: random.Random) -> Json:
    """A student asks for scholarship or tuition."""
    return {
        "people": {"learner": someone(population, person.n)},
        "answers": {
            "lop": f"K{chance.randint(1, 9)}A",
            "khoaHoc": f"{population.calendar.year(2025)}-{population.calendar.year(2028)}",
            "maSo": f"SV{chance.randrange(10**6):06d}",
        },
    }


def exemption(population: Population, person: Person, chance: random.Random) -> Json:
    """A student of a public school asks to pay less."""
    told = study(population, person, chance)
    return told | {"answers": told["answers"] | {"khoa": "Khoa Kỹ thuật"}}


def refund(population: Population, person: Person, chance: random.Random) -> Json:
    """A student of a private school asks for the money back."""
    told = exemption(population, person, chance)
    answers = {name: said for name, said in told["answers"].items() if name != "maSo"}
    parent = kin(population, person.father) or kin(population, person.mother)
    return {"people": known(**told["people"], parent=parent), "answers": answers}
