"""Kinship, computed from a place in the population."""

from typing import NamedTuple

from mocks.people import personas
from mocks.people.households import (
    ELDER_CHILD,
    GRANDFATHER,
    GRANDMOTHER,
    MAN,
    WOMAN,
    Family,
    Sketch,
    daughters_household,
)
from mocks.people.numbers import HOUSEHOLD_SIZE
from mocks.people.person import Relative
from mocks.people.words import GIVEN_NAMES, MIDDLE_NAMES, SURNAMES


class Place(NamedTuple):
    """Person n's place: the slot in a household, and the family there."""

    n: int
    slot: int
    family: Family


def children_of(n: int) -> tuple[int, ...]:
    """The places of person n's children."""
    household, slot = divmod(n, HOUSEHOLD_SIZE)
    if slot <= GRANDMOTHER:
        daughter = daughters_household(household) * HOUSEHOLD_SIZE + WOMAN
        return (household * HOUSEHOLD_SIZE + MAN, daughter)
    if slot > WOMAN:
        return ()
    first = household * HOUSEHOLD_SIZE + ELDER_CHILD
    return tuple(
        child
        for child in (first, first + 1)
        if slot == WOMAN or child not in personas.WITHOUT_FATHER
    )


def parents_within(place: Place) -> tuple[Sketch, Sketch]:
    """The parents who belong to the person's own family: of its man and of its children."""
    if place.slot == MAN:
        return place.family[GRANDFATHER], place.family[GRANDMOTHER]
    return place.family[MAN], place.family[WOMAN]


def ancestors(place: Place) -> tuple[Relative, Relative]:
    """The oldest generation's parents: names without numbers, of people dead for long."""
    own = place.family[place.slot].full_name.split()[0]
    married_in = SURNAMES[place.family.draws.own(place.slot, 15) % len(SURNAMES)]
    father = _ancestor("male", own, place.family.draws.own(place.slot, 13))
    return father, _ancestor("female", married_in, place.family.draws.own(place.slot, 14))


def marital_status(place: Place) -> str:
    """single, married, divorced or widowed."""
    if place.n in personas.FOREIGN_SPOUSES:
        return "married"
    if place.slot > WOMAN:
        return "single"
    if place.slot >= MAN and place.family.couple == "divorced":
        return "divorced"
    return "married" if place.family[place.slot ^ 1].died_on is None else "widowed"


def _ancestor(sex: str, surname: str, draw: int) -> Relative:
    middles, givens = MIDDLE_NAMES[sex], GIVEN_NAMES[sex]
    name = f"{surname} {middles[draw % len(middles)]} {givens[draw // 16 % len(givens)]}"
    return Relative(None, None, name, None)
