"""How do the figures look to people: as a table on a terminal, and as rows for a spreadsheet?"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

NARROWEST = 132
"""So many columns the table needs to stay one line a form."""

TARGET = 0.2
"""Directive 05/CT-TTg: at least a fifth fewer declared fields; the core figure is held against it."""

_CHANNELS = {"online": "trực tuyến / online", "paper": "giấy / paper"}
_COUNTS = (
    ("dossiers", "Hồ sơ", "Dossiers"),
    ("declarable", "Diện khai", "Declarable"),
    ("auto", "Tự động", "Auto"),
    ("override", "Sửa", "Override"),
    ("contested", "Phản đối", "Contested"),
    ("manual", "Tự khai", "Manual"),
)
_SHARES = (
    ("offered", "Đề xuất", "Offered"),
    ("reduction", "Cắt giảm", "Reduction"),
    ("core", "Cốt lõi", "Core"),
    ("ceiling", "Trần", "Ceiling"),
)
_PLAIN = (
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
)
_FIGURES = (
    *(name for name, _, _ in _SHARES),
    "beyond_login",
    "required_only",
    "override_rate",
    "contested_rate",
    "instant",
    "abandoned",
    "potential",
)
_NAMES = ("form", "procedure", "series", "channel")


def show(document: Mapping[str, Any], console: Console) -> None:
    """Print a report: the notice in its first lines, the figures, and what they rest on."""
    for line in document["notice"]:
        console.print(line, style="bold", markup=False)
    console.print(table_of(document))
    for line in _origin(document):
        console.print(line, style="dim", markup=False, soft_wrap=True)


def table_of(document: Mapping[str, Any]) -> Table:
    """One line per row of the report and one per channel below."""
    table = Table(
        title="Cắt giảm trường thông tin phải khai / Reduction of declared fields",
        box=SIMPLE_HEAD,
        padding=0,
    )
    table.add_column("Biểu mẫu\nForm", overflow="fold", min_width=31)
    for _, vietnamese, english in (*_COUNTS, *_SHARES):
        table.add_column(f"{vietnamese}\n{english}", justify="right", no_wrap=True)
    table.add_column("Mục tiêu\nTarget", justify="right", no_wrap=True)
    for row in document["forms"]:
        below = " · ".join(
            filter(None, (row["form"] and row["procedure"], _CHANNELS[row["channel"]]))
        )
        table.add_row(f"{row['form'] or row['procedure'] or '-'}\n{below}", *_cells(row))
    table.add_section()
    for channel, total in document["total"].items():
        if total["dossiers"] or total["chains"]:
            name = f"Tổng / Total\n{_CHANNELS[channel]}"
            table.add_row(name, *_cells(total), style="bold")
    return table


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{row[name]:,}" for name, _, _ in _COUNTS)
    yield from (percent(row[name]["value"]) for name, _, _ in _SHARES)
    core = row["core"]["value"]
    mark = "" if core is None else " ✓" if core >= TARGET else " ✗"
    yield f"{100 * TARGET:.0f} %{mark}"


def percent(value: float | None) -> str:
    """A share for people: `20.0 %`, or a dash where there is nothing to share."""
    return "–" if value is None else f"{100 * value:.1f} %"


def csv_of(document: Mapping[str, Any]) -> str:
    """The rows of the report and its totals as CSV (RFC 4180), every figure with both its numbers.

    Lines that begin with `#` carry the notice, the leaf range, the root and the definition.
    """
    written = io.StringIO()
    for line in (*document["notice"], *_origin(document)):
        written.write(f"# {line}\r\n")
    rows = [_flat(row) for row in (*document["forms"], *_totals(document))]
    writer = csv.DictWriter(written, list(_flat_names()))
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _origin(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"leaves {document['range']['first']} to {document['range']['last']}"
    yield f"root {document['root']}"
    if document["definition"] is not None:
        yield f"definition {document['definition']['name']} {document['definition']['digest']}"


def _totals(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for channel, total in document["total"].items():
        yield {"form": "total", "procedure": None, "series": None, "channel": channel, **total}


def _flat_names() -> Iterator[str]:
    yield from _NAMES
    yield from (name for name, _, _ in _COUNTS)
    yield from _PLAIN
    for name in _FIGURES:
        yield from (f"{name}_numerator", f"{name}_denominator", name)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: row[name] for name in (*_NAMES, *(n for n, _, _ in _COUNTS), *_PLAIN)}
    for name in _FIGURES:
        flat[f"{name}_numerator"] = row[name]["numerator"]
        flat[f"{name}_denominator"] = row[name]["denominator"]
        flat[name] = row[name]["value"]
    return flat
