"""Combine what the papers that one store holds of a person say.

Of several papers of a kind the newest issued one is used; an expired one is ignored. A
marriage certificate gives the other spouse as long as no later divorce and no death of that spouse
is held beside it; a death certificate answers only as that of the owner's spouse, whom a marriage
certificate must name.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time

from gateway.domain.codelists import CodeLists
from gateway.domain.documents import members_in
from gateway.domain.facts import Fact, Paper, PersonRef, RecordRef
from gateway.domain.identifiers import AttributeName
from gateway.records.kinds import Kinds
from gateway.records.paper import paper_digest, paper_of
from gateway.records.store import Awaited, StoredRecord
from gateway.sources._papers.facts import (
    Facts,
    paper_attributes,
    paper_facts,
    read_person,
)
from gateway.sources._papers.places import VIETNAM
from gateway.sources.holders import holder_of, named_beside
from gateway.sources.identity import same_person

_DIVORCE, _BIRTH = "divorce_judgment", "birth_certificate"


class Holdings:
    """Reads what a store holds of one person (giấy tờ, kết quả đã số hóa của một người).

    `renaming` are the kinds that say which name their owner bore before.
    """

    def __init__(self, kinds: Kinds, lists: CodeLists) -> None:
        self._kinds = kinds
        self._lists = lists
        by_name = kinds.by_name
        self._answers = {name: paper_attributes(kind) for name, kind in by_name.items()}
        self._marriages = {name for name, kind in by_name.items() if kind.spouse is not None}
        self._deaths = {name for name, kind in by_name.items() if kind.of_dead_spouse}
        self._marital = self._marriages | self._deaths | {_DIVORCE}
        self.renaming = frozenset(
            name
            for name, kind in by_name.items()
            if any(member.owner == "formerly" for member in kind.members.values())
        )
        self._kinds_for: dict[frozenset[AttributeName], frozenset[str]] = {}

    @property
    def held(self) -> frozenset[AttributeName]:
        """Every attribute that some kind of paper can answer."""
        return frozenset().union(*self._answers.values())

    def kinds_for(self, wanted: frozenset[AttributeName]) -> frozenset[str]:
        """The kinds of which one paper can answer something that is wanted.

        Kept: a form wants the same of everybody.
        """
        kinds = self._kinds_for.get(wanted)
        if kinds is None:
            kinds = frozenset(name for name, gives in self._answers.items() if gives & wanted)
            self._kinds_for[wanted] = kinds
        return kinds

    def kinds_beside(self, kinds: Collection[str]) -> frozenset[str]:
        """Kinds that must also be read, since a marriage may have ended."""
        marital = self._marriages | self._deaths
        return frozenset(self._marital if marital & set(kinds) else ())

    def papers(
        self,
        stored: Sequence[StoredRecord],
        kinds: Collection[str],
        wanted: frozenset[AttributeName],
        now: datetime,
    ) -> tuple[Paper, ...]:
        """The papers of these kinds as of today in Vietnam, oldest first."""
        today = now.astimezone(VIETNAM).date()
        spouses = self._spouses(stored)
        return tuple(
            self._paper(one, stored, wanted)
            for one in _newest_of_each(r for r in stored if self._speaks(r, spouses))
            if one.record.kind in self.renaming.union(kinds) and not _expired(one, today)
        )

    def _paper(
        self, one: StoredRecord, stored: Sequence[StoredRecord], wanted: frozenset[AttributeName]
    ) -> Paper:
        kind = self._kinds[one.record.kind]
        return Paper(
            _facts_of(one, self._said(one, stored, wanted)),
            holder_of(kind, one.record),
            one.vouched,
            named_beside(kind, one.record),
        )

    def deferred(
        self,
        awaited: Iterable[Awaited],
        kinds: Collection[str],
        wanted: frozenset[AttributeName],
        now: datetime,
    ) -> dict[AttributeName, datetime]:
        """When announced papers of these kinds will be available; overdue ones are left out."""
        later: dict[AttributeName, datetime] = {}
        for one in sorted(awaited, key=lambda one: one.expected_at, reverse=True):
            if one.kind in kinds and one.expected_at > now:
                later |= dict.fromkeys(self._answers[one.kind] & wanted, one.expected_at)
        return later

    def _said(
        self, one: StoredRecord, stored: Sequence[StoredRecord], wanted: frozenset[AttributeName]
    ) -> Facts:
        kind = self._kinds[one.record.kind]
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
            parents = (members_in(content, "father"), members_in(content, "mother"))
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
        sides = [members_in(marriage.record.content, side) for side in ("husband", "wife")]
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
        deceased = members_in(one.record.content, "deceased")
        return read_person(deceased, self._lists) if deceased else None


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


def _facts_of(one: StoredRecord, said: Facts) -> dict[AttributeName, Fact]:
    """The facts of a record as of its day of issue, or of storing where that is earlier or the issue unknown."""
    as_of = one.stored_at
    if one.record.issued_on is not None:
        issued = datetime.combine(one.record.issued_on, time.min, tzinfo=VIETNAM)
        as_of = min(issued, as_of)
    record = one.record
    paper = paper_digest(paper_of(record))
    behind = RecordRef(one.id, record.kind, one.stored_at, record.dossier, one.vouched, paper)
    return {name: Fact(value, as_of, behind) for name, value in said.items()}
