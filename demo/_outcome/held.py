"""How much of what only records hold was filled as facts, over a day of the demo.

Over citizens who accept what was filled. The rule by which an item counts stands in
`mocks/igate/reuse.py`, in full; what is held is known from the invented people, never from an answer.

    target   the least share
    rows     one per form: `form`, `dossiers`, `facts` {"numerator", "denominator", "value"}
    total    the same over all rows
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from gateway.reduction.figures import figure
from gateway.reduction.table import percent

TARGET: Final = 0.85
"""At least so much of what records hold is to come as facts."""

_TITLE = (
    "Giấy tờ, CSDL đang giữ mà đăng nhập không biết, người dân chấp nhận / "
    "Held by records, not by the login, citizens who accept"
)


def held_document(accepted: Iterable[tuple[str, Sequence[bool]]]) -> dict[str, Any]:
    """The figure per form and in all; numbers and codes of forms alone.

    `accepted` has of each dossier its form, and for each item that counts whether it came as a fact.
    """
    dossiers, held, facts = Counter[str](), Counter[str](), Counter[str]()
    for form, items in accepted:
        dossiers[form] += 1
        held[form] += len(items)
        facts[form] += sum(items)
    return {
        "target": TARGET,
        "rows": [
            {"form": form, "dossiers": dossiers[form], "facts": figure(facts[form], held[form])}
            for form in sorted(dossiers)
        ],
        "total": {
            "dossiers": dossiers.total(),
            "facts": figure(facts.total(), held.total()),
        },
    }


def held_table(document: Mapping[str, Any]) -> Table:
    """One line a form, and the total against the target."""
    table = Table(title=_TITLE, box=SIMPLE_HEAD, padding=0)
    table.add_column("Biểu mẫu\nForm", min_width=31)
    for heading in ("Hồ sơ\nDossiers", "Đang giữ\nHeld", "Dữ kiện\nFacts", "Tỷ lệ\nShare"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Mục tiêu\nTarget", justify="right", no_wrap=True)
    for row in document["rows"]:
        table.add_row(row["form"], *_cells(row), "")
    table.add_section()
    share = document["total"]["facts"]["value"]
    mark = "" if share is None else " ✓" if share >= document["target"] else " ✗"
    aim = f"{100 * document['target']:.0f} %{mark}"
    table.add_row("Tổng / Total", *_cells(document["total"]), aim, style="bold")
    return table


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    facts = row["facts"]
    counts = (row["dossiers"], facts["denominator"], facts["numerator"])
    return (*(f"{count:,}" for count in counts), percent(facts["value"]))
