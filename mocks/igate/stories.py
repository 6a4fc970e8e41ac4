"""Who comes for which form, and how do they answer the questions that only they can answer?

A story is one visit's subject, the people that the form will ask about, and the answers by input.
People are taken from the population as they suit the form: a mother with a newborn, a driver, a
pensioner; personas first, and nobody twice.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mocks.igate.knowledge import Someone, outsider, someone
from mocks.people import PERSONAS, Person, Population

Json = dict[str, Any]
_MAN, _WOMAN, _ELDER = 2, 3, 4
_HOUSEHOLD = 6
_FIRST_PLAIN = 60
"""The first household without personas, some way into the population."""


@dataclass(frozen=True, slots=True)
class Story:
    """One visit before it happens; `people` is who stands behind each role of the form.

    `answers` maps an input (a template path for one in a row) to the answer that the person gives
    whatever was filled; `rows` says how many rows a group gets.
    """

    form: str
    procedure: str
    persona: str
    n: int
    subject: Mapping[str, str] = field(repr=False)
    account: Mapping[str, str] = field(repr=False)
    people: Mapping[str, Someone] = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    rows: Mapping[str, int] = field(default_factory=dict)
    owners: tuple[int, ...] = ()
    """The people whose records the form may need."""


@dataclass(frozen=True, slots=True)
class _Plot:
    """What a form's stories have in common: who suits it, and how one is told."""

    procedure: str
    personas: tuple[str, ...]
    suits: Callable[[Population, Person], bool]
    slots: tuple[int, ...]
    tell: Callable[[Population, Person, random.Random], Json]


def stories(population: Population, form: str, count: int, seed: int) -> tuple[Story, ...]:
    """So many visits for one form, personas first and then others; the same for the same seed."""
    plot = FORMS[form]
    cast = _cast(population, plot, _quarter(form, seed))
    return tuple(
        _story(population, form, plot, *next(cast), random.Random(f"story {seed} {form} {i}"))
        for i in range(count)
    )


def case_stories(population: Population, form: str, seed: int) -> tuple[Story, ...]:
    """Some visits for one form by personas, the last of them somebody without peculiarities."""
    plot = FORMS[form]
    names = [*plot.personas[1:4], plot.personas[0]]
    return tuple(
        _story(
            population,
            form,
            plot,
            name,
            population.persona(name),
            random.Random(f"case {seed} {form} {name}"),
        )
        for name in names
    )


def _quarter(form: str, seed: int) -> int:
    """Where the people of one form live: no mother should register one child on two forms."""
    return _FIRST_PLAIN + (seed % 11 * 8 + sorted(FORMS).index(form) * 3 % 8) * 1800


def _cast(population: Population, plot: _Plot, household: int) -> Iterator[tuple[str, Person]]:
    for name in plot.personas:
        yield name, population.persona(name)
    while True:
        for slot in plot.slots:
            person = population.person(household * _HOUSEHOLD + slot)
            if person.died_on is None and plot.suits(population, person):
                yield "ordinary", person
                break
        household += 1


def _story(
    population: Population,
    form: str,
    plot: _Plot,
    persona: str,
    person: Person,
    chance: random.Random,
) -> Story:
    told = plot.tell(population, person, chance)
    person = told.get("subject", person)
    me = someone(population, person.n)
    people = {"applicant": me, **told.get("people", {})}
    relatives = [n for n in (person.spouse and person.spouse.n, *told.get("owners", ())) if n]
    return Story(
        form=form,
        procedure=plot.procedure,
        persona=persona,
        n=person.n,
        subject={
            "personal_id": person.personal_id,
            "full_name": person.full_name,
            "birth_date": person.birth_date,
        },
        account={"verified_by": "vneid", "phone": person.phone, "email": person.email},
        people=people,
        answers=told["answers"],
        rows=told.get("rows", {}),
        owners=(person.n, *relatives),
    )


def _age(person: Person) -> int:
    return 2026 - person.birth_year


def _head(population: Population, person: Person) -> Someone:
    return someone(population, person.residence.head if person.residence else person.n)


def _kin(population: Population, relative: Any) -> Someone | None:
    if relative is None:
        return None
    if relative.n is not None:
        return someone(population, relative.n)
    known = {"personal_id": relative.personal_id, "full_name": relative.full_name}
    return outsider(
        known | {"birth_date": relative.birth_date, "nationality": relative.nationality}
    )


def _with(**people: Someone | None) -> dict[str, Someone]:
    return {role: one for role, one in people.items() if one is not None}


def _newborn_parents(
    population: Population, person: Person
) -> tuple[Someone, Someone | None, Json]:
    """Mother, father and the child that they come to register."""
    mother_n = person.n - person.n % _HOUSEHOLD + _WOMAN
    mother = someone(population, mother_n)
    newborn = dict(mother.newborn or {})
    known = newborn.get("father")
    return mother, someone(population, mother_n - 1) if known else None, newborn


def _has_newborn(population: Population, person: Person) -> bool:
    if person.birth_year < 1988 or person.spouse is None or person.spouse.n is None:
        return False
    mother = person if person.sex == "female" else population.person(person.spouse.n)
    return any(record["kind"] == "birth_notice" for record in population.records_of(mother.n))


def _birth(population: Population, person: Person, chance: random.Random) -> Json:
    mother, father, _ = _newborn_parents(population, person)
    child_of = father or mother
    copies = chance.random() < 0.5
    return {
        "people": _with(mother=mother, father=father, lineage_parent=child_of),
        "owners": (person.n - person.n % _HOUSEHOLD + _WOMAN,),
        "answers": {
            "quanHe": "cha" if person.sex == "male" else "me",
            "loaiKhaiSinh": "du_cha_me" if father else "chua_xac_dinh_cha",
            "loaiDangKy": "dung_han",
            "deNghiCapBanSao": "co" if copies else "khong",
            "soLuongBanSao": chance.randint(1, 5),
        },
    }


def _bundle(population: Population, person: Person, chance: random.Random) -> Json:
    mother, father, newborn = _newborn_parents(population, person)
    names = str(newborn["full_name"]).split()
    mother_person = population.person(person.n - person.n % _HOUSEHOLD + _WOMAN)
    return {
        "people": _with(
            mother=mother,
            father=father,
            lineage_parent=father or mother,
            household_parent=mother,
            household_head=_head(population, mother_person),
        ),
        "owners": (mother_person.n,),
        "answers": {
            "quanHe": "cha" if person.sex == "male" else "me",
            "khaiThongTinCha": "co" if father else "khong",
            "chuDemCon": " ".join(names[1:-1]),
            "tenCon": names[-1],
            "deNghiCapBanSao": "khong" if chance.random() < 0.6 else "co",
            "soLuongBanSao": chance.randint(1, 3),
            "nguoiGiamHoTrenThe": "me",
            "loaiXacNhan": "vneid",
        },
    }


def _single(population: Population, person: Person) -> bool:
    return person.marital_status in ("single", "divorced") and 20 <= _age(person) <= 45


def _marriage(population: Population, person: Person, chance: random.Random) -> Json:
    partner = _partner(population, person)
    me, other = someone(population, person.n), someone(population, partner.n)
    woman = person.sex == "female"
    return {
        "people": {"bride": me if woman else other, "groom": other if woman else me},
        "owners": (partner.n,),
        "answers": {
            "nguoiYeuCau": "nu" if woman else "nam",
            "deNghiCapBanSao": "co" if chance.random() < 0.3 else "khong",
            "soLuongBanSao": chance.randint(1, 3),
        },
    }


def _partner(population: Population, person: Person) -> Person:
    """Somebody single of the other sex, in one of the households that follow."""
    if person.n == PERSONAS["bride"]:
        return population.persona("groom")
    if person.n == PERSONAS["groom"]:
        return population.persona("bride")
    household = max(person.n // _HOUSEHOLD, _FIRST_PLAIN) + 1
    while True:
        for slot in (_ELDER, _ELDER + 1):
            other = population.person(household * _HOUSEHOLD + slot)
            if other.sex != person.sex and _single(population, other) and other.died_on is None:
                return other
        household += 1


def _adult(population: Population, person: Person) -> bool:
    return 20 <= _age(person) <= 60


def _settled(population: Population, person: Person) -> bool:
    return _adult(population, person) and person.residence is not None


def _residence(population: Population, person: Person, chance: random.Random) -> Json:
    way = chance.choices(("hien_tai", "ho_khac", "lap_ho"), (7, 2, 1))[0]
    head = _head(population, person)
    landlord = population.person((person.n // _HOUSEHOLD + 7) * _HOUSEHOLD + _MAN)
    if way == "ho_khac":
        head = someone(population, landlord.n)
    elif way == "lap_ho":
        head = someone(population, person.n)
    home = head.said["permanent_address"]
    with_members = way == "hien_tai" and chance.random() < 0.4
    return {
        "people": _with(
            registered_member=someone(population, person.n),
            household_head=head,
            dwelling_owner=head,
            parent_or_guardian=_kin(population, person.father),
        ),
        "owners": (landlord.n,) if way == "ho_khac" else (),
        "answers": {
            "hoDangKy": way,
            "quanHeVoiChuHo": {"hien_tai": None, "ho_khac": None, "lap_ho": "01"}[way],
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


def _business(population: Population, person: Person, chance: random.Random) -> Json:
    whole_family = chance.random() < 0.2
    at_home = chance.random() < 0.6
    place = person.current
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


def _passport(population: Population, person: Person, chance: random.Random) -> Json:
    held = any(record["kind"] == "passport" for record in population.records_of(person.n))
    jobs = ("Nông dân", "Giáo viên", "Công nhân", "Kế toán", "Lái xe", "Buôn bán")
    return {
        "people": _with(
            father=_kin(population, person.father),
            mother=_kin(population, person.mother),
            spouse=_kin(population, person.spouse),
        ),
        "answers": {
            "noiDungDeNghi": "lan_sau_chip" if held else "lan_dau_chip",
            "coTamTru": "co" if person.temporary else "khong",
            "ngheNghiep": chance.choice(jobs),
        },
    }


def _old(population: Population, person: Person) -> bool:
    return 70 <= _age(person) <= 95


def _pension(population: Population, person: Person, chance: random.Random) -> Json:
    old = someone(population, person.n)
    children = [population.person(c) for c in person.children if population.died_on(c) is None]
    home = person.permanent
    answers: Json = {
        "noiNhanTroCap": f"{home.commune.label}, {home.province.label}",
        "hinhThucNhan": "tai_khoan" if "bank_account" in old.papers else "tien_mat",
        "cheDoDangHuong": tuple(_benefits(old)),
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


def _benefits(old: Someone) -> Iterator[str]:
    """What an old person draws already, as the boxes of the form name it."""
    if old.answer("insurance.pension_amount"):
        yield "luong_huu"
    if old.answer("insurance.benefit_amount"):
        yield "tro_cap_bhxh"
    kind = old.papers.get("social_benefit_decision", {}).get("benefit")
    if kind is not None:
        yield "nguoi_co_cong" if kind == "merit" else "tro_cap_xa_hoi"


def _drives(population: Population, person: Person) -> bool:
    if not 22 <= _age(person) <= 65:
        return False
    return any(r["kind"] == "driving_licence" for r in population.records_of(person.n))


def _licence(population: Population, person: Person, chance: random.Random) -> Json:
    reasons = ("het_han", "bi_hong", "bi_mat", "doi_vat_lieu")
    return {"people": {}, "answers": {"lyDo": chance.choice(reasons)}}


FORMS: Final[dict[str, _Plot]] = {
    "birth-registration": _Plot(
        "1.001193",
        ("hospital_birth_parents", "home_birth_parents"),
        _has_newborn,
        (_WOMAN, _MAN),
        _birth,
    ),
    "bundle-birth": _Plot(
        "2.000987",
        ("hospital_birth_parents", "hospital_birth_father"),
        _has_newborn,
        (_WOMAN, _MAN),
        _bundle,
    ),
    "ct01-permanent-residence": _Plot(
        "1.004222",
        ("ordinary", "tenant_in_household", "moved_house", "wrong_official_value", "nfd_name"),
        _settled,
        (_MAN, _WOMAN),
        _residence,
    ),
    "driving-licence-exchange": _Plot(
        "3.000347",
        ("ordinary", "driver", "year_only_birth", "old_unit_codes"),
        _drives,
        (_MAN, _WOMAN),
        _licence,
    ),
    "household-business-registration": _Plot(
        "1.001612",
        ("ordinary", "business_owner", "single_word_name", "ethnic_other"),
        _adult,
        (_WOMAN, _MAN),
        _business,
    ),
    "marriage-registration": _Plot(
        "1.000894",
        ("bride", "groom", "divorced"),
        _single,
        (_ELDER, _ELDER + 1),
        _marriage,
    ),
    "social-pension": _Plot(
        "1.014027",
        ("social_pension_applicant", "pensioner"),
        _old,
        (0, 1),
        _pension,
    ),
    "tk01-passport": _Plot(
        "1.001456",
        ("ordinary", "passport_holder", "foreign_spouse", "temporary_resident", "widowed"),
        _adult,
        (_MAN, _WOMAN),
        _passport,
    ),
}
"""The eight forms of this installation, by code."""
