"""One invented person, and how the population database shows that person."""

from dataclasses import dataclass, field

from mocks.people.calendar import DRAWN_UP, Calendar
from mocks.people.words import Address, Code

MARITAL_CODES = {"single": "1", "married": "2", "divorced": "3", "widowed": "3"}
BLOOD_GROUPS = {"00": None, "01": "A", "02": "B", "03": "AB", "04": "O"}


@dataclass(frozen=True, slots=True)
class Relative:
    """A person named beside another; `n` is their place here, None for people outside."""

    n: int | None
    personal_id: str | None
    full_name: str
    birth_date: str | None
    nationality: str = "VN"
    old_number: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a household, with the relation to its head (list `household_relation`, ours)."""

    n: int
    relation: Code


@dataclass(frozen=True, slots=True)
class Residence:
    """One household: its code, the head's place, and its members, the head first."""

    code: str
    head: int
    members: tuple[Member, ...]

    def relation_of(self, n: int) -> Code:
        """How person n stands to the head; KeyError if n is no member."""
        return {member.n: member.relation for member in self.members}[n]


@dataclass(frozen=True, slots=True)
class Wire:
    """How service 037 shows this person: the quirks that real answers have.

    `units` is `new`, `old` (district and codes from before 1 July 2025) or `contradicting`.
    `state` is `plain`, `duplicate` (two records) or `under_verification` (a record without a name).
    """

    units: str = "new"
    decomposed_name: bool = False
    nationality_empty: bool = False
    repeats_units: bool = True
    data_time: bool = True
    state: str = "plain"


@dataclass(frozen=True, slots=True)
class Person:
    """Person n. Dates are `YYYY-MM-DD`, or `YYYY` where only the year is known.

    `sex` is `male` or `female`; `marital_status` single, married, divorced or widowed; the card's
    dates are None for somebody without a card, the expiry also for a card without end. `drawn_year`
    is the year of birth on the day of the drawing (`calendar.py`); rules about years go by it.
    """

    n: int
    personal_id: str
    full_name: str
    sex: str
    birth_date: str
    died_on: str | None
    ethnicity: Code
    religion: Code
    nationality: str
    marital_status: str
    blood: str
    birth_registration: Address
    birth_place: Address
    hometown: Address
    permanent: Address
    current: Address
    temporary: Address | None
    previous: Address | None
    phone: str
    email: str
    card_issued_on: str | None
    card_issuer: str | None
    card_expires_on: str | None
    old_number: str | None
    father: Relative | None
    mother: Relative | None
    spouse: Relative | None
    children: tuple[int, ...]
    residence: Residence | None
    book_number: str
    drawn_year: int
    wire: Wire = field(default_factory=Wire)
    calendar: Calendar = field(default=Calendar(), repr=False)

    @property
    def birth_year(self) -> int:
        """The year of birth, which is always known."""
        return int(self.birth_date[:4])

    @property
    def age(self) -> int:
        """Years of age at the end of the year of the drawing; the same whatever day it is."""
        return DRAWN_UP.year - self.drawn_year
