"""Sum the cases of a period by form, procedure, series and channel.

Cases are read one after the other; only the sums of the rows are kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.log.entries import CasePayload
from gateway.log.stored import StoredPayload
from gateway.reduction._cases import Case, CaseReader, Row, row_of
from gateway.reduction._definitions import Definitions, FormVersion, Standards
from gateway.reduction._dossiers import Key, Sums, tally
from gateway.reduction.months import Month


@dataclass(frozen=True, slots=True)
class Scope:
    """Which payloads count: one tenant or all but the test tenants, hours from first to last."""

    tenant: str | None = None
    first_hour: int | None = None
    last_hour: int | None = None

    def holds(self, hour: int) -> bool:
        """Whether an hour, counted since 1970 UTC, is in scope."""
        return (self.first_hour is None or hour >= self.first_hour) and (
            self.last_hour is None or hour <= self.last_hour
        )


class Measurement:
    """Sums cases one after the other, without clock or database."""

    def __init__(self, definitions: Definitions, scope: Scope) -> None:
        self._definitions = definitions
        self._scope = scope
        self._standards = Standards(definitions, definitions.edition)
        self._reader = CaseReader(definitions, definitions.edition)
        self._sums: defaultdict[Row, Sums] = defaultdict(Counter)
        self._forms: defaultdict[Row, set[int]] = defaultdict(set)

    def add_case(self, payloads: Iterable[StoredPayload]) -> None:
        """Add one whole case by its payloads, in the order of the log.

        Raises CannotMeasure for a payload that does not balance, or whose definitions are not there.
        """
        case = self._reader.read((leaf, one) for leaf, one in payloads if self._counts(one))
        for event in case.events:
            if self._scope.holds(event.hour):
                self._add(event.row, event.form, event.sums)
        for chain in case.chains.values():
            if self._scope.holds(chain.prefill.hour):
                self._add(chain.row, chain.form, chain.sums())
        if case.submissions:
            self._count_dossier(case)
        else:
            self._count_abandoned(case)

    def sums(self) -> dict[Row, Sums]:
        """The sums of all cases, by row."""
        return dict(self._sums)

    def forms(self) -> dict[Row, list[FormVersion]]:
        """The form versions of each row, in the order of their registration."""
        return {
            row: [self._definitions.forms[leaf] for leaf in sorted(leaves)]
            for row, leaves in self._forms.items()
        }

    def _counts(self, payload: CasePayload) -> bool:
        if self._scope.tenant is None:
            return payload.tenant not in self._definitions.test_tenants
        return payload.tenant == self._scope.tenant

    def _add(self, row: Row, form: FormVersion, sums: Mapping[Key, int]) -> None:
        self._sums[row].update(sums)
        self._forms[row].add(form.leaf)

    def _count_dossier(self, case: Case) -> None:
        """Count a dossier once, in its hour, unless it was withdrawn in that month."""
        at = case.counted_at(self._definitions)
        if at is not None and self._scope.holds(at[1]) and not _withdrawn_by(case, at[1]):
            last = case.submissions[-1]
            row = row_of(last.form, last.procedure, last.channel, self._standards.edition)
            standard = self._standards.of(last.form, last.procedure, last.tenant, last.leaf)
            self._add(row, last.form, tally(case.judged(), standard))
            self._add(row, last.form, case.part_sums())

    def _count_abandoned(self, case: Case) -> None:
        end = case.abandoned_at()
        if end is not None and self._scope.holds(end[1]):
            last = case.last_chain
            self._add(last.row, last.form, {("abandoned",): 1})


def _withdrawn_by(case: Case, hour: int) -> bool:
    """Whether the portal had a withdrawal before the month of this hour was over."""
    if case.withdrawn is None or case.confirmed is None:
        return False
    return case.withdrawn[1] <= Month.at(datetime.fromtimestamp(hour * 3600, UTC)).last_hour
