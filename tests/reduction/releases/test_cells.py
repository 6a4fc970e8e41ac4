"""Is every published cell made of ten persons at least, and is it clear which cell a case is in?"""

import random
from collections import Counter
from hashlib import sha256
from itertools import product

import pytest

from gateway.log.entries import Cell
from gateway.reduction._cases import Row
from gateway.reduction.releases._cells import (
    MIXED,
    PROCEDURE,
    PROVINCE,
    SERIES,
    Cells,
    released,
)
from gateway.reduction.releases._counting import (
    ANY,
    CHAINS,
    DOSSIERS,
    FEWEST,
    CellCounts,
    Contributors,
)

SIZES = (0, 0, 1, 3, 9, 10, 11, 25)


def cell_of(row: Row, cases: int, *, dossiers: int | None = None, persons: int = 0) -> CellCounts:
    """So many cases, each of a person of its own unless it is said how many there are."""
    counts = CellCounts(leaves=2 * cases, sums=Counter({("dossiers",): dossiers or cases}))
    for what, number in ((ANY, cases), (DOSSIERS, cases if dossiers is None else dossiers)):
        for case in range(number):
            person = f"{row} {case % persons if persons else case}"
            counts.contributors[what].add(1, [sha256(person.encode()).digest()])
    return counts


def lookup(cells: Cells, row: Row) -> Cell:
    """Where a case of this finest cell is counted, by the names of the released cells alone."""
    procedure = row.procedure or None
    for cell in (
        Cell(SERIES, procedure, row.form, row.series, row.channel),
        Cell(PROCEDURE, procedure, channel=row.channel),
        Cell(PROVINCE, channel=row.channel),
        Cell(PROVINCE, channel=MIXED),
    ):
        if cell in cells:
            return cell
    raise AssertionError("a case without a cell")


ONE, TWO = Row("a", "1.000001", "s1", "online"), Row("a", "1.000001", "s2", "online")
OTHER, THIRD = Row("b", "1.000002", "s3", "online"), Row("c", "1.000003", "s4", "online")
PAPER = Row("a", "1.000001", "s1", "paper")


def sizes(finest: dict[Row, CellCounts]) -> dict[tuple[str, str | None, str | None], int]:
    cells = released(finest)
    assert cells is not None
    return {
        (cell.level, cell.procedure, cell.channel): counts.cases for cell, counts in cells.items()
    }


def test_cell_of_ten_stands_smaller_merge_up() -> None:
    finest = {ONE: cell_of(ONE, 10), OTHER: cell_of(OTHER, 4), THIRD: cell_of(THIRD, 6)}

    assert sizes(finest) == {
        ("series", "1.000001", "online"): 10,
        ("province", None, "online"): 10,
    }


def test_small_rest_takes_smallest_sibling() -> None:
    three = Row("a", "1.000001", "s5", "online")
    finest = {ONE: cell_of(ONE, 30), TWO: cell_of(TWO, 12), three: cell_of(three, 2)}

    assert sizes(finest) == {
        ("series", "1.000001", "online"): 30,
        ("procedure", "1.000001", "online"): 14,
    }
    finest = {ONE: cell_of(ONE, 30), OTHER: cell_of(OTHER, 12), THIRD: cell_of(THIRD, 2)}
    assert sizes(finest) == {
        ("series", "1.000001", "online"): 30,
        ("province", None, "online"): 14,
    }


def test_small_channel_joins_smallest_of_other() -> None:
    finest = {ONE: cell_of(ONE, 30), OTHER: cell_of(OTHER, 12), PAPER: cell_of(PAPER, 9)}

    assert sizes(finest) == {("series", "1.000001", "online"): 30, ("province", None, "mixed"): 21}


def test_fewer_than_ten_persons_are_unpublished() -> None:
    assert released({ONE: cell_of(ONE, 9)}) is None
    assert released({ONE: cell_of(ONE, 4), PAPER: cell_of(PAPER, 5)}) is None
    assert released({ONE: cell_of(ONE, 40, persons=9)}) is None
    assert released({ONE: cell_of(ONE, 10, dossiers=1)}) is None
    assert released({}) is None


def test_cell_of_few_dossiers_is_merged() -> None:
    finest = {ONE: cell_of(ONE, 50, dossiers=3), TWO: cell_of(TWO, 12)}

    assert sizes(finest) == {("procedure", "1.000001", "online"): 62}


def test_persons_beyond_tenth_are_not_kept() -> None:
    contributors = Contributors()
    for number in range(1000):
        contributors.add(1, [number.to_bytes(32)])

    assert (contributors.cases, len(contributors.persons), contributors.fit) == (1000, FEWEST, True)


@pytest.mark.threat(35)
@pytest.mark.parametrize("seed", range(300))
def test_cells_partition_cases_and_are_fit(seed: int) -> None:
    chance = random.Random(seed)
    finest = {}
    for procedure, series, channel in product(
        ("", "1.1", "1.2", "1.3"), "sty", ("online", "paper")
    ):
        row = Row(f"form of {procedure}", procedure, series, channel)
        if cases := chance.choice(SIZES[: chance.randrange(3, 9)]):
            dossiers = chance.choice((cases, cases, cases // 2, 0))
            persons = chance.choice((0, 0, 9))
            finest[row] = cell_of(row, cases, dossiers=dossiers, persons=persons)
            finest[row].contributors[CHAINS].add(0, [])

    cells = released(finest)

    if cells is None:
        assert not merged(finest).fit or not finest
        return
    assert all(counts.fit and counts.cases >= FEWEST for counts in cells.values())
    assert sum(counts.leaves for counts in cells.values()) == sum(
        counts.leaves for counts in finest.values()
    )
    found: Counter[Cell] = Counter()
    for row, counts in finest.items():
        found[lookup(cells, row)] += counts.cases
    assert found == Counter({cell: counts.cases for cell, counts in cells.items()})


def merged(finest: dict[Row, CellCounts]) -> CellCounts:
    whole = CellCounts()
    for counts in finest.values():
        whole.take(counts)
    return whole
