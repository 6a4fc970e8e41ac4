"""What stands in an exported table, whatever the file is: its columns, its rows, what it rests on?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Cell: TypeAlias = str | int | float | None

_NAMES = ("form", "procedure", "series", "channel")
_COUNTS = (
    "dossiers",
    "declarable",
    "auto",
    "override",
    "contested",
    "manual",
    "submissions",
    "declared",
    "officer",
    "missing",
    "blank",
    "withdrawn",
    "hidden",
    "auto_instant",
    "dropped",
    "filled",
    "visible",
    "declared_extra",
    "refusals",
    "chains",
    "missed",
    "missed_connected",
    "young",
    "abolished",
    "outside_hours",
)
_FIGURES = (
    "offered",
    "reduction",
    "core",
    "reach",
    "connected_reach",
    "core_without_young",
    "core_without_abolitions",
    "beyond_login",
    "required_only",
    "override_rate",
    "contested_rate",
    "instant",
    "abandoned",
)
_NOTHING: Mapping[str, Cell] = dict.fromkeys(("numerator", "denominator", "value"))
_SOURCE_COUNTS = ("auto", "override", "contested", "reads", "unavailable", "surplus")
_SOURCE_FIGURES = ("share", "acceptance", "failed_attempts")


@dataclass(frozen=True, slots=True)
class Column:
    """A named column whose cells are all of one type, or empty."""

    name: str
    kind: type[str] | type[int] | type[float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with the lines that must be read first and what it rests on, by name."""

    notice: Sequence[str]
    origin: Mapping[str, str]
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Cell]]


def sheet_of_report(document: Mapping[str, Any]) -> Sheet:
    """The rows and totals of a report."""
    rows = [*document["forms"], *_totals(document)]
    return _sheet(document, _NAMES, _COUNTS, (*_FIGURES, "potential"), rows)


def sheet_of_release(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """The rows of a release, and its totals."""
    return _sheet(document, _NAMES, _COUNTS, _FIGURES, [*rows, *_totals(document)])


def sheet_by_source(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """What each source saved, channel by channel."""
    return _sheet(document, ("source", "channel"), _SOURCE_COUNTS, _SOURCE_FIGURES, rows)


def _totals(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for channel, total in document["total"].items():
        yield {**dict.fromkeys(_NAMES), "form": "total", "channel": channel, **total}


def _sheet(
    document: Mapping[str, Any],
    names: Sequence[str],
    counts: Sequence[str],
    figures: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> Sheet:
    columns = [*(Column(name, str) for name in names), *(Column(name, int) for name in counts)]
    for name in figures:
        columns += [Column(f"{name}_numerator", int), Column(f"{name}_denominator", int)]
        columns.append(Column(name, float))
    flat = [_flat(row, (*names, *counts), figures) for row in rows]
    return Sheet(document["notice"], dict(_origin(document)), columns, flat)


def _flat(
    row: Mapping[str, Any], plain: Sequence[str], figures: Sequence[str]
) -> Mapping[str, Cell]:
    # a release of the first edition knows fewer figures: their cells are empty
    flat: dict[str, Cell] = {name: row.get(name) for name in plain}
    for name in figures:
        figure = row.get(name, _NOTHING)
        flat[f"{name}_numerator"] = figure["numerator"]
        flat[f"{name}_denominator"] = figure["denominator"]
        flat[name] = figure["value"]
    return flat


def _origin(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("origin", "month"):
        if name in document:
            yield name, document[name]
    yield "leaves", f"{document['range']['first']} to {document['range']['last']}"
    if "size" in document:
        yield "size", str(document["size"])
    yield "root", document["root"]
    if (definition := document["definition"]) is not None:
        yield "definition", f"{definition['name']} {definition['digest']}"
