"""Households: who lives with whom, who heads the household, and where."""

from mocks.people import personas
from mocks.people.households import (
    ELDER_CHILD,
    GRANDFATHER,
    GRANDMOTHER,
    MAN,
    WOMAN,
    YOUNGER_CHILD,
    Draws,
    Families,
    Family,
    wifes_family,
)
from mocks.people.numbers import HOUSEHOLD_SIZE, Permutation
from mocks.people.person import Member, Residence
from mocks.people.words import COMMUNES, COMMUNES_OF, PROVINCES, STREETS, Address, Code

HEAD = Code("01", "Chủ hộ")
_WIFE, _FATHER, _MOTHER = Code("02", "Vợ"), Code("04", "Cha đẻ"), Code("05", "Mẹ đẻ")
_CHILD, _GRANDCHILD, _OTHER = Code("08", "Con đẻ"), Code("17", "Cháu ruột"), Code("26", "Khác")

_RELATIONS: dict[tuple[int, int], Code] = {
    (GRANDFATHER, GRANDMOTHER): _WIFE,
    (GRANDFATHER, MAN): _CHILD,
    (GRANDFATHER, ELDER_CHILD): _GRANDCHILD,
    (GRANDFATHER, YOUNGER_CHILD): _GRANDCHILD,
    (GRANDMOTHER, MAN): _CHILD,
    (MAN, GRANDFATHER): _FATHER,
    (MAN, GRANDMOTHER): _MOTHER,
    (MAN, WOMAN): _WIFE,
    (MAN, ELDER_CHILD): _CHILD,
    (MAN, YOUNGER_CHILD): _CHILD,
    (WOMAN, ELDER_CHILD): _CHILD,
    (WOMAN, YOUNGER_CHILD): _CHILD,
}


class Residences:
    """The households of one seed as residence registration sees them (Residence Law 2020)."""

    def __init__(self, seed: int, families: Families) -> None:
        self._families = families
        self._codes = Permutation(f"{seed} household codes")

    def of(self, n: int) -> Residence | None:
        """The household in which person n is registered; None for the dead."""
        landlord = personas.LODGERS.get(n)
        if landlord is not None:
            return self.of(landlord)
        household, slot = divmod(n, HOUSEHOLD_SIZE)
        return self.of_member(self._families.family(household), slot)

    def of_member(self, family: Family, slot: int) -> Residence | None:
        """The household of one member of a family already worked out."""
        if family[slot].died_on is not None:
            return None
        slots = self._slots(family, slot)
        first = family.household * HOUSEHOLD_SIZE
        head = first + slots[0]
        members = [
            Member(first + s, HEAD if s == slots[0] else _RELATIONS.get((slots[0], s), _OTHER))
            for s in slots
            if first + s not in personas.LODGERS
        ]
        members += [Member(n, _OTHER) for n, host in personas.LODGERS.items() if host == head]
        return Residence(self.code(head), head, tuple(members))

    def code(self, head: int) -> str:
        """The household's code: ten digits, one to one with the head."""
        block, place = divmod(head, 1_000_000)
        return f"51{block:02d}{self._codes.shuffled(place):06d}"

    def _slots(self, family: Family, slot: int) -> list[int]:
        """The slots that live under the same roof as `slot`, the head first."""
        divorced = family.couple == "divorced"
        if slot == WOMAN and divorced:
            return [WOMAN]
        elders = [s for s in (GRANDFATHER, GRANDMOTHER) if family[s].died_on is None]
        together = self._families.together(family.household, family.draws)
        if slot <= GRANDMOTHER and not together:
            return elders
        couple = [
            s for s in (MAN, WOMAN) if family[s].died_on is None and not (s == WOMAN and divorced)
        ]
        young = [*couple, ELDER_CHILD, YOUNGER_CHILD]
        if not together:
            return young
        return elders[:1] + young + elders[1:] if GRANDFATHER in elders else young + elders


def home(household: int, slot: int, draws: Draws, families: Families) -> Address:
    """Where a member of the household is registered to live."""
    if slot <= GRANDMOTHER and not families.together(household, draws):
        return line_home(household, draws)
    if slot == WOMAN and families.couple(household, draws) == "divorced":
        other = wifes_family(household)
        return line_home(other, families.draws(other))
    d = draws.numbers
    province = personas.LIVES_IN.get(household)
    return _address(d[10] * 65536 + d[11], d[12], d[13], province)


def line_home(household: int, draws: Draws) -> Address:
    """The home town (quê quán) of the household's male line."""
    d = draws.numbers
    return _address(d[14] * 65536 + d[15], d[16], d[17], None)


def second_home(household: int, draws: Draws, slot: int) -> Address:
    """Another place in which a member stays, or stayed before."""
    return _address(draws.own(slot, 14) * 65536 + draws.own(slot, 15), draws.own(slot, 13), 1, None)


def _address(place: int, number: int, style: int, province: str | None) -> Address:
    if province is None:
        unit, commune = COMMUNES[place % len(COMMUNES)]
    else:
        unit = PROVINCES[province]
        commune = COMMUNES_OF[province][place % len(COMMUNES_OF[province])]
    if style % 3:
        street = STREETS[number % len(STREETS)]
        return Address("VN", unit, commune, f"Số {number // 16 % 300 + 1}, đường {street}")
    return Address("VN", unit, commune, f"Thôn {number % 12 + 1}")
