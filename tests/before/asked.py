"""Print the sources of some answers in their order: `python -m tests.before.asked FOLDER`."""

import sys
from pathlib import Path

from tests.conftest import House
from tests.few_forms import schemas_with

FORMS = ("social-pension", "driving-licence-exchange", "marital-status-certificate")


def main(folder: Path) -> None:
    house = House(
        folder / "data", with_papers=True, schemas=schemas_with(folder / "schemas", *FORMS)
    )
    try:
        for form in FORMS:
            answer = house.filled(house.question(form, "ordinary"))
            print(form, *((one["source"], one["role"]) for one in answer["sources"]))
    finally:
        house.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
