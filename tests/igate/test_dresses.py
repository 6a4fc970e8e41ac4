"""An honest iGate that writes dates, choices and texts its own way is never refused."""

import random
import unicodedata
from typing import Any

import pytest

from mocks.igate import Behaviour, IGate, Visit, stories
from mocks.igate.dossiers import DossierIGate
from mocks.igate.form import Form, Input
from tests.conftest import House

FORMS = (
    "bundle-birth",
    "civil-status-extract",
    "ct01-permanent-residence",
    "household-business-registration",
    "land-first-registration",
    "marriage-registration",
    "social-allowance-1d",
    "social-pension",
)


class Redressing(DossierIGate):
    """Writes every choice as one of its services or browsers would; the choice stays the same."""

    chance = random.Random(61)
    dressed = 0

    def _to_igate(self, form: Form, field: Input, value: Any) -> Any:
        worded = super()._to_igate(form, field, value)
        if field.type != "select" or not isinstance(worded, dict) or not worded:
            return worded
        type(self).dressed += 1
        return self.chance.choice(
            (
                worded,
                worded["value"],
                {"value": worded["value"]},
                {"label": "", "value": worded["value"]},
                {**worded, "label": unicodedata.normalize("NFD", worded["label"])},
                {**worded, "label": f" {worded['label']} "},
            )
        )


@pytest.fixture(scope="module")
def office(house: House) -> House:
    for form in FORMS:
        house.file_records_of(*(n for s in stories(house.population, form, 2, 6) for n in s.owners))
    return house


@pytest.mark.threat(61)
@pytest.mark.parametrize("form", FORMS)
def test_honest_visit_is_never_refused(office: House, form: str) -> None:
    Redressing.dressed = 0
    for seed in range(2):
        for story in stories(office.population, form, 2, 6):
            plain, dressed = (
                office.run(Visit(office.igate(kind), story, Behaviour.ACCEPT, seed=seed).run())
                for kind in (IGate, Redressing)
            )
            assert dressed.unexpected == ()
            assert dressed.refused == ()
            assert dressed.counts["contested"] == 0
            # what the citizen chose otherwise than it was filled is the same either way
            assert dressed.counts["override"] == plain.counts["override"]
    assert Redressing.dressed > 0
