"""`python -m tests.journeys.reach [CITIZENS]`: how much of what the State holds comes, per form?

Citizens accept what is filled, every source is up, the province holds everybody's papers. Prints reach
and connected reach of the 31 forms, as `metrics report --by form` counts them.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.reduction.reading import report_from_log
from gateway.reduction.report import Question
from mocks.igate import FORMS, Behaviour, Visit, stories
from tests.journeys.conftest import Province, province_in

SEED = 2026


async def visit_all(province: Province, citizens: int) -> Mapping[str, Mapping[str, Any]]:
    """Let so many citizens hand in each form; the figures by form."""
    number = 0
    for form in FORMS:
        told = stories(province.population, form, citizens, SEED)[:citizens]
        await province.file_records_of(told)
        for story in told:
            number += 1
            dossier = f"H99.01-20261122-{number:07d}"
            await Visit(province.igate, story, Behaviour.ACCEPT, seed=SEED, dossier=dossier).run()
    document = report_from_log(province.services.database, Question(by="form"))
    return {row["form"]: row for row in document["forms"]}


async def _main(citizens: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with province_in(Path(folder)) as province:
            rows = await visit_all(province, citizens)
    for form, row in sorted(rows.items(), key=lambda one: one[1]["reach"]["value"] or 0):
        core, reach, connected = (row[n] for n in ("core", "reach", "connected_reach"))
        print(
            f"{form:36} core {core['value']} reach {reach['value']} "
            f"({reach['numerator']}/{reach['denominator']}) connected {connected['value']}"
        )


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
