"""What a gateway answers, signs and logs for some persons and forms, but for what is drawn by lot.

python -m tests.journeys.ordered    prints it as lines of JSON, in the order in which it was written
"""

import json
import re
import sys
from base64 import urlsafe_b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from gateway.storage.schema import leaves
from tests import conftest
from tests.conftest import House

FORMS = (
    "birth-registration",
    "ct01-permanent-residence",
    "construction-permit",
    "household-business-registration",
    "marriage-registration",
    "social-pension",
)
PERSONS = ("ordinary", "household_head")
_LOT = re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/_=.-]{22,}|.{0,6}[0-9a-f]{16,}|GW-.*|rec_.*")
_BY_LOT = frozenset({"id", "case", "chain", "receipt", "ms", "jti", "iat", "exp", "leaf", "key"})


def told() -> list[Any]:
    """Per call the answer and the claims of its receipt, then the leaves."""
    said: list[Any] = []
    conftest.TIMEOUT_SECONDS = 10.0  # a slow machine is no other answer
    with TemporaryDirectory() as folder:
        house = House(Path(folder), with_papers=True)
        try:
            for person in PERSONS:
                house.file_records_of(house.population.persona(person).n)
                for form in FORMS:
                    answer = house.prefill(house.question(form, person)).json()
                    said.append([person, form, answer, _claims(answer["receipt"])])
            said += house.bodies("prefill")
            said += _public_leaves(house)
        finally:
            house.close()
    return said


def _public_leaves(house: House) -> list[Any]:
    entries = house.services.database.read(
        lambda c: c.execute(select(leaves.c.entry).order_by(leaves.c.idx)).scalars().all()
    )
    read = [json.loads(entry) for entry in entries]
    return [leaf for leaf in read if leaf["kind"] not in ("case", "key")]


def _claims(receipt: str) -> Any:
    part = receipt.split(".")[1]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _without_lot(said: Any) -> Any:
    """The same with a star for whatever another run would draw otherwise."""
    if isinstance(said, dict):
        return {k: "*" if k in _BY_LOT else _without_lot(v) for k, v in said.items()}
    if isinstance(said, list):
        return [_without_lot(one) for one in said]
    return "*" if isinstance(said, str) and _LOT.fullmatch(said) else said


if __name__ == "__main__":
    for line in told():
        sys.stdout.write(json.dumps(_without_lot(line), ensure_ascii=False) + "\n")
