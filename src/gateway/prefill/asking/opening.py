"""What becomes of the papers that lie under one person's number?

Each paper falls into a cell of the table in `matching.py`: its row is what the population database
said of the person, its column what the paper says of its holder.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from gateway.domain.facts import Fact, Paper, PartialDate
from gateway.domain.identifiers import POPULATION, AttributeName, SourceId
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.domain.verdicts import Reason
from gateway.prefill.asking.answers import Answer, Asked, Meant
from gateway.sources.identity import contradicts, is_as_precise, same_date, same_name

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


class Opening:
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
