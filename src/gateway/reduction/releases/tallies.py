"""A released cell as it stands in the log (`tally` leaf, docs/log-leaves.md).

`v` is the edition of the measure that it was counted by. `sums` are the sums of `counting.py`, the parts
of a key joined by `/`, without those of 0 and without the distribution of what was left to declare, of
which `median_left` keeps the middle.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from gateway.log.entries import Cell, LeafRange, Quotient, TallyLeaf
from gateway.reduction.dossiers import Sums
from gateway.reduction.figures import median_left
from gateway.reduction.releases.cells import OUTSIDE
from gateway.reduction.releases.counting import CellCounts


@dataclass(frozen=True, slots=True)
class Closing:
    """What all tallies of one close say alike: the month, its range, the definition in force."""

    month: str
    partial: bool
    first: int
    last: int
    definition: int
    edition: int = 2


@dataclass(frozen=True, slots=True)
class Tally:
    """A tally as it stands in the log (bảng kiểm của một ô công bố)."""

    leaf: int
    closing: Closing
    cell: Cell
    leaves: int
    cases: int
    versions: tuple[int, ...]
    median: Quotient | None
    sums: Sums


def tally_leaf(closing: Closing, cell: Cell, counts: CellCounts) -> TallyLeaf:
    """The public leaf of one cell."""
    return TallyLeaf(
        month=closing.month,
        partial=closing.partial,
        range=LeafRange(closing.first, closing.last),
        definition=closing.definition,
        cell=cell,
        leaves=counts.leaves,
        cases=0 if cell.level == OUTSIDE else counts.cases,
        versions_counted=tuple(sorted(counts.versions)),
        median_left=median_left(counts.sums),
        sums=written(counts.sums),
        v=closing.edition,
    )


def written(sums: Sums) -> dict[str, int]:
    """Sums by the text of their keys."""
    return {
        "/".join(map(str, key)): number
        for key, number in sums.items()
        if number and key[0] != "left"
    }


def read_tally(index: int, leaf: TallyLeaf) -> Tally:
    """Read a tally back from its leaf."""
    return Tally(
        leaf=index,
        closing=Closing(leaf.month, leaf.partial, *leaf.range, leaf.definition, leaf.v),
        cell=leaf.cell,
        leaves=leaf.leaves,
        cases=leaf.cases,
        versions=leaf.versions_counted,
        median=leaf.median_left,
        sums=Counter({tuple(key.split("/")): number for key, number in leaf.sums.items()}),
    )


def outside(leaves: int) -> dict[Cell, CellCounts]:
    """The cell of the case leaves that no figure counts."""
    return {Cell(OUTSIDE): CellCounts(leaves=leaves)}


def in_order(cells: Mapping[Cell, CellCounts]) -> Sequence[tuple[Cell, CellCounts]]:
    """Cells in an order that says nothing: by their names."""
    return sorted(
        cells.items(), key=lambda one: tuple(value or "" for value in asdict(one[0]).values())
    )
