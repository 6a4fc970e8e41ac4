"""T-35: can somebody who solves for it work out a group that is too small to be published?"""

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest

from gateway.log.entries import Cell
from gateway.reduction._cases import ONLINE, PAPER, Row
from gateway.reduction.releases._cells import (
    Closing,
    Tally,
    in_order,
    read_tally,
    released,
    tally_leaf,
)
from gateway.reduction.releases._counting import FEWEST, CellCounts
from gateway.reduction.releases._release import rows_by, total_of
from tests.reduction.releases.test_cells import cell_of, lookup

CHANNELS = (ONLINE, PAPER)
FINEST = [
    Row(form, procedure, series, channel)
    for procedure, form in (("1.1", "a"), ("1.2", "b"), ("1.3", "b"))
    for series, channel in product(("s", "t"), CHANNELS)
]
Unknown = tuple[int, Row]
Equation = tuple[set[Unknown], int]


def month_of(chance: random.Random) -> dict[Row, CellCounts]:
    """A month in which every finest cell has saved some number of fields that nobody must learn."""
    finest = {}
    for row in FINEST:
        if cases := chance.choice((0, 2, 4, 7, 9, 10, 12, 30)):
            finest[row] = cell_of(row, cases)
            finest[row].sums["verdict", "auto"] = chance.randrange(1, 5 * cases)
            finest[row].sums["left", 1] = cases
    return finest


def published(month: int, finest: Mapping[Row, CellCounts]) -> tuple[list[Tally], dict[Row, Cell]]:
    """The tallies of a month, and where its cases are counted, which their names alone tell."""
    cells = released(finest)
    if cells is None:
        return [], {}
    closing = Closing(f"2026-{month:02}", False, 1000 * month, 1000 * month + 999, 0)
    tallies = [
        read_tally(index, tally_leaf(closing, cell, counts))
        for index, (cell, counts) in enumerate(in_order(cells))
    ]
    return tallies, {row: lookup(cells, row) for row in finest}


def equations(
    month: int, tallies: Sequence[Tally], cell_of_row: Mapping[Row, Cell]
) -> Iterator[Equation]:
    """Every number of fields saved that a month's release gives, in every grouping and total."""

    def summed(cells: set[Cell]) -> set[Unknown]:
        return {(month, row) for row, cell in cell_of_row.items() if cell in cells}

    for tally in tallies:
        yield summed({tally.cell}), tally.sums["verdict", "auto"]
    totals = {channel: total_of(tallies, channel) for channel in CHANNELS}
    for channel, total in totals.items():
        yield summed({t.cell for t in tallies if t.cell.channel == channel}), total["auto"]
    for by in ("series", "form", "procedure"):
        for row in rows_by(by, tallies, totals):
            yield summed({t.cell for t in tallies if _in(t.cell, row, by)}), row["auto"]


def _in(cell: Cell, row: Mapping[str, Any], by: str) -> bool:
    names = {"series": ("form", "procedure", "series")}.get(by, (by,))
    return cell.channel == row["channel"] and all(getattr(cell, n) == row[n] for n in names)


class Solver:
    """Gauss and Jordan over fractions: which sums of unknowns follow from what is published?"""

    def __init__(self, told: Sequence[Equation]) -> None:
        self.unknowns = sorted({unknown for members, _ in told for unknown in members})
        self.rows: list[list[Fraction]] = []
        for members, value in told:
            row = [Fraction(unknown in members) for unknown in self.unknowns]
            self._reduce([*row, Fraction(value)])

    def _reduce(self, row: list[Fraction]) -> None:
        row = self._without_pivots(row)
        pivot = next((place for place, one in enumerate(row[:-1]) if one), None)
        if pivot is None:
            assert not row[-1], "what is published contradicts itself"
            return
        row = [one / row[pivot] for one in row]
        self.rows = [
            [a - other[pivot] * b for a, b in zip(other, row, strict=True)] for other in self.rows
        ]
        self.rows.append(row)

    def _without_pivots(self, row: list[Fraction]) -> list[Fraction]:
        for known in self.rows:
            pivot = known.index(Fraction(1))
            if factor := row[pivot]:
                row = [a - factor * b for a, b in zip(row, known, strict=True)]
        return row

    def value_of(self, wanted: set[Unknown]) -> Fraction | None:
        """The sum over these unknowns, where it follows."""
        row = [Fraction(unknown in wanted) for unknown in self.unknowns]
        left = self._without_pivots([*row, Fraction(0)])
        return None if any(left[:-1]) else -left[-1]


def recovered(told: Sequence[Equation], months: Sequence[Mapping[Row, CellCounts]]) -> int:
    """How many groups of fewer than ten persons the solver gets right: single cells, pairs, triples."""
    solver, found = Solver(told), 0
    for month, finest in enumerate(months):
        small = [row for row, counts in finest.items() if counts.cases < FEWEST]
        for size in (1, 2, 3):
            for rows in combinations(small, size):
                if sum(finest[row].cases for row in rows) < FEWEST:
                    value = solver.value_of({(month, row) for row in rows})
                    true = sum(finest[row].sums["verdict", "auto"] for row in rows)
                    found += value == true
    return found


@pytest.mark.threat(35)
@pytest.mark.parametrize("seed", range(20))
def test_two_releases_reveal_no_small_group(seed: int) -> None:
    chance = random.Random(seed)
    months = [month_of(chance), month_of(chance)]

    told = [
        equation
        for month, finest in enumerate(months)
        for equation in equations(month, *published(month, finest))
    ]

    assert len(told) > 12
    for members, value in told:
        assert sum(months[m][row].sums["verdict", "auto"] for m, row in members) == value
    assert recovered(told, months) == 0


@pytest.mark.threat(35)
def test_solver_recovers_merely_omitted_cells() -> None:
    """Cells under ten blanked, and the totals of procedures given: what the attack is good for."""
    months = [month_of(random.Random(1))]
    told: list[Equation] = []
    for row, counts in months[0].items():
        if counts.cases >= FEWEST:
            told.append(({(0, row)}, counts.sums["verdict", "auto"]))
    for procedure, channel in product(("1.1", "1.2", "1.3"), CHANNELS):
        its = [r for r in months[0] if (r.procedure, r.channel) == (procedure, channel)]
        total = sum(months[0][row].sums["verdict", "auto"] for row in its)
        told.append(({(0, row) for row in its}, total))

    assert recovered(told, months) >= 2
