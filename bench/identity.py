"""What are accepting citizens filled, form by form?

    python -m bench.identity > fill.json

Fills every form for eight visits of the mocks' stories, their personas first, with the papers of
everybody concerned on record at the province and in the store of papers, as far as each citizen
answers, and prints the number of filled fields per form and visit as JSON. Two versions of the
gateway are compared by running it in each; nothing in it depends on what a version fills.
"""

import json
import sys
import tempfile
from pathlib import Path

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS
from mocks.igate import FORMS, stories
from tests.conftest import House

VISITS, SEED = 8, 2026


def measured(folder: Path) -> dict[str, dict[str, int]]:
    """Filled fields by form, and there by visit: the persona, or the place among the visits."""
    house = House(folder, with_papers=True)
    house.admit("h99", frozenset({POPULATION, RECORDS, PERSONAL_PAPERS}))
    counts: dict[str, dict[str, int]] = {}
    try:
        for form in sorted(FORMS):
            for number, story in enumerate(stories(house.population, form, VISITS, SEED)):
                house.file_records_of(story.n, *story.owners)
                walk = house.walk(story)
                visit = f"{number} {story.persona or 'anybody'}"
                counts.setdefault(form, {})[visit] = len(walk.filled)
    finally:
        house.close()
    return counts


def main() -> None:
    """Print the counts and the sum of each form."""
    with tempfile.TemporaryDirectory() as folder:
        counts = measured(Path(folder))
    forms = {form: {"filled": sum(of.values()), "visits": of} for form, of in counts.items()}
    json.dump({"forms": forms, "filled": sum(f["filled"] for f in forms.values())}, sys.stdout)


if __name__ == "__main__":
    main()
