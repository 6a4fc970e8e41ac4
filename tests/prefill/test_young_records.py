"""Typed papers that nobody vouches for, by their age when the form is filled."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mocks.people.knowledge import records_of
from tests.conftest import House, filled

pytestmark = pytest.mark.threat(69)
FORM = "driving-licence-exchange"
LICENCE_FIELD = "soGiayPhepLaiXe"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    office = House(tmp_path)
    yield office
    office.close()


def licence(office: House, number: str) -> dict[str, Any]:
    """A licence as an officer types it, of the person whose number it names."""
    (typed,) = (
        one
        for one in records_of(office.population, office.population.persona("driver").n)
        if one["kind"] == "driving_licence"
    )
    return {**typed, "owner": {**typed["owner"], "personal_id": number}}


def filled_after(office: House, age: timedelta) -> tuple[str, str]:
    """Class of the licence's number when the paper has this age, and its letter when submitted."""
    person = office.population.persona("driver")
    posted = office.post("/v1/records", licence(office, person.personal_id))
    assert posted.status_code == 201, posted.text
    office.clock.forward(seconds=int(age.total_seconds()))
    answer = office.filled(office.question(FORM, person, data={}))
    office.accepted({"receipt": answer["receipt"], "data": answer["data"]})
    paths = [template.path for template in office.form(FORM).declarable]
    (body,) = office.bodies("submission")
    return filled(answer)[LICENCE_FIELD]["class"], body["so"][paths.index(LICENCE_FIELD)]


@pytest.mark.parametrize(
    ("age", "kind", "letter"),
    [
        (timedelta(seconds=1), "same_case", "y"),
        (timedelta(hours=23, minutes=59), "same_case", "y"),
        (timedelta(hours=24, minutes=1), "fact", "y"),
        (timedelta(days=29), "fact", "y"),
        (timedelta(days=31), "fact", "r"),
    ],
    ids=["a second", "almost a day", "a day", "29 days", "31 days"],
)
def test_typed_paper_counts_by_its_age(
    office: House, age: timedelta, kind: str, letter: str
) -> None:
    assert filled_after(office, age) == (kind, letter)
