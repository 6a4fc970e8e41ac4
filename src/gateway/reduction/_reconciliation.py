"""Reconcile the measured dossiers and reads with the counts of other systems for the same months.

Counts come from files, as `reconcile` leaves (docs/log-leaves.md); the latest file of a source and
month applies, all leaves of it together. The member `reconciliation` of reports and releases:

    counts      per source that counted dossiers in every month: source, leaves,
                coverage    dossiers measured / counted, of the procedures that it counted
                surplus     dossiers measured beyond its count
                floor       {"online", "paper"}: A_core / (A_core + D + N*F)
    reads       per source that was read: source, leaves, claimed, counted
    headline    "core", or "floor" where a coverage is below 95 %

A procedure measured beyond its count never compensates for another one. Dossiers of cells that were
merged above the procedure are assigned to procedures with missing dossiers: first to those that the file does
not name since they are small, then to those without a cell of their own. N is the number that is still missing
and F the mean of A + D of a procedure's dossiers, rounded up for each procedure; the mean of the channel, or of
both, replaces that of a procedure of which nothing was measured. Counts without a channel are charged to both
floors. (ours: the rounding and the replacement)

The portal has a linked declaration as one dossier for each of its procedures: in the portal's counts it is
compared as those, by the sums `part`, and never as a dossier of its own procedure. iGate counts it once, under
its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TypeAlias, TypedDict

from gateway.log.entries import ReconcileLeaf
from gateway.reduction._cases import ONLINE, PAPER
from gateway.reduction._definitions import BASE_CODE
from gateway.reduction._dossiers import Sums
from gateway.reduction.figures import Figure, figure
from gateway.sources.registry import registered

ENOUGH = Fraction(95, 100)
DOSSIER_SOURCES = ("igate", "portal")
LINKED_APART = "portal"
"""The source that counts a linked declaration once for each of its procedures."""

Counted: TypeAlias = tuple[str | None, str | None]
"""A procedure, or None for all that are not named; and a channel, or None for both."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """One `reconcile` leaf: dossiers by procedure and channel, or a number of reads."""

    leaf: int
    month: str
    source: str
    digest: str
    counts: Mapping[Counted, int]
    reads: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """The sums of one row or cell; `procedure` is None where it was merged away, "" where there is none."""

    procedure: str | None
    channel: str | None
    sums: Sums

    @property
    def dossiers(self) -> int:
        """The number of measured dossiers."""
        return self.sums["dossiers",]

    @property
    def parts(self) -> Mapping[str, int]:
        """The portal's dossiers of linked declarations, by procedure."""
        return {str(key[1]): n for key, n in self.sums.items() if key[0] == "part"}

    @property
    def single(self) -> int:
        """The number of dossiers that are not linked declarations."""
        return self.dossiers - self.sums["bundle",]

    @property
    def declarable(self) -> int:
        """A + D of all dossiers."""
        return self.sums["verdict", "auto"] + self.sums["D",]


class CountedBySource(TypedDict):
    """The measured dossiers beside those that one source counted."""

    source: str
    leaves: Sequence[int]
    coverage: Figure
    surplus: int
    floor: Mapping[str, Figure]


class ReadAtSource(TypedDict):
    """The gateway's reads of a source, as the log and as the source counted them."""

    source: str
    leaves: Sequence[int]
    claimed: int
    counted: int


class Reconciliation(TypedDict):
    """The member `reconciliation` of reports and releases."""

    counts: Sequence[CountedBySource]
    reads: Sequence[ReadAtSource]
    headline: str


def read_supplied(index: int, leaf: ReconcileLeaf) -> Supplied:
    """Read a `reconcile` leaf back."""
    counts = {(one.procedure, one.channel): one.dossiers for one in leaf.counts or ()}
    return Supplied(index, leaf.month, leaf.source, leaf.digest, counts, leaf.reads)


def reconcile(
    supplied: Sequence[Supplied],
    months: Sequence[str],
    measured: Sequence[Measured],
    edition: int = 2,
) -> Reconciliation:
    """Reconcile what was measured with every source that counted each of `months`.

    Since the second edition of the measure a procedure is known by its code without a unit's suffix.
    """
    latest, read = _latest(supplied), registered().remote
    whole = {
        source: [one for month in months for one in latest[source, month]]
        for source in (*DOSSIER_SOURCES, *read)
        if months and all((source, month) in latest for month in months)
    }
    counts = [_count(s, whole[s], measured, edition) for s in DOSSIER_SOURCES if s in whole]
    low = any(c["coverage"]["numerator"] < ENOUGH * c["coverage"]["denominator"] for c in counts)
    return {
        "counts": counts,
        "reads": [_reads(s, whole[s], measured) for s in read if s in whole],
        "headline": "floor" if low else "core",
    }


def _latest(supplied: Sequence[Supplied]) -> dict[tuple[str, str], list[Supplied]]:
    """All leaves of the latest file of each source and month."""
    latest: dict[tuple[str, str], list[Supplied]] = {}
    for one in sorted(supplied, key=lambda one: one.leaf):
        before = latest.get((one.source, one.month), [])
        same = before if before and before[0].digest == one.digest else []
        latest[one.source, one.month] = [*same, one]
    return latest


def _reads(source: str, months: Sequence[Supplied], measured: Sequence[Measured]) -> ReadAtSource:
    return {
        "source": source,
        "leaves": [one.leaf for one in months],
        "claimed": sum(row.sums["read", source, "reads"] for row in measured),
        "counted": sum(one.reads or 0 for one in months),
    }


def _count(
    source: str, months: Sequence[Supplied], measured: Sequence[Measured], edition: int
) -> CountedBySource:
    theirs: defaultdict[Counted, int] = defaultdict(int)
    for one in months:
        for (procedure, channel), number in one.counts.items():
            code = procedure if edition == 1 or procedure is None else procedure[:BASE_CODE]
            theirs[code, channel] += number
    rows = {key: [row for row in measured if _is_of(row, key, theirs)] for key in theirs}
    linked = source == LINKED_APART
    ours = {
        key: sum(row.single for row in rows[key]) + _of_parts(key, theirs, measured)
        if linked
        else sum(row.dossiers for row in rows[key])
        for key in theirs
    }
    missing = _missing(theirs, ours, measured, linked=linked)
    total = sum(theirs.values())
    return {
        "source": source,
        "leaves": [one.leaf for one in months],
        "coverage": figure(total - sum(missing.values()), total),
        "surplus": sum(max(0, ours[key] - theirs[key]) for key in theirs),
        "floor": {c: _floor(c, missing, rows, measured) for c in (ONLINE, PAPER)},
    }


def _is_of(row: Measured, key: Counted, named: Collection[Counted]) -> bool:
    """Whether a row with a procedure is among those that a source counted under `key`."""
    procedure, channel = key
    if not row.procedure or channel not in (None, row.channel):
        return False
    if procedure is None:
        return all((row.procedure, c) not in named for c in (row.channel, None))
    return row.procedure == procedure


def _of_parts(key: Counted, named: Collection[Counted], measured: Sequence[Measured]) -> int:
    """The parts of linked declarations that a source counted under `key`."""
    procedure, channel = key
    return sum(
        number
        for row in measured
        if channel in (None, row.channel)
        for part, number in row.parts.items()
        if part == procedure
        or (procedure is None and all((part, c) not in named for c in (row.channel, None)))
    )


def _missing(
    theirs: Mapping[Counted, int],
    ours: Mapping[Counted, int],
    measured: Sequence[Measured],
    *,
    linked: bool,
) -> dict[Counted, int]:
    """The numbers of dossiers counted and not measured, less those that merged cells may hold."""
    missing = {key: max(0, theirs[key] - ours[key]) for key in theirs}
    merged: defaultdict[str | None, int] = defaultdict(int)
    for row in measured:
        if row.procedure is None:
            merged[row.channel] += row.single if linked else row.dossiers
    for key in sorted(missing, key=lambda key: (bool(key[0]), bool(ours[key]), *map(str, key))):
        for channel in merged:
            if key[1] is None or channel not in (ONLINE, PAPER) or channel == key[1]:
                filled = min(missing[key], merged[channel])
                missing[key] -= filled
                merged[channel] -= filled
    return missing


def _floor(
    channel: str,
    missing: Mapping[Counted, int],
    rows: Mapping[Counted, Sequence[Measured]],
    measured: Sequence[Measured],
) -> Figure:
    own = [row for row in measured if row.channel == channel]
    core, declared = (sum(row.sums[key] for row in own) for key in (("core",), ("D",)))
    burden = 0
    for key, number in missing.items():
        if key[1] in (None, channel):
            its = [row for row in rows[key] if row.channel == channel]
            burden += ceil(number * _mean_declarable(its, own, measured))
    return figure(core, core + declared + burden)


def _mean_declarable(*choices: Sequence[Measured]) -> Fraction:
    """F by the first choice that holds a dossier."""
    for rows in choices:
        if dossiers := sum(row.dossiers for row in rows):
            return Fraction(sum(row.declarable for row in rows), dossiers)
    return Fraction(0)
