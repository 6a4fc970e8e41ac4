"""Sum the case leaves of one range of the log by finest cell.

Every case has one cell in a range: form, procedure, series and channel of its first accepted
submission, or, while there is none, of its latest receipt. All its leaves in the range and all its
sums go there. A dossier counts in the range that holds its first accepted submission, or, by a definition
that requires confirmed dossiers, the later of that and of the portal's first acceptance, unless it was
withdrawn by the range's end; it is judged by all its submissions up to there. A chain counts in the range of
its end, reads and refusals in that of their leaf, an abandoned case in that where its last chain ended. Beside
the keys of `_dossiers.py` and `_cases.py`:

    ("late", "submissions")     further submissions of dossiers that an earlier range counted
    ("late", "withdrawals")     withdrawals of such dossiers
    ("outside_hours",)          payloads whose hour lies outside the months of the range

The last two are of the second edition of the measure. A dossier with such a payload saves nothing.

Leaves that no figure counts (test tenants, confirmations, accesses, ...) are only numbered.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.log.entries import (
    AbandonedPayload,
    CasePayload,
    CorrectionPayload,
    PrefillPayload,
    RefusalPayload,
    SubmissionPayload,
    SyncPayload,
)
from gateway.log.stored import StoredPayload
from gateway.reduction._cases import Case, CaseReader, Row, row_of
from gateway.reduction._definitions import Definitions, FormVersion, Standards
from gateway.reduction._dossiers import Sums, tally
from gateway.reduction._hours import Covered, lies_outside

FEWEST = 10
"""The least number of persons, and of cases, in whatever is published."""

ANY, DOSSIERS, CHAINS, READS = "any", "dossiers", "chains", "reads"
_OF_A_CASE = (
    PrefillPayload,
    SubmissionPayload,
    RefusalPayload,
    AbandonedPayload,
    SyncPayload,
    CorrectionPayload,
)
_LATE, _LATE_WITHDRAWN = ("late", "submissions"), ("late", "withdrawals")


@dataclass(slots=True)
class Contributors:
    """Who contributed to one published figure: the number of cases, and up to ten persons by blind index."""

    cases: int = 0
    persons: set[bytes] = field(default_factory=set, repr=False)

    @property
    def fit(self) -> bool:
        """Whether there are none, or at least FEWEST cases and persons."""
        return not self.cases or (self.cases >= FEWEST and len(self.persons) >= FEWEST)

    def add(self, cases: int, persons: Iterable[bytes]) -> None:
        """Count more cases; persons beyond the tenth change nothing and are not kept."""
        self.cases += cases
        if len(self.persons) < FEWEST:
            self.persons.update(persons)


@dataclass(slots=True)
class CellCounts:
    """The sums of one cell, and who contributed to each kind of them."""

    leaves: int = 0
    sums: Sums = field(default_factory=Counter)
    versions: set[int] = field(default_factory=set)
    contributors: defaultdict[str, Contributors] = field(
        default_factory=lambda: defaultdict(Contributors)
    )

    @property
    def cases(self) -> int:
        """Cases with a leaf of the range in this cell."""
        return self.contributors[ANY].cases

    @property
    def fit(self) -> bool:
        """Whether the cell may be published: each kind of its sums has enough contributors."""
        return all(contributors.fit for contributors in self.contributors.values())

    def take(self, other: "CellCounts") -> None:
        """Merge another cell into this one."""
        self.leaves += other.leaves
        self.sums.update(other.sums)
        self.versions |= other.versions
        for what, contributors in other.contributors.items():
            self.contributors[what].add(contributors.cases, contributors.persons)


class RangeCount:
    """Sums a range of the log case by case, without clock or database.

    `closes` are all closes up to this one, in order.
    """

    def __init__(
        self,
        definitions: Definitions,
        first: int,
        last: int,
        closes: Sequence[Covered] = (),
        edition: int | None = None,
    ) -> None:
        self._definitions = definitions
        edition = definitions.edition if edition is None else edition
        self._standards = Standards(definitions, edition)
        self._reader = CaseReader(definitions, edition)
        self._first, self._last, self._closes = first, last, closes
        self.cells: defaultdict[Row, CellCounts] = defaultdict(CellCounts)

    def add_case(self, payloads: Iterable[StoredPayload], persons: Collection[bytes]) -> None:
        """Add one case: all its payloads up to the range's end, and the blind indices of its persons.

        Raises CannotMeasure as `CaseReader.read` does.
        """
        own = [(leaf, one) for leaf, one in payloads if self._belongs_to_its_case(one)]
        case, leaves = self._reader.read(own), sum(leaf >= self._first for leaf, _ in own)
        if not leaves or not (case.submissions or case.chains):
            return
        outside = [leaf for leaf, one in own if lies_outside(self._closes, leaf, one.hour)]
        case.begun_late = case.begun_late or bool(outside)
        counted = self._count(case)
        counted.sums[("outside_hours",)] = sum(leaf >= self._first for leaf in outside)
        counted.leaves = leaves
        for what in (ANY, *(what for what, keys in _SEEN_BY.items() if _has(counted.sums, keys))):
            counted.contributors[what].add(1, persons)
        self.cells[self._row(case)].take(counted)

    @property
    def leaves(self) -> int:
        """The number of case leaves of the range that belong to a cell."""
        return sum(counts.leaves for counts in self.cells.values())

    def _belongs_to_its_case(self, payload: CasePayload) -> bool:
        tests = self._definitions.test_tenants
        return isinstance(payload, _OF_A_CASE) and payload.tenant not in tests

    def _row(self, case: Case) -> Row:
        if not case.submissions:
            return case.latest_row
        first = case.submissions[0]
        return row_of(first.form, first.procedure, first.channel, self._standards.edition)

    def _holds(self, leaf: int) -> bool:
        return self._first <= leaf <= self._last

    def _count(self, case: Case) -> CellCounts:
        counted = CellCounts()
        for event in case.events:
            if self._holds(event.leaf):
                _add(counted, event.form, event.sums)
        for chain in case.chains.values():
            if chain.ended is not None and self._holds(chain.ended[0]):
                _add(counted, chain.form, chain.sums())
        end = case.abandoned_at()
        if end is not None and self._holds(end[0]):
            counted.sums[("abandoned",)] = 1
        if case.submissions:
            self._count_dossier(counted, case)
        return counted

    def _count_dossier(self, counted: CellCounts, case: Case) -> None:
        at = case.counted_at(self._definitions)
        if at is None:
            return
        last = case.submissions[-1]
        if self._holds(at[0]):
            if case.withdrawn is None or not case.confirms(self._definitions):
                standard = self._standards.of(last.form, last.procedure, last.tenant, last.leaf)
                _add(counted, last.form, tally(case.judged(), standard))
                counted.sums.update(case.part_sums())
            return
        counted.sums[_LATE] = sum(self._holds(one.leaf) for one in case.submissions)
        if self._standards.edition > 1 and case.confirms(self._definitions):
            gone = case.withdrawn is not None and self._holds(case.withdrawn[0])
            counted.sums[_LATE_WITHDRAWN] = int(gone)


_SEEN_BY = {DOSSIERS: "dossiers", CHAINS: "chains", READS: "read"}


def _has(sums: Sums, name: str) -> bool:
    return any(key[0] == name for key in sums)


def _add(counted: CellCounts, form: FormVersion, sums: Mapping[tuple[str | int, ...], int]) -> None:
    counted.sums.update(sums)
    counted.versions.add(form.leaf)


def summed(cells: Sequence[CellCounts]) -> CellCounts:
    """Merge several cells into one."""
    whole = CellCounts()
    for cell in cells:
        whole.take(cell)
    return whole
