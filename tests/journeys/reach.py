"""`python -m tests.journeys.reach [CITIZENS]`: how much of what the State holds comes, per form?

Citizens accept what is filled, every source is up, and the province holds everybody's papers. Prints reach
and connected reach of every form, as `metrics report --by form` counts them, and each item that a source
could hold and that did not come, with the reason that the gateway's answers gave before the citizen typed
it. `schemas/forms/<form>/reach.json` says which items do not come and why.

Exit status: 0 every form's reach is at least 0.9, at the least over the items that no written reason names;
1 one is lower.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from gateway.domain.identifiers import FormCode
from gateway.domain.verdicts import DECLARED, Verdict
from gateway.forms.catalogue import read_catalogue
from gateway.forms.unreached import Unreached, read_all_unreached
from gateway.log.stored import log_size
from gateway.reduction._cases import CaseReader
from gateway.reduction._definitions import Standards
from gateway.reduction._dossiers import Item, items_of
from gateway.reduction._reading import cases_of, definitions_of
from gateway.reduction.report import Question, report_from_log
from gateway.storage.database import Database
from mocks.igate import FORMS, Behaviour, Outcome, Visit, stories
from tests.journeys.conftest import Province, province_in

SEED = 2026
CITIZENS = 6
"""How many citizens a form the kept result is of: personas first, then others."""

MOST_CITIZENS = 20
"""More of one form in an hour would count as a burst."""

LEAST = 0.9
PATIENCE_SECONDS = 30.0
RESULT = Path(__file__).parents[2] / "bench" / "results" / "reach.json"
_SCHEMAS = Path(__file__).parents[2] / "schemas"
_CHANGED = "changed"

Missed = tuple[str, str]
"""An item and the reason why it did not come."""


@dataclass(frozen=True, slots=True)
class FormReach:
    """What came of one form: its figures, what was missed in how many dossiers, what is written."""

    form: str
    figures: Mapping[str, Any]
    missed: Counter[Missed]
    written: frozenset[Missed]

    @property
    def unexplained(self) -> list[Missed]:
        """What did not come although no written reason names it."""
        return sorted(self.missed.keys() - self.written)

    @property
    def is_low(self) -> bool:
        """Whether less came than the State holds, whatever is written."""
        reach = self.figures["reach"]
        return bool(reach["numerator"] < LEAST * reach["denominator"])

    @property
    def passes(self) -> bool:
        """Whether what no reason explains is at most a tenth."""
        came = self.figures["reach"]["numerator"]
        without_reason = sum(self.missed[one] for one in self.unexplained)
        return not self.is_low or bool(came >= LEAST * (came + without_reason))

    def as_json(self) -> dict[str, Any]:
        """As the result keeps it."""
        return {
            "form": self.form,
            **{name: self.figures[name] for name in ("core", "reach", "connected_reach")},
            "missed": [
                {"item": item, "reason": reason, "dossiers": self.missed[item, reason]}
                for item, reason in sorted(self.missed)
            ],
            "unexplained": sorted({item for item, _ in self.unexplained}),
            "passes": self.passes,
        }


async def measure(province: Province, citizens: int) -> list[FormReach]:
    """Let so many citizens hand in each form, and see what came."""
    outcomes = [outcome async for outcome in _visits(province, citizens)]
    database = province.services.database
    missed = _missed(database, outcomes)
    rows = {r["form"]: r for r in report_from_log(database, Question(by="form"))["forms"]}
    unreached = read_all_unreached(_SCHEMAS, read_catalogue(_SCHEMAS))
    return [
        FormReach(form, rows[form], missed[form], frozenset(_pairs(unreached[FormCode(form)])))
        for form in sorted(FORMS)
    ]


def _pairs(unreached: Iterable[Unreached]) -> Iterator[Missed]:
    for one in unreached:
        yield from ((item, one.reason.value) for item in one.items)


async def _visits(province: Province, citizens: int) -> AsyncIterator[Outcome]:
    number = 0
    for form in FORMS:
        given = stories(province.population, form, citizens, SEED)
        await province.file_records_of(given)
        for story in given:
            number += 1
            dossier = f"H99.01-20261122-{number:07d}"
            visit = Visit(province.igate, story, Behaviour.ACCEPT, seed=SEED, dossier=dossier)
            outcome = await visit.run()
            if not outcome.submitted or outcome.unexpected:
                raise RuntimeError(f"{form}: {outcome.unexpected}")
            yield outcome


def _missed(database: Database, outcomes: Sequence[Outcome]) -> dict[str, Counter[Missed]]:
    """By form, what the figures count as missed, with why it came empty, in how many dossiers."""
    missed: dict[str, Counter[Missed]] = {form: Counter() for form in FORMS}
    for outcome, items in zip(outcomes, _items(database), strict=True):
        for name, item in items.items():
            if item.missed:
                missed[outcome.form].update({(name, why) for why in _why(item, outcome)})
    return missed


def _items(database: Database) -> Iterator[dict[str, Item]]:
    """The items of every dossier, in the order in which the dossiers were handed in."""
    size = database.read(log_size)
    definitions = database.read(lambda connection: definitions_of(connection, size))
    standards = Standards(definitions, definitions.edition)
    reader = CaseReader(definitions, definitions.edition)
    judged = []
    for case in cases_of(database, 0, size - 1):
        submissions = reader.read(case.payloads).judged()
        judged += [submissions] if submissions else []
    for submissions in sorted(judged, key=lambda one: one[-1].leaf):
        last = submissions[-1]
        standard = standards.of(last.form, last.procedure, last.tenant, last.leaf)
        yield items_of(submissions, standard)


def _why(item: Item, outcome: Outcome) -> Iterator[str]:
    """Why the fields of an item that somebody declared came empty; else that they were changed."""
    for path, judged in item.fields.items():
        if judged.verdict is Verdict.OVERRIDE:
            yield _CHANGED
        elif judged.verdict in DECLARED:
            yield outcome.empties.get(path, "already_given")


def result_of(found: Sequence[FormReach], citizens: int) -> dict[str, Any]:
    """The whole result, which is the same whenever it is measured."""
    forms = [one.as_json() for one in found]
    return {"citizens": citizens, "seed": SEED, "least": LEAST, "forms": forms}


def text_of(result: Mapping[str, Any]) -> str:
    """The result as it is kept."""
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def table_of(found: Sequence[FormReach]) -> Table:
    """The forms for people, lowest reach first."""
    table = Table("form", "core", "reach", "connected", "what did not come, and why", "")
    for one in sorted(found, key=lambda form: form.figures["reach"]["value"]):
        core, reach, connected = (
            one.figures[name] for name in ("core", "reach", "connected_reach")
        )
        came = f"{reach['value']:.4f} ({reach['numerator']}/{reach['denominator']})"
        status = "" if not one.is_low else "reason written" if one.passes else "NO REASON"
        table.add_row(
            one.form,
            f"{core['value']:.4f}",
            came,
            f"{connected['value']:.4f}",
            "\n".join(_reasons(one)),
            status,
        )
    return table


def _reasons(one: FormReach) -> Iterator[str]:
    """The items by reason, those that nothing explains marked."""
    reasons = sorted({reason for _, reason in one.missed})
    for reason in reasons:
        items = sorted(item for item, why in one.missed if why == reason)
        marked = (i if (i, reason) in one.written else f"{i} (!)" for i in items)
        yield f"{reason}: {', '.join(marked)}"


async def measured(citizens: int) -> list[FormReach]:
    """Measure in a province of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with province_in(Path(folder), patience=PATIENCE_SECONDS) as province:
            return await measure(province, citizens)


def _number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_CITIZENS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_CITIZENS} citizens a form")
    return number


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("citizens", nargs="?", type=_number, default=CITIZENS)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    parser.add_argument("--out", type=Path, help=f"keep the result, as in {RESULT.name}")
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    found = asyncio.run(measured(given.citizens))
    return show(found, given.citizens, as_json=given.json, out=given.out)


def show(found: Sequence[FormReach], citizens: int, *, as_json: bool, out: Path | None) -> int:
    """Print and keep what was measured; the exit status."""
    text = text_of(result_of(found, citizens))
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if as_json:
        sys.stdout.write(text)
    else:
        Console(width=None if sys.stdout.isatty() else 160).print(table_of(found))
    return 0 if all(one.passes for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
