"""Papers of everyday life that the province holds for a person: card, residence, licence, account."""

from collections.abc import Iterator

from mocks.people.paper import Paper
from mocks.people.person import Person
from mocks.people.personas import LODGERS, PERSONAS
from mocks.people.population import Population
from mocks.people.property_papers import property_papers
from mocks.people.shapes import (
    Json,
    address,
    code,
    day,
    held,
    in_persona_household,
    luck,
    relative,
    serial,
)
from mocks.people.welfare_papers import welfare_papers
from mocks.people.words import Address
from mocks.people.work_papers import work_papers

_RENTING = frozenset({PERSONAS["tenant_in_household"], PERSONAS["temporary_resident"]})


def living_papers(population: Population, person: Person) -> Iterator[Paper]:
    """The papers of a living person; the dead leave civil-status papers only."""
    if person.died_on is not None:
        return
    age = person.age
    if person.card_issued_on is not None:
        yield _identity_card(person, person.card_issued_on)
    if person.n == PERSONAS["certificate_of_identity"]:
        yield _identity_certificate(person)
    if person.residence is not None and (in_persona_household(person) or luck(person, 11) < 92):
        yield residence_confirmation(population, person)
    adult = age >= 18
    if adult and age <= 75 and held(person, "driver ordinary", 3, 40):
        yield _driving_licence(person)
    if adult and held(person, "passport_holder", 4, 12):
        yield _passport(person)
    if adult and held(person, "pensioner social_pension_applicant", 5, 45):
        yield _bank_account(person)
    if 18 <= age <= 70 and (person.n == PERSONAS["driver"] or luck(person, 45) < 10):
        yield _health_check(person)
    yield from property_papers(population, person, age)
    yield from work_papers(population, person, age)
    yield from welfare_papers(population, person, age)


def residence_confirmation(population: Population, person: Person) -> Paper:
    """The confirmation of residence (form CT07), members and dwelling included."""
    residence = person.residence
    if residence is None:
        raise ValueError("nobody who has died is registered anywhere")
    members = [(population.person(member.n), member.relation) for member in residence.members]
    head = population.person(residence.head)
    away = person.temporary is not None and not in_persona_household(person)
    renting = person.n in _RENTING or away
    since = day(min(max(person.drawn_year, 2012 + luck(head, 20) % 13), 2025), head, 5)
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
        "member_count": len(members),
        "living_with": _living_with(head, len(members), person.permanent),
        "holder": relative(person),
    }
    number = f"{serial(person, 5, 5)}/XNCT"
    return Paper(
        "residence_confirmation", person, number, office, person.calendar.on("2026-03-02"), content
    )


def _living_with(head: Person, members: int, home: Address) -> str:
    place = f"{home.detail}, {home.commune.label}, {home.province.label}"
    return f"Cùng chủ hộ {head.full_name} và {members} thành viên; {place}"


def _identity_certificate(person: Person) -> Paper:
    """For somebody of Vietnamese origin without a nationality (Identity Law 26/2023/QH15 art. 30)."""
    number, issuer = f"CN{serial(person, 9, 30)}", f"Công an {person.permanent.province.label}"
    issued, expires = (person.calendar.on(f"{year}-04-21") for year in (2025, 2027))
    content: Json = {
        "number": number,
        "issue_date": issued,
        "issuer": issuer,
        "expiry_date": expires,
    }
    return Paper("identity_certificate", person, number, issuer, issued, content, expires)


def _health_check(person: Person) -> Paper:
    """A paper without a kind of its own."""
    facility = f"Trung tâm y tế mẫu {person.current.province.label}"
    content: Json = {"title": "Giấy khám sức khỏe của người lái xe", "conclusion": "Đủ điều kiện"}
    number = f"{serial(person, 5, 17)}/GKSK"
    on, until = (person.calendar.on(f"{year}-05-20") for year in (2026, 2027))
    return Paper("general", person, number, facility, on, content, until)


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


def _driving_licence(person: Person) -> Paper:
    year = min(max(person.drawn_year + 19, 2017 + luck(person, 25) % 8), 2025)
    issued, valid_until = day(year, person, 7), day(year + 10, person, 7)
    issuer = f"Sở Giao thông vận tải {person.current.province.label}"
    content: Json = {
        "number": f"{person.personal_id[4:6]}0{serial(person, 9, 7)}",
        "class": ("B", "B1", "C1", "A1")[luck(person, 26) % 4],
        "issued_on": issued,
        "issuer": issuer,
        "school": "Trung tâm đào tạo lái xe mẫu",
        "school_year": int(issued[:4]),
        "valid_until": valid_until,
        "pending_violation": luck(person, 27) < 5 and person.n != PERSONAS["driver"],
        "separate_licences": luck(person, 28) < 10,
    }
    return Paper("driving_licence", person, content["number"], issuer, issued, content, valid_until)


def _passport(person: Person) -> Paper:
    year = 2018 + luck(person, 29) % 8
    issued, expires = day(year, person, 8), day(year + 10, person, 8)
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
    return Paper("bank_account", person, number, bank, person.calendar.on("2026-02-10"), content)
