"""What the stories of one form have in common: who suits it, and how a story is made."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mocks.igate.knowledge import Someone, outsider, someone
from mocks.people import Person, Population
from mocks.people.knowledge import records_of

Json = dict[str, Any]
MAN, WOMAN, ELDER = 2, 3, 4
HOUSEHOLD: Final = 6
FIRST_PLAIN: Final = 60
"""The first household without personas, some way into the population."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What a form's stories have in common: who suits it, and how one is told."""

    procedure: str | None
    personas: tuple[str, ...]
    suits: Callable[[Population, Person], bool]
    slots: tuple[int, ...]
    tell: Callable[[Population, Person, random.Random], Json]


def head_of(population: Population, person: Person) -> Someone:
    """The head of a person's household."""
    return someone(population, person.residence.head if person.residence else person.n)


def kin(population: Population, relative: Any) -> Someone | None:
    """A relative as far as they are known; None where there is none."""
    if relative is None:
        return None
    if relative.n is not None:
        return someone(population, relative.n)
    known = {"personal_id": relative.personal_id, "full_name": relative.full_name}
    return outsider(
        known | {"birth_date": relative.birth_date, "nationality": relative.nationality}
    )


def known(**people: Someone | None) -> dict[str, Someone]:
    """The roles behind which somebody stands."""
    return {role: one for role, one in people.items() if one is not None}


def holds(kind: str, youngest: int = 18, oldest: int = 100) -> Callable[[Population, Person], bool]:
    """Whether somebody of this age holds such a paper."""

    def suits(population: Population, person: Person) -> bool:
        if not youngest <= person.age <= oldest:
            return False
        return any(record["kind"] == kind for record in records_of(population, person.n))

    return suits


def copies(chance: random.Random) -> Json:
    """Whether copies are wanted, and how many."""
    wanted = "co" if chance.random() < 0.4 else "khong"
    return {"deNghiCapBanSao": wanted, "soLuongBanSao": chance.randint(1, 4)}
