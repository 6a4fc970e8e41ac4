"""Write a person, an address or a code as in a digitised paper, and decide by chance who holds one.

PERSON  = {"personal_id": 12 digits or null, "full_name", "birth_date": YYYY-MM-DD, YYYY or null,
           "nationality": alpha-2}
ADDRESS = {"country": alpha-2, "province": CODE, "commune": CODE, "detail"}
CODE    = {"code", "label"}
"""

from typing import Any

from mocks.people.numbers import HOUSEHOLD_SIZE
from mocks.people.person import Person, Relative
from mocks.people.personas import PERSONA_HOUSEHOLDS, PERSONAS
from mocks.people.words import Address, Code

Json = dict[str, Any]


def code(value: Code) -> Json:
    """A CODE."""
    return {"code": value.code, "label": value.label}


def address(place: Address) -> Json:
    """An ADDRESS."""
    return {
        "country": place.country,
        "province": code(place.province),
        "commune": code(place.commune),
        "detail": place.detail,
    }


def relative(other: Person | Relative) -> Json:
    """A PERSON."""
    return {
        "personal_id": other.personal_id,
        "full_name": other.full_name,
        "birth_date": other.birth_date,
        "nationality": other.nationality,
    }


def luck(person: Person, which: int) -> int:
    """A number 0 to 99 of the person's own, another for each `which`."""
    return (int(person.personal_id[6:]) * (2 * which + 3) // 7 + which * 37) % 100


def day(year: int, person: Person, which: int = 0) -> str:
    """A day drawn in that year, the person's own."""
    return person.calendar.on(drawn_day(year, person, which))


def drawn_day(year: int, person: Person, which: int = 0) -> str:
    """The same day as it was drawn."""
    serial = int(person.personal_id[6:]) + which * 101
    return f"{year}-{serial % 12 + 1:02d}-{serial // 12 % 28 + 1:02d}"


def serial(person: Person, digits: int, which: int = 0) -> str:
    """A paper's running number, the person's own."""
    return f"{(int(person.personal_id[6:]) * 7 + which * 1009) % 10**digits:0{digits}d}"


def in_persona_household(person: Person) -> bool:
    """Whether the person belongs to one of the households in which personas live."""
    return person.n < PERSONA_HOUSEHOLDS * HOUSEHOLD_SIZE


def is_one_of(person: Person, personas: str) -> bool:
    """Whether the person is one of the personas named."""
    return person.n in {PERSONAS[name] for name in personas.split()}


def held(person: Person, personas: str, which: int, percent: int) -> bool:
    """Held by the personas named, by others by chance."""
    return is_one_of(person, personas) or luck(person, 10 + which) < percent
