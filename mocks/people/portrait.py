"""Compute one person from the family's draws: everything but who the kin are, see `kin.py`."""

from typing import Any

from mocks.people import personas
from mocks.people.calendar import DRAWN_UP, Calendar
from mocks.people.households import (
    ELDER_CHILD,
    GRANDFATHER,
    GRANDMOTHER,
    MAN,
    WOMAN,
    Families,
    Sketch,
    wifes_family,
)
from mocks.people.kin import Place, ancestors, children_of, marital_status, parents_within
from mocks.people.numbers import HOUSEHOLD_SIZE, Numbering
from mocks.people.person import Person, Relative, Wire
from mocks.people.residence import Residences, home, line_home, second_home
from mocks.people.words import ETHNIC_GROUPS, RELIGIONS, Address

CARD_AGE = 14
POLICE = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"
MINISTRY = "Bộ Công an"
MINISTRY_SINCE = "2024-07-01"
_EXPIRY_AGES = (25, 40, 60)
_GROUP_CODES = tuple(ETHNIC_GROUPS)[1:54]
_BLOOD = ("00", "00", "01", "02", "03", "04", "04", "02")


class Portraits:
    """The people of one seed, each worked out from nothing but their place."""

    def __init__(
        self, seed: int, families: Families, numbering: Numbering, calendar: Calendar
    ) -> None:
        self._families = families
        self._numbering = numbering
        self._calendar = calendar
        self._residences = Residences(seed, families)

    def number(self, sketch: Sketch) -> str:
        """The personal number of somebody sketched."""
        return self._numbering.personal_id(sketch.n, sketch.sex, int(self._born(sketch)[:4]))

    def _born(self, sketch: Sketch) -> str:
        fixed = sketch.n in personas.FIXED_BIRTHS
        return sketch.birth_date if fixed else self._calendar.birth(sketch.birth_date)

    def relative(self, sketch: Sketch) -> Relative:
        """Somebody sketched, as another's record names them."""
        return Relative(sketch.n, self.number(sketch), sketch.full_name, self._born(sketch))

    def of(self, n: int) -> Person:
        """Person n, whole."""
        household, slot = divmod(n, HOUSEHOLD_SIZE)
        family = self._families.family(household)
        draws, me = family.draws, family[slot]
        place = Place(n, slot, family)
        issued, issuer, expires = self._card(me, draws.own(slot, 10))
        father, mother = self._parents(place)
        return Person(
            n=n,
            personal_id=self.number(me),
            full_name=me.full_name,
            sex=me.sex,
            birth_date=self._born(me),
            died_on=self._calendar.on(me.died_on) if me.died_on else None,
            nationality="VN",
            marital_status=marital_status(place),
            phone=f"+8450{n * 7 % 10_000_000:07d}",
            email=f"congdan{n}@example.test",
            card_issued_on=issued,
            card_issuer=issuer,
            card_expires_on=expires,
            father=father,
            mother=mother,
            spouse=self._spouse(place),
            children=children_of(n),
            drawn_year=int(me.birth_date[:4]),
            wire=_wire(n, draws.own(slot, 12)),
            calendar=self._calendar,
            **self._papers(place),
            **self._places(place),
        )

    def _papers(self, place: Place) -> dict[str, Any]:
        """Blood group, old numbers, and the household."""
        n, slot, draws = place.n, place.slot, place.family.draws
        draw = draws.own(slot, 11)
        lodger = n in personas.LODGERS
        return {
            "blood": _BLOOD[draw % 8],
            "old_number": self._numbering.old_number(n) if _has_old_card(place, draw) else None,
            "book_number": f"{draw % 900 + 100}{n % 1_000_000:06d}" if draw % 2 else "",
            "residence": self._residences.of(n)
            if lodger
            else self._residences.of_member(place.family, slot),
        }

    def _places(self, place: Place) -> dict[str, Any]:
        """What comes from the family's line (home town, ethnic group), and where the person lives."""
        line, draws = place.family.household, place.family.draws
        if place.slot == WOMAN:
            line = wifes_family(line)
            draws = self._families.draws(line)
        group, religion = _belonging(line, draws.numbers)
        hometown = line_home(line, draws)
        permanent = home(place.family.household, place.slot, place.family.draws, self._families)
        born_at = hometown if place.slot < ELDER_CHILD else permanent
        current, temporary, previous = self._stays(place, permanent)
        return {
            "ethnicity": ETHNIC_GROUPS[group],
            "religion": RELIGIONS[religion],
            "birth_registration": born_at,
            "birth_place": born_at,
            "hometown": hometown,
            "permanent": permanent,
            "current": current,
            "temporary": temporary,
            "previous": previous,
        }

    def _parents(self, place: Place) -> tuple[Relative | None, Relative | None]:
        """Father and mother: people of the population, but for the oldest generation."""
        if place.slot < MAN:
            return ancestors(place)
        if place.slot == WOMAN:
            hers = self._families.family(wifes_family(place.family.household))
            father, mother = hers[GRANDFATHER], hers[GRANDMOTHER]
        else:
            father, mother = parents_within(place)
        if place.n in personas.WITHOUT_FATHER:
            return None, self.relative(mother)
        if place.n in personas.FATHER_BY_OLD_CARD:
            card = self._numbering.old_number(father.n)
            known = Relative(father.n, None, father.full_name, self._born(father), "VN", card)
            return known, self.relative(mother)
        return self.relative(father), self.relative(mother)

    def _spouse(self, place: Place) -> Relative | None:
        """The living spouse of somebody living and not divorced."""
        if place.n in personas.FOREIGN_SPOUSES:
            name, nationality, birth_date = personas.FOREIGN_SPOUSES[place.n]
            born = self._calendar.birth(birth_date)
            return Relative(None, None, name, born, nationality)
        if place.slot > WOMAN or (place.slot >= MAN and place.family.couple == "divorced"):
            return None
        me, other = place.family[place.slot], place.family[place.slot ^ 1]
        return None if me.died_on or other.died_on else self.relative(other)

    def _stays(
        self, place: Place, permanent: Address
    ) -> tuple[Address, Address | None, Address | None]:
        """Where the person lives now, where registered for a time, and where before."""
        chance = place.family.household % 8
        elsewhere = second_home(place.family.household, place.family.draws, place.slot)
        if place.n in personas.LODGERS:
            host, slot = divmod(personas.LODGERS[place.n], HOUSEHOLD_SIZE)
            lodging = home(host, slot, self._families.draws(host), self._families)
            return lodging, lodging, permanent
        if place.n == personas.PERSONAS["temporary_resident"]:
            return elsewhere, elsewhere, None
        if place.family.household < personas.PERSONA_HOUSEHOLDS or chance > 1:
            return permanent, None, elsewhere if chance == 5 else None
        if place.slot not in (MAN, ELDER_CHILD):
            return permanent, None, None
        return elsewhere, elsewhere if chance else None, None

    def _card(self, me: Sketch, draw: int) -> tuple[str | None, str | None, str | None]:
        """The identity card: issued on, by whom, valid until (Identity Law 26/2023/QH15 art. 18-21)."""
        born, this_year = int(me.birth_date[:4]), DRAWN_UP.year
        cardless = me.died_on is not None or me.n in personas.WITHOUT_CARD
        if cardless or born + CARD_AGE >= this_year:
            return None, None, None
        year = max(2021 + draw % 5, born + CARD_AGE)
        expiry_age = next((age for age in _EXPIRY_AGES if born + age > year + 2), None)
        if expiry_age is not None and born + expiry_age <= this_year:
            year = born + expiry_age
            expiry_age = next((age for age in _EXPIRY_AGES if age > expiry_age), None)
        issued = self._calendar.on(f"{year}-{draw % 6 + 1:02d}-{draw // 7 % 28 + 1:02d}")
        birth = self._born(me)
        day = birth[4:] or "-12-31"
        expires = f"{int(birth[:4]) + expiry_age}{day}" if expiry_age is not None else None
        return issued, MINISTRY if issued >= MINISTRY_SINCE else POLICE, expires


def _belonging(line: int, draws: tuple[int, ...]) -> tuple[str, str]:
    """Ethnic group and religion of a family line."""
    group = personas.ETHNICITIES.get(line)
    if group is None:
        group = "01" if draws[18] % 100 < 85 else _GROUP_CODES[draws[19] % len(_GROUP_CODES)]
    return group, "00" if draws[20] % 100 < 78 else f"{draws[21] % 14 + 1:02d}"


def _has_old_card(place: Place, draw: int) -> bool:
    if place.n in personas.OLD_CARDS:
        return True
    return int(place.family[place.slot].birth_date[:4]) <= 1998 and draw % 5 < 2


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
