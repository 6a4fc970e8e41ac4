"""Papers about work, insurance, vehicles and powers of attorney that the province holds."""

from collections.abc import Iterator

from mocks.people.paper import Paper
from mocks.people.person import Person
from mocks.people.personas import PERSONAS
from mocks.people.population import Population
from mocks.people.shapes import (
    Json,
    day,
    held,
    in_persona_household,
    is_one_of,
    luck,
    relative,
    serial,
)

_CONTRACTS = {
    "hdld_khong_thoi_han": "Hợp đồng lao động không xác định thời hạn",
    "hdld_co_thoi_han": "Hợp đồng lao động xác định thời hạn",
}
_INSURED = "pensioner ordinary ordinary_woman unemployed self_employed disabled company_owner"
_ORIGINS = {"trong_nuoc": "Sản xuất, lắp ráp trong nước", "nhap_khau": "Nhập khẩu"}
_BUYERS = "vehicle_buyer electric_vehicle_buyer"


def work_papers(population: Population, person: Person, age: int) -> Iterator[Paper]:
    """Insurance, the end of a job, a new vehicle, a transport licence, an authorisation."""
    if held(person, _INSURED, 2, 85) or _lost_work(person, age):
        yield _insurance_card(person, age)
    plain = not in_persona_household(person)
    if is_one_of(person, "self_employed") or (plain and luck(person, 63) < 8):
        yield _insurance_household(population, person)
    if _lost_work(person, age):
        yield _termination_decision(person)
    if is_one_of(person, _BUYERS) or (plain and 20 <= age <= 65 and luck(person, 64) < 5):
        yield from _new_vehicle(person)
    if is_one_of(person, "haulier company_owner") or (plain and age >= 25 and luck(person, 65) < 1):
        yield _transport_licence(person)
    agent = is_one_of(person, "authorised_agent social_facility_head")
    if person.spouse is not None and (agent or (plain and luck(person, 66) < 2)):
        yield _authorisation(person)


def _lost_work(person: Person, age: int) -> bool:
    if in_persona_household(person):
        return is_one_of(person, "unemployed")
    return 22 <= age <= 58 and luck(person, 67) < 6


def _employer(person: Person) -> str:
    return f"Công ty TNHH Mẫu {luck(person, 23) + 1}"


def _insurance_card(person: Person, age: int) -> Paper:
    jobless = _lost_work(person, age)
    idle = jobless or is_one_of(person, "self_employed disabled")
    working = 22 <= age <= 60 and luck(person, 21) < 45 and not idle
    pensioner = person.n == PERSONAS["pensioner"] or (
        age >= 62 and luck(person, 22) < 35 and person.n != PERSONAS["social_pension_applicant"]
    )
    drawing = is_one_of(person, "disabled") or (
        45 <= age <= 61 and luck(person, 46) < 4 and not in_persona_household(person)
    )
    place = person.current
    number, since = f"00{serial(person, 8, 6)}", person.calendar.on("2026-01-01")
    content: Json = {
        "card_number": f"GD4{place.province.code}{number}",
        "si_number": number,
        "employer": _employer(person) if working else None,
        "employer_address": f"{place.commune.label}, {place.province.label}" if working else None,
        "first_facility": f"Trạm y tế {place.commune.label}",
        "valid_from": since,
        "pension_amount": 3_500_000 + luck(person, 24) * 50_000 if pensioner else None,
        "pension_from": day(max(person.drawn_year + 61, 2000), person, 6) if pensioner else None,
        "si_benefit_amount": 1_200_000 + luck(person, 68) * 10_000 if drawing else None,
        "si_benefit_from": day(2022 + luck(person, 69) % 3, person, 24) if drawing else None,
        "unemployment_months": 12 + luck(person, 70) if working or jobless else None,
    }
    issuer = f"Bảo hiểm xã hội {place.province.label}"
    return Paper("insurance_card", person, content["card_number"], issuer, since, content)


def _insurance_household(population: Population, person: Person) -> Paper:
    head = person if person.residence is None else population.person(person.residence.head)
    number, issuer = f"51{serial(head, 8, 31)}", f"Bảo hiểm xã hội {head.permanent.province.label}"
    on = person.calendar.on("2025-08-04")
    content: Json = {
        "code": number,
        "head": relative(head),
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("insurance_household", person, number, issuer, on, content)


def _termination_decision(person: Person) -> Paper:
    place, employer = person.current, _employer(person)
    contract = list(_CONTRACTS)[luck(person, 71) % 2]
    number, on = f"{serial(person, 4, 32)}/QĐ-TV", person.calendar.on("2026-09-25")
    content: Json = {
        "title": "Quyết định thôi việc",
        "number": number,
        "employee": relative(person),
        "employer": employer,
        "employer_address": f"{place.commune.label}, {place.province.label}",
        "contract_type": {"code": contract, "label": _CONTRACTS[contract]},
        "ended_on": person.calendar.on("2026-09-30"),
        "reason": "Hết hạn hợp đồng" if contract == "hdld_co_thoi_han" else "Thỏa thuận",
        "issued_on": on,
    }
    return Paper("termination_decision", person, number, employer, on, content)


def _new_vehicle(person: Person) -> Iterator[Paper]:
    """Invoice and fee notice of one vehicle; one with two motors has two engine numbers."""
    two = is_one_of(person, "electric_vehicle_buyer") or (
        not in_persona_household(person) and luck(person, 72) < 10
    )
    engines = {
        "engine_number": f"E1M{serial(person, 7, 33)}",
        "second_engine_number": f"E2M{serial(person, 7, 33)}" if two else None,
        "chassis_number": f"RLM00MAU{serial(person, 9, 34)}",
    }
    sold, taxed = person.calendar.on("2026-10-19"), person.calendar.on("2026-10-26")
    number, seller = f"1C{sold[2:4]}TMA-{serial(person, 6, 35)}", "Công ty TNHH Ô tô Mẫu"
    invoice: Json = {
        "number": number,
        "tax_code": "0300000017",
        "seller": seller,
        "buyer": relative(person),
        **engines,
        "issued_on": sold,
    }
    yield Paper("vehicle_invoice", person, number, seller, sold, invoice)
    agency = f"Thuế cơ sở {luck(person, 36) % 20 + 1} {person.current.province.label}"
    origin = "nhap_khau" if luck(person, 73) < 30 else "trong_nuoc"
    notice: Json = {
        "code": f"LPTB{serial(person, 9, 36)}",
        "agency": agency,
        "payer": relative(person),
        "origin": {"code": origin, "label": _ORIGINS[origin]},
        **engines,
        "issued_on": taxed,
    }
    yield Paper("registration_fee_notice", person, notice["code"], agency, taxed, notice)


def _transport_licence(person: Person) -> Paper:
    on = day(2022 + luck(person, 74) % 4, person, 25)
    issuer, number = (
        f"Sở Xây dựng {person.current.province.label}",
        f"{serial(person, 5, 37)}/GPKDVT",
    )
    content: Json = {
        "number": number,
        "holder": relative(person),
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("transport_licence", person, number, issuer, on, content)


def _authorisation(person: Person) -> Paper:
    """The spouse lets this person act."""
    if person.spouse is None:
        raise ValueError("there is nobody who could authorise")
    issuer = f"Ủy ban nhân dân {person.permanent.commune.label}"
    number, on = f"{serial(person, 4, 38)}/SCT-UQ", person.calendar.on("2026-08-17")
    content: Json = {
        "number": number,
        "principal": relative(person.spouse),
        "agent": relative(person),
        "scope": "Nộp hồ sơ và nhận kết quả thủ tục hành chính",
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("authorisation", person, number, issuer, on, content)
