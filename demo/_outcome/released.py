"""The release of the demo's month: the one document behind every printed and written figure.

After the month was closed anybody is given it, without a token: `GET /v1/metrics/field-reduction?month=`
gives the release (`release`), its signature and its rows; with `format=csv` the same rows and totals as
text, which are `figures.csv`, byte for byte.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from gateway.reduction.table import TARGET, percent

_CALL: Final = "/v1/metrics/field-reduction"
_CHANNELS: Final = {"online": "trực tuyến / online", "paper": "giấy / paper"}
_COLUMNS: Final = (
    ("dossiers", "Hồ sơ", "Dossiers"),
    ("declarable", "Diện khai", "Declarable"),
    ("auto", "Tự động", "Auto"),
    ("override", "Sửa", "Override"),
    ("contested", "Phản đối", "Contested"),
    ("manual", "Tự khai", "Manual"),
    ("reduction", "Cắt giảm", "Reduction"),
    ("core", "Cốt lõi", "Core"),
    ("reach", "Tầm với", "Reach"),
    ("target", "Mục tiêu", "Target"),
)
_FIRST_TO_GO: Final = ("override", "contested", "declarable", "manual", "target", "auto")
"""Columns that a narrow terminal goes without, in this order; the files have them all."""


@dataclass(frozen=True, slots=True)
class Released:
    """A release as its own document, with its rows, and the same as CSV."""

    document: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    csv: bytes = field(repr=False)

    @property
    def title(self) -> str:
        """Month, range and definition in one line."""
        of = self.document
        return f"{of['month']}: leaves {of['range']['first']} to {of['range']['last']}"


async def read_released(http: httpx.AsyncClient, month: str) -> Released | None:
    """What anybody is given of a month; None where nothing was released."""
    answer = await http.get(f"{_CALL}?month={month}")
    if answer.status_code != httpx.codes.OK:
        return None
    body = answer.json()
    sheet = (await http.get(f"{_CALL}?month={month}&format=csv")).raise_for_status()
    return Released(body["release"], body["rows"], sheet.content)


def show_released(released: Released, console: Console) -> None:
    """Print the notice, the figures in as many columns as fit, and what they rest on."""
    document = released.document
    for line in document["notice"]:
        console.print(line, style="bold", markup=False)
    console.print(figures_table(released, console))
    console.print(released.title, style="dim", markup=False)
    console.print(f"root {document['root']}", style="dim", markup=False, soft_wrap=True)
    definition = document["definition"]
    named = f"definition {definition['name']} {definition['digest']}"
    console.print(named, style="dim", markup=False, soft_wrap=True)


def figures_table(released: Released, console: Console) -> Table:
    """The release's rows and totals; without columns where the console is too narrow for them."""
    known = released.document["total"]["online"]
    names = [name for name, *_ in _COLUMNS if name in known or name == "target"]
    for going in (*_FIRST_TO_GO, None):
        table = _table(released, names)
        wide = Measurement.get(console, console.options.update(max_width=1_000), table).maximum
        if wide <= console.width or going is None:
            return table
        names = [name for name in names if name != going]
    raise AssertionError("the last round gives the table, however wide")


def _table(released: Released, names: Sequence[str]) -> Table:
    table = Table(
        title=f"Đã công bố / Released {released.document['month']}", box=SIMPLE_HEAD, padding=0
    )
    table.add_column("Biểu mẫu\nForm", overflow="fold")
    for name, vietnamese, english in _COLUMNS:
        if name in names:
            table.add_column(f"{vietnamese}\n{english}", justify="right", no_wrap=True)
    for channel, said in _CHANNELS.items():
        rows = [row for row in released.rows if row["channel"] == channel]
        total = released.document["total"][channel]
        if rows:
            table.add_row(said, style="italic")
        for row in rows:
            table.add_row(row["form"] or "gộp / merged", *_cells(row, names))
        if rows or total["dossiers"]:
            table.add_row("Tổng / Total", *_cells(total, names), style="bold")
        table.add_section()
    return table


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name == "target":
            core = row["core"]["value"]
            mark = "" if core is None else " ✓" if core >= TARGET else " ✗"
            yield f"{100 * TARGET:.0f} %{mark}"
        elif isinstance(row[name], Mapping):
            yield percent(row[name]["value"])
        else:
            yield f"{row[name]:,}"
