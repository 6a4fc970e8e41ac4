"""The report of a day: files, JSON for programs, tables for people.

Every figure is the release's own: `release` and `rows` of `figures.json` and the table are what anybody is
given of the closed month, `figures.csv` is that call's CSV byte for byte. How the day's other numbers come
to it stands in `funnel`.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from demo._citizen import lines_of_the_day
from demo._day import Day
from demo._outcome.funnel import funnel_table
from demo._outcome.held import held_table
from demo._outcome.index_766 import index_table
from demo._outcome.proof import COMMAND, lines_of
from demo._outcome.released import show_released
from demo._portal import flags_table
from gateway.cli.bundles import Bundle, bundle_table, bundles_of
from gateway.forms.catalogue import read_catalogue
from gateway.settings import Settings

NARROWEST = 80
"""Columns of the narrowest terminal that the tables are made for."""


def document_of(day: Day) -> dict[str, Any]:
    """The run for programs; no value of anybody."""
    behaved = Counter(str(outcome.behaviour) for outcome in day.outcomes)
    handed_in = Counter(outcome.form for outcome in day.outcomes if outcome.submitted)
    return {
        "funnel": day.funnel,
        "release": None if day.released is None else day.released.document,
        "rows": [] if day.released is None else list(day.released.rows),
        "held": day.held,
        "portal": day.portal,
        "citizen": day.citizen,
        "index_766": day.index,
        "bundles": _bundles(),
        "proof": day.proof,
        "visits": {
            "held": len(day.outcomes),
            "submitted": sum(outcome.submitted for outcome in day.outcomes),
            "prefills": sum(outcome.prefills for outcome in day.outcomes),
            "refused": sum(bool(outcome.refused) for outcome in day.outcomes),
            "behaviour": dict(sorted(behaved.items())),
            "forms": dict(sorted(handed_in.items())),
        },
        "unexpected": list(day.unexpected),
    }


def _bundles() -> list[Bundle]:
    """What each linked declaration spares its citizens, from the forms alone."""
    return bundles_of(read_catalogue(Settings().schemas))


def write_day(folder: Path, day: Day) -> None:
    """The same as files."""
    text = json.dumps(document_of(day), ensure_ascii=False, indent=1)
    (folder / "figures.json").write_text(text + "\n", encoding="utf-8")
    if day.released is not None:
        (folder / "figures.csv").write_bytes(day.released.csv)


def print_json(day: Day) -> None:
    """One document on standard output."""
    typer.echo(json.dumps(document_of(day), ensure_ascii=False))


def print_day(day: Day, folder: Path, kept: Path | None) -> None:
    """The tables, and what was unexpected on the other stream."""
    console = Console()
    console = console if console.width >= NARROWEST else Console(width=NARROWEST)
    console.print(funnel_table(day.funnel))
    if day.released is not None:
        show_released(day.released, console)
    console.print(held_table(day.held))
    console.print(flags_table(day.portal))
    if day.index:
        console.print(index_table(day.index))
    for bundle in _bundles():
        console.print(bundle_table(bundle))
    visits = document_of(day)["visits"]
    typer.echo(
        f"{visits['prefills']} lần điền / prefills · {visits['refused']} lần từ chối / refused"
    )
    for line in (*lines_of_the_day(day.citizen), *lines_of(day.proof, folder)):
        whole = COMMAND in line
        console.print(line, markup=False, highlight=False, soft_wrap=whole)
    typer.echo(f"JSON, CSV: {folder}")
    if kept is not None:
        typer.echo(f"Dữ liệu, nhật ký / data, logs: {kept}")
    for what in day.unexpected:
        typer.echo(f"unexpected: {what}", err=True)
