"""One fact about a person, before any form gives it a shape."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from gateway.domain.identifiers import AttributeName, PersonalId
from gateway.domain.value import value

_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")


@value
class PartialDate:
    """A date whose month or day may be unknown; it is never completed with 01/01.

    Raises ValueError for a date that no calendar has.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999:
            raise ValueError("a year has four digits")
        if self.month is None:
            if self.day is not None:
                raise ValueError("a day without its month is no date")
            return
        date(self.year, self.month, 1 if self.day is None else self.day)

    @property
    def full(self) -> bool:
        """Whether year, month and day are all known."""
        return self.day is not None

    def iso(self) -> str:
        """The date as far as it is known: `1990`, `1990-01` or `1990-01-31`."""
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read `1990`, `1990-01` or `1990-01-31`; anything else raises ValueError."""
        if not _DATE.fullmatch(text):
            raise ValueError("a date reads YYYY, YYYY-MM or YYYY-MM-DD")
        return cls(*map(int, text.split("-")))


@dataclass(frozen=True, slots=True)
class Coded:
    """A value of a code list: the list's name, the code there, and its label in Vietnamese.

    Two systems are joined by label, never by code alone: the lists differ.
    """

    list: str
    code: str
    label: str


@value
class PersonRef:
    """A person named by a source beside the one asked for: a parent, a spouse, a household member.

    `facts` is what the same answer already says of that person, so that no second read is needed.
    """

    personal_id: PersonalId | None
    full_name: str | None = field(repr=False)
    birth_date: PartialDate | None = field(default=None, repr=False)
    facts: Mapping[AttributeName, "Value"] = field(default_factory=dict, repr=False)


Value: TypeAlias = str | bool | Decimal | PartialDate | Coded
Held: TypeAlias = Value | PersonRef | tuple[PersonRef, ...]


@dataclass(frozen=True, slots=True)
class RecordRef:
    """The digitised record (giấy tờ, kết quả số hóa) behind a value.

    `vouched` says that its issuer's own signature or register stands for it, a finished dossier that
    the portal confirmed, or a tenant that was granted to post in the issuer's name. `paper` is the digest
    of what the paper is known by (kind, number, issuer, owner, day of issue, its file's SHA-256), see
    `records/paper.py`.
    """

    id: str
    kind: str
    stored_at: datetime
    dossier: str | None
    vouched: bool = False
    paper: bytes = field(default=b"", repr=False)


@value
class Fact:
    """One attribute's value as a source holds it, with the time as of which it holds."""

    value: Held = field(repr=False)
    as_of: datetime
    record: RecordRef | None = None


@value
class Holder:
    """The holder that a paper states (người được cấp giấy tờ), as far as it does.

    Names and birth dates are all those that it gives for its holder, usually one of each; a paper
    that gives none holds neither. `other_number` says that it names another number than the one it
    was found by. `former_names` are names that it states the holder bore before.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    birth_dates: tuple[PartialDate, ...] = field(default=(), repr=False)
    other_number: bool = False
    former_names: tuple[str, ...] = field(default=(), repr=False)


UNSTATED = Holder()


@value
class Paper:
    """What one paper, or a register's own record, says of the person whose number it was found by.

    `holder` is compared with who is meant before anything of the paper is used. `names` holds the
    numbers of everybody else whom it names, `head` the number of the head of the household;
    `vouched` says that more than a tenant's word stands for it (`RecordRef`).
    """

    facts: Mapping[AttributeName, Fact] = field(repr=False)
    holder: Holder = UNSTATED
    vouched: bool = False
    names: frozenset[str] = field(default=frozenset(), repr=False)
    head: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """What a source needs to find one person: the number, and what must agree with it."""

    personal_id: PersonalId
    full_name: str | None = field(repr=False)
    birth_date: PartialDate | None = field(repr=False)
