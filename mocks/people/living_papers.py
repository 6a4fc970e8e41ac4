"""Which papers of everyday life does the province hold for a person: card, residence, licence, land?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mocks.people.numbers import HOUSEHOLD_SIZE
from mocks.people.paper import Paper
from mocks.people.person import Person
from mocks.people.personas import LODGERS, PERSONA_HOUSEHOLDS, PERSONAS
from mocks.people.shapes import Json, address, code, day, luck, relative, serial

if TYPE_CHECKING:
    from mocks.people.population import Population

THIS_YEAR = 2026
_RENTING = frozenset({PERSONAS["tenant_in_household"], PERSONAS["temporary_resident"]})


def living_papers(population: "Population", person: Person) -> Iterator[Paper]:
    """The papers of a living person; the dead leave civil-status papers only."""
    if person.died_on is not None:
        return
    age = THIS_YEAR - person.birth_year
    if person.card_issued_on is not None:
        yield _identity_card(person, person.card_issued_on)
    if person.residence is not None and (_in_persona_household(person) or luck(person, 11) < 92):
        yield residence_confirmation(population, person)
    if _held(person, "pensioner ordinary ordinary_woman", 2, 85):
        yield _insurance_card(person, age)
    adult = age >= 18
    if adult and age <= 75 and _held(person, "driver ordinary", 3, 40):
        yield _driving_licence(person)
    if adult and _held(person, "passport_holder", 4, 12):
        yield _passport(person)
    if adult and _held(person, "pensioner social_pension_applicant", 5, 45):
        yield _bank_account(person)
    yield from _property(person, age)
    yield from _benefits(person, age)


def residence_confirmation(population: "Population", person: Person) -> Paper:
    """The confirmation of residence (form CT07), members and dwelling included."""
    residence = person.residence
    if residence is None:
        raise ValueError("nobody who has died is registered anywhere")
    members = [(population.person(member.n), member.relation) for member in residence.members]
    head = population.person(residence.head)
    away = person.temporary is not None and not _in_persona_household(person)
    renting = person.n in _RENTING or away
    since = day(min(max(person.birth_year, 2012 + luck(head, 20) % 13), 2025), head, 5)
    office = f"Công an {person.current.commune.label}"
    content: Json = {
        "household_code": residence.code,
        "head": relative(head),
        "relation_to_head": code(residence.relation_of(person.n)),
        "residence_type": "temporary" if person.n in LODGERS else "permanent",
        "permanent_address": address(person.permanent),
        "temporary_address": address(person.temporary) if person.temporary else None,
        "previous_address": address(person.previous) if person.previous else None,
        "since": since,
        "members": [
            {
                "personal_id": member.personal_id,
                "full_name": member.full_name,
                "birth_date": member.birth_date,
                "sex": member.sex,
                "relation_to_head": code(relation),
            }
            for member, relation in members
        ],
        "dwelling": {
            "ownership": "rented" if renting else "own",
            "owner": relative(head) if person.n in LODGERS or not renting else None,
        },
    }
    number = f"{serial(person, 5, 5)}/XNCT"
    return Paper("residence_confirmation", person, number, office, "2026-03-02", content)


def _in_persona_household(person: Person) -> bool:
    return person.n < PERSONA_HOUSEHOLDS * HOUSEHOLD_SIZE


def _held(person: Person, personas: str, which: int, percent: int) -> bool:
    """Held by the personas named, by others by chance."""
    if person.n in {PERSONAS[name] for name in personas.split()}:
        return True
    return luck(person, 10 + which) < percent


def _identity_card(person: Person, issued: str) -> Paper:
    content: Json = {
        "card_number": person.personal_id,
        "issue_date": issued,
        "issuer": person.card_issuer,
        "birth_place": person.birth_place.province.label,
        "expiry_date": person.card_expires_on,
    }
    if person.old_number is not None:
        content["old_number"] = person.old_number
    return Paper(
        "identity_card",
        person,
        person.personal_id,
        person.card_issuer,
        issued,
        content,
        person.card_expires_on,
    )


def _insurance_card(person: Person, age: int) -> Paper:
    working = 22 <= age <= 60 and luck(person, 21) < 45
    pensioner = person.n == PERSONAS["pensioner"] or (
        age >= 62 and luck(person, 22) < 35 and person.n != PERSONAS["social_pension_applicant"]
    )
    employer = f"Công ty TNHH Mẫu {luck(person, 23) + 1}" if working else None
    place = person.current
    pension_from = day(max(person.birth_year + 61, 2000), person, 6) if pensioner else None
    number = f"00{serial(person, 8, 6)}"
    content: Json = {
        "card_number": f"GD4{place.province.code}{number}",
        "si_number": number,
        "employer": employer,
        "employer_address": f"{place.commune.label}, {place.province.label}" if working else None,
        "first_facility": f"Trạm y tế {place.commune.label}",
        "valid_from": "2026-01-01",
        "pension_amount": 3_500_000 + luck(person, 24) * 50_000 if pensioner else None,
        "pension_from": pension_from,
        "si_benefit_amount": None,
        "si_benefit_from": None,
    }
    issuer = f"Bảo hiểm xã hội {place.province.label}"
    return Paper("insurance_card", person, content["card_number"], issuer, "2026-01-01", content)


def _driving_licence(person: Person) -> Paper:
    year = min(max(person.birth_year + 19, 2017 + luck(person, 25) % 8), 2025)
    issued = day(year, person, 7)
    valid_until = f"{year + 10}{issued[4:]}"
    issuer = f"Sở Giao thông vận tải {person.current.province.label}"
    content: Json = {
        "number": f"{person.personal_id[4:6]}0{serial(person, 9, 7)}",
        "class": ("B", "B1", "C1", "A1")[luck(person, 26) % 4],
        "issued_on": issued,
        "issuer": issuer,
        "school": "Trung tâm đào tạo lái xe mẫu",
        "school_year": year,
        "valid_until": valid_until,
        "pending_violation": luck(person, 27) < 5 and person.n != PERSONAS["driver"],
        "separate_licences": luck(person, 28) < 10,
    }
    return Paper("driving_licence", person, content["number"], issuer, issued, content, valid_until)


def _passport(person: Person) -> Paper:
    issued = day(2018 + luck(person, 29) % 8, person, 8)
    expires = f"{int(issued[:4]) + 10}{issued[4:]}"
    issuer = "Cục Quản lý xuất nhập cảnh"
    number = f"P{serial(person, 8, 8)}"
    content: Json = {
        "number": number,
        "issued_on": issued,
        "expires_on": expires,
        "issuer": issuer,
    }
    return Paper("passport", person, number, issuer, issued, content, expires)


def _bank_account(person: Person) -> Paper:
    number, bank = f"999{serial(person, 9, 9)}", "Ngân hàng Mẫu"
    content: Json = {"account_name": person.full_name, "account_number": number, "bank": bank}
    return Paper("bank_account", person, number, bank, "2026-02-10", content)


def _property(person: Person, age: int) -> Iterator[Paper]:
    owner = person.n == PERSONAS["business_owner"] or (25 <= age <= 65 and luck(person, 30) < 4)
    if owner:
        yield _business_registration(person)
    if owner or (age >= 20 and luck(person, 31) < 15):
        yield _tax_notice(person)
    heads = person.residence is not None and person.residence.head == person.n
    if person.n == PERSONAS["land_owner"] or (heads and luck(person, 32) < 50):
        yield _land_certificate(person)


def _business_registration(person: Person) -> Paper:
    on = day(2018 + luck(person, 33) % 7, person, 10)
    office = f"Phòng Kinh tế {person.current.commune.label}"
    number = f"{person.current.province.code}A8{serial(person, 6, 10)}"
    content: Json = {
        "number": number,
        "name": f"Hộ kinh doanh {person.full_name}",
        "head_office": address(person.current),
        "owner": relative(person),
        "registered_on": on,
        "lines": [
            {"code": "4711", "name": "Bán lẻ lương thực, thực phẩm, đồ uống"},
            {"code": "5610", "name": "Nhà hàng và các dịch vụ ăn uống phục vụ lưu động"},
        ],
        "phone": person.phone,
        "capital": 50_000_000 + luck(person, 34) * 5_000_000,
    }
    return Paper("business_registration", person, number, office, on, content)


def _tax_notice(person: Person) -> Paper:
    on = day(2019 + luck(person, 35) % 7, person, 11)
    office = f"Thuế cơ sở {luck(person, 36) % 20 + 1} {person.current.province.label}"
    number = f"{serial(person, 6, 11)}/TB-MST"
    content: Json = {
        "tax_code": person.personal_id,
        "number": number,
        "issued_on": on,
        "office": office,
    }
    return Paper("tax_notice", person, number, office, on, content)


def _land_certificate(person: Person) -> Paper:
    on = day(2008 + luck(person, 37) % 17, person, 12)
    issuer = f"Văn phòng đăng ký đất đai {person.permanent.province.label}"
    number = f"CX{serial(person, 6, 12)}"
    content: Json = {
        "number": number,
        "book_number": f"CH{serial(person, 5, 13)}",
        "parcel": str(luck(person, 38) + 1),
        "map_sheet": str(luck(person, 39) % 60 + 1),
        "area_m2": 60 + luck(person, 40) * 3,
        "purpose": "Đất ở",
        "address": address(person.permanent),
        "owner": relative(person),
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("land_certificate", person, number, issuer, on, content)


def _benefits(person: Person, age: int) -> Iterator[Paper]:
    committee = f"Ủy ban nhân dân {person.permanent.commune.label}"
    on = day(2021 + luck(person, 41) % 5, person, 14)
    disabled = person.n == PERSONAS["disabled"] or luck(person, 42) < 1
    if disabled:
        number = f"{serial(person, 4, 14)}/XNKT"
        content: Json = {
            "number": number,
            "type": "Khuyết tật vận động",
            "degree": "Khuyết tật nặng",
            "issued_on": on,
            "issuer": committee,
        }
        yield Paper("disability_certificate", person, number, committee, on, content)
    merit = person.n == PERSONAS["merit_beneficiary"]
    if merit or disabled:
        content = {
            "benefit": "merit" if merit else "social",
            "amount": 2_789_000 if merit else 750_000,
            "from_date": on,
            "issuer": committee,
        }
        number = f"{serial(person, 4, 16)}/QĐ-UBND"
        yield Paper("social_benefit_decision", person, number, committee, on, content)
    near_poor = person.n == PERSONAS["social_pension_applicant"]
    if near_poor or luck(person, 43) < 4:
        number = f"{serial(person, 4, 15)}/CN-HN"
        content = {
            "status": "near_poor" if near_poor or luck(person, 44) < 50 else "poor",
            "number": number,
            "issued_on": "2025-12-30",
            "issuer": committee,
        }
        yield Paper("poverty_certificate", person, number, committee, "2025-12-30", content)
    if 18 <= age <= 70 and (person.n == PERSONAS["driver"] or luck(person, 45) < 10):
        facility = f"Trung tâm y tế mẫu {person.current.province.label}"
        content = {"title": "Giấy khám sức khỏe của người lái xe", "conclusion": "Đủ điều kiện"}
        number = f"{serial(person, 5, 17)}/GKSK"
        yield Paper("general", person, number, facility, "2026-05-20", content, "2027-05-20")
