"""People who come for themselves: a home, a business, a passport, a pension, a licence."""

import random
from collections.abc import Iterator

from mocks.igate.knowledge import Someone, someone
from mocks.igate.plot import HOUSEHOLD, MAN, Json, head_of, kin, known
from mocks.people import PERSONAS, Person, Population
from mocks.people.knowledge import records_of


def adult(population: Population, person: Person) -> bool:
    """Of working age."""
    return 20 <= person.age <= 60


def settled(population: Population, person: Person) -> bool:
    """Of working age, and a member of some household."""
    return adult(population, person) and person.residence is not None


def residence(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody registers in the own household, another's, or a new one."""
    way = chance.choices(("hien_tai", "ho_khac", "lap_ho"), (7, 2, 1))[0]
    head = head_of(population, person)
    landlord = population.person((person.n // HOUSEHOLD + 7) * HOUSEHOLD + MAN)
    if way == "ho_khac":
        head = someone(population, landlord.n)
    elif way == "lap_ho":
        head = someone(population, person.n)
    home = head.said["permanent_address"]
    with_members = way == "hien_tai" and chance.random() < 0.4
    return {
        "people": known(
            registered_member=someone(population, person.n),
            household_head=head,
            dwelling_owner=head,
            parent_or_guardian=kin(population, person.father),
        ),
        "owners": (landlord.n,) if way == "ho_khac" else (),
        "answers": {
            "hoDangKy": way,
            **_relation(population, person, way),
            "tinhNoiDangKy": home["province"],
            "xaNoiDangKy": home["commune"],
            "diaChiNoiDangKy": home["detail"],
            "coThanhVienCungThayDoi": "co" if with_members else "khong",
            "choOHopPhap": "rented" if way == "ho_khac" else "own",
            "yKienChuHo": "dong_y",
            "yKienChuSoHuu": "dong_y",
            "yKienChaMe": "dong_y",
        },
    }


def _relation(population: Population, person: Person, way: str) -> Json:
    """What somebody says of the relation to the head where no paper of theirs says it."""
    if way == "hien_tai" and "residence_confirmation" not in someone(population, person.n).papers:
        own = person.residence and person.residence.relation_of(person.n).code
        return {"quanHeVoiChuHo": own}
    return {"ho_khac": {"quanHeVoiChuHo": "26"}, "lap_ho": {"quanHeVoiChuHo": "01"}}.get(way, {})


def business(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody sets up a household business, now and then with the family."""
    whole_family = chance.random() < 0.2
    at_home = chance.random() < 0.6
    place = population.person((person.n // HOUSEHOLD + 7) * HOUSEHOLD + MAN).current
    office = {
        "soNhaTruSo": place.detail,
        "tinhTruSo": place.province._asdict(),
        "xaTruSo": place.commune._asdict(),
    }
    return {
        "people": {"home_based_owner": someone(population, person.n)},
        "rows": {"nganhNghe": chance.randint(1, 2)},
        "answers": ({} if at_home else office)
        | {
            "tenHoKinhDoanh": f"Hộ kinh doanh {person.full_name}",
            "noiDatTruSo": "noi_o" if at_home else "noi_khac",
            "vonKinhDoanh": chance.randint(2, 40) * 10_000_000,
            "soLaoDong": chance.randint(1, 9),
            "phuongPhapThue": "ke_khai",
            "chuTheThanhLap": "thanh_vien_ho" if whole_family else "ca_nhan",
            "nganhNghe[].laNganhChinh": "co",
        },
    }


def passport(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody wants a first passport or another."""
    held = any(record["kind"] == "passport" for record in records_of(population, person.n))
    jobs = ("Nông dân", "Giáo viên", "Công nhân", "Kế toán", "Lái xe", "Buôn bán")
    return {
        "people": known(
            father=kin(population, person.father),
            mother=kin(population, person.mother),
            spouse=kin(population, person.spouse),
        ),
        "answers": {
            "noiDungDeNghi": "lan_sau_chip" if held else "lan_dau_chip",
            "coTamTru": "co" if person.temporary else "khong",
            "ngheNghiep": chance.choice(jobs),
        },
    }


def old(population: Population, person: Person) -> bool:
    """Old enough for a social pension, or nearly."""
    return 70 <= person.age <= 95


def pension(population: Population, person: Person, chance: random.Random) -> Json:
    """An old person asks for the social pension, or a child asks for them."""
    old = someone(population, person.n)
    children = [population.person(c) for c in person.children if population.died_on(c) is None]
    home = person.permanent
    answers: Json = {
        "noiNhanTroCap": f"{home.commune.label}, {home.province.label}",
        "hinhThucNhan": "tai_khoan" if "bank_account" in old.papers else "tien_mat",
        "cheDoDangHuong": tuple(benefits_drawn(old)),
    }
    if not children or person.n in PERSONAS.values() or chance.random() < 0.8:
        return {"people": {}, "answers": answers | {"nguoiKhai": "ban_than"}}
    child = chance.choice(children)
    return {
        "people": {"applicant": old, "guardian": someone(population, child.n)},
        "subject": child,
        "owners": (person.n,),
        "answers": answers | {"nguoiKhai": "giam_ho", "quanHeNguoiGiamHo": "Con"},
    }


def benefits_drawn(old: Someone) -> Iterator[str]:
    """What an old person draws already, as the boxes of the form name it."""
    if old.answer("insurance.pension_amount"):
        yield "luong_huu"
    if old.answer("insurance.benefit_amount"):
        yield "tro_cap_bhxh"
    kind = old.papers.get("social_benefit_decision", {}).get("benefit")
    if kind is not None:
        yield "nguoi_co_cong" if kind == "merit" else "tro_cap_xa_hoi"


def drives(population: Population, person: Person) -> bool:
    """Holds a driving licence."""
    if not 22 <= person.age <= 65:
        return False
    return any(r["kind"] == "driving_licence" for r in records_of(population, person.n))


def licence(population: Population, person: Person, chance: random.Random) -> Json:
    """A driver exchanges the licence."""
    reasons = ("het_han", "bi_hong", "bi_mat", "doi_vat_lieu")
    return {"people": {}, "answers": {"lyDo": chance.choice(reasons)}}


def temporary_residence(population: Population, person: Person, chance: random.Random) -> Json:
    """The same for a time, until a day."""
    told = residence(population, person, chance)
    return told | {
        "answers": told["answers"] | {"thoiHanTamTru": population.calendar.on("2027-11-20")}
    }


def identity(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody wants an identity card."""
    return {
        "people": {},
        "answers": {
            "ngheNghiep": chance.choice(("Nông dân", "Giáo viên", "Công nhân", "Buôn bán")),
            "nhomMau": chance.choice(("A", "B", "AB", "O")),
        },
    }


def criminal_record(population: Population, person: Person, chance: random.Random) -> Json:
    """Somebody needs the certificate for a job."""
    me = someone(population, person.n)
    return {
        "people": known(
            father=kin(population, person.father),
            mother=kin(population, person.mother),
            spouse=kin(population, person.spouse),
            resident=me,
            submitter=me,
        ),
        "rows": {"quaTrinhCuTru": 1},
        "answers": {
            "quaTrinhCuTru[].cuTruDen": f"{population.calendar.today:%Y-%m}",
            "quaTrinhCuTru[].ngheNghiep": chance.choice(("Công nhân", "Kế toán", "Lái xe")),
            "loaiPhieu": "so_1",
            "xacNhanCamDamNhiem": "khong",
            "mucDich": "Bổ sung hồ sơ xin việc",
            "soLuongPhieu": chance.randint(1, 3),
        },
    }
