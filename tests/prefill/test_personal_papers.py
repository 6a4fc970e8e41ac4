"""The citizen's own store of papers beside the province's records: who is asked, and who is believed."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS, RoleName
from gateway.reduction.report import Question, report_from_log
from gateway.sources._papers.facts import paper_attributes
from mocks.igate import FORMS
from mocks.papers import papers_of
from mocks.people import Person, Population
from mocks.people.knowledge import records_of
from tests.conftest import House, empties, filled
from tests.prefill.test_chains import claims_of

FORM = "driving-licence-exchange"
ALL = frozenset({POPULATION, RECORDS, PERSONAL_PAPERS})
Json = dict[str, Any]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("with-papers"), with_papers=True)
    house.admit("all", ALL)
    yield house
    house.close()


@pytest.fixture(autouse=True)
def quiet(office: House) -> Iterator[None]:
    office.papers.state.journal.clear()
    yield
    office.papers.state.trouble = None


def drivers(people: Population) -> Iterator[Person]:
    """People whose driving licence lies in their own store."""
    for n in range(120, 60_000):
        if any(one["paper"]["kind"] == "driving_licence" for one in papers_of(people, n)):
            yield people.person(n)


@pytest.fixture(scope="module")
def line(office: House) -> Iterator[Person]:
    """Another driver for each test."""
    return drivers(office.population)


def licence_of(people: Population, person: Person) -> Json:
    return next(r for r in records_of(people, person.n) if r["kind"] == "driving_licence")


def fields_of(house: House, attribute: str) -> list[str]:
    bindings = house.form(FORM).bindings.bindings
    found = [b.field for b in bindings if b.attribute == attribute]
    assert found
    return found


def searches(house: House) -> list[Any]:
    return [entry for entry in house.papers.state.journal if entry.call == "search"]


def ask(house: House, person: Person, **more: Any) -> Json:
    return house.filled(house.question(FORM, person, data={}, **more), tenant="all")


def outcomes(answer: Json) -> dict[str, str]:
    return {s["source"]: s["outcome"] for s in answer["sources"]}


def test_store_fills_what_only_it_holds(office: House, line: Iterator[Person]) -> None:
    person = next(line)
    answer = ask(office, person)
    (path,) = fields_of(office, "licence.number")
    said = filled(answer)[path]

    assert answer["data"][path] == licence_of(office.population, person)["number"]
    assert (said["source"], said["class"], said["edit"]) == ("personal_papers", "fact", "locked")
    expected = {"population": "found", "records": "no_record", "personal_papers": "found"}
    assert outcomes(answer) == expected
    body = office.bodies("prefill")[-1]
    at = [template.path for template in office.form(FORM).declarable].index(path)
    assert (body["st"][at], body["so"][at]) == ("F", "k")


@pytest.mark.parametrize("form", FORMS)
def test_store_is_searched_once_for_usable_kinds(
    office: House, line: Iterator[Person], form: str
) -> None:
    person = next(line)
    office.filled(office.question(form, person, data={}), tenant="all")
    asked = [entry.owner for entry in searches(office)]
    assert len(asked) == len(set(asked))

    roles = office.form(form).bindings.roles
    of_others = {role for role, ways in roles.items() if not all(way.subject for way in ways)}
    useful = {
        True: useful_kinds(office, form, set(roles)),
        False: useful_kinds(office, form, of_others),
    }
    for entry in searches(office):
        assert set(entry.kinds) <= useful[entry.owner == person.personal_id]
    assert bool(asked) <= bool(useful[True])


def useful_kinds(office: House, form: str, roles: set[RoleName]) -> set[str]:
    """Kinds of papers that could say what the form asks of somebody who stands behind these roles."""
    one = office.form(form)
    ways = [way for ways in one.bindings.roles.values() for way in ways]
    leading = {way.by for way in ways if way.by is not None and way.start in roles}
    bound = {b.attribute for b in one.bindings.bindings if b.role in roles} | leading
    readable = {n for n in bound if PERSONAL_PAPERS in one.dictionary[n].read_from}
    kinds = office.services.dossiers.records.kinds.by_name.values()
    useful = {kind.name for kind in kinds if paper_attributes(kind) & readable}
    marital = {k.name for k in kinds if k.spouse or k.of_dead_spouse} | {"divorce_judgment"}
    return useful | (marital if useful & marital else set())


def test_applicant_only_papers_skip_relatives(office: House, line: Iterator[Person]) -> None:
    person = next(p for p in line if p.father is not None and p.father.n is not None)
    office.filled(office.question("tk01-passport", person, data={}), tenant="all")
    kinds = {entry.owner: set(entry.kinds) for entry in searches(office)}
    assert "passport" in kinds.pop(person.personal_id)
    assert kinds, "the parents are asked for as well"
    assert not any({"passport", "insurance_card"} & those for those in kinds.values())


def test_provincial_records_precede_the_store(office: House, line: Iterator[Person]) -> None:
    person = next(line)
    for record in records_of(office.population, person.n):
        assert office.post("/v1/records", record, tenant="all").status_code in (200, 201)
    office.clock.forward(minutes=1)
    answer = ask(office, person)
    (number,) = fields_of(office, "licence.number")

    assert filled(answer)[number]["source"] == "records"
    assert "conflict" not in empties(answer).values()


def test_differing_papers_are_left_and_counted(office: House, line: Iterator[Person]) -> None:
    person = next(line)
    renewed = copy.deepcopy(licence_of(office.population, person))
    renewed["content"]["number"] = renewed["number"] = "renewed"
    assert office.post("/v1/records", renewed, tenant="all").status_code == 201
    office.clock.forward(minutes=1)
    answer = ask(office, person)
    (number,) = fields_of(office, "licence.number")
    (issuer,) = fields_of(office, "licence.issuer")

    assert {p for p, reason in empties(answer).items() if reason == "conflict"} == {number}
    assert number not in answer["data"]
    assert filled(answer)[issuer]["source"] == "records"
    (entry,) = (f for f in claims_of(answer["receipt"])["fields"] if f["path"] == number)
    assert entry == {
        "path": number,
        "reason": "conflict",
        "role": "applicant",
        "attribute": "licence.number",
    }
    body = office.bodies("prefill")[-1]
    at = [template.path for template in office.form(FORM).declarable].index(number)
    assert (body["st"][at], body["so"][at]) == ("c", "-")

    rows = report_from_log(office.services.database, Question(by="form"))["forms"]
    (counted,) = (row["conflicts"] for row in rows if row["form"] == FORM)
    assert counted == {"licence.number": 1}

    office.papers.state.journal.clear()
    question = office.question(FORM, person, data={}, extends=answer["receipt"])
    again = office.filled(question, tenant="all")
    assert empties(again)[number] == "conflict"
    assert searches(office) == []


def test_grant_without_store_reads_nothing_there(office: House, line: Iterator[Person]) -> None:
    person = next(line)
    answer = office.filled(office.question(FORM, person, data={}))
    (number,) = fields_of(office, "licence.number")

    assert empties(answer)[number] == "not_permitted"
    assert list(office.papers.state.journal) == []


def test_a_citizen_may_decline_the_store(office: House, line: Iterator[Person]) -> None:
    answer = ask(office, next(line), without=["personal_papers"])
    (number,) = fields_of(office, "licence.number")

    assert empties(answer)[number] == "declined"
    assert list(office.papers.state.journal) == []


@pytest.mark.parametrize("trouble", [503, b"<html>Bad Gateway</html>", b"{}"])
def test_unreachable_store_costs_only_its_fields(
    office: House, line: Iterator[Person], trouble: int | bytes
) -> None:
    office.papers.state.trouble = trouble
    answer = ask(office, next(line))
    (number,) = fields_of(office, "licence.number")

    assert empties(answer)[number] == "source_unavailable"
    expected = {"population": "found", "records": "no_record", "personal_papers": "unavailable"}
    assert outcomes(answer) == expected
    assert filled(answer)


def test_person_without_store_has_no_record(office: House) -> None:
    person = office.population.person(60)
    answer = ask(office, person)
    (number,) = fields_of(office, "licence.number")

    assert empties(answer)[number] == "no_record"
    assert outcomes(answer)["personal_papers"] == "no_record"


def test_store_values_stay_out_of_payloads(office: House, line: Iterator[Person]) -> None:
    person = next(line)
    ask(office, person)
    body = str(office.bodies("prefill")[-1])

    for value in (person.personal_id, licence_of(office.population, person)["number"]):
        assert value not in body
