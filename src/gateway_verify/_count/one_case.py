"""What does one case add to its cell in one close?

In each close (a range of entries) a case has one cell: form, procedure, series and channel of its first
submission, or of its latest prefill while there is none. There stand all its leaves of the range. A
dossier counts in the range of its first submission, judged by all up to the range's end; where the
definition then in force ends in `/confirmed`, in that of the later of it and of the first `sync` at state
2, unless one at 7 stands by the range's end, and `pre` 0 makes it instant, as does a submission marked `bu`. A `sync` of one `part` confirms
nothing; those at 2 before the confirmation say which dossiers the portal has of a bundle. A chain
where its end stands (its submission, its `abandoned`, or the fifth refusal of one path), reads and
refusals where they stand, an abandoned case where its last chain ended.

By the second edition of the measure a body whose hour lies outside the months of its close makes its
dossier instant, and a dossier that an earlier close counted adds its withdrawal where that stands.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway_verify._count.dossiers import Standard, Submission, Sums, sums_of
from gateway_verify._count.forms import Form
from gateway_verify._count.hours import Hours
from gateway_verify._count.patterns import (
    ABANDONED,
    CONFIRMED,
    GRANTED,
    INSTANT,
    OUTSIDE,
    PREFILL,
    REFUSAL,
    SUBMISSION,
    SYNC,
    Pattern,
    known_by,
)
from gateway_verify.findings import Kind, Refuted

_MOST_REFUSALS = 5
_ACCEPTED, _WITHDRAWN = 2, 7

Cell: TypeAlias = tuple[str | None, str, str, str]


@dataclass(slots=True)
class Total:
    """What the cases of one cell add up to in one close."""

    leaves: int = 0
    cases: int = 0
    sums: Sums = field(default_factory=Counter)
    versions: set[int] = field(default_factory=set)
    left: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Total", times: int = 1) -> None:
        """Add another total, so many times."""
        self.leaves += other.leaves * times
        self.cases += other.cases * times
        for key, number in other.sums.items():
            self.sums[key] += number * times
        for declared, number in other.left.items():
            self.left[declared] += number * times
        self.versions |= other.versions

    @property
    def median(self) -> list[int] | None:
        """The middle of what was left to declare, as numerator and denominator."""
        dossiers = sum(self.left.values())
        if not dossiers:
            return None
        lower, upper = (self._at((dossiers - 1) // 2), self._at(dossiers // 2))
        return [lower, 1] if lower == upper else [lower + upper, 2]

    def _at(self, rank: int) -> int:
        for left in sorted(self.left):
            rank -= self.left[left]
            if rank < 0:
                return left
        raise AssertionError("a rank below the number of dossiers")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The items that a procedure's declaration began with, as `log` says at `leaf`."""

    log: str
    leaf: int
    required: frozenset[str] = field(repr=False)
    items: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the public leaves say that counting goes by.

    `ends`, `editions` and `hours` are per close: its last entry, the edition of the measure that it is
    counted by, and the hours that its bodies may state. `baselines` are by procedure and
    declaration, `bits` by source.
    """

    ends: Sequence[int]
    test_tenants: frozenset[str]
    forms: Mapping[int, Form]
    editions: Sequence[int]
    hours: Sequence[Hours]
    baselines: Mapping[tuple[str, str], Baseline]
    bits: Mapping[str, int]
    _known: dict[tuple[int, int, str | None, int], Standard] = field(
        default_factory=dict, repr=False
    )

    def standard(self, edition: int, form: Form, procedure: str | None, bits: int) -> Standard:
        """What dossiers are held against whose last submission is by this form version."""
        granted = bits & GRANTED
        key = edition, form.leaf, procedure, granted
        if key not in self._known:
            self._known[key] = self._made(edition, form, procedure, granted)
        return self._known[key]

    def _made(self, edition: int, form: Form, procedure: str | None, granted: int) -> Standard:
        connected = frozenset(source for source, bit in self.bits.items() if bit & granted)
        if edition == 1:
            gone, official = self._first(form).demanded - form.asked, form.named
            abolished = 0
        else:
            baseline = self._baseline(form, procedure)
            all_gone, official = baseline.required - form.asked, baseline.items | form.added
            gone, abolished = all_gone - form.abolished, len(all_gone & form.abolished)
        return Standard(
            edition,
            tuple(item if item in official else None for item in form.items),
            len(gone),
            abolished,
            tuple(edition > 1 and bool(sources) for sources in form.sources),
            tuple(edition > 1 and bool(sources & connected) for sources in form.sources),
        )

    def _baseline(self, form: Form, procedure: str | None) -> Baseline:
        if form.declaration is not None:
            code = known_by(procedure, 2) or ""
            for place in [(code, form.declaration), *form.places()]:
                if place in self.baselines:
                    return self.baselines[place]
        first = self._first(form)
        return Baseline("", first.leaf, first.demanded, first.named)

    def _first(self, form: Form) -> Form:
        """A form's first registered version."""
        return next(
            self.forms[leaf] for leaf in sorted(self.forms) if self.forms[leaf].form == form.form
        )


@dataclass(slots=True)
class _Chain:
    last: Pattern
    ended: int | None = None
    refused: Counter[str] = field(default_factory=Counter)


class CaseStory:
    """One case as far as one close, body by body."""

    def __init__(self, close: int, rules: Rules) -> None:
        self._close = close
        self._rules = rules
        self._chains: dict[int, _Chain] = {}
        self._edition = rules.editions[close]
        self._given: list[tuple[int, Submission, bool]] = []
        self._needs_confirmation = False
        self._accepted: int | None = None
        self._withdrawn: int | None = None
        self._last: tuple[str | None, int] = None, 0
        self._outside: list[int] = []
        self._parts: set[str] = set()
        self._bursts: list[bool] = []
        self._in_time = True
        self._first: Cell | None = None
        self._latest: Cell | None = None
        self._total = Total()

    @property
    def cell(self) -> Cell | None:
        """That of the first submission, else that of the latest prefill."""
        return self._first or self._latest

    def take(self, close: int, pattern: Pattern, chain: int, bits: int, index: int) -> None:
        """The next body; raises Refuted for one about a chain of which nothing was filled."""
        if bits & OUTSIDE:
            self._outside.append(close)
        if pattern.kind == PREFILL:
            self._prefill(close, pattern, chain)
        elif pattern.kind == SUBMISSION and pattern.submission is not None:
            self._first = self._first or pattern.cell(self._edition)
            self._last = pattern.procedure, bits
            if not self._given:
                self._needs_confirmation = bool(bits & CONFIRMED)
            self._given.append((close, pattern.submission, bool(bits & INSTANT) or pattern.burst))
            self._bursts.append(pattern.burst)
            if chain in self._chains:
                self._end(self._chains[chain], close)
        elif pattern.kind == SYNC:
            self._sync(close, pattern)
        elif pattern.kind in (REFUSAL, ABANDONED):
            if chain not in self._chains:
                says = "it ends or refuses a chain of which nothing was filled"
                raise Refuted(Kind.BODY, says, index=index)
            if pattern.kind == REFUSAL:
                self._refusal(close, pattern, self._chains[chain])
            else:
                self._end(self._chains[chain], close)

    def _sync(self, close: int, pattern: Pattern) -> None:
        """The portal has the dossier, or a part of it, accepted for the first time, or as withdrawn."""
        if pattern.part:
            if pattern.state == _ACCEPTED and self._accepted is None:
                self._parts.add(str(known_by(pattern.procedure, self._edition)))
            return
        if pattern.state == _ACCEPTED and self._accepted is None:
            self._accepted, self._in_time = close, pattern.in_time
        if pattern.state == _WITHDRAWN and self._withdrawn is None:
            self._withdrawn = close

    def _prefill(self, close: int, pattern: Pattern, chain: int) -> None:
        self._latest = pattern.cell(self._edition)
        if chain in self._chains:
            self._chains[chain].last = pattern
        else:
            self._chains[chain] = _Chain(pattern)
        if close == self._close:
            self._add(pattern.form, pattern.reads)

    def _refusal(self, close: int, pattern: Pattern, chain: _Chain) -> None:
        chain.refused.update(pattern.refused)
        if max(chain.refused.values(), default=0) >= _MOST_REFUSALS:
            self._end(chain, close)
        if close == self._close:
            self._add(chain.last.form, Counter({"refusals": 1}))

    def _end(self, chain: _Chain, close: int) -> None:
        if chain.ended is None:
            chain.ended = close

    def _add(self, form: Form | None, sums: Sums) -> None:
        self._total.sums.update(sums)
        if form is not None:
            self._total.versions.add(form.leaf)

    def total(self) -> Total:
        """What the case adds to its cell in this close."""
        self._total.sums["outside_hours"] += self._outside.count(self._close)
        for chain in self._chains.values():
            if chain.ended == self._close:
                self._add(chain.last.form, chain.last.chain_sums)
        if self._given:
            self._dossier()
        elif self._abandoned_here():
            self._total.sums["abandoned"] += 1
        return self._total

    def _abandoned_here(self) -> bool:
        ends = [chain.ended for chain in self._chains.values()]
        return None not in ends and self._close in ends

    def _counted(self) -> int | None:
        """The close in which it counts; None while the portal has not confirmed it."""
        if not self._needs_confirmation:
            return self._given[0][0]
        return None if self._accepted is None else max(self._given[0][0], self._accepted)

    def _dossier(self) -> None:
        counted = self._counted()
        if counted is None:
            return
        if counted != self._close:
            self._total.sums["late/submissions"] += sum(c == self._close for c, *_ in self._given)
            if self._edition > 1 and self._needs_confirmation:
                self._total.sums["late/withdrawals"] += self._withdrawn == self._close
            return
        if self._needs_confirmation and self._withdrawn is not None:
            return
        given = [submission for _, submission, _ in self._given]
        procedure, bits = self._last
        standard = self._rules.standard(self._edition, given[-1].form, procedure, bits)
        late = not self._in_time or bool(self._outside)
        sums = sums_of(given, standard, late or any(instant for *_, instant in self._given))
        sums["burst"] = any(self._bursts)
        if self._parts:
            sums.update({"bundle": 1} | {f"part/{procedure}": 1 for procedure in self._parts})
        self._add(given[-1].form, sums)
        self._total.left[sums["D"]] += 1
