"""Figures as files that other programs read: CSV, XLSX and Parquet of one table.

A `Sheet` is a table independent of the file's format: its columns, its rows, and the figures' origin.

CSV (RFC 4180, UTF-8): lines that begin with `#` carry notice and origin. A text that a
spreadsheet might compute begins with an apostrophe: one whose first character, blanks and control
characters aside, is `=`, `+`, `-`, `@` or one of their full-width forms, and one that begins with a
tab, a line break or NUL (OWASP ASVS 1.2.10). Control characters become blanks.

XLSX: two sheets, `figures`, the table, texts as texts, counts and shares as numbers; `about`, notice and
origin. No cell is a formula or a link, whatever it holds.

Parquet: texts, 64-bit integers and doubles, each column of one type; notice and origin are in the file's
own metadata under `notice` and their names. Needs pyarrow, the extra `auditors`.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gateway.domain.errors import BadRequest
from gateway.reduction.releases import Release, ReleaseRow, SourceRow
from gateway.reduction.report import Report

Cell: TypeAlias = str | int | float | None
Rows: TypeAlias = Sequence[ReleaseRow] | Sequence[SourceRow]

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
_SOURCE_COUNTS = ("auto", "override", "contested", "reads", "unavailable", "surplus")
_SOURCE_FIGURES = ("share", "acceptance", "failed_attempts")


@dataclass(frozen=True, slots=True)
class Column:
    """A named column whose cells are all of one type, or empty."""

    name: str
    kind: type[str] | type[int] | type[float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with the lines that must be read first and the origin of its figures, by name."""

    notice: Sequence[str]
    origin: Mapping[str, str]
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Cell]]


def sheet_of_report(document: Report) -> Sheet:
    """The rows and totals of a report."""
    rows = [*document["forms"], *_totals(document)]
    return _sheet(document, _NAMES, _COUNTS, (*_FIGURES, "potential"), rows)


def sheet_of_release(document: Release, rows: Rows) -> Sheet:
    """The rows of a release, and its totals."""
    return _sheet(document, _NAMES, _COUNTS, _FIGURES, [*rows, *_totals(document)])


def sheet_by_source(document: Release, rows: Rows) -> Sheet:
    """The fields that each source saved, by channel."""
    return _sheet(document, ("source", "channel"), _SOURCE_COUNTS, _SOURCE_FIGURES, rows)


def _totals(document: Report | Release) -> Iterator[Mapping[str, object]]:
    for channel, total in document["total"].items():
        yield {**dict.fromkeys(_NAMES), "form": "total", "channel": channel, **total}


def _sheet(
    document: Report | Release,
    names: Sequence[str],
    counts: Sequence[str],
    figures: Sequence[str],
    rows: Sequence[Mapping[str, object]],
) -> Sheet:
    columns = [*(Column(name, str) for name in names), *(Column(name, int) for name in counts)]
    for name in figures:
        columns += [Column(f"{name}_numerator", int), Column(f"{name}_denominator", int)]
        columns.append(Column(name, float))
    flat = [_flat(row, (*names, *counts), figures) for row in rows]
    return Sheet(document["notice"], dict(_origin(document)), columns, flat)


def _flat(
    row: Mapping[str, object], plain: Sequence[str], figures: Sequence[str]
) -> Mapping[str, Cell]:
    # a release of the first edition knows fewer figures: their cells are empty
    flat = {name: _cell_of(row.get(name)) for name in plain}
    for name in figures:
        figure = row.get(name)
        known: Mapping[str, object] = figure if isinstance(figure, Mapping) else {}
        flat[f"{name}_numerator"] = _cell_of(known.get("numerator"))
        flat[f"{name}_denominator"] = _cell_of(known.get("denominator"))
        flat[name] = _cell_of(known.get("value"))
    return flat


def _cell_of(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError("a cell holds one text or number")


def _origin(document: Report | Release) -> Iterator[tuple[str, str]]:
    if "month" in document:
        yield "origin", document["origin"]
        yield "month", document["month"]
    yield "leaves", f"{document['range']['first']} to {document['range']['last']}"
    if "size" in document:
        yield "size", str(document["size"])
    yield "root", document["root"]
    if (definition := document["definition"]) is not None:
        yield "definition", f"{definition['name']} {definition['digest']}"


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COMPUTED = "=+-@＝＋－＠﹢﹣﹦﹫"


def csv_of(sheet: Sheet) -> str:
    """The whole table as text."""
    written = io.StringIO()
    for line in (*sheet.notice, *(f"{name} {value}" for name, value in sheet.origin.items())):
        written.write(f"# {_CONTROL.sub(' ', line)}\r\n")
    writer = csv.writer(written)
    writer.writerow(column.name for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_cell(row[column.name]) for column in sheet.columns)
    return written.getvalue()


def _cell(value: Cell) -> Cell:
    return escape_formula(value) if isinstance(value, str) else value


def escape_formula(text: str) -> str:
    """Escape a text that a spreadsheet might compute, with an apostrophe (OWASP ASVS 1.2.10)."""
    plain = _CONTROL.sub(" ", text)
    # what is format or blank in any script may be skipped by a spreadsheet before it looks
    first = next((sign for sign in plain if sign.isprintable() and not sign.isspace()), "")
    risky = plain != text or first in _COMPUTED
    return f"'{plain}" if risky and text else plain


if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet


def xlsx_of(sheet: Sheet) -> bytes:
    """The workbook's bytes."""
    from xlsxwriter import Workbook  # imported at the first use, to keep the start short

    written = io.BytesIO()
    with Workbook(written, {"in_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        share = workbook.add_format({"num_format": "0.0000"})
        figures, about = workbook.add_worksheet("figures"), workbook.add_worksheet("about")
        for number, column in enumerate(sheet.columns):
            figures.write_string(0, number, column.name, bold)
        for place, row in enumerate(sheet.rows, 1):
            for number, column in enumerate(sheet.columns):
                fraction = share if column.kind is float else None
                _write(figures, (place, number), row[column.name], fraction)
        figures.freeze_panes(1, 4)
        lines = [*(("notice", line) for line in sheet.notice), *sheet.origin.items()]
        for place, (name, value) in enumerate(lines):
            about.write_string(place, 0, name, bold)
            about.write_string(place, 1, value)
    return written.getvalue()


def _write(worksheet: "Worksheet", place: tuple[int, int], value: Cell, form: object) -> None:
    if isinstance(value, str):
        worksheet.write_string(*place, value)
    elif value is not None:
        worksheet.write_number(*place, value, form)


def parquet_of(sheet: Sheet) -> bytes:
    """The file's bytes; BadRequest `format_not_installed` where pyarrow is not there."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadRequest(
            "format_not_installed", "Parquet needs the extra `auditors`", "format"
        ) from None
    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema(
        [(column.name, types[column.kind]) for column in sheet.columns],
        metadata={"notice": "\n".join(sheet.notice), **sheet.origin},
    )
    table = pyarrow.Table.from_pylist([dict(row) for row in sheet.rows], schema=schema)
    written = io.BytesIO()
    parquet.write_table(table, written)
    return written.getvalue()
