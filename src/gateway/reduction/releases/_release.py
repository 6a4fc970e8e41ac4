"""A release (bản công bố): its document, its rows in several groupings, and its signature.

The document is made of public leaves alone, so that anybody can make it again:

    kind, v             "release", and the edition of the measure that it is made by
    month, partial      the month; true where it was still running, in a deployment marked as mock
    notice              the lines that have to be read first
    definition          as in `report.py`
    range               {"first", "last"}: the leaves that were closed
    size, root          the tree that ends with the last tally, and its root in base64
    origin              the log's name
    tallies             indices of the tally leaves
    cells               per released cell: cell, leaf, cases, versions, figures (`figures.py`); a cell of
                        channel `mixed` has `sums` in place of figures: no ratio is computed from it
    total               {"online", "paper"}: the figures over all cells of the channel, no median
    reconciliation      the counts of other systems, see `_reconciliation.py`
    uncounted           per form version of the cells: form, version, and of every input that is not
                        counted path, component type and reason
    declarations        whose dossiers are counted: procedure, official declaration, and log and leaf
                        of the baseline that their items are compared with

The last two since the second edition.

A release is read in groups, which are sums of released cells: nothing smaller than a cell is made. A cell that
was merged above the level of a row has a row of its own, without that name. `agency` is published for
whole years alone.

`releases/<month>.jws` is a JWS in compact form, EdDSA over Ed25519, `typ` `release+jwt`; its payload is
`releases/<month>.json` byte for byte: the RFC 8785 text of the release. The key is the one that signs the
log, which `key` leaves name, so that a verifier of the log needs no other. `kid` is its JWK thumbprint.
"""

from base64 import b64encode, urlsafe_b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias, TypedDict

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from gateway.domain.errors import BadRequest
from gateway.domain.json_texts import own_json
from gateway.log.entries import Cell
from gateway.reduction._cases import ONLINE, PAPER
from gateway.reduction._definitions import Definitions
from gateway.reduction._dossiers import Sums
from gateway.reduction._reconciliation import Reconciliation
from gateway.reduction.figures import Figure, Figures, ReadFigures, SourceFigures, figures_of
from gateway.reduction.releases._cells import MIXED, OUTSIDE, Tally, written
from gateway.reduction.report import PARTIAL, LeafRange, notice_of


@dataclass(frozen=True, slots=True)
class ReleaseBasis:
    """What a release is made of beside its tallies: the log's name and root, definitions, counts."""

    origin: str
    size: int
    root: bytes
    definitions: Definitions
    reconciliation: Reconciliation


class _ReleasedCell(TypedDict):
    cell: Mapping[str, object]
    leaf: int
    cases: int
    versions: Sequence[int]


class MixedCell(_ReleasedCell):
    """A cell of both channels, of which no ratio is computed."""

    sums: Mapping[str, int]


class CountedCell(_ReleasedCell):
    """A cell of one channel."""

    figures: Figures


class UncountedInputs(TypedDict):
    """The inputs of a form version that are not counted: path, component type and reason of each."""

    form: str
    version: str
    inputs: Sequence[Sequence[str]]


class Declaration(TypedDict):
    """A procedure and official declaration, and the leaf that states its baseline."""

    procedure: str | None
    declaration: str | None
    log: str
    leaf: int


class _Named(TypedDict, total=False):
    uncounted: Sequence[UncountedInputs]
    declarations: Sequence[Declaration]


class Release(_Named):
    """The document of a release; the module's docstring says what its members mean."""

    kind: str
    v: int
    month: str
    partial: bool
    notice: Sequence[str]
    definition: Mapping[str, object]
    range: LeafRange
    size: int
    root: str
    origin: str
    tallies: Sequence[int]
    cells: Sequence[MixedCell | CountedCell]
    total: Mapping[str, Figures]
    reconciliation: Reconciliation


class ReleaseRow(Figures):
    """A row of a release: a sum of released cells."""

    form: str | None
    procedure: str | None
    series: str | None
    channel: str | None
    cases: int


class SourceRow(SourceFigures, ReadFigures):
    """What one source saved in one channel."""

    source: str
    channel: str


def release_of(tallies: Sequence[Tally], basis: ReleaseBasis) -> Release:
    """The release of the month that these tallies close."""
    closing = tallies[0].closing
    measure = basis.definitions.of_month(closing.last + 1, closing.month)
    shown = [tally for tally in tallies if tally.cell.level != OUTSIDE]
    total = {channel: total_of(shown, channel) for channel in (ONLINE, PAPER)}
    notice = notice_of(basis.definitions, basis.reconciliation, total, partial=closing.partial)
    if measure.edition == 1:  # whose releases stand with this line first
        notice.sort(key=lambda line: line != PARTIAL)
    return {
        "kind": "release",
        "v": measure.edition,
        "month": closing.month,
        "partial": closing.partial,
        "notice": notice,
        "definition": {name: n for name, n in asdict(measure).items() if n is not None},
        "range": {"first": closing.first, "last": closing.last},
        "size": basis.size,
        "root": b64encode(basis.root).decode(),
        "origin": basis.origin,
        "tallies": [tally.leaf for tally in tallies],
        "cells": [_cell(tally) for tally in shown],
        "total": total,
        "reconciliation": basis.reconciliation,
        **_named(shown, basis, measure.edition),
    }


def _named(tallies: Sequence[Tally], basis: ReleaseBasis, edition: int) -> _Named:
    """The inputs that no figure counts, and the declarations whose dossiers are counted."""
    if edition == 1:
        return {}
    leaves = sorted({leaf for tally in tallies for leaf in tally.versions})
    forms = [basis.definitions.forms[leaf] for leaf in leaves]
    keys = sorted({key for form in forms if form.declaration for key in form.keys(None)[1:]})
    known = basis.definitions.baselines
    return {
        "uncounted": [
            {"form": form.form, "version": form.version, "inputs": [*map(list, form.uncounted)]}
            for form in forms
        ],
        "declarations": [
            {
                "procedure": procedure or None,
                "declaration": declaration,
                "log": known[procedure, declaration].log or basis.origin,
                "leaf": known[procedure, declaration].leaf,
            }
            for procedure, declaration in keys
        ],
    }


def total_of(tallies: Sequence[Tally], channel: str) -> Figures:
    """The figures over all cells of one channel, without mixed cells."""
    sums: Sums = Counter()
    for tally in tallies:
        if tally.cell.channel == channel:
            sums.update(tally.sums)
    edition = tallies[0].closing.edition if tallies else 2
    return figures_of(sums, edition=edition)


def _cell(tally: Tally) -> MixedCell | CountedCell:
    row: _ReleasedCell = {
        "cell": asdict(tally.cell),
        "leaf": tally.leaf,
        "cases": tally.cases,
        "versions": list(tally.versions),
    }
    if tally.cell.channel == MIXED:
        return {**row, "sums": written(tally.sums)}
    return {**row, "figures": figures_of(tally.sums, tally.median, tally.closing.edition)}


SERIES, SOURCE, AGENCY = "series", "source", "agency"
_Names: TypeAlias = tuple[str | None, str | None, str | None]
"""Form, procedure and series of a row, each where the row has one."""

_ROWS: Mapping[str, Callable[[Cell], _Names]] = {
    SERIES: lambda cell: (cell.form, cell.procedure, cell.series),
    "form": lambda cell: (cell.form, None, None),
    "procedure": lambda cell: (None, cell.procedure, None),
}


def check_grouping(by: str) -> None:
    """Raise BadRequest `parameter_unusable` for a grouping that releases do not have."""
    if by == AGENCY:
        raise BadRequest("parameter_unusable", "agencies are published for whole years alone", "by")
    if by not in _ROWS and by != SOURCE:
        raise BadRequest("parameter_unusable", "a row is a series, form, procedure or source", "by")


def rows_by(
    by: str, tallies: Iterable[Tally], total: Mapping[str, Figures]
) -> list[ReleaseRow] | list[SourceRow]:
    """The rows of a release; `total` is its member of that name."""
    return _by_source(total) if by == SOURCE else _by_cells(_ROWS[by], tallies)


def _by_cells(name_of: Callable[[Cell], _Names], tallies: Iterable[Tally]) -> list[ReleaseRow]:
    groups: defaultdict[tuple[*_Names, str | None], list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.cell.level != OUTSIDE and tally.cell.channel != MIXED:
            groups[*name_of(tally.cell), tally.cell.channel].append(tally)
    ordered = sorted(groups.items(), key=lambda one: [name or "" for name in one[0]])
    return [_row(names, group) for names, group in ordered]


def _row(names: tuple[*_Names, str | None], tallies: Sequence[Tally]) -> ReleaseRow:
    form, procedure, series, channel = names
    sums: Sums = Counter()
    for tally in tallies:
        sums.update(tally.sums)
    median = tallies[0].median if len(tallies) == 1 else None
    return {
        "form": form,
        "procedure": procedure,
        "series": series,
        "channel": channel,
        "cases": sum(tally.cases for tally in tallies),
        **figures_of(sums, median, tallies[0].closing.edition),
    }


_NO_SHARE: Figure = {"numerator": 0, "denominator": 0, "value": None}
_NOTHING_SAVED: SourceFigures = {
    "auto": 0,
    "override": 0,
    "contested": 0,
    "share": _NO_SHARE,
    "acceptance": _NO_SHARE,
}
_NOTHING_READ: ReadFigures = {
    "reads": 0,
    "unavailable": 0,
    "surplus": 0,
    "failed_attempts": _NO_SHARE,
}


def _by_source(total: Mapping[str, Figures]) -> list[SourceRow]:
    rows: list[SourceRow] = []
    for channel, figures in total.items():
        saved, read = figures["by_source"], figures["source_failures"]
        for source in sorted(saved.keys() | read.keys()):
            rows.append(
                {
                    "source": source,
                    "channel": channel,
                    **saved.get(source, _NOTHING_SAVED),
                    **read.get(source, _NOTHING_READ),
                }
            )
    return rows


TYP = "release+jwt"
LARGEST_RELEASE_BYTES = 16 * 1024 * 1024
_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])
_REGISTRY.max_payload_length = LARGEST_RELEASE_BYTES


class ReleaseSigner:
    """Signs the releases of one deployment with its log's key, which stands in `jwks.json` too."""

    def __init__(self, key: Ed25519PrivateKey, kid: str) -> None:
        self._key = OKPKey.import_key(key)
        self._header = {"alg": "Ed25519", "typ": TYP, "kid": kid}

    def sign(self, text: bytes) -> str:
        """The JWS over a release's text."""
        return jws.serialize_compact(self._header, text, self._key, registry=_REGISTRY)

    def signed(self, signed: str) -> bool:
        """Whether a JWS of ours names this key."""
        head = signed.partition(".")[0].encode()
        header = own_json(urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
        return bool(header["kid"] == self._header["kid"])


def text_of(release: Release) -> bytes:
    """The RFC 8785 text of a release.

    Its names are ASCII and its only fractions have four decimals, so that the shortest decimal is
    the same in every language; a whole number is written without a point.
    """
    return orjson.dumps(_plain(release), option=orjson.OPT_SORT_KEYS)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def read_release(document: bytes | None) -> Release:
    """The release of a closed month, from the text that was signed."""
    release: Release = own_json(document or b"{}")
    return release
