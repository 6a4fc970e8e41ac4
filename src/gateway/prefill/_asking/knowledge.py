"""What is known of the persons of one prefill: whom was asked about, what was answered, what is missing.

A fact comes, in the dictionary's order of precedence, from a source's answer about that person or
from the answer that named the person. What the caller provided is never asked for: it comes after
every source that has official value, and an official answer beside it confirms or replaces it.

Where the dictionary says that its order settles nothing, every source that may be asked is heard, and
two that differ are in conflict: neither is believed. Texts agree without regard to case and blanks,
code-list values by their label, persons by number or, where one has none, by name and whole birth
date. A date that is known less exactly agrees with every date that it leaves open.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType, TypeAlias

from gateway.domain.codelists import folded
from gateway.domain.facts import Coded, Fact, Held, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import SESSION, AttributeName, RoleName, SourceId
from gateway.domain.replies import NotPermitted, Reply, Unavailable
from gateway.domain.value import value
from gateway.domain.verdicts import Reason
from gateway.forms.attributes import Attribute, Dictionary
from gateway.sources.identity import normalised_for_sending, same_person

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

    `reply` is what the read came to, as every form sees it. `facts` are to be used; `conflicts` are
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


def agree(one: Held, other: Held) -> bool:
    """Whether neither value contradicts the other; values of two types always do."""
    match one, other:
        case str(), str():
            return folded(one) == folded(other)
        case Coded(), Coded():
            return one.list == other.list and folded(one.label) == folded(other.label)
        case PartialDate(), PartialDate():
            return all(
                known is None or also is None or known == also
                for known, also in zip(_parts(one), _parts(other), strict=True)
            )
        case PersonRef(), PersonRef():
            return same_person(one, other)
        case tuple(), tuple():
            return len(one) == len(other) and all(
                any(same_person(person, also) for also in other) for person in one
            )
    return type(one) is type(other) and one == other


def _parts(date: PartialDate) -> tuple[int, int | None, int | None]:
    return date.year, date.month, date.day


@value
class Person:
    """Somebody who stands behind a role, as far as the caller and other people's answers say.

    `key` is None for a person who is named but has no 12-digit number to be asked for by;
    `key_path` is the field in which the citizen gave that number, where it was given, and
    `date_asked` says that the form asks the birth date beside it.
    """

    key: PersonKey | None = field(repr=False)
    provided: Mapping[AttributeName, Fact] = field(default_factory=dict, repr=False)
    named: "Naming | None" = field(default=None, repr=False)
    key_path: str | None = None
    date_asked: bool = False

    @property
    def number(self) -> str | None:
        """The personal identification number, where there is one."""
        return None if self.key is None else self.key.personal_id.digits


@value
class Naming:
    """How an answer about somebody else names a person: the source, its fact, what it says."""

    source: SourceId
    by: Fact = field(repr=False)
    ref: PersonRef = field(repr=False)

    def fact(self, name: AttributeName) -> Fact | None:
        """What is said of the person there, as old as the fact that names them."""
        value = self.ref.facts.get(name)
        return None if value is None else Fact(value, self.by.as_of, self.by.record)


@value
class Known:
    """A value, the source that gave it, and whether the caller had provided the same attribute."""

    fact: Fact
    source: SourceId
    was_provided: bool


@value
class Unasked:
    """Nobody has said it yet: these sources hold such facts and have not been asked.

    `role` is the role that the person to be read stands behind, where another role waits for it.
    """

    person: Person
    sources: frozenset[SourceId]
    role: RoleName | None = None


@value
class Missing:
    """Nobody can say it, and why; `retry_at` where somebody will be able to."""

    reason: Reason
    retry_at: datetime | None = None


BIRTH_DATE = AttributeName("person.birth_date")

State: TypeAlias = Known | Unasked | Missing

_WORST_FIRST = (
    Reason.WITHHELD,
    Reason.SOURCE_UNAVAILABLE,
    Reason.NOT_PERMITTED,
    Reason.CONFLICT,
    Reason.STALE,
    Reason.DECLINED,
    Reason.NOT_HELD,
    Reason.NO_RECORD,
)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that may be used for one prefill: the dictionary, who may be asked, the answers."""

    dictionary: Dictionary
    connected: frozenset[SourceId]
    granted: frozenset[SourceId]
    declined: frozenset[str]
    now: datetime
    answers: Mapping[tuple[Identity, SourceId], Answer]
    identities: Identities = field(default_factory=Identities, repr=False)
    may_be_undated: Callable[[str], bool] = field(default=lambda _: True, repr=False)

    def identity_of(self, person: Person) -> Identity | None:
        """The person as they are meant; None while nobody can be asked about them.

        That takes number and name, and the birth date where the form asks it of whoever types the
        number, unless whoever bears it `may_be_undated`.
        """
        key = person.key
        if key is None:
            return None
        if person.date_asked and key.birth_date is None:
            return self.identities[key] if self.may_be_undated(key.personal_id.digits) else None
        return self.identities[key]

    def may_ask(self, source: SourceId) -> bool:
        """Whether a source is connected, granted, and not declined by the citizen."""
        return source in self.connected & self.granted and source not in self.declined

    def state_of(self, person: Person, name: AttributeName) -> State:
        """One attribute of one person: known, to be asked for, or missing with the reason."""
        attribute = self.dictionary[name]
        unasked: set[SourceId] = set()
        reasons: set[Reason] = set()
        later: list[datetime] = []
        facts: list[tuple[SourceId, Fact]] = []
        for source in attribute.read_from:
            if source not in self.connected:
                continue
            found = self._from_source(person, attribute, source)
            if isinstance(found, Fact):
                if not attribute.refuses_conflict:
                    return Known(found, source, name in person.provided)
                facts.append((source, found))
            elif found is None:
                unasked.add(source)
            elif isinstance(found, datetime):
                later.append(found)
            else:
                reasons.add(found)
        if facts and not unasked:
            return _settled(facts, name in person.provided)
        if name in person.provided and not facts:
            return Known(person.provided[name], SESSION, True)
        if unasked:
            return Unasked(person, frozenset(unasked))
        if later:
            return Missing(Reason.DEFERRED, min(later))
        return Missing(next((r for r in _WORST_FIRST if r in reasons), Reason.NOT_HELD))

    def _from_source(
        self, person: Person, attribute: Attribute, source: SourceId
    ) -> Fact | Reason | datetime | None:
        """The source's fact, why or until when there is none, or None when it was not asked yet."""
        if source in self.declined:
            return Reason.DECLINED
        if source not in self.granted:
            return Reason.NOT_PERMITTED
        identity = self.identity_of(person)
        answer = None if identity is None else self.answers.get((identity, source))
        said = None if answer is None else self._said(answer, attribute)
        if isinstance(said, Fact):
            return said
        if (naming := person.named) is not None and naming.source == source:
            named = naming.fact(attribute.name)
            if named is not None:
                return named
        return Reason.NOT_HELD if identity is None else said

    def _said(self, answer: Answer, attribute: Attribute) -> Fact | Reason | datetime:
        """What an answer says of one attribute; what is withheld is so whether or not it is held."""
        name = attribute.name
        if answer.withholds and not answer.failed:
            if attribute.sensitive or self.dictionary.is_address(name):
                return Reason.WITHHELD
            if name == BIRTH_DATE and answer.withholds_birth_date:
                return Reason.WITHHELD
        fact = answer.facts.get(name)
        if fact is not None and not self._stale(fact, attribute):
            return fact
        if fact is not None:
            otherwise = Reason.STALE
        else:
            otherwise = Reason.CONFLICT if name in answer.conflicts else answer.otherwise
        return answer.deferred.get(name, otherwise)

    def _stale(self, fact: Fact, attribute: Attribute) -> bool:
        if attribute.max_age_days is None:
            return False
        return fact.as_of < self.now - timedelta(days=attribute.max_age_days)


def _settled(facts: Sequence[tuple[SourceId, Fact]], was_provided: bool) -> Known | Missing:
    """The fact of the first source, unless one that was heard beside it says otherwise."""
    (source, fact), *others = facts
    if all(agree(fact.value, other.value) for _, other in others):
        return Known(fact, source, was_provided)
    return Missing(Reason.CONFLICT)
