"""Choose the cells that may be published, and merge smaller ones upwards.

One hierarchy a channel: series < procedure < province. What is too small goes up as the *rest* of
the level above, and a rest that is too small itself takes its smallest sibling along, until nobody
in it can be seen: a procedure's rest takes series of the same procedure, a province's rest whole
procedures. A channel that is too small altogether is merged into one cell of channel `mixed`,
with the other channel's rest where there is one, then with its smallest whole procedures.

Therefore the cell of a case follows from the cells that were released: the first that stands of
series, procedure, province of its channel, `mixed`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gateway.log.entries import Cell
from gateway.reduction.cases import ONLINE, PAPER, Row
from gateway.reduction.releases.counting import CellCounts, summed

SERIES, PROCEDURE, PROVINCE, OUTSIDE = "series", "procedure", "province", "outside"
MIXED = "mixed"


Cells: TypeAlias = dict[Cell, CellCounts]


@dataclass(slots=True)
class _Merging:
    """What is fit to stand by itself, by name, and the rest that is not."""

    fit: dict[str, Cells]
    rest: CellCounts

    def settle(self) -> bool:
        """Let the rest take the smallest along until it is fit; False where even that is too few."""
        while self.rest.leaves and not self.rest.fit and self.fit:
            smallest = min(self.fit, key=lambda name: (_cases(self.fit[name]), name))
            self.rest.take(summed([*self.fit.pop(smallest).values()]))
        return not self.rest.leaves or self.rest.fit

    def cells(self) -> Cells:
        """All that stands by itself."""
        return {cell: counts for cells in self.fit.values() for cell, counts in cells.items()}


def released(finest: Mapping[Row, CellCounts]) -> Cells | None:
    """The cells to publish out of the finest ones; None where there are too few for any."""
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
