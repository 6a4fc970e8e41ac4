"""How is a day of the demo told: as files, as JSON for programs, as tables for people?"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from gateway.cli.demo.citizen import lines_of_the_day
from gateway.cli.demo.day import Day
from gateway.cli.demo.outcome.held import held_table
from gateway.cli.demo.outcome.index_766 import index_table
from gateway.cli.demo.outcome.proof import lines_of
from gateway.cli.demo.portal import flags_table
from gateway.cli.forms.bundles import bundle_table, bundles_of
from gateway.forms.catalogue import read_catalogue
from gateway.reduction.exports.sheet import sheet_of_report
from gateway.reduction.exports.text import csv_of
from gateway.reduction.table import NARROWEST, show
from gateway.settings import Settings


def document_of(day: Day) -> dict[str, Any]:
    """The run for programs; no value of anybody."""
    behaved = Counter(str(outcome.behaviour) for outcome in day.outcomes)
    return {
        "report": day.report,
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
        },
        "unexpected": list(day.unexpected),
    }


def _bundles() -> list[dict[str, Any]]:
    """What each linked declaration spares its citizens, from the forms alone."""
    return bundles_of(read_catalogue(Settings().schemas))


def write_day(folder: Path, day: Day) -> None:
    """The same as files."""
    text = json.dumps(document_of(day), ensure_ascii=False, indent=1)
    (folder / "figures.json").write_text(text + "\n", encoding="utf-8")
    if "forms" in day.report:
        (folder / "figures.csv").write_text(csv_of(sheet_of_report(day.report)), encoding="utf-8")


def print_json(day: Day) -> None:
    """One document on standard output."""
    typer.echo(json.dumps(document_of(day), ensure_ascii=False))


def print_day(day: Day, folder: Path, kept: Path | None) -> None:
    """The tables, and what was unexpected on the other stream."""
    if "forms" in day.report:
        console = Console()
        console = console if console.width >= NARROWEST else Console(width=NARROWEST)
        show(day.report, console)
        console.print(held_table(day.held))
        console.print(flags_table(day.portal))
        if day.index:
            console.print(index_table(day.index))
        for bundle in _bundles():
            console.print(bundle_table(bundle))
    visits = document_of(day)["visits"]
    typer.echo(
        f"{visits['held']} lượt / visits · {visits['submitted']} đã nộp / submitted · "
        f"{visits['prefills']} lần điền / prefills · {visits['refused']} lần từ chối / refused"
    )
    for line in (*lines_of_the_day(day.citizen), *lines_of(day.proof, folder)):
        typer.echo(line)
    typer.echo(f"JSON, CSV: {folder}")
    if kept is not None:
        typer.echo(f"Dữ liệu, nhật ký / data, logs: {kept}")
    for what in day.unexpected:
        typer.echo(f"unexpected: {what}", err=True)
