"""`gateway forms bundles`: what each linked declaration saves, per procedure."""

from collections.abc import Sequence
from typing import TypedDict

from rich.box import SIMPLE_HEAD
from rich.table import Table

from gateway.cli._deployment import AsJson
from gateway.cli._forms.checking import print_json, print_table, registered_forms
from gateway.forms.bundles import Spared
from gateway.forms.catalogue import Catalogue, RegisteredForm
from gateway.reduction.figures import Figure, figure
from gateway.reduction.table import percent


class BundledProcedure(TypedDict):
    """A procedure of a linked declaration: its items when asked alone, within, and shared."""

    procedure: str
    title: str
    ours: bool
    alone: int
    within: int
    shared: int


class Bundle(TypedDict):
    """A linked declaration: its items, those of its procedures when asked alone, and the share saved."""

    form: str
    items: int
    alone: int
    saved: Figure
    procedures: list[BundledProcedure]


def bundles(
    as_json: AsJson = False,
) -> None:
    """List the procedures of each linked declaration: items asked alone, and within the bundle.

    The saving is potential: 1 - items of the bundle / sum of the items of its parts.
    """
    read = bundles_of(registered_forms(as_json))
    if as_json:
        print_json(read)
        return
    for bundle in read:
        print_table(bundle_table(bundle))


def bundles_of(catalogue: Catalogue) -> list[Bundle]:
    """Every linked declaration."""
    linked = [form for form in catalogue.forms() if form.bindings.serves]
    return [_bundle(form, catalogue.spared(form)) for form in linked]


def _bundle(form: RegisteredForm, spared: Sequence[Spared]) -> Bundle:
    items, alone = len(form.bindings.all_items), sum(one.alone for one in spared)
    return {
        "form": form.code,
        "items": items,
        "alone": alone,
        "saved": figure(alone - items, alone),
        "procedures": [
            {
                "procedure": one.served.procedure,
                "title": one.served.title,
                "ours": one.served.ours,
                "alone": one.alone,
                "within": one.asked,
                "shared": one.shared,
            }
            for one in spared
        ],
    }


def bundle_table(bundle: Bundle) -> Table:
    """One line a procedure of a linked declaration, and what it spares in all."""
    table = Table(title=bundle["form"], box=SIMPLE_HEAD)
    table.add_column("Thủ tục\nProcedure")
    for heading in ("Nộp riêng\nAlone", "Liên thông\nWithin", "Dùng chung\nShared"):
        table.add_column(heading, justify="right")
    for row in bundle["procedures"]:
        code = row["procedure"] + (" (ours)" if row["ours"] else "")
        counts = (str(count) for count in (row["alone"], row["within"], row["shared"]))
        table.add_row(f"{row['title']}\n{code}", *counts)
    table.add_section()
    saved = percent(bundle["saved"]["value"])
    table.add_row("Tổng / Total", str(bundle["alone"]), str(bundle["items"]), f"-{saved}")
    return table
