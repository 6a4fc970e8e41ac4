"""Who was asked about, what came back, and what of it may be used?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from gateway.domain.facts import Fact, PersonKey
from gateway.domain.identifiers import AttributeName, RoleName, SourceId
from gateway.domain.replies import NotPermitted, Reply, Unavailable
from gateway.domain.verdicts import Reason
from gateway.sources.identity import normalised_for_sending

Identity = NewType("Identity", str)
"""Number, name as it is compared, and birth date as it was said: one person as somebody means them."""


class Identities(dict[PersonKey, Identity]):
    """The identity behind every way in which one call writes a person; each is worked out once."""

    def __missing__(self, key: PersonKey) -> Identity:
        name = normalised_for_sending(key.full_name or "")
        born = "" if key.birth_date is None else key.birth_date.iso()
        identity = self[key] = Identity(f"{key.personal_id.digits}|{name}|{born}")
        return identity


@dataclass(frozen=True, slots=True)
class Meant:
    """A person who is to be read, and how the caller came to mean them.

    `date_asked`: the form asks the birth date of whoever types this person's number. `typed`: the
    number was typed; else a source named the person.
    """

    identity: Identity = field(repr=False)
    key: PersonKey = field(repr=False)
    date_asked: bool = False
    typed: bool = True

    @property
    def number(self) -> str:
        """The personal identification number."""
        return self.key.personal_id.digits


@dataclass(frozen=True, slots=True)
class Asked:
    """One read: whom it was about, for which role, what came back, under which request number.

    The reply is whatever the source says under the number; only `Matching` looks into it.
    """

    source: SourceId
    role: RoleName
    meant: Meant
    reply: Reply = field(repr=False)
    ref: str
    ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be used of one read, once it is known whether it speaks of the person meant.

    `reply` is what the read came to, as everybody is told. `facts` are to be used; `conflicts` are
    attributes of which only papers of another holder speak; `deferred` says what will be known
    later; every other attribute is empty for the reason `otherwise`. `withholds` says that private
    attributes of this person are held back, whether or not anything of them is held.
    """

    source: SourceId
    role: RoleName
    number: str = field(repr=False)
    reply: Reply = field(repr=False)
    ref: str
    ms: int
    otherwise: Reason
    facts: Mapping[AttributeName, Fact] = field(default_factory=dict, repr=False)
    conflicts: frozenset[AttributeName] = frozenset()
    deferred: Mapping[AttributeName, datetime] = field(default_factory=dict)
    withholds: bool = False
    withholds_birth_date: bool = False

    @property
    def failed(self) -> bool:
        """Whether this read ended without a word on the person."""
        return isinstance(self.reply, Unavailable | NotPermitted)


@dataclass(frozen=True, slots=True)
class Reads:
    """Every read of one call, whom it was about, whom the population database matched, and whom it
    or a vouched paper ties to the applicant, by number.

    `heads`: who heads the applicant's household, as the database says. `closed`: somebody who was asked about stayed closed, as for a number that nobody has.
    """

    answers: tuple[Answer, ...]
    asked: frozenset[Identity] = field(default=frozenset(), repr=False)
    matched: frozenset[Identity] = field(default=frozenset(), repr=False)
    tied: frozenset[str] = field(default=frozenset(), repr=False)
    heads: frozenset[str] = field(default=frozenset(), repr=False)
    closed: bool = False
