"""Where does another count of the bodies differ from the tallies?

The cell of a case is counted by the finest tally that covers it: that of its series, else of its
procedure, else of its channel in the province, else the one of both channels.
"""

from collections.abc import Mapping
from typing import Any

from gateway_verify._claims.tallies import Close
from gateway_verify._count.cases import Totals
from gateway_verify._count.one_case import Cell, Total
from gateway_verify.findings import Finding, Kind

_MEMBERS = ("level", "procedure", "form", "series", "channel")


def compare(close: Close, number: int, totals: Totals) -> dict[int, Finding]:
    """The tallies of a close against the other count: by leaf, the first difference of each."""
    ours: dict[int, Total] = {index: Total() for index in close.tallies}
    by_cell = {
        tuple(leaf["cell"][name] for name in _MEMBERS): index
        for index, leaf in close.tallies.items()
    }
    for (at, cell), total in totals.cells.items():
        if at == number:
            tally = _tally_of(cell, by_cell)
            if tally is None:
                return {
                    close.at: Finding(Kind.TALLY, "no tally has the cell of a case", None, close.at)
                }
            ours[tally].add(total)
    differences: dict[int, Finding] = {}
    for index, leaf in close.tallies.items():
        if leaf["cell"]["level"] == "outside":
            ours[index].leaves += totals.outside[number]
        if name := _difference(leaf, ours[index]):
            says = f"another count of the bodies gives another `{name}`"
            differences[index] = Finding(Kind.TALLY, says, None, index)
    return differences


def _tally_of(cell: Cell, by_cell: Mapping[tuple[str | None, ...], int]) -> int | None:
    """The finest tally that covers a cell."""
    procedure, form, series, channel = cell
    wanted = (
        ("series", procedure, form, series, channel),
        ("procedure", procedure, None, None, channel),
        ("province", None, None, None, channel),
        ("province", None, None, None, "mixed"),
    )
    return next((by_cell[one] for one in wanted if one in by_cell), None)


def _difference(leaf: Mapping[str, Any], ours: Total) -> str | None:
    """The first member of a tally that the other count does not give."""
    counted: Mapping[str, object] = {
        "leaves": ours.leaves,
        "cases": ours.cases,
        "versions": sorted(ours.versions),
        "median_left": ours.median,
    }
    for name, value in counted.items():
        if leaf[name] != value:
            return name
    sums = {name: number for name, number in ours.sums.items() if number}
    keys = sorted(sums.keys() | leaf["sums"].keys())
    return next((f"sums.{k}" for k in keys if sums.get(k) != leaf["sums"].get(k)), None)
