"""Civil-status papers that the province holds for a person: birth, marriage, divorce, death.

Both spouses hold the same paper with the same number, and keep it when death or a court ends it.
"""

from collections.abc import Iterator

from mocks.people.calendar import DRAWN_UP
from mocks.people.death_papers import death_papers
from mocks.people.paper import Paper
from mocks.people.person import Person, Relative
from mocks.people.personas import FORMER_NAMES, PERSONA_HOUSEHOLDS, PERSONAS
from mocks.people.population import Population
from mocks.people.shapes import Json, address, code, day, drawn_day, luck, relative, serial
from mocks.people.words import GIVEN_NAMES, MIDDLE_NAMES

_HOSPITAL_MOTHERS = frozenset({PERSONAS["hospital_birth_parents"]})
_HOME_MOTHERS = frozenset({PERSONAS["home_birth_parents"]})


def civil_papers(population: Population, person: Person) -> Iterator[Paper]:
    """The civil-status papers that this person owns."""
    if person.drawn_year >= 1980 and (person.drawn_year >= 2005 or _kept(person, 1, 70)):
        yield _birth_certificate(person)
    yield from _marriage(population, person)
    if person.marital_status == "divorced":
        yield _divorce_judgment(population, person)
    if person.n in FORMER_NAMES:
        yield _change_of_name(person)
    yield from death_papers(population, person)
    notice = birth_notice(population, person)
    if notice is not None:
        yield notice


def newborn(population: Population, mother: Person) -> Json | None:
    """The child that a mother has just born and nobody has registered yet, as the parents know it."""
    if not _has_newborn(mother):
        return None
    sex = "male" if luck(mother, 3) < 50 else "female"
    known = mother.spouse is not None and mother.spouse.n is not None
    father = population.person(mother.n - 1) if known else None
    family = father if father is not None else mother
    middles, givens = MIDDLE_NAMES[sex], GIVEN_NAMES[sex]
    number = int(serial(mother, 6))
    name = f"{middles[number % len(middles)]} {givens[number // 16 % len(givens)]}"
    return {
        "full_name": f"{family.full_name.split()[0]} {name}",
        "birth_date": population.calendar.on("2026-11-02"),
        "sex": sex,
        "weight_grams": 2800 + number % 900,
        "birth_place": address(mother.current),
        "hometown": address(family.hometown),
        "ethnicity": code(family.ethnicity),
        "nationality": "VN",
        "mother": relative(mother),
        "father": relative(father) if father is not None else None,
        "in_hospital": mother.n not in _HOME_MOTHERS,
    }


def birth_notice(population: Population, mother: Person) -> Paper | None:
    """The notice of a health facility; none for a birth at home."""
    child = newborn(population, mother)
    if child is None or not child["in_hospital"]:
        return None
    province = mother.current.province.label.removeprefix("Tỉnh ").removeprefix("Thành phố ")
    facility, on = f"Bệnh viện Sản - Nhi mẫu {province}", population.calendar.on("2026-11-03")
    content: Json = {
        "number": f"{serial(mother, 5)}/CS-{on[:4]}",
        "facility": facility,
        "facility_address": address(mother.current) | {"detail": "Số 1, đường Bệnh viện"},
        "birth_date": child["birth_date"],
        "sex": child["sex"],
        "weight_grams": child["weight_grams"],
        "intended_name": child["full_name"] if luck(mother, 4) < 80 else None,
        "mother": relative(mother),
        "issued_on": on,
    }
    return Paper("birth_notice", mother, content["number"], facility, on, content)


def _has_newborn(person: Person) -> bool:
    if person.n in _HOSPITAL_MOTHERS | _HOME_MOTHERS:
        return True
    young_mother = person.n % 6 == 3 and person.drawn_year >= 1988 and person.spouse is not None
    return young_mother and person.n >= PERSONA_HOUSEHOLDS * 6 and luck(person, 5) < 4


def _kept(person: Person, which: int, percent: int) -> bool:
    return person.n < PERSONA_HOUSEHOLDS * 6 or luck(person, which) < percent


def _change_of_name(person: Person) -> Paper:
    """The extract that states the name which the person bore before."""
    registered = day(DRAWN_UP.year - 2, person, 5)
    number = f"{serial(person, 3, 5)}/TLTĐ-{registered[:4]}"
    office = f"Ủy ban nhân dân {person.birth_registration.commune.label}"
    content: Json = {
        "number": number,
        "registered_on": registered,
        "office": office,
        "full_name": person.full_name,
        "birth_date": person.birth_date,
        "former_name": FORMER_NAMES[person.n],
    }
    return Paper("civil_status_change", person, number, office, registered, content)


def _birth_certificate(person: Person) -> Paper:
    late = luck(person, 6) > 90
    drawn = drawn_day(min(person.drawn_year + late, DRAWN_UP.year), person)
    registered = person.calendar.after_birth(drawn, person.birth_date, person.drawn_year)
    number = f"{serial(person, 3)}/{registered[:4]}"
    office = f"Ủy ban nhân dân {person.birth_registration.commune.label}"
    content: Json = {
        "number": number,
        "book": f"01/{registered[:4]}",
        "registered_on": registered,
        "office": office,
        "full_name": FORMER_NAMES.get(person.n, person.full_name),
        "birth_date": person.birth_date,
        "sex": person.sex,
        "birth_place": address(person.birth_place),
        "hometown": address(person.hometown),
        "ethnicity": code(person.ethnicity),
        "nationality": person.nationality,
        "father": relative(person.father) if person.father is not None else None,
        "mother": relative(person.mother) if person.mother is not None else None,
    }
    return Paper("birth_certificate", person, number, office, registered, content)


def _marriage(population: Population, person: Person) -> Iterator[Paper]:
    spouse = _once_married_to(population, person)
    if spouse is None:
        return
    first = person if spouse.n is None else population.person(min(person.n, spouse.n))
    if not _kept(first, 7, 80):
        return
    year = max(first.drawn_year + 20, 1975)
    elder_child = population.person(first.children[0]) if first.children else None
    if elder_child is not None:
        year = min(year, elder_child.drawn_year)
    married = day(year, first, 1)
    number = f"{serial(first, 3, 1)}/{married[:4]}"
    office = f"Ủy ban nhân dân {first.permanent.commune.label}"
    sides = [relative(person), relative(spouse)]
    husband, wife = sides if person.sex == "male" else reversed(sides)
    content: Json = {
        "number": number,
        "book": f"01/{married[:4]}",
        "registered_on": married,
        "office": office,
        "husband": husband,
        "wife": wife,
        "order_husband": 1,
        "order_wife": 1,
    }
    yield Paper("marriage_certificate", person, number, office, married, content)


def _once_married_to(population: Population, person: Person) -> Relative | None:
    """The spouse, also one divorced or dead."""
    if person.spouse is not None or person.n % 6 > 3:
        return person.spouse
    return population.relative(person.n ^ 1)


def _divorce_judgment(population: Population, person: Person) -> Paper:
    man = population.person(person.n // 6 * 6 + 2)
    on = day(2016 + luck(man, 8) % 9, man, 2)
    number = f"{serial(man, 3, 2)}/{on[:4]}/QĐST-HNGĐ"
    court = f"Tòa án nhân dân khu vực {luck(man, 9) % 9 + 1} - {man.hometown.province.label}"
    content: Json = {"number": number, "date": on, "court": court}
    return Paper("divorce_judgment", person, number, court, on, content)
