"""Is the person whom a source answered about the person who is meant?

Nothing that a source says of a person is used before that person is matched: every reply passes
`Matching`, and filling knows only the answers that come out of it. Which papers answer depends on
what the population database said of the person in this chain (`RegisterMatch`), and on whom the paper
itself says it belongs to:

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

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.access.typed import NAMED, TYPED
from gateway.domain.facts import Paper
from gateway.domain.identifiers import POPULATION, SourceId
from gateway.domain.replies import Found, NotPermitted, Unavailable
from gateway.prefill.asking.answers import Answer, Asked, Identity, Meant, Reads
from gateway.prefill.asking.opening import (
    Opening,
    RegisterMatch,
    Situation,
    birth_dates,
    register_papers,
)
from gateway.sources.identity import is_as_precise, is_asked_in_full

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
    _openings: dict[Identity, Opening] = field(default_factory=dict, repr=False)

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
            for source, answer in self._opening(meant).answers()
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
            identity for identity, meant in self._meant.items() if self._opening(meant).is_matched()
        )
        tied = self._tied - {self.applicant.number}
        closed = any(not self._opening(meant).is_open() for meant in self._meant.values())
        is_open = self._opening(self.applicant).is_open()
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
        return sum(self._opening(meant).is_missed() for meant in self._meant.values())

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

    def _opening(self, meant: Meant) -> Opening:
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
        before = self._openings.get(meant.identity)
        if before is None or before.situation != situation:
            before = self._openings[meant.identity] = Opening(situation)
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
        if not self._opening(self.applicant).is_open():
            return frozenset()
        number, heads = self.applicant.number, _heads(self._register(self.applicant))
        tied = {number}
        while True:
            self._tied, before = frozenset(tied), len(tied)
            for meant in self._meant.values():
                if meant.number in tied:
                    tied |= self._opening(meant).names()
                else:  # number and name are the register's own; no date is needed to be tied by it
                    papers = self._register(meant)
                    shares = any(h in heads or self.terms.head_before(h) for h in _heads(papers))
                    if shares or any(number in paper.names for paper in papers):
                        tied.add(meant.number)
            if len(tied) == before:
                return frozenset(tied)


def _heads(papers: Iterable[Paper]) -> set[str]:
    return {paper.head for paper in papers if paper.head is not None}
