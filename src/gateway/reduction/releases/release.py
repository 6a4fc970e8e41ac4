"""What does a release say? (bản công bố)

The document is made of public leaves alone, so that anybody can make it again:

    kind, v             "release", 1
    month, partial      the month; true where it was still running, in a deployment marked as mock
    notice              the lines that every reader must see first
    definition          as in `report.py`
    range               {"first", "last"}: the leaves that were closed
    size, root          the tree that ends with the last tally, and its root in base64
    origin              the log's name
    tallies             indices of the tally leaves
    cells               per released cell: cell, leaf, cases, versions, figures (`figures.py`); a cell of
                        channel `mixed` has `sums` in place of figures: no ratio is computed from it
    total               {"online", "paper"}: the figures over all cells of the channel, no median
    reconciliation      what others counted, see `reconciliation.py`
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.reduction.cases import ONLINE, PAPER
from gateway.reduction.definitions import Definitions
from gateway.reduction.dossiers import Sums
from gateway.reduction.figures import figures_of
from gateway.reduction.notices import notice_of
from gateway.reduction.releases.cells import MIXED, OUTSIDE
from gateway.reduction.releases.tallies import Tally, written

PARTIAL = "tháng chưa kết thúc / the month is not over"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a release rests on beside its tallies: the log's name and root, definitions, counts."""

    origin: str
    size: int
    root: bytes
    definitions: Definitions
    reconciliation: Mapping[str, Any]


def release_of(tallies: Sequence[Tally], grounds: Grounds) -> dict[str, Any]:
    """The release of the month that these tallies close."""
    closing = tallies[0].closing
    measure = grounds.definitions.in_force(closing.last + 1)
    shown = [tally for tally in tallies if tally.cell.level != OUTSIDE]
    notice = notice_of(grounds.definitions, grounds.reconciliation)
    return {
        "kind": "release",
        "v": 1,
        "month": closing.month,
        "partial": closing.partial,
        "notice": [*([PARTIAL] if closing.partial else []), *notice],
        "definition": asdict(measure),
        "range": {"first": closing.first, "last": closing.last},
        "size": grounds.size,
        "root": b64encode(grounds.root).decode(),
        "origin": grounds.origin,
        "tallies": [tally.leaf for tally in tallies],
        "cells": [_cell(tally) for tally in shown],
        "total": {channel: total_of(shown, channel) for channel in (ONLINE, PAPER)},
        "reconciliation": dict(grounds.reconciliation),
    }


def total_of(tallies: Sequence[Tally], channel: str) -> dict[str, Any]:
    """The figures over all cells of one channel; what is mixed is in neither."""
    sums: Sums = Counter()
    for tally in tallies:
        if tally.cell.channel == channel:
            sums.update(tally.sums)
    return figures_of(sums)


def _cell(tally: Tally) -> dict[str, Any]:
    row = {
        "cell": asdict(tally.cell),
        "leaf": tally.leaf,
        "cases": tally.cases,
        "versions": list(tally.versions),
    }
    if tally.cell.channel == MIXED:
        return {**row, "sums": written(tally.sums)}
    return {**row, "figures": figures_of(tally.sums, tally.median)}
