"""The figures of a report as a table on a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from gateway.reduction._reconciliation import Reconciliation
from gateway.reduction.figures import Figures
from gateway.reduction.report import Report, ReportRow

NARROWEST = 144
"""The least width in columns at which a form takes one line."""

TARGET = 0.2
"""Directive 05/CT-TTg: at least a fifth fewer declared fields; the core figure is compared with it."""

_CHANNELS = {"online": "trực tuyến / online", "paper": "giấy / paper"}
_Count: TypeAlias = Literal["dossiers", "declarable", "auto", "override", "contested", "manual"]
_Share: TypeAlias = Literal["offered", "reduction", "core", "reach", "connected_reach"]
_COUNTS: Sequence[tuple[_Count, str, str]] = (
    ("dossiers", "Hồ sơ", "Dossiers"),
    ("declarable", "Diện khai", "Declarable"),
    ("auto", "Tự động", "Auto"),
    ("override", "Sửa", "Override"),
    ("contested", "Phản đối", "Contested"),
    ("manual", "Tự khai", "Manual"),
)
_SHARES: Sequence[tuple[_Share, str, str]] = (
    ("offered", "Đề xuất", "Offered"),
    ("reduction", "Cắt giảm", "Reduction"),
    ("core", "Cốt lõi", "Core"),
    ("reach", "Tầm với", "Reach"),
    ("connected_reach", "Đã kết nối", "Connected"),
)


def show(document: Report, console: Console) -> None:
    """Print a report: the notice, the figures, and their origin."""
    for line in document["notice"]:
        console.print(line, style="bold", markup=False)
    console.print(table_of(document))
    for line in _reconciled(document["reconciliation"]):
        console.print(line, markup=False)
    for line in _origin(document):
        console.print(line, style="dim", markup=False, soft_wrap=True)


def table_of(document: Report) -> Table:
    """A section for each channel with one line per row of the report, and the totals below.

    Rows of one form in one channel are distinguished by their procedure, in a second line.
    """
    table = Table(
        title="Cắt giảm trường thông tin phải khai / Reduction of declared fields",
        box=SIMPLE_HEAD,
        padding=0,
    )
    table.add_column("Biểu mẫu\nForm", overflow="fold", min_width=31)
    for _, vietnamese, english in (*_COUNTS, *_SHARES):
        table.add_column(f"{vietnamese}\n{english}", justify="right", no_wrap=True)
    table.add_column("Mục tiêu\nTarget", justify="right", no_wrap=True)
    for channel, name in _CHANNELS.items():
        rows = [row for row in document["forms"] if row["channel"] == channel]
        if rows:
            table.add_row(name, style="italic")
        for row, label in zip(rows, _labels(rows), strict=True):
            table.add_row(label, *_cells(row))
        table.add_section()
    for channel, total in document["total"].items():
        if total["dossiers"] or total["chains"]:
            name = f"Tổng / Total\n{_CHANNELS[channel]}"
            table.add_row(name, *_cells(total), style="bold")
    return table


def _labels(rows: Sequence[ReportRow]) -> Iterator[str]:
    names = [row["form"] or row["procedure"] or "-" for row in rows]
    often = Counter(names)
    for row, name in zip(rows, names, strict=True):
        yield f"{name}\n{row['procedure'] or '-'}" if often[name] > 1 else name


def _cells(row: Figures) -> Iterator[str]:
    yield from (f"{row[name]:,}" for name, _, _ in _COUNTS)
    for name, _, _ in _SHARES:
        share = row.get(name)  # the first edition of the measure knows fewer
        yield percent(None if share is None else share["value"])
    core = row["core"]["value"]
    mark = "" if core is None else " ✓" if core >= TARGET else " ✗"
    yield f"{100 * TARGET:.0f} %{mark}"


def percent(value: float | None) -> str:
    """A share as text: `20.0 %`, or a dash where it is undefined."""
    return "–" if value is None else f"{100 * value:.1f} %"


def _reconciled(reconciliation: Reconciliation) -> Iterator[str]:
    """The counts of other systems, a line for each."""
    for one in reconciliation["counts"]:
        floors = ", ".join(
            f"{_CHANNELS[channel]} {percent(floor['value'])}"
            for channel, floor in one["floor"].items()
        )
        coverage = one["coverage"]
        yield (
            f"Độ phủ / Coverage ({one['source']}): {coverage['numerator']:,} / "
            f"{coverage['denominator']:,} = {percent(coverage['value'])}; "
            f"mức sàn / floor: {floors}"
        )
    for read in reconciliation["reads"]:
        yield (
            f"Lượt đọc / Reads ({read['source']}): nhật ký / claimed {read['claimed']:,}, "
            f"nguồn / counted {read['counted']:,}"
        )


def _origin(document: Report) -> Iterator[str]:
    yield f"leaves {document['range']['first']} to {document['range']['last']}"
    yield f"root {document['root']}"
    if document["definition"] is not None:
        yield f"definition {document['definition']['name']} {document['definition']['digest']}"
