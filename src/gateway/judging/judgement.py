"""What is said of a submission that was judged? One verdict a field; two sums that balance.

filled  = auto + filled(contested, officer, override) + withdrawn + hidden
visible = auto + declared + blank
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.verdicts import DECLARED, Verdict
from gateway.receipts.claims import FilledClaim


@dataclass(frozen=True, slots=True)
class Marks:
    """What the submission says beside its data, and what happened in the chain before."""

    by_officer: frozenset[str]
    contested: frozenset[str]
    refused_before: frozenset[str]


@dataclass(frozen=True, slots=True)
class JudgedField:
    """One field with its verdict; `filled` is what the receipt said of it.

    `unvouched` is the record of the province that filled it, where nobody vouches for that record.
    """

    path: str
    verdict: Verdict
    visible: bool
    filled: FilledClaim | None
    unvouched: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every field's verdict, the attachments, and the canonical visible content."""

    fields: tuple[JudgedField, ...]
    attachments: Mapping[str, int]
    content: tuple[tuple[str, str], ...] = field(repr=False)

    def counts(self) -> dict[str, int]:
        """Every verdict's count with the two balances' totals."""
        counted = Counter(judged.verdict for judged in self.fields)
        counts = {verdict.value: counted[verdict] for verdict in Verdict}
        return counts | {
            "filled": sum(judged.filled is not None for judged in self.fields),
            "visible": sum(judged.visible for judged in self.fields),
            "declared": sum(counted[verdict] for verdict in DECLARED),
        }


def balances(judgement: Judgement) -> bool:
    """Whether both balances hold."""
    filled = [judged.verdict for judged in judgement.fields if judged.filled is not None]
    given_up = (Verdict.CONTESTED, Verdict.OFFICER, Verdict.OVERRIDE)
    taken_out = (Verdict.WITHDRAWN, Verdict.HIDDEN)
    counts = judgement.counts()
    return all(verdict in (Verdict.AUTO, *given_up, *taken_out) for verdict in filled) and (
        counts["visible"] == counts["auto"] + counts["declared"] + counts["blank"]
    )
