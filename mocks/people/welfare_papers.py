"""Papers about disability, benefits, poverty and schooling that the province holds for a person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mocks.people.numbers import HOUSEHOLD_SIZE
from mocks.people.paper import Paper
from mocks.people.person import Person
from mocks.people.personas import PERSONAS
from mocks.people.shapes import Json, day, in_persona_household, is_one_of, luck, serial

if TYPE_CHECKING:
    from mocks.people.population import Population

_CATEGORIES = {
    "bao_tro_xa_hoi": "Đối tượng bảo trợ xã hội hưởng trợ cấp hằng tháng",
    "huu_tri_xa_hoi": "Người hưởng trợ cấp hưu trí xã hội",
    "nguoi_co_cong": "Người có công với cách mạng",
}
_AMOUNTS = {"bao_tro_xa_hoi": 750_000, "huu_tri_xa_hoi": 500_000, "nguoi_co_cong": 2_789_000}
_DISABILITIES = (
    "mobility",
    "hearing_speech",
    "vision",
    "mental",
    "intellectual",
    "sensation",
    "autism",
    "rare_disease",
)
_SCHOOL = "Trường Cao đẳng nghề mẫu"


def welfare_papers(population: "Population", person: Person, age: int) -> Iterator[Paper]:
    """Disability, benefits, poverty, scholarship and tuition."""
    disabled = is_one_of(person, "disabled") or luck(person, 42) < 1
    plain = not in_persona_household(person)
    if disabled:
        yield _disability_certificate(person)
    if disabled or is_one_of(person, "disability_applicant") or (plain and luck(person, 75) < 4):
        yield _disability_conclusion(person)
    category = _category(person, age, disabled)
    if category is not None:
        yield _benefit(person, category)
    if person.residence is not None:
        yield from _poverty(person, population.person(person.residence.head))
    if is_one_of(person, "social_facility_head") or (plain and age >= 30 and luck(person, 80) < 1):
        yield _social_facility(person)
    if is_one_of(person, "student") or (plain and 15 <= age <= 22 and luck(person, 76) < 20):
        yield _scholarship(person)
    if is_one_of(person, "student") or (plain and 6 <= age <= 22 and luck(person, 77) < 15):
        yield _tuition(person)


def _committee(person: Person) -> str:
    return f"Ủy ban nhân dân {person.permanent.commune.label}"


def _category(person: Person, age: int, disabled: bool) -> str | None:
    """As whom the person draws a benefit every month, if at all."""
    if person.n == PERSONAS["merit_beneficiary"]:
        return "nguoi_co_cong"
    if disabled:
        return "bao_tro_xa_hoi"
    plain = not in_persona_household(person) and age >= 75 and luck(person, 78) < 35
    return "huu_tri_xa_hoi" if plain or is_one_of(person, "beneficiary_death") else None


def _disability_certificate(person: Person) -> Paper:
    on = day(2021 + luck(person, 41) % 5, person, 14)
    number = f"{serial(person, 4, 14)}/XNKT"
    content: Json = {
        "number": number,
        "type": "Khuyết tật vận động",
        "degree": "Khuyết tật nặng",
        "issued_on": on,
        "issuer": _committee(person),
    }
    return Paper("disability_certificate", person, number, _committee(person), on, content)


def _disability_conclusion(person: Person) -> Paper:
    """A province's hospital found the limbs affected and nothing else."""
    facility = f"Bệnh viện Phục hồi chức năng mẫu {person.permanent.province.label}"
    number, on = f"{serial(person, 5, 39)}/KL-BV", day(2020 + luck(person, 79) % 5, person, 26)
    content: Json = {"number": number, "facility": facility, "issued_on": on}
    content |= {name: name == "mobility" for name in _DISABILITIES}
    return Paper("disability_conclusion", person, number, facility, on, content)


def _benefit(person: Person, category: str) -> Paper:
    on = day(2021 + luck(person, 41) % 5, person, 14)
    number = f"{serial(person, 4, 16)}/QĐ-UBND"
    content: Json = {
        "benefit": "merit" if category == "nguoi_co_cong" else "social",
        "amount": _AMOUNTS[category],
        "from_date": on,
        "issuer": _committee(person),
        "number": number,
        "category": {"code": category, "label": _CATEGORIES[category]},
    }
    return Paper("social_benefit_decision", person, number, _committee(person), on, content)


def _poverty(person: Person, head: Person) -> Iterator[Paper]:
    """A household is poor as a whole: every member holds its certificate."""
    near_poor = head.n // HOUSEHOLD_SIZE == PERSONAS["social_pension_applicant"] // HOUSEHOLD_SIZE
    if not near_poor and luck(head, 43) >= 4:
        return
    number, on = f"{serial(head, 4, 15)}/CN-HN", person.calendar.on("2025-12-30")
    content: Json = {
        "status": "near_poor" if near_poor or luck(head, 44) < 50 else "poor",
        "number": number,
        "issued_on": on,
        "issuer": _committee(head),
    }
    yield Paper("poverty_certificate", person, number, _committee(head), on, content)


def _social_facility(person: Person) -> Paper:
    number, on = f"{serial(person, 4, 42)}/GCN-TGXH", day(2019 + luck(person, 81) % 6, person, 27)
    content: Json = {
        "name": f"Cơ sở trợ giúp xã hội mẫu {person.permanent.commune.label}",
        "certificate": number,
        "tax_code": f"04{serial(person, 8, 43)}",
        "representative": person.full_name,
        "issued_on": on,
        "issuer": _committee(person),
    }
    return Paper("social_facility_certificate", person, number, _committee(person), on, content)


def _scholarship(person: Person) -> Paper:
    issuer = f"Sở Giáo dục và Đào tạo {person.permanent.province.label}"
    number, on = f"{serial(person, 4, 40)}/QĐ-CT", person.calendar.on("2026-02-09")
    content: Json = {
        "number": number,
        "category": {"code": "cu_tuyen", "label": "Sinh viên theo chế độ cử tuyển"},
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("scholarship_decision", person, number, issuer, on, content)


def _tuition(person: Person) -> Paper:
    number, on = f"{serial(person, 4, 41)}/QĐ-MGHP", person.calendar.on("2026-02-23")
    content: Json = {
        "number": number,
        "category": {"code": "cu_tuyen", "label": "Sinh viên hệ cử tuyển"},
        "granted": "Miễn học phí",
        "issued_on": on,
        "issuer": _SCHOOL,
    }
    return Paper("tuition_decision", person, number, _SCHOOL, on, content)
