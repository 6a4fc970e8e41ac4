"""Who is person n, and who holds this number? Nobody is stored: a person is computed when asked for."""

from dataclasses import replace
from typing import Any

from mocks.people import personas
from mocks.people.households import (
    ELDER_CHILD,
    GRANDFATHER,
    GRANDMOTHER,
    MAN,
    WOMAN,
    Draws,
    Families,
    Sketch,
    wifes_family,
)
from mocks.people.knowledge import records_of, truth
from mocks.people.numbers import HOUSEHOLD_SIZE, PEOPLE_PER_PREFIX, PREFIXES, Numbering
from mocks.people.person import Person, Relative, Wire
from mocks.people.residence import Residences, children_of, home, line_home, second_home
from mocks.people.words import (
    ETHNIC_GROUPS,
    GIVEN_NAMES,
    MIDDLE_NAMES,
    RELIGIONS,
    SURNAMES,
    Address,
    Code,
)

THIS_YEAR = 2026
CARD_AGE = 14
POLICE = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"
MINISTRY = "Bộ Công an"
_GROUP_CODES = tuple(ETHNIC_GROUPS)[1:54]


class Population:
    """Nearly four million invented people of one seed; the first 999,960 have numbers under 003."""

    def __init__(self, seed: int = 2026) -> None:
        self.seed = seed
        self._numbering = Numbering(seed)
        self._families = Families(seed)
        self._residences = Residences(seed, self._families)
        self._changes: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return PEOPLE_PER_PREFIX * len(PREFIXES)

    def person(self, n: int) -> Person:
        """Person n; IndexError outside 0 to len - 1."""
        if not 0 <= n < len(self):
            raise IndexError("nobody lives there")
        person = self._computed(n)
        changes = self._changes.get(n)
        return replace(person, **changes) if changes else person

    def persona(self, name: str) -> Person:
        """The persona of that name; KeyError if there is none."""
        return self.person(personas.PERSONAS[name])

    def by_number(self, number: str) -> Person | None:
        """Whoever holds this 12-digit number or this old 9-digit number."""
        n = self._numbering.candidate(number)
        if n is None:
            return None
        person = self.person(n)
        return person if number in (person.personal_id, person.old_number) else None

    def number_of(self, n: int) -> str:
        """Person n's personal number, without working out the rest."""
        return self._number(self._families.sketch(n))

    def died_on(self, n: int) -> str | None:
        """The day on which person n died, if they have."""
        return self._families.sketch(n).died_on

    def records_of(self, n: int) -> list[dict[str, Any]]:
        """The digitised results that the province holds for person n (see `paper.py`)."""
        return records_of(self, n)

    def truth(self, n: int) -> dict[str, Any]:
        """What person n would say when asked (see `knowledge.py`)."""
        return truth(self, n)

    def relative(self, n: int) -> Relative:
        """Person n as another's record names them."""
        return self._relative(self._families.sketch(n))

    def with_change(self, n: int, field: str, value: Any) -> "Population":
        """The same people on a later day, one field of person n changed; TypeError for no field.

        Relatives keep their own records as they were, as registers do.
        """
        replace(self.person(n), **{field: value})
        later = Population(self.seed)
        later._changes = {k: dict(v) for k, v in self._changes.items()}
        later._changes.setdefault(n, {})[field] = value
        return later

    def _number(self, sketch: Sketch) -> str:
        return self._numbering.personal_id(sketch.n, sketch.sex, int(sketch.birth_date[:4]))

    def _relative(self, sketch: Sketch) -> Relative:
        return Relative(sketch.n, self._number(sketch), sketch.full_name, sketch.birth_date)

    def _computed(self, n: int) -> Person:
        household, slot = divmod(n, HOUSEHOLD_SIZE)
        draws = self._families.draws(household)
        family = self._families.family(household)
        me = family[slot]
        father, mother = self._parents(n, household, slot, draws, family)
        couple = self._families.couple(household, draws)
        spouse = self._spouse(n, slot, family, couple)
        line, line_draws = self._line(household, slot, draws)
        hometown = line_home(line, line_draws)
        permanent = home(household, slot, draws, self._families)
        born_at = hometown if slot < ELDER_CHILD else permanent
        current, temporary, previous = self._stays(n, household, slot, draws, permanent)
        issued, issuer, expires = _card(me, draws.own(slot, 10))
        ethnicity, religion = self._belonging(line, line_draws)
        code = draws.own(slot, 11)
        old_number = self._numbering.old_number(n) if _has_old_card(me, code) else None
        residence = (
            self._residences.of(n)
            if n in personas.LODGERS
            else self._residences.of_family(household, slot, draws, family)
        )
        serial = n * 7 % 10_000_000
        return Person(
            n=n,
            personal_id=self._number(me),
            full_name=me.full_name,
            sex=me.sex,
            birth_date=me.birth_date,
            died_on=me.died_on,
            ethnicity=ethnicity,
            religion=religion,
            nationality="VN",
            marital_status=_marital_status(n, slot, family, couple),
            blood=("00", "00", "01", "02", "03", "04", "04", "02")[code % 8],
            birth_registration=born_at,
            birth_place=born_at,
            hometown=hometown,
            permanent=permanent,
            current=current,
            temporary=temporary,
            previous=previous,
            phone=f"+8450{serial:07d}",
            email=f"congdan{n}@example.test",
            card_issued_on=issued,
            card_issuer=issuer,
            card_expires_on=expires,
            old_number=old_number,
            father=father,
            mother=mother,
            spouse=spouse,
            children=children_of(n),
            residence=residence,
            book_number=f"{code % 900 + 100}{n % 1_000_000:06d}" if code % 2 else "",
            wire=_wire(n, draws.own(slot, 12)),
        )

    def _parents(
        self, n: int, household: int, slot: int, draws: Draws, family: tuple[Sketch, ...]
    ) -> tuple[Relative | None, Relative | None]:
        """Father and mother: people of the population, but for the oldest generation."""
        if slot <= GRANDMOTHER:
            return _ancestors(slot, draws, family[slot].full_name)
        if slot == MAN:
            father, mother = family[GRANDFATHER], family[GRANDMOTHER]
        elif slot == WOMAN:
            father, mother = self._families.family(wifes_family(household))[:MAN]
        else:
            father, mother = family[MAN], family[WOMAN]
        shown = None if n in personas.WITHOUT_FATHER else self._relative(father)
        if shown is not None and n in personas.FATHER_BY_OLD_CARD:
            card = self._numbering.old_number(father.n)
            shown = replace(shown, personal_id=None, old_number=card)
        return shown, self._relative(mother)

    def _spouse(
        self, n: int, slot: int, family: tuple[Sketch, ...], couple: str
    ) -> Relative | None:
        if n in personas.FOREIGN_SPOUSES:
            name, nationality, birth_date = personas.FOREIGN_SPOUSES[n]
            return Relative(None, None, name, birth_date, nationality)
        if slot > WOMAN or (slot >= MAN and couple == "divorced"):
            return None
        other = family[slot ^ 1]
        both_alive = other.died_on is None and family[slot].died_on is None
        return self._relative(other) if both_alive else None

    def _line(self, household: int, slot: int, draws: Draws) -> tuple[int, Draws]:
        """The family line from which home town, ethnic group and religion come."""
        if slot != WOMAN:
            return household, draws
        line = wifes_family(household)
        return line, self._families.draws(line)

    def _belonging(self, line: int, draws: Draws) -> tuple[Code, Code]:
        d = draws.numbers
        fixed = personas.ETHNICITIES.get(line)
        if fixed is None:
            fixed = "01" if d[18] % 100 < 85 else _GROUP_CODES[d[19] % len(_GROUP_CODES)]
        religion = "00" if d[20] % 100 < 78 else f"{d[21] % 14 + 1:02d}"
        return ETHNIC_GROUPS[fixed], RELIGIONS[religion]

    def _stays(
        self, n: int, household: int, slot: int, draws: Draws, permanent: Address
    ) -> tuple[Address, Address | None, Address | None]:
        """Where the person lives now, where registered for a time, and where before."""
        chance = household % 8
        elsewhere = second_home(household, draws, slot)
        if n in personas.LODGERS:
            landlord = personas.LODGERS[n]
            host, host_slot = divmod(landlord, HOUSEHOLD_SIZE)
            lodging = home(host, host_slot, self._families.draws(host), self._families)
            return lodging, lodging, permanent
        if n == personas.PERSONAS["temporary_resident"]:
            return elsewhere, elsewhere, None
        if household < personas.PERSONA_HOUSEHOLDS or chance > 1:
            return permanent, None, elsewhere if chance == 5 else None
        away = slot in (MAN, ELDER_CHILD)
        return (elsewhere, elsewhere if chance else None, None) if away else (permanent, None, None)


def _ancestors(slot: int, draws: Draws, full_name: str) -> tuple[Relative, Relative]:
    """The oldest generation's parents: names without numbers, of people dead for long."""
    names = []
    for sex, which in (("male", 13), ("female", 14)):
        surname = full_name.split()[0] if sex == "male" else SURNAMES[draws.own(slot, 15) % 20]
        draw = draws.own(slot, which)
        middle = MIDDLE_NAMES[sex][draw % 16]
        names.append(f"{surname} {middle} {GIVEN_NAMES[sex][draw // 16 % 32]}")
    return Relative(None, None, names[0], None), Relative(None, None, names[1], None)


def _marital_status(n: int, slot: int, family: tuple[Sketch, ...], couple: str) -> str:
    if n in personas.FOREIGN_SPOUSES:
        return "married"
    if slot > WOMAN:
        return "single"
    if slot >= MAN and couple == "divorced":
        return "divorced"
    return "married" if family[slot ^ 1].died_on is None else "widowed"


def _has_old_card(me: Sketch, chance: int) -> bool:
    if me.n in personas.OLD_CARDS:
        return True
    return int(me.birth_date[:4]) <= 1998 and chance % 5 < 2


def _card(me: Sketch, draw: int) -> tuple[str | None, str | None, str | None]:
    """The identity card: issued on, by whom, valid until (Identity Law 26/2023/QH15 art. 18-21)."""
    born = int(me.birth_date[:4])
    if born + CARD_AGE >= THIS_YEAR or me.died_on is not None:
        return None, None, None
    year = max(2021 + draw % 5, born + CARD_AGE)
    expiry_age = next((age for age in (25, 40, 60) if born + age > year + 2), None)
    if expiry_age is not None and born + expiry_age <= THIS_YEAR:
        year = born + expiry_age
        expiry_age = next((age for age in (40, 60) if age > expiry_age), None)
    issued = f"{year}-{draw % 6 + 1:02d}-{draw // 7 % 28 + 1:02d}"
    day = me.birth_date[4:] or "-12-31"
    expires = f"{born + expiry_age}{day}" if expiry_age is not None else None
    return issued, MINISTRY if issued >= "2024-07-01" else POLICE, expires


def _wire(n: int, draw: int) -> Wire:
    rules = personas.WIRE_RULES.get(n)
    if rules is not None:
        return Wire(**rules)
    if n < personas.PERSONA_HOUSEHOLDS * HOUSEHOLD_SIZE:
        return Wire()
    return Wire(
        units="old" if draw % 16 == 0 else "new",
        nationality_empty=draw % 2 == 0,
        repeats_units=draw % 10 < 7,
        data_time=draw % 4 != 1,
    )
