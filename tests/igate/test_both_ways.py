"""A visit in iGate's own dossier shape, and the same visit by the plain calls: one and the same."""

import base64
import json
from typing import Any

import pytest

from mocks.igate import Behaviour, IGate, Outcome, Story, Visit, stories
from mocks.igate.client import Answer
from mocks.igate.dossiers import DossierIGate
from mocks.igate.screen import Screen
from tests.conftest import House

Json = dict[str, Any]
OF_ITS_OWN = {"case", "chain", "rd", "kc", "prev", "pf", "cc", "sec"}
"""What is drawn anew for every chain."""


class Heard:
    """Keeps what the gateway answered to a kind of iGate."""

    def __init__(self) -> None:
        self.answers: list[Json] = []

    def __call__(self, kind: type[IGate]) -> type[IGate]:
        heard = self.answers

        class Listening(kind):  # type: ignore[valid-type,misc]  # the class is only known here
            async def prefill(self, body: Any) -> Answer:
                answer: Answer = await super().prefill(body)
                heard.append(dict(answer.body))
                return answer

        return Listening


class AsOnTheScreen(Visit):
    """A visit whose data go out as they stand: a bare choice has no label, whichever way it goes."""

    def _submission(self, screen: Screen, contested: list[str]) -> Json:
        return {**super()._submission(screen, contested), "data": screen.data}


def claims(receipt: str) -> Json:
    payload = receipt.split(".")[1]
    read: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def said(receipt: str) -> list[Json]:
    """Every field's entry of a receipt but its tag, which has a key of its own."""
    return [{k: v for k, v in f.items() if k != "tag"} for f in claims(receipt)["fields"]]


def visit(
    house: House, story: Story, kind: type[IGate], behaviour: Behaviour, officer: str | None = None
) -> tuple[Outcome, list[Json], list[Json]]:
    """One visit: its outcome, the answers to its prefills, and the bodies that it left in the log."""
    heard = Heard()
    kinds = ("prefill", "submission", "refusal")
    before = {leaf: len(house.bodies(leaf)) for leaf in kinds}
    dossier = None if officer is None else house.open_dossier()
    igate = house.igate(heard(kind))
    visit = AsOnTheScreen(igate, story, behaviour, seed=7, dossier=dossier, officer=officer)
    # the draws of a visit hang on its dossier; here only the shape may differ
    visit._chance.seed(f"{story.form} {story.n}")
    outcome = house.run(visit.run())
    bodies = [body for leaf in kinds for body in house.bodies(leaf)[before[leaf] :]]
    plain = [{k: v for k, v in body.items() if k not in OF_ITS_OWN} for body in bodies]
    return outcome, heard.answers, plain


FORMS = (
    "birth-registration",
    "bundle-birth",
    "ct01-permanent-residence",
    "household-business-registration",
    "marriage-registration",
    "social-pension",
    "tk01-passport",
)
"""One or two of every sort: rows, communes of a province, ethnic groups, gender, several people."""


@pytest.fixture(scope="module")
def office(house: House) -> House:
    for form in FORMS:
        house.file_records_of(*(n for s in stories(house.population, form, 2, 5) for n in s.owners))
    return house


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("behaviour", [Behaviour.CORRECT, Behaviour.TAMPER])
def test_results_equal_those_of_plain_calls(office: House, form: str, behaviour: Behaviour) -> None:
    story = stories(office.population, form, 2, 5)[-1]
    plain, plain_answers, plain_leaves = visit(office, story, IGate, behaviour)
    shaped, shaped_answers, shaped_leaves = visit(office, story, DossierIGate, behaviour)

    assert (plain.unexpected, shaped.unexpected) == ((), ())
    assert plain.submitted and shaped.submitted
    assert shaped.counts == plain.counts
    assert shaped.refused == plain.refused
    assert shaped_leaves == plain_leaves
    assert len(shaped_answers) == len(plain_answers) > 0
    for one, other in zip(plain_answers, shaped_answers, strict=True):
        assert other["data"] == one["data"]
        assert other["fields"] == one["fields"]
        assert other["unmapped"] == []
        assert said(other["receipt"]) == said(one["receipt"])


def test_officers_visit_is_equal_by_both_calls(office: House) -> None:
    story = stories(office.population, "ct01-permanent-residence", 2, 5)[-1]
    officer = "H99.01.cb017"
    plain, _, plain_leaves = visit(office, story, IGate, Behaviour.ACCEPT, officer)
    shaped, _, shaped_leaves = visit(office, story, DossierIGate, Behaviour.ACCEPT, officer)

    assert shaped.submitted
    assert shaped.counts["officer"] > 0
    assert shaped.counts == plain.counts
    assert shaped_leaves == plain_leaves
