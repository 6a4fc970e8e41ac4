"""Releases of a month: figures of cells with at least ten persons, which anybody can recount."""

from gateway.reduction.releases._cells import (
    Cells,
    Closing,
    in_order,
    read_tally,
    released,
    tally_leaf,
)
from gateway.reduction.releases._closing import ClosingContext, close_month
from gateway.reduction.releases._counting import FEWEST, CellCounts, RangeCount
from gateway.reduction.releases._release import (
    SERIES,
    SOURCE,
    Release,
    ReleaseBasis,
    ReleaseRow,
    ReleaseSigner,
    SourceRow,
    check_grouping,
    read_release,
    release_of,
    rows_by,
    text_of,
)
from gateway.reduction.releases._stored import (
    check_all_closed,
    check_kept,
    last_settled,
    listed,
    release_of_month,
    released_months,
    tallies_of,
)

__all__ = [
    "CellCounts",
    "Cells",
    "Closing",
    "FEWEST",
    "ReleaseBasis",
    "ClosingContext",
    "RangeCount",
    "Release",
    "ReleaseRow",
    "ReleaseSigner",
    "SERIES",
    "SOURCE",
    "SourceRow",
    "check_all_closed",
    "check_grouping",
    "check_kept",
    "close_month",
    "in_order",
    "last_settled",
    "listed",
    "read_tally",
    "read_release",
    "release_of",
    "release_of_month",
    "released",
    "released_months",
    "rows_by",
    "tallies_of",
    "tally_leaf",
    "text_of",
]
