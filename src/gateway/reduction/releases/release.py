"""What does a release say? (bản công bố)

The document is made of public leaves alone, so that anybody can make it again:

    kind, v             "release", and the edition of the measure that it is made by
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
    uncounted           per form version of the cells: form, version, and of every input that is not
                        counted path, component type and reason
    declarations        whose dossiers are counted: procedure, official declaration, and log and leaf
                        of the baseline that their items are held against

The last two since the second edition.
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
    measure = grounds.definitions.of_month(closing.last + 1, closing.month)
    shown = [tally for tally in tallies if tally.cell.level != OUTSIDE]
    total = {channel: total_of(shown, channel) for channel in (ONLINE, PAPER)}
    notice = notice_of(grounds.definitions, grounds.reconciliation, total)
    return {
        "kind": "release",
        "v": measure.edition,
        "month": closing.month,
        "partial": closing.partial,
        "notice": [*([PARTIAL] if closing.partial else []), *notice],
        "definition": {name: n for name, n in asdict(measure).items() if n is not None},
        "range": {"first": closing.first, "last": closing.last},
        "size": grounds.size,
        "root": b64encode(grounds.root).decode(),
        "origin": grounds.origin,
        "tallies": [tally.leaf for tally in tallies],
        "cells": [_cell(tally) for tally in shown],
        "total": total,
        "reconciliation": dict(grounds.reconciliation),
        **({} if measure.edition == 1 else _named(shown, grounds)),
    }


def _named(tallies: Sequence[Tally], grounds: Grounds) -> dict[str, Any]:
    """The inputs that no figure counts, and the declarations whose dossiers are counted."""
    leaves = sorted({leaf for tally in tallies for leaf in tally.versions})
    forms = [grounds.definitions.forms[leaf] for leaf in leaves]
    keys = sorted({key for form in forms if form.declaration for key in form.keys(None)[1:]})
    known = grounds.definitions.baselines
    return {
        "uncounted": [
            {"form": form.form, "version": form.version, "inputs": [*map(list, form.uncounted)]}
            for form in forms
        ],
        "declarations": [
            {
                "procedure": procedure or None,
                "declaration": declaration,
                "log": known[procedure, declaration].log or grounds.origin,
                "leaf": known[procedure, declaration].leaf,
            }
            for procedure, declaration in keys
        ],
    }


def total_of(tallies: Sequence[Tally], channel: str) -> dict[str, Any]:
    """The figures over all cells of one channel; what is mixed is in neither."""
    sums: Sums = Counter()
    for tally in tallies:
        if tally.cell.channel == channel:
            sums.update(tally.sums)
    edition = tallies[0].closing.edition if tallies else 2
    return figures_of(sums, edition=edition)


def _cell(tally: Tally) -> dict[str, Any]:
    row = {
        "cell": asdict(tally.cell),
        "leaf": tally.leaf,
        "cases": tally.cases,
        "versions": list(tally.versions),
    }
    if tally.cell.channel == MIXED:
        return {**row, "sums": written(tally.sums)}
    return {**row, "figures": figures_of(tally.sums, tally.median, tally.closing.edition)}
