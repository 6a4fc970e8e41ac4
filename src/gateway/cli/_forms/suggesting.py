"""`gateway forms suggest`: bindings to begin with for a new form."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from gateway.cli._deployment import AsJson, settings_from_environment
from gateway.cli._forms.checking import (
    form_or_refusal,
    print_json,
    print_table,
    registered_forms,
)
from gateway.forms.attributes import read_dictionary
from gateway.forms.suggesting import Experience, Suggestion

_HEADINGS = (
    "Trường\nField",
    "Nhãn\nLabel",
    "Vai trò\nRole",
    "Thuộc tính\nAttribute",
    "Điểm\nScore",
    "Vì giống\nBecause",
)


def suggest(
    form: Annotated[Path, typer.Argument(help="A Form.io definition.", metavar="FORM.json")],
    as_json: AsJson = False,
) -> None:
    """Suggest a fact for each field of a form, after the fields of the registered forms.

    Exit status: 0 suggested (nothing is written), 1 the form is refused, 2 it cannot be read.
    """
    definition = form_or_refusal(form, as_json)
    schemas = settings_from_environment().schemas
    dictionary = read_dictionary(schemas / "attributes.json")
    found = Experience(registered_forms(as_json).forms(), dictionary).suggest(definition)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        print_table(_table(definition.title, found))


def _table(title: str, found: tuple[Suggestion, ...]) -> Table:
    name = escape(_plain(title))
    table = Table(title=f"Gợi ý ràng buộc / Suggested bindings: {name}", box=SIMPLE_HEAD)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for one in found:
        words = (one.field, one.label, one.role, one.attribute, f"{one.score:.2f}", one.reason)
        table.add_row(*(escape(_plain(word)) for word in words))
    return table


def _plain(text: str) -> str:
    # A form comes from a file that may be anybody's: nothing of it may steer a terminal.
    return "".join(sign if sign.isprintable() else "?" for sign in text)
