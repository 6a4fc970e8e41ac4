"""Six people as one family, so that every member tells the same story.

Places 6h to 6h+5 are household h: paternal grandfather and grandmother, their son, his wife, two
children. The wife is the daughter of the grandparents three households on in the same circle of
ten, so every named relative is a person of the population and the kinship can be read both ways.
A family is computed whole from one keyed draw; nothing is remembered.
"""

import hashlib
import struct
import zlib
from typing import NamedTuple

from mocks.people import personas
from mocks.people.numbers import HOUSEHOLD_SIZE, KIN_CIRCLE
from mocks.people.words import GIVEN_NAMES, MIDDLE_NAMES, SURNAMES

GRANDFATHER, GRANDMOTHER, MAN, WOMAN, ELDER_CHILD, YOUNGER_CHILD = range(HOUSEHOLD_SIZE)
LATEST_BIRTH_YEAR = 2025

_DRAWS = struct.Struct("<128H")
_PER_SLOT = 16
_SEXES = ("male", "female", "male", "female")
_WIFE_FROM = 3


class Draws(NamedTuple):
    """The numbers, 0 to 65535, from which one household is made: 32 shared, then 16 a member."""

    numbers: tuple[int, ...]

    def own(self, slot: int, which: int) -> int:
        """The member's own number `which`, 0 to 15."""
        return self.numbers[32 + slot * _PER_SLOT + which]


class Sketch(NamedTuple):
    """The part of a person on which relatives depend."""

    n: int
    full_name: str
    sex: str
    birth_date: str
    died_on: str | None


def wifes_family(household: int) -> int:
    """The household whose grandparents are the wife's parents."""
    circle, place = divmod(household, KIN_CIRCLE)
    return circle * KIN_CIRCLE + (place + _WIFE_FROM) % KIN_CIRCLE


def daughters_household(household: int) -> int:
    """The household into which the grandparents' daughter married: `wifes_family` undone."""
    circle, place = divmod(household, KIN_CIRCLE)
    return circle * KIN_CIRCLE + (place - _WIFE_FROM) % KIN_CIRCLE


class Families:
    """Every household of one seed, computed when asked for."""

    def __init__(self, seed: int) -> None:
        self._key = f"{seed} households ".encode()

    def draws(self, household: int) -> Draws:
        """The household's own numbers."""
        shake = hashlib.shake_128(self._key + str(household).encode())
        return Draws(_DRAWS.unpack(shake.digest(_DRAWS.size)))

    def generation(self, household: int) -> int:
        """The year in which the couples of the household's circle begin to be born."""
        circle = household // KIN_CIRCLE
        fixed = personas.GENERATION.get(circle)
        if fixed is not None:
            return fixed
        return 1950 + zlib.crc32(self._key + b"circle %d" % circle) % 42

    def surname(self, household: int) -> str:
        """The surname of the household's male line."""
        return SURNAMES[self.draws(household).numbers[0] % len(SURNAMES)]

    def couple(self, household: int, draws: Draws) -> str:
        """How the couple stands: married, divorced, or widowed (the husband has died)."""
        fixed = personas.COUPLES.get(household)
        if fixed is not None:
            return fixed
        chance = draws.numbers[7] % 100
        return "divorced" if chance < 6 else "widowed" if chance < 9 else "married"

    def together(self, household: int, draws: Draws) -> bool:
        """Whether the grandparents live with the couple."""
        return personas.TOGETHER.get(household, draws.numbers[8] % 10 < 5)

    def family(self, household: int) -> "Family":
        """The household's six members."""
        return Family(self, household)

    def sketch(self, n: int) -> Sketch:
        """Person n as relatives see them."""
        return self.family(n // HOUSEHOLD_SIZE)[n % HOUSEHOLD_SIZE]


class Family:
    """One household; a member is sketched when first looked at."""

    __slots__ = ("_families", "_members", "_years", "couple", "draws", "household")

    def __init__(self, families: Families, household: int) -> None:
        self._families = families
        self._members: dict[int, Sketch] = {}
        self.household = household
        self.draws = families.draws(household)
        self.couple = families.couple(household, self.draws)
        self._years = _birth_years(household, self.draws.numbers, families.generation(household))

    def __getitem__(self, slot: int) -> Sketch:
        member = self._members.get(slot)
        if member is None:
            member = self._members[slot] = self._sketch(slot)
        return member

    def _surname(self, slot: int) -> str:
        if slot == GRANDMOTHER:
            return SURNAMES[self.draws.numbers[9] % len(SURNAMES)]
        fatherless = self.household * HOUSEHOLD_SIZE + slot in personas.WITHOUT_FATHER
        if slot == WOMAN or fatherless:
            return self._families.surname(wifes_family(self.household))
        return SURNAMES[self.draws.numbers[0] % len(SURNAMES)]

    def _sketch(self, slot: int) -> Sketch:
        n, draws, year = self.household * HOUSEHOLD_SIZE + slot, self.draws, self._years[slot]
        sex = _SEXES[slot] if slot < 4 else ("male", "female")[draws.own(slot, 0) % 2]
        died_on = _death(slot, draws, self._years, self.couple)
        rules = personas.SKETCH_RULES.get(n)
        if rules is None:
            name = _name(slot, draws, sex, self._surname(slot))
            return Sketch(n, name, sex, _birth_date(slot, draws, year), died_on)
        sex = rules.get("sex", sex)
        return Sketch(
            n,
            rules.get("full_name") or _name(slot, draws, sex, self._surname(slot)),
            sex,
            rules.get("birth_date") or _birth_date(slot, draws, year),
            rules.get("died_on", died_on),
        )


def _birth_years(household: int, d: tuple[int, ...], base: int) -> tuple[int, ...]:
    """Six years of birth that make parents 18 to 45 years older than their children."""
    man = base + d[1] % 6
    woman = man - 3 + d[2] % 7
    elder_child = min(max(man, woman) + 20 + d[5] % 9, LATEST_BIRTH_YEAR - 3)
    fixed = personas.SKETCH_RULES.get(household * HOUSEHOLD_SIZE + ELDER_CHILD)
    if fixed is not None and "birth_date" in fixed:
        elder_child = int(fixed["birth_date"][:4])
    younger_child = min(elder_child + 1 + d[6] % 5, LATEST_BIRTH_YEAR)
    return (base - 22 - d[3] % 11, base - 22 - d[4] % 11, man, woman, elder_child, younger_child)


def _name(slot: int, draws: Draws, sex: str, surname: str) -> str:
    middles, givens = MIDDLE_NAMES[sex], GIVEN_NAMES[sex]
    middle = middles[draws.own(slot, 1) % len(middles)]
    return f"{surname} {middle} {givens[draws.own(slot, 2) % len(givens)]}"


def _birth_date(slot: int, draws: Draws, year: int) -> str:
    if year < 1960 and draws.own(slot, 5) % 100 < 15:
        return str(year)
    return f"{year}-{draws.own(slot, 3) % 12 + 1:02d}-{draws.own(slot, 4) % 28 + 1:02d}"


def _death(slot: int, draws: Draws, years: tuple[int, ...], couple: str) -> str | None:
    """The day of death: of the old by age, of the man where the couple is widowed."""
    if slot <= GRANDMOTHER:
        year = years[slot]
        chance = 85 if year < 1930 else 50 if year < 1942 else 12 if year < 1960 else 3
        if draws.own(slot, 6) % 100 >= chance:
            return None
        earliest = max(2008, year + 40)
    elif slot == MAN and couple == "widowed":
        earliest = max(2016, years[YOUNGER_CHILD] + 1)
    else:
        return None
    died = min(earliest + draws.own(slot, 7) % 15, 2025)
    return f"{died}-{draws.own(slot, 8) % 12 + 1:02d}-{draws.own(slot, 9) % 28 + 1:02d}"
