"""`gateway forms coverage`: how much of each form the connected sources can fill at most."""

from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.table import Table

from gateway.cli._deployment import AsJson
from gateway.cli._forms.checking import print_json, print_table, registered_forms
from gateway.forms.catalogue import Catalogue
from gateway.forms.covering import coverage_of as covered
from gateway.reduction.figures import figure
from gateway.reduction.table import percent
from gateway.sources.registry import registered

_COUNTED = ("required", "bound", "connected", "ceiling")


def coverage(
    as_json: AsJson = False,
) -> None:
    """List official items that are required, and how many of them sources can supply.

    Ceiling: some source can. Connected: a connected source can. Bound: and the form is bound to it.
    Controls and the addressee line are left out; a column of a repeating group counts once.
    """
    rows = coverage_of(registered_forms(as_json))
    if as_json:
        print_json(rows)
    else:
        print_table(_table(rows))


def coverage_of(catalogue: Catalogue) -> list[dict[str, str | int]]:
    """`{"form", "required", "bound", "connected", "ceiling"}` of every registered form, by code."""
    return [
        {"form": form.code, **asdict(covered(form, registered().ids))} for form in catalogue.forms()
    ]


def _table(rows: list[dict[str, str | int]]) -> Table:
    table = Table(title="Mức bao phủ của biểu mẫu / Coverage of the forms", box=SIMPLE_HEAD)
    table.add_column("Biểu mẫu\nForm", overflow="fold")
    for heading in (
        "Bắt buộc\nRequired",
        "Đã ràng buộc\nBound",
        "Đã kết nối\nConnected",
        "Trần\nCeiling",
        "Ràng buộc/trần\nBound of ceiling",
    ):
        table.add_column(heading, justify="right")
    total: dict[str, str | int] = {"form": "Tổng / Total"}
    total |= {name: sum(int(row[name]) for row in rows) for name in _COUNTED}
    for row in [*rows, total]:
        share = figure(int(row["bound"]), int(row["ceiling"]))["value"]
        table.add_row(str(row["form"]), *(str(row[name]) for name in _COUNTED), percent(share))
    return table
