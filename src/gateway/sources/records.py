"""What do the province's own digitised records say about one person?

Of several records of a kind the newest issued one speaks. One that has expired or was revoked says
nothing. A marriage certificate gives the other spouse as long as no later divorce and no death of
that spouse is on record; a death certificate answers only as that of the owner's spouse, whom a
marriage certificate must name.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time

from gateway.domain.errors import Busy, SourceUnavailable
from gateway.domain.facts import Fact, Held, PersonRef, RecordRef
from gateway.domain.identifiers import RECORDS, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.records.store import RecordStore, StoredRecord
from gateway.sources.codelists import CodeLists
from gateway.sources.papers import (
    Facts,
    paper_attributes,
    paper_facts,
    read_person,
    same_person,
)
from gateway.sources.places import VIETNAM
from gateway.sources.source import Question

_DIVORCE, _BIRTH = "divorce_judgment", "birth_certificate"


class RecordsSource:
    """The vault of digitised records (Kho quản lý dữ liệu điện tử) as a source of facts."""

    def __init__(
        self,
        store: RecordStore,
        lists: CodeLists,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._lists = lists
        self._clock = clock
        kinds = store.kinds.by_name
        self._answers = {name: paper_attributes(kind) for name, kind in kinds.items()}
        self._marriages = {name for name, kind in kinds.items() if kind.spouse is not None}
        self._deaths = {name for name, kind in kinds.items() if kind.of_dead_spouse}
        self._marital = self._marriages | self._deaths | {_DIVORCE}

    @property
    def id(self) -> SourceId:
        """`records`."""
        return RECORDS

    @property
    def held(self) -> frozenset[AttributeName]:
        """Every attribute that some kind of record can answer."""
        return frozenset().union(*self._answers.values())

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Read the owner's valid records with this tenant, in one query.

        NoRecord when there is none of a kind that could answer. Raises SourceUnavailable
        (`storage_busy`) when the vault cannot be read.
        """
        kinds = {name for name, gives in self._answers.items() if gives & question.wanted}
        if not kinds:
            return NoRecord()
        beside = self._marital if kinds & (self._marriages | self._deaths) else set()
        stored = self._stored(question, kinds | beside)
        if not any(one.record.kind in kinds for one in stored):
            return NoRecord()
        return Found(self._facts(stored, kinds, question))

    def _stored(self, question: Question, kinds: set[str]) -> Sequence[StoredRecord]:
        try:
            return self._store.valid_records(
                question.purpose.tenant, question.person.personal_id, kinds
            )
        except Busy as error:
            raise SourceUnavailable("storage_busy") from error

    def _facts(
        self, stored: Sequence[StoredRecord], kinds: set[str], question: Question
    ) -> dict[AttributeName, Fact]:
        today = self._clock().astimezone(VIETNAM).date()
        spouses = self._spouses(stored)
        facts: dict[AttributeName, Fact] = {}
        for one in _newest_of_each(r for r in stored if self._speaks(r, spouses)):
            if one.record.kind in kinds and not _expired(one, today):
                said = self._said(one, stored, question.wanted)
                facts |= {name: _fact(one, value) for name, value in said.items()}
        return facts

    def _said(
        self, one: StoredRecord, stored: Sequence[StoredRecord], wanted: frozenset[AttributeName]
    ) -> Facts:
        kind = self._store.kinds[one.record.kind]
        facts = paper_facts(kind, one.record.content, wanted, self._lists)
        if kind.spouse is not None and kind.spouse in wanted:
            spouse = self._spouse(one)
            if spouse is not None and not self._ended(one, spouse, stored):
                facts[kind.spouse] = spouse
        return facts

    def _speaks(self, one: StoredRecord, spouses: Sequence[PersonRef]) -> bool:
        """Whether a record's content is about its owner, or the owner's dead spouse."""
        content, owner = one.record.content, one.record.owner.digits
        if one.record.kind == _BIRTH:
            parents = (content.get("father") or {}, content.get("mother") or {})
            return all(parent.get("personal_id") != owner for parent in parents)
        if one.record.kind not in self._deaths:
            return True
        dead = self._deceased(one)
        return dead is not None and any(same_person(dead, spouse) for spouse in spouses)

    def _spouses(self, stored: Iterable[StoredRecord]) -> tuple[PersonRef, ...]:
        named = (self._spouse(one) for one in stored if one.record.kind in self._marriages)
        return tuple(spouse for spouse in named if spouse is not None)

    def _spouse(self, marriage: StoredRecord) -> PersonRef | None:
        """The side of a marriage that is not its owner; None unless the owner is exactly one side."""
        owner = marriage.record.owner.digits
        sides = [marriage.record.content.get(side) or {} for side in ("husband", "wife")]
        others = [side for side in sides if side and side.get("personal_id") != owner]
        both = all(sides)
        return read_person(others[0], self._lists) if both and len(others) == 1 else None

    def _ended(
        self, marriage: StoredRecord, spouse: PersonRef, stored: Iterable[StoredRecord]
    ) -> bool:
        for one in stored:
            if one.record.kind == _DIVORCE and _issued(one) >= _issued(marriage):
                return True
            dead = self._deceased(one) if one.record.kind in self._deaths else None
            if dead is not None and same_person(dead, spouse):
                return True
        return False

    def _deceased(self, one: StoredRecord) -> PersonRef | None:
        deceased = one.record.content.get("deceased")
        return None if deceased is None else read_person(deceased, self._lists)


def _newest_of_each(stored: Iterable[StoredRecord]) -> Iterable[StoredRecord]:
    """The newest record of each kind, oldest kind first; benefits of two sorts stand beside each other."""
    newest: dict[tuple[str, object], StoredRecord] = {}
    for one in sorted(stored, key=lambda one: (_issued(one), one.stored_at, one.id)):
        newest[one.record.kind, one.record.content.get("benefit")] = one
    return sorted(newest.values(), key=_issued)


def _issued(one: StoredRecord) -> date:
    return one.record.issued_on or one.stored_at.astimezone(VIETNAM).date()


def _expired(one: StoredRecord, today: date) -> bool:
    return one.record.valid_until is not None and one.record.valid_until < today


def _fact(one: StoredRecord, value: Held) -> Fact:
    """The value as of the day of issue, or of the storing where no day or a later one is stated."""
    as_of = one.stored_at
    if one.record.issued_on is not None:
        issued = datetime.combine(one.record.issued_on, time.min, tzinfo=VIETNAM)
        as_of = min(issued, as_of)
    return Fact(value, as_of, RecordRef(one.id, one.record.kind, one.stored_at, one.record.dossier))
