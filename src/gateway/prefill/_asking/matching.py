"""The match of a source's replies with the person who is meant, and the papers that answer for them.

Nothing that a source says of a person is used before that person is matched: every reply passes
`Matching`, and filling knows only the answers that come out of it. Which papers answer depends on
what the population database said of the person in this chain (`RegisterMatch`, the row of the table),
and on what the paper says of its holder (`Column`):

| the population database           | name and date agree | name alone agrees | holds neither    | disagrees  |
|-----------------------------------|---------------------|-------------------|------------------|------------|
| MATCHED: number, name and date    | answers             | answers           | answers          | conflict   |
| UNKNOWN: failed, not connected,   | answers             | answers           | answers beside a | silent     |
|   not granted                     |                     |                   | vouched paper    |            |
| UNMATCHED: knows nobody, was kept | answers             | silent            | whose name and   | silent     |
|   from being asked, was declined  |                     |                   | date agree       |            |

Silent is as for a number that nobody has: `no_record`, and in the second row `unavailable`, never
`no_record`. Announced records are waited for in the first row only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from gateway.access.typed import NAMED, TYPED
from gateway.domain.facts import Fact, Paper, PartialDate
from gateway.domain.identifiers import POPULATION, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.domain.verdicts import Reason
from gateway.prefill._asking.knowledge import Answer, Asked, Identity, Meant, Reads
from gateway.sources.identity import (
    contradicts,
    is_as_precise,
    is_asked_in_full,
    same_date,
    same_name,
)

NOT_MATCHED = "not_matched"


class RegisterMatch(Enum):
    """What the population database said of a person in this chain: the rows of the table."""

    MATCHED = "matched"
    UNKNOWN = "unknown"
    UNMATCHED = "unmatched"


class Column(Enum):
    """What a paper says of its holder, held against the person who is meant."""

    BOTH = "name and date agree"
    NAME = "the name alone agrees"
    NEITHER = "holds neither"
    OTHER = "disagrees"


class Verdict(Enum):
    """What becomes of one paper."""

    ANSWERS = "answers"
    SILENT = "silent"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one person before their papers are looked at.

    `needs_date`: they are nobody without a date as exact as the one that is held. `restricted`:
    nothing but a typed number ties them to the applicant. `nobody`: they are one typed person too
    many.
    """

    meant: Meant
    register_match: RegisterMatch
    asked: tuple[Asked, ...] = field(repr=False)
    needs_date: bool
    restricted: bool
    nobody: bool


class PersonPapers:
    """What may be used of everything that was read of one person."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self._meant, self._register_match = situation.meant, situation.register_match
        self._asked = situation.asked
        self._register = register_papers(situation.asked)
        self._needs_date, self._restricted = situation.needs_date, situation.restricted
        self._nobody = situation.nobody
        self._answers: tuple[tuple[SourceId, Answer], ...] | None = None
        self._columns = {id(paper): self._column(paper) for paper in self._papers()}
        self._beside_vouched = any(
            paper.vouched and self._columns[id(paper)] is Column.BOTH for paper in self._papers()
        )

    def answers(self) -> tuple[tuple[SourceId, Answer], ...]:
        """One answer per read."""
        if self._answers is None:
            is_open = self.is_open()
            self._answers = tuple((a.source, self._answer(a, is_open)) for a in self._asked)
        return self._answers

    def is_matched(self) -> bool:
        """Whether the population database matched the person, who is not one too many."""
        return self._register_match is RegisterMatch.MATCHED and not self._nobody

    def is_open(self) -> bool:
        """Whether the person is matched, by the population database or by a paper of their own."""
        if self._nobody:
            return False
        return self._register_match is RegisterMatch.MATCHED or any(
            self._verdict(paper) is Verdict.ANSWERS for paper in self._papers()
        )

    def is_missed(self) -> bool:
        """Whether a date was not exact enough, or a paper belongs to somebody else."""
        if self._register_match is RegisterMatch.UNMATCHED:
            return bool(self._register)
        disagrees = Column.OTHER in self._columns.values()
        return self._register_match is RegisterMatch.UNKNOWN and disagrees and not self.is_open()

    def names(self) -> frozenset[str]:
        """Everybody whom the register or a vouched paper of this person names."""
        named: set[str] = set()
        if self._register_match is RegisterMatch.MATCHED and not self._nobody:
            named.update(*(paper.names for paper in self._register))
        for paper in self._papers():
            if paper.vouched and self._verdict(paper) is Verdict.ANSWERS:
                named |= paper.names
        return frozenset(named)

    def _papers(self) -> Iterator[Paper]:
        for asked in self._asked:
            if asked.source != POPULATION and isinstance(asked.reply, Found):
                yield from asked.reply.papers

    def _answer(self, asked: Asked, is_open: bool) -> Answer:
        """What one read comes to; a source that was not heard says so, whoever is meant."""
        match asked.reply:
            case Unavailable():
                return self._made(asked, asked.reply, Reason.SOURCE_UNAVAILABLE)
            case NotPermitted():
                return self._made(asked, asked.reply, Reason.NOT_PERMITTED)
            case Found() | NoRecord() as reply if asked.source == POPULATION:
                if not is_open or self._register_match is not RegisterMatch.MATCHED:
                    reply = NoRecord(reply.attempts)
                return self._opened(asked, reply, self._register)
            case Found() | NoRecord() as reply:
                return self._of_papers(asked, reply)

    def _of_papers(self, asked: Asked, reply: Found | NoRecord) -> Answer:
        papers = reply.papers if isinstance(reply, Found) else ()
        verdicts = [(paper, self._verdict(paper)) for paper in papers]
        open_papers = tuple(paper for paper, v in verdicts if v is Verdict.ANSWERS)
        if self._register_match is RegisterMatch.MATCHED and not self._nobody:
            conflicts = {a for paper, v in verdicts if v is Verdict.CONFLICT for a in paper.facts}
            return self._opened(asked, reply, open_papers, frozenset(conflicts))
        if self._register_match is RegisterMatch.UNKNOWN:
            if not open_papers:
                silent = Unavailable(NOT_MATCHED, reply.attempts)
                return self._made(asked, silent, Reason.SOURCE_UNAVAILABLE)
            return self._opened(
                asked, _only(reply, open_papers), open_papers, otherwise=Reason.SOURCE_UNAVAILABLE
            )
        if not open_papers:
            return self._opened(asked, NoRecord(reply.attempts), ())
        return self._opened(
            asked, _only(reply, open_papers), open_papers, otherwise=Reason.NO_RECORD
        )

    def _opened(
        self,
        asked: Asked,
        reply: Found | NoRecord,
        papers: tuple[Paper, ...],
        conflicts: frozenset[AttributeName] = frozenset(),
        otherwise: Reason | None = None,
    ) -> Answer:
        facts: dict[AttributeName, Fact] = {}
        for paper in papers if isinstance(reply, Found) else ():
            facts |= paper.facts
        found = Reason.NOT_HELD if isinstance(reply, Found) else Reason.NO_RECORD
        answer = self._made(asked, reply, otherwise or found)
        return replace(
            answer, facts=facts, conflicts=conflicts - facts.keys(), deferred=reply.deferred
        )

    def _made(self, asked: Asked, reply: Reply, otherwise: Reason) -> Answer:
        return Answer(
            asked.source,
            asked.role,
            self._meant.number,
            reply,
            asked.ref,
            asked.ms,
            otherwise,
            withholds=self._restricted and self.is_open(),
            withholds_birth_date=not self._meant.date_asked,
        )

    def _verdict(self, paper: Paper) -> Verdict:
        """The cell of the table that a paper falls into."""
        if self._nobody:
            return Verdict.SILENT
        column = self._columns[id(paper)]
        match self._register_match, column:
            case RegisterMatch.MATCHED, Column.OTHER:
                renamed = self._bears_former_name(paper)
                return Verdict.ANSWERS if renamed else Verdict.CONFLICT
            case (
                (_, Column.BOTH) | (RegisterMatch.MATCHED, _) | (RegisterMatch.UNKNOWN, Column.NAME)
            ):
                return Verdict.ANSWERS
            case _, Column.NEITHER if self._beside_vouched:
                return Verdict.ANSWERS
        return Verdict.SILENT

    def _column(self, paper: Paper) -> Column:
        key, holder = self._meant.key, paper.holder
        if contradicts(holder, key) or not self._agrees_with_register(paper):
            return Column.OTHER
        if self._needs_date and not self._is_dated(paper):
            return Column.OTHER
        if not holder.names:
            return Column.NEITHER
        both = holder.birth_dates and key.birth_date is not None
        return Column.BOTH if both else Column.NAME

    def _is_dated(self, paper: Paper) -> bool:
        """Whether a date that must be exact is; the register's match has settled it already."""
        if self._register_match is RegisterMatch.MATCHED:
            return True
        said, held = self._meant.key.birth_date, paper.holder.birth_dates
        if said is None:
            return False
        return all(is_as_precise(said, date) for date in held) if held else said.full

    def _agrees_with_register(self, paper: Paper) -> bool:
        """Whether the paper's birth date is the one that the population database holds."""
        held = birth_dates(self._register)
        return all(same_date(date, also) for date in held for also in paper.holder.birth_dates)

    def _bears_former_name(self, paper: Paper) -> bool:
        """Whether a paper in another name is the person's all the same.

        Number and birth date agree and it is vouched for, or the register or a vouched paper of the
        person says that they bore that name before.
        """
        key, holder = self._meant.key, paper.holder
        nameless = replace(holder, names=())
        if contradicts(nameless, key) or not self._agrees_with_register(paper):
            return False
        if paper.vouched and holder.birth_dates:
            return True
        stating = [*self._register]
        stating += [p for p in self._papers() if p.vouched and self._states_names(p)]
        former = [name for one in stating for name in one.holder.former_names]
        others = [name for name in holder.names if not same_name(name, key.full_name or "")]
        return all(any(same_name(name, was) for was in former) for name in others)

    def _states_names(self, paper: Paper) -> bool:
        return self._columns[id(paper)] is not Column.OTHER


def _only(reply: Found | NoRecord, papers: tuple[Paper, ...]) -> Found:
    """A reply of these papers alone, as if nothing else lay there."""
    return Found(papers, 0, reply.attempts)


def register_papers(asked: Iterable[Asked]) -> tuple[Paper, ...]:
    """What the population database said of a person in this call."""
    for one in asked:
        if one.source == POPULATION and isinstance(one.reply, Found):
            return one.reply.papers
    return ()


def birth_dates(papers: Iterable[Paper]) -> list[PartialDate]:
    """Every birth date that papers give for their holder."""
    return [date for paper in papers for date in paper.holder.birth_dates]


KEPT_FROM_ASKING = frozenset({"too_many_tries", "log_closed", "storage_busy", "not_listed"})
"""Causes of our own for which a source was not asked; every other failure is the source's."""

NOT_SENDABLE = "not_sendable"


@dataclass(frozen=True, slots=True)
class Terms:
    """By what the persons of one call are matched.

    `may_ask`: the population database is connected and granted. `declined`: the citizen declined
    it. `is_vouched_for`: the login or a named officer stands for the applicant, whose date may then
    be said less exactly than it is held. `at_desk`: a named officer sits before whoever types
    numbers. `matched_before` and `tied_before` say what earlier calls of the chain found out about
    an identity and a number, `head_before` whether it is the head of the applicant's household;
    `may_open` counts persons whom nothing ties to the applicant, and says whether this one may still
    be opened.
    """

    may_ask: bool
    declined: bool
    is_vouched_for: bool
    at_desk: bool
    matched_before: Callable[[Identity], bool]
    tied_before: Callable[[str], bool]
    head_before: Callable[[str], bool]
    may_open: Callable[[Identity, str], bool]


@dataclass(slots=True)
class Matching:
    """The replies of one call, and the answers that they come to."""

    terms: Terms
    applicant: Meant
    _meant: dict[Identity, Meant] = field(default_factory=dict, repr=False)
    _asked: dict[Identity, dict[SourceId, Asked]] = field(default_factory=dict, repr=False)
    _tied: frozenset[str] = field(default=frozenset(), repr=False)
    _by_identity: dict[Identity, PersonPapers] = field(default_factory=dict, repr=False)

    def learn(self, asked: Iterable[Asked]) -> None:
        """Take in the replies of one round."""
        for one in asked:
            identity = one.meant.identity
            self._meant.setdefault(identity, one.meant)
            self._asked.setdefault(identity, {})[one.source] = one
        self._tied = self._ties()

    def answers(self) -> dict[tuple[Identity, SourceId], Answer]:
        """What may be used of every reply, by person and source."""
        return {
            (identity, source): answer
            for identity, meant in self._meant.items()
            for source, answer in self._papers_of(meant).answers()
        }

    def needs_identity(self, identity: Identity) -> bool:
        """Whether the population database has still to be asked who this person is."""
        terms = self.terms
        return (
            terms.may_ask
            and not terms.declined
            and POPULATION not in self._asked.get(identity, ())
            and not terms.matched_before(identity)
        )

    def reads(self) -> Reads:
        """Every read of the call, with whom it matched and tied."""
        matched = (
            identity
            for identity, meant in self._meant.items()
            if self._papers_of(meant).is_matched()
        )
        tied = self._tied - {self.applicant.number}
        closed = any(not self._papers_of(meant).is_open() for meant in self._meant.values())
        is_open = self._papers_of(self.applicant).is_open()
        heads = _heads(self._register(self.applicant)) if is_open else ()
        return Reads(
            tuple(self.answers().values()),
            frozenset(self._meant),
            frozenset(matched),
            tied,
            frozenset(heads),
            closed,
        )

    def missed(self) -> int:
        """How many persons were not matched of whom the population database has not said so.

        Whom it knows nobody by was counted when it was asked.
        """
        return sum(self._papers_of(meant).is_missed() for meant in self._meant.values())

    def register_match(self, meant: Meant) -> RegisterMatch:
        """What the population database said of this person."""
        terms = self.terms
        if terms.matched_before(meant.identity):
            return RegisterMatch.MATCHED
        if terms.declined:
            return RegisterMatch.UNMATCHED
        if not terms.may_ask:
            return RegisterMatch.UNKNOWN
        asked = self._asked.get(meant.identity, {}).get(POPULATION)
        match None if asked is None else asked.reply:
            case Found() | NotPermitted(confirmed=True):
                exact = self._is_exact_enough(meant)
                return RegisterMatch.MATCHED if exact else RegisterMatch.UNMATCHED
            case NotPermitted(code=code, confirmed=None) if code != NOT_SENDABLE:
                return RegisterMatch.UNKNOWN
            case Unavailable(cause=cause) if cause not in KEPT_FROM_ASKING:
                return RegisterMatch.UNKNOWN
        return RegisterMatch.UNMATCHED

    def is_restricted(self, meant: Meant) -> bool:
        """Whether nothing but a number that was typed ties this person to the applicant."""
        return not (
            meant.identity == self.applicant.identity
            or self.terms.at_desk
            or meant.number in self._tied
            or self.terms.tied_before(meant.number)
        )

    def may_be_undated(self, number: str) -> bool:
        """Whether a typed number needs no birth date beside it, though the form asks one."""
        tied = number in self._tied or self.terms.tied_before(number)
        return tied or self.terms.at_desk or number == self.applicant.number

    def needs_date(self, meant: Meant) -> bool:
        """Whether this person is nobody without a date as exact as the one that is held."""
        if meant.identity == self.applicant.identity:
            return not self.terms.is_vouched_for
        return meant.date_asked and self.is_restricted(meant)

    def _papers_of(self, meant: Meant) -> PersonPapers:
        """What may be used of a person; looked at again only when something of it has changed."""
        restricted = self.is_restricted(meant)
        situation = Situation(
            meant,
            self.register_match(meant),
            tuple(self._asked.get(meant.identity, {}).values()),
            needs_date=self.needs_date(meant),
            restricted=restricted,
            nobody=restricted
            and not self.terms.may_open(meant.identity, TYPED if meant.typed else NAMED),
        )
        before = self._by_identity.get(meant.identity)
        if before is None or before.situation != situation:
            before = self._by_identity[meant.identity] = PersonPapers(situation)
        return before

    def _register(self, meant: Meant) -> tuple[Paper, ...]:
        return register_papers(self._asked.get(meant.identity, {}).values())

    def _is_exact_enough(self, meant: Meant) -> bool:
        if not self.needs_date(meant):
            return True
        said = meant.key.birth_date
        if said is None:
            return False
        held = birth_dates(self._register(meant))
        return all(is_as_precise(said, date) for date in held) if held else is_asked_in_full(said)

    def _ties(self) -> frozenset[str]:
        """The numbers tied to the applicant: named, step by step, by registers and vouched papers.

        A person is tied, too, whose own record names the applicant or the same household's head.
        """
        if not self._papers_of(self.applicant).is_open():
            return frozenset()
        number, heads = self.applicant.number, _heads(self._register(self.applicant))
        tied = {number}
        while True:
            self._tied, before = frozenset(tied), len(tied)
            for meant in self._meant.values():
                if meant.number in tied:
                    tied |= self._papers_of(meant).names()
                else:  # number and name are the register's own; no date is needed to be tied by it
                    papers = self._register(meant)
                    shares = any(h in heads or self.terms.head_before(h) for h in _heads(papers))
                    if shares or any(number in paper.names for paper in papers):
                        tied.add(meant.number)
            if len(tied) == before:
                return frozenset(tied)


def _heads(papers: Iterable[Paper]) -> set[str]:
    return {paper.head for paper in papers if paper.head is not None}
