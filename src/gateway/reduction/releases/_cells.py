"""Choose the cells that may be published, and merge smaller ones upwards.

One hierarchy per channel: series < procedure < province. Cells that are too small are merged into the *rest*
of the level above, and a rest that is too small is merged with its smallest siblings, until it has ten persons
and ten cases (cell suppression of official statistics): a procedure's rest with series of the same procedure,
a province's rest with whole procedures. A channel that is too small altogether is merged into one cell of
channel `mixed`, with the other channel's rest where there is one, then with its smallest whole procedures.

Therefore the cell of a case follows from the cells that were released: the first that exists of
series, procedure, province of its channel, `mixed`.

A released cell is a `tally` leaf of the log (docs/log-leaves.md); its `v` is the edition of the
measure that it was counted by. `sums` are the sums of `_counting.py`, the parts of a key joined by `/`,
without those of 0 and without the distribution of what was left to declare, of which `median_left` keeps
the middle.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

from gateway.log.entries import Cell, LeafRange, Quotient, TallyLeaf
from gateway.reduction._cases import ONLINE, PAPER, Row
from gateway.reduction._dossiers import Sums
from gateway.reduction.figures import median_left
from gateway.reduction.releases._counting import CellCounts, summed

SERIES, PROCEDURE, PROVINCE, OUTSIDE = "series", "procedure", "province", "outside"
MIXED = "mixed"


Cells: TypeAlias = dict[Cell, CellCounts]


@dataclass(slots=True)
class _Merging:
    """Cells that may be published, by name, and the rest that may not."""

    fit: dict[str, Cells]
    rest: CellCounts

    def settle(self) -> bool:
        """Merge the smallest cells into the rest until it may be published; False where all are too few."""
        while self.rest.leaves and not self.rest.fit and self.fit:
            smallest = min(self.fit, key=lambda name: (_cases(self.fit[name]), name))
            self.rest.take(summed([*self.fit.pop(smallest).values()]))
        return not self.rest.leaves or self.rest.fit

    def cells(self) -> Cells:
        """The cells that may be published."""
        return {cell: counts for cells in self.fit.values() for cell, counts in cells.items()}


def released(finest: Mapping[Row, CellCounts]) -> Cells | None:
    """Merge the finest cells into those to publish; None where there are too few cases for any."""
    online, paper = (
        _province({row: counts for row, counts in finest.items() if row.channel == channel})
        for channel in (ONLINE, PAPER)
    )
    cells: Cells = {}
    for own, other in ((online, paper), (paper, online)):
        if own.settle():
            continue
        other.settle()
        other.rest.take(own.rest)
        if not other.settle():
            return None
        cells[Cell(PROVINCE, channel=MIXED)] = other.rest
        return cells | other.cells()
    for channel, merged in ((ONLINE, online), (PAPER, paper)):
        cells |= merged.cells()
        if merged.rest.leaves:
            cells[Cell(PROVINCE, channel=channel)] = merged.rest
    return cells or None


def _province(finest: Mapping[Row, CellCounts]) -> _Merging:
    """A channel's procedures, and as the rest those that are too small."""
    procedures: defaultdict[str, dict[Row, CellCounts]] = defaultdict(dict)
    for row, counts in finest.items():
        procedures[row.procedure][row] = counts
    province = _Merging({}, CellCounts())
    for name, rows in procedures.items():
        merged = _procedure(rows)
        if not merged.settle():
            province.rest.take(merged.rest)
            continue
        province.fit[name] = merged.cells()
        if merged.rest.leaves:
            channel = next(iter(rows)).channel
            province.fit[name][Cell(PROCEDURE, name or None, channel=channel)] = merged.rest
    return province


def _procedure(rows: Mapping[Row, CellCounts]) -> _Merging:
    """A procedure's series, and as the rest those that are too small."""
    fit: dict[str, Cells] = {}
    for row, counts in rows.items():
        if counts.fit:
            cell = Cell(SERIES, row.procedure or None, row.form, row.series, row.channel)
            fit[f"{row.form} {row.series}"] = {cell: counts}
    return _Merging(fit, summed([counts for counts in rows.values() if not counts.fit]))


def _cases(cells: Cells) -> int:
    return sum(counts.cases for counts in cells.values())


@dataclass(frozen=True, slots=True)
class Closing:
    """The members that all tallies of one close share: month, range, definition in force."""

    month: str
    partial: bool
    first: int
    last: int
    definition: int
    edition: int = 2


@dataclass(frozen=True, slots=True)
class Tally:
    """A tally of the log (bảng kiểm của một ô công bố)."""

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
    """Cells ordered by their names, so that the order reveals nothing."""
    return sorted(
        cells.items(), key=lambda one: tuple(value or "" for value in asdict(one[0]).values())
    )
