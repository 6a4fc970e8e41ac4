"""Papers that state a death, and who holds them.

A certificate stands for a death that is registered: the dead person's own file, the spouse and the
children hold the same one. A hospital's notice is held by each of those left, and says how its
holder stood to the dead; so also of a death that nobody has registered yet, of which the registers
know nothing.
"""

from collections.abc import Iterator

from mocks.people.paper import Paper
from mocks.people.person import Person
from mocks.people.personas import HOSPITAL_DEATHS, PERSONA_HOUSEHOLDS, PERSONAS
from mocks.people.population import Population
from mocks.people.shapes import Json, address, luck, relative, serial

_RELATIONS = {"vo": "Vợ", "chong": "Chồng", "con": "Con"}
_CAUSES = {"disease": "Bệnh", "old_age": "Già yếu"}
_STREET = "Số 1, đường Bệnh viện"


def death_papers(population: Population, person: Person) -> Iterator[Paper]:
    """What the person holds of the own death, and of the spouse's and the parents'."""
    if person.died_on is None:
        for n in _nearest(person):
            dead = population.person(n)
            on = unregistered_death(dead)
            if on is not None:
                yield _notice(dead, on, person)
    for dead in _dead_around(population, person):
        yield _certificate(dead)
        if dead.n == PERSONAS["deceased"] or (_lately(dead) and luck(dead, 2) < 50):
            yield _notice(dead, str(dead.died_on), person)


def unregistered_death(person: Person) -> str | None:
    """The day on which somebody died in a hospital whom every register still lists as living."""
    if person.n < PERSONA_HOUSEHOLDS * 6:
        drawn = HOSPITAL_DEATHS.get(person.n)
        return None if drawn is None else person.calendar.on(drawn)
    if person.n % 6 or person.died_on is not None or luck(person, 47) >= 8:
        return None
    return person.calendar.on(f"2026-11-{10 + luck(person, 48) % 10}")


def _lately(dead: Person) -> bool:
    """Whether somebody died so lately that the hospital's notice is digitised too."""
    return dead.died_on is not None and dead.died_on >= dead.calendar.on("2024-01-01")


def _nearest(person: Person) -> Iterator[int]:
    """The places of the spouse and the parents, as far as they belong to the population."""
    if person.n % 6 <= 3 and person.marital_status != "divorced":
        yield person.n ^ 1
    yield from (p.n for p in (person.father, person.mother) if p is not None and p.n is not None)


def _dead_around(population: Population, person: Person) -> Iterator[Person]:
    """The person, the spouse and the parents, as far as their death is registered."""
    for n in (person.n, *_nearest(person)):
        if population.died_on(n) is not None:
            yield population.person(n)


def _certificate(dead: Person) -> Paper:
    on = str(dead.died_on)
    number = f"{serial(dead, 3, 3)}/{on[:4]}"
    office = f"Ủy ban nhân dân {dead.permanent.commune.label}"
    place = dead.permanent
    content: Json = {
        "number": number,
        "registered_on": on,
        "office": office,
        "deceased": relative(dead),
        "died_on": on,
        "place": f"{place.detail}, {place.commune.label}, {place.province.label}",
    }
    return Paper("death_certificate", dead, number, office, on, content)


def _notice(dead: Person, on: str, holder: Person) -> Paper:
    facility = f"Bệnh viện Đa khoa mẫu {dead.permanent.province.label}"
    cause = "old_age" if dead.drawn_year < 1945 else "disease"
    content: Json = {
        "number": f"{serial(dead, 5, 4)}/BT-{on[:4]}",
        "facility": facility,
        "facility_address": address(dead.permanent) | {"detail": _STREET},
        "deceased": relative(dead),
        "died_on": on,
        "hour": luck(dead, 49) % 24,
        "minute": luck(dead, 50) % 60,
        "cause_class": {"code": cause, "label": _CAUSES[cause]},
        "owner_relation": _relation(dead, holder),
        "issued_on": on,
    }
    return Paper("death_notice", dead, content["number"], facility, on, content)


def _relation(dead: Person, holder: Person) -> Json | None:
    """How the holder stands to the dead; nothing in the dead person's own file."""
    if holder.n == dead.n:
        return None
    spouse = "vo" if holder.sex == "female" else "chong"
    code = spouse if holder.n == dead.n ^ 1 and holder.n % 6 <= 3 else "con"
    return {"code": code, "label": _RELATIONS[code]}
