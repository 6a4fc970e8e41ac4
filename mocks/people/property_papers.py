"""Papers about land, buildings and business that the province holds for a person."""

from collections.abc import Iterator

from mocks.people.paper import Paper
from mocks.people.person import Person
from mocks.people.population import Population
from mocks.people.shapes import Json, address, day, is_one_of, luck, relative, serial

_RURAL = {"code": "ONT", "label": "Đất ở tại nông thôn"}
_URBAN = {"code": "ODT", "label": "Đất ở tại đô thị"}
_LINES = [
    {"code": "4711", "name": "Bán lẻ lương thực, thực phẩm, đồ uống"},
    {"code": "5610", "name": "Nhà hàng và các dịch vụ ăn uống phục vụ lưu động"},
]


def property_papers(population: Population, person: Person, age: int) -> Iterator[Paper]:
    """Land, house, business and tax code."""
    company = is_one_of(person, "company_owner")
    owner = is_one_of(person, "business_owner") or (25 <= age <= 65 and luck(person, 30) < 4)
    if company or owner:
        yield _business_registration(person, company or luck(person, 51) < 25)
    if company or (owner and luck(person, 52) < 10):
        yield _investment_certificate(person)
    if company or owner or (age >= 20 and luck(person, 31) < 15):
        yield _tax_notice(person)
    heads = person.residence is not None and person.residence.head == person.n
    if is_one_of(person, "land_owner") or (heads and luck(person, 32) < 50):
        yield _land_certificate(person)
    if is_one_of(person, "land_user") or (heads and luck(person, 53) < 10):
        yield _cadastral_extract(population, person)
        yield _land_use_paper(person)
        if is_one_of(person, "land_user") or luck(person, 54) < 50:
            yield _construction_permit(person)


def _business_registration(person: Person, company: bool) -> Paper:
    on = day(2018 + luck(person, 33) % 7, person, 10)
    office = f"Phòng Kinh tế {person.current.commune.label}"
    number, name = f"{person.current.province.code}A8{serial(person, 6, 10)}", "Hộ kinh doanh"
    title = "Chủ hộ kinh doanh"
    if company:
        office = f"Phòng Đăng ký kinh doanh - Sở Tài chính {person.current.province.label}"
        number, name, title = f"03{serial(person, 8, 10)}", "CÔNG TY TNHH MẪU", "Giám đốc"
    content: Json = {
        "number": number,
        "name": f"{name} {person.full_name.upper() if company else person.full_name}",
        "head_office": address(person.current),
        "owner": relative(person),
        "registered_on": on,
        "lines": _LINES,
        "phone": person.phone,
        "capital": 50_000_000 + luck(person, 34) * 5_000_000,
        "email": f"kinhdoanh{person.n}@example.test",
        "office": office,
        "representative": relative(person),
        "representative_title": title,
    }
    return Paper("business_registration", person, number, office, on, content)


def _investment_certificate(person: Person) -> Paper:
    on = day(2020 + luck(person, 55) % 5, person, 20)
    issuer = f"Sở Tài chính {person.current.province.label}"
    number = f"54{serial(person, 8, 20)}"
    content: Json = {
        "project_code": number,
        "project_name": "Cơ sở chế biến nông sản mẫu",
        "investor": relative(person),
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("investment_certificate", person, number, issuer, on, content)


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


def _cadastral_extract(population: Population, person: Person) -> Paper:
    """Of another plot than the certified one: nobody has applied for its certificate yet."""
    issuer = f"Văn phòng đăng ký đất đai {person.permanent.province.label}"
    number, on = f"{serial(person, 5, 21)}/TLBĐ", person.calendar.on("2026-04-14")
    rural = person.permanent.commune.label.startswith("Xã")
    spouse = person.spouse.n if person.spouse is not None else None
    users = [relative(person)] + ([relative(population.person(spouse))] if spouse else [])
    content: Json = {
        "number": number,
        "parcel": str(luck(person, 56) + 101),
        "map_sheet": str(luck(person, 57) % 60 + 1),
        "area_m2": 80 + luck(person, 58) * 3,
        "purpose": _RURAL if rural else _URBAN,
        "address": address(person.permanent),
        "users": users,
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("cadastral_extract", person, number, issuer, on, content)


def _land_use_paper(person: Person) -> Paper:
    on = day(max(1987, person.drawn_year + 20) + luck(person, 59) % 5, person, 22)
    issuer = f"Ủy ban nhân dân {person.permanent.commune.label}"
    number = f"{serial(person, 4, 22)}/QĐ-GĐ"
    content: Json = {
        "title": "Quyết định giao đất làm nhà ở",
        "number": number,
        "origin": "Nhà nước giao đất có thu tiền sử dụng đất",
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("land_use_paper", person, number, issuer, on, content)


def _construction_permit(person: Person) -> Paper:
    on = day(2015 + luck(person, 60) % 10, person, 23)
    issuer = f"Ủy ban nhân dân {person.permanent.commune.label}"
    number = f"{serial(person, 4, 23)}/GPXD"
    footprint, above, below = 60 + luck(person, 61) % 60, 1 + luck(person, 62) % 4, 0
    content: Json = {
        "number": number,
        "footprint_m2": footprint,
        "floor_area_m2": footprint * (above + below),
        "storeys": above + below,
        "storeys_above": above,
        "storeys_below": below,
        "address": address(person.permanent),
        "issued_on": on,
        "issuer": issuer,
    }
    return Paper("construction_permit", person, number, issuer, on, content)
