"""By what can a release be read, without making a smaller cell of it?

Groups are sums of released cells; a cell that was merged above what a row is stands in a row of its
own, without that name. `agency` is published for whole years alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gateway.domain.errors import BadRequest
from gateway.log.entries import Cell
from gateway.reduction.dossiers import Sums
from gateway.reduction.figures import figures_of
from gateway.reduction.releases.cells import MIXED, OUTSIDE
from gateway.reduction.releases.tallies import Tally

SERIES, SOURCE, AGENCY = "series", "source", "agency"
_ROWS: Mapping[str, Callable[[Cell], tuple[str | None, ...]]] = {
    SERIES: lambda cell: (cell.form, cell.procedure, cell.series),
    "form": lambda cell: (cell.form, None, None),
    "procedure": lambda cell: (None, cell.procedure, None),
}
_SOURCE_COUNTS = ("reads", "unavailable", "surplus")


def check_grouping(by: str) -> None:
    """Raise BadRequest `parameter_unusable` for what a release is not read by."""
    if by == AGENCY:
        raise BadRequest("parameter_unusable", "agencies are published for whole years alone", "by")
    if by not in _ROWS and by != SOURCE:
        raise BadRequest("parameter_unusable", "a row is a series, form, procedure or source", "by")


def rows_by(by: str, tallies: Iterable[Tally], total: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a release; `total` is its member of that name."""
    return _by_source(total) if by == SOURCE else _by_cells(_ROWS[by], tallies)


def _by_cells(
    name_of: Callable[[Cell], tuple[str | None, ...]], tallies: Iterable[Tally]
) -> list[dict[str, Any]]:
    groups: defaultdict[tuple[str | None, ...], list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.cell.level != OUTSIDE and tally.cell.channel != MIXED:
            groups[*name_of(tally.cell), tally.cell.channel].append(tally)
    return [
        {**dict(zip(("form", "procedure", "series", "channel"), names, strict=True)), **_of(group)}
        for names, group in sorted(groups.items(), key=lambda one: [name or "" for name in one[0]])
    ]


def _of(tallies: Sequence[Tally]) -> dict[str, Any]:
    sums: Sums = Counter()
    for tally in tallies:
        sums.update(tally.sums)
    median = tallies[0].median if len(tallies) == 1 else None
    return {
        "cases": sum(tally.cases for tally in tallies),
        **figures_of(sums, median, tallies[0].closing.edition),
    }


def _by_source(total: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    nothing = {"numerator": 0, "denominator": 0, "value": None}
    empty = {"auto": 0, "override": 0, "contested": 0, "share": nothing, "acceptance": nothing}
    unread = {**dict.fromkeys(_SOURCE_COUNTS, 0), "failed_attempts": nothing}
    for channel, figures in total.items():
        saved, read = figures["by_source"], figures["source_failures"]
        for source in sorted(saved.keys() | read.keys()):
            counted = {**saved.get(source, empty), **read.get(source, unread)}
            rows.append({"source": source, "channel": channel, **counted})
    return rows
