"""Answers have the members that OpenAPI describes, no more and no fewer."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from gateway.api._models.answers import IGatePrefillAnswer, PrefillAnswer, SubmissionAnswer
from mocks.igate.dossiers import WRAPPER, applicant_data, eform_id
from tests.conftest import House, Walk

FORM = "tk01-passport"


@pytest.fixture(scope="module")
def walk(house: House) -> Walk:
    house.file_records_of(*house.story(FORM).owners)
    house.admit("h11")
    return house.walk(house.story(FORM))


def as_described(kind: Any, answer: Any) -> Any:
    adapter = TypeAdapter(kind)
    return adapter.dump_python(adapter.validate_python(answer), mode="json")


def test_prefill_answers_as_described(walk: Walk) -> None:
    states = {field["state"] for field in walk.answer["fields"]}

    assert states == {"filled", "empty"}
    assert as_described(PrefillAnswer, walk.answer) == walk.answer


@pytest.mark.parametrize("contested", [False, True], ids=["as filled", "contested"])
def test_submission_answers_as_described(house: House, contested: bool) -> None:
    walk = house.walk(house.story(FORM))
    marked = [next(p for p, f in walk.filled.items() if f["edit"] == "locked")] if contested else []
    answer = house.accepted(walk.submission(contested=marked))

    assert len(answer["corrections"]) == len(marked)
    assert answer["evidence"]["leaves"]
    assert as_described(SubmissionAnswer, answer) == answer


def test_igate_prefill_answers_as_described(house: House) -> None:
    person = house.population.persona("ordinary")
    subject = {"full_name": person.full_name, "personal_id": person.personal_id}
    body = {
        "applicant": {"eformId": WRAPPER, "data": applicant_data(subject, {})},
        "eForm": {"id": eform_id(FORM), "data": {}},
    }
    answer = house.post(f"/v1/igate/eforms/{eform_id(FORM)}/prefill", body).json()

    assert as_described(IGatePrefillAnswer, answer) == answer
