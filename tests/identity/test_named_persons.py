"""Whom do a receipt and the rows of a case name? The applicant, and whom something was asked of."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS
from gateway.storage.schema import case_persons
from mocks.igate import FORMS
from tests.conftest import House, Json
from tests.identity.world import EVERYTHING, NO_LIMITS, STRANGE_NAME, claims

RESIDENCE = ("ct01-permanent-residence", "ct01-temporary-residence")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("named"), with_papers=True, **NO_LIMITS)
    house.admit(EVERYTHING, frozenset({POPULATION, RECORDS, PERSONAL_PAPERS}))
    yield house
    house.close()


def ask(house: House, form: str, said: Json | None = None, **answers: Any) -> Json:
    """The answer to the first call of a citizen who comes for a form."""
    story = house.story(form, **answers)
    person = house.population.person(story.n)
    question = house.question(form, person, data=dict(story.answers))
    if said is not None:
        question["subject"] |= said
    return house.filled(question, tenant=EVERYTHING)


def concerned(said: Json) -> set[str]:
    """The roles for which a receipt says that something was asked or filled."""
    read = {read["role"] for read in said["reads"]}
    return read | {field["role"] for field in said["fields"] if field.get("tag")}


@pytest.mark.parametrize("form", FORMS)
def test_receipt_names_persons_asked_or_filled(office: House, form: str) -> None:
    said = claims(ask(office, form))
    others = {person["role"] for person in said["persons"] if not person["applicant"]}
    assert others <= concerned(said)


@pytest.mark.parametrize("form", FORMS)
def test_receipt_marks_applicant(office: House, form: str) -> None:
    said = claims(ask(office, form))
    assert any(person["applicant"] for person in said["persons"])


@pytest.mark.parametrize("form", RESIDENCE)
def test_members_not_moving_stay_unnamed(office: House, form: str) -> None:
    said = claims(ask(office, form, coThanhVienCungThayDoi="khong"))
    assert "household_member" not in {person["role"] for person in said["persons"]}


def persons_of_case(house: House) -> int:
    """How many rows the newest case has."""
    case = house.bodies("prefill")[-1]["case"]
    query = select(func.count()).select_from(case_persons).where(case_persons.c.case_ref == case)
    return int(house.services.database.read(lambda c: c.execute(query).scalar_one()))


@pytest.mark.parametrize("form", FORMS)
def test_case_rows_are_persons_of_receipt(office: House, form: str) -> None:
    said = claims(ask(office, form))
    others = [person for person in said["persons"] if not person["applicant"]]
    assert 1 <= persons_of_case(office) <= 1 + len(others)


@pytest.mark.threat(63)
@pytest.mark.parametrize("form", RESIDENCE)
def test_case_of_nobody_names_applicant_alone(office: House, form: str) -> None:
    ask(office, form, {"full_name": STRANGE_NAME, "birth_date": "1999-01-01"})
    assert persons_of_case(office) == 1
