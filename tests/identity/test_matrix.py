"""Every form, six wrong identities under a citizen's right number, all sources together.

Each is asked once more for a number that nobody has: the two answers must not differ, neither in the
plain call, nor when it is gone on with, nor in iGate's own shape.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS
from mocks.igate import FORMS
from mocks.igate.dossiers import WRAPPER, applicant_data, eform_id
from mocks.papers import papers_of
from mocks.people import Person
from mocks.people.knowledge import records_of
from tests.conftest import House
from tests.identity.world import (
    EVERYTHING,
    NO_LIMITS,
    WITHOUT_DATABASE,
    Json,
    differences,
    nobody_like,
    said_of,
    shape_of,
    values_of,
    wrong_identities,
)

WRONG_DATES = ("a wrong day", "day and month swapped", "a wrong year")


@dataclass(frozen=True)
class Citizen:
    """Who comes for one form, and what they answer by themselves."""

    form: str
    person: Person
    answers: Json


class Office:
    """All forms, and the papers of everybody concerned by id."""

    def __init__(self, house: House) -> None:
        self.house = house
        sources = frozenset({POPULATION, RECORDS, PERSONAL_PAPERS})
        house.admit(EVERYTHING, sources)
        house.admit(WITHOUT_DATABASE, sources - {POPULATION})
        stories = {form: house.story(form) for form in FORMS}
        self.citizens = {
            form: Citizen(form, house.population.person(story.n), dict(story.answers))
            for form, story in stories.items()
        }
        owners = {n for story in stories.values() for n in story.owners}
        citizens = {citizen.person.n for citizen in self.citizens.values()}
        self.papers: dict[str, Json] = {}
        for tenant, people in ((EVERYTHING, owners | citizens), (WITHOUT_DATABASE, citizens)):
            for n in sorted(people):
                self._file(tenant, n)
        house.clock.forward(days=2)

    def _file(self, tenant: str, n: int) -> None:
        for record in records_of(self.house.population, n):
            answer = self.house.post("/v1/records", record, tenant)
            assert answer.is_success, answer.text
            self.papers[answer.json()["id"]] = record
        self.papers |= {one["id"]: one["paper"] for one in papers_of(self.house.population, n)}

    def question(self, citizen: Citizen, said: Json) -> Json:
        """A prefill for somebody who says so, with the citizen's own answers."""
        asked = self.house.question(citizen.form, citizen.person, subject=said)
        asked["account"] = {"verified_by": "vneid"}
        return {**asked, "data": copy.deepcopy(citizen.answers)}

    def chain(self, citizen: Citizen, said: Json) -> list[Json]:
        """The answers to a plain call, and to one that goes on with it."""
        question = self.question(citizen, said)
        first = self.house.filled(question, tenant=EVERYTHING)
        again = {"extends": first["receipt"], "data": {**first["data"], **question["data"]}}
        return [first, self.house.filled({**question, **again}, tenant=EVERYTHING)]

    def igate(self, citizen: Citizen, said: Json) -> list[Json]:
        """The answer in iGate's own shape, with its data where the plain one has them."""
        procedure = FORMS[citizen.form].procedure
        body: Json = {
            "applicant": {"eformId": WRAPPER, "data": applicant_data(said, {})},
            "eForm": {"id": eform_id(citizen.form), "data": copy.deepcopy(citizen.answers)},
            "prefill": {"verified_by": "vneid"},
        }
        if procedure is not None:
            body["procedure"] = {"code": procedure}
        path = f"/v1/igate/eforms/{body['eForm']['id']}/prefill"
        answer = self.house.post(path, body, EVERYTHING)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return [{**told["prefill"], "data": [told["eForm"]["data"], told["applicant"]["data"]]}]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    house = House(tmp_path_factory.mktemp("matrix"), with_papers=True, **NO_LIMITS)
    yield Office(house)
    house.close()


Way = Callable[[Office, Citizen, Json], list[Json]]
WAYS: dict[str, Way] = {"plain and extended": Office.chain, "igate": Office.igate}


def values(answers: list[Json]) -> set[str]:
    return {value for answer in answers for value in values_of(answer["data"])}


@pytest.mark.threat(63)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_wrong_identity_is_answered_as_nobody(office: Office, form: str, way: str) -> None:
    citizen, ask = office.citizens[form], WAYS[way]
    people, number = office.house.population, citizen.person.personal_id
    free = nobody_like(people, number)
    honest = values(ask(office, citizen, said_of(citizen.person)))
    found: dict[str, Any] = {}
    for name, said in wrong_identities(people, citizen.person).items():
        wrong = ask(office, citizen, said)
        nobody = ask(office, citizen, {**said, "personal_id": free})
        assert "unavailable" not in {s["outcome"] for one in wrong for s in one["sources"]}
        pairs = zip(wrong, nobody, strict=True)
        found[name] = [
            place
            for one, other in pairs
            for place in differences(shape_of(one, number), shape_of(other, free))
        ]
        theirs = (values(wrong) & honest) - values(nobody) - {number}
        found[name] += [f"{len(theirs)} values of the citizen"] if theirs else []
    assert {name: places for name, places in found.items() if places} == {}


def dated(record: Json) -> bool:
    """Whether a paper holds its owner's birth date."""
    if record["kind"] == "of another person":
        return False
    if record["kind"] == "birth_certificate":
        return record["content"]["birth_date"] is not None
    return any(_dates_of(record["content"], record["owner"]["personal_id"]))


def _dates_of(content: Any, number: str) -> Iterator[str]:
    if isinstance(content, dict):
        if content.get("personal_id") == number and content.get("birth_date"):
            yield content["birth_date"]
        content = list(content.values())
    if isinstance(content, list):
        for member in content:
            yield from _dates_of(member, number)


def used(office: Office, answer: Json) -> list[Json]:
    """The papers from which an answer was filled; those of relatives are not known here."""
    ids = {f["record"] for f in answer["fields"] if f.get("record")}
    return [office.papers.get(one, {"kind": "of another person"}) for one in ids]


@pytest.mark.threat(63)
@pytest.mark.parametrize("form", FORMS)
def test_wrong_date_opens_only_dateless_papers(office: Office, form: str) -> None:
    """The papers without the database: a right name and a wrong date open what holds no date."""
    citizen = office.citizens[form]
    wrong = wrong_identities(office.house.population, citizen.person)
    for name in WRONG_DATES:
        question = office.question(citizen, wrong[name])
        answer = office.house.filled(question, tenant=WITHOUT_DATABASE)
        assert [r["kind"] for r in used(office, answer) if dated(r)] == []
        assert "of another person" not in {r["kind"] for r in used(office, answer)}


@pytest.mark.threat(63)
@pytest.mark.parametrize("name", ["a wrong name", "another person's name", "name and date both"])
def test_wrong_name_opens_no_paper(office: Office, name: str) -> None:
    """The papers without the database, over all forms."""
    for citizen in office.citizens.values():
        said = wrong_identities(office.house.population, citizen.person)[name]
        answer = office.house.filled(office.question(citizen, said), tenant=WITHOUT_DATABASE)
        assert used(office, answer) == []


def test_right_identity_is_filled_from_papers(office: Office) -> None:
    """What the tests above find silent does speak to the citizen."""
    seen: set[str] = set()
    for citizen in office.citizens.values():
        question = office.question(citizen, said_of(citizen.person))
        answer = office.house.filled(question, tenant=WITHOUT_DATABASE)
        seen |= {record["kind"] for record in used(office, answer) if dated(record)}
    assert {"birth_certificate", "marriage_certificate", "residence_confirmation"} <= seen
