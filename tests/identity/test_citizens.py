"""Honest citizens of every odd kind lose nothing that the rules leave them."""

from collections.abc import Iterator

import pytest

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS
from mocks.people import PERSONAS
from mocks.people.knowledge import records_of
from tests.conftest import House, Json
from tests.identity.world import EVERYTHING, WITHOUT_DATABASE, reasons

LICENCE, PENSION, BIRTH = "driving-licence-exchange", "social-pension", "birth-registration"
REGISTERED = ("person.sex", "person.ethnicity", "person.nationality")
ODD = (
    "year_only_birth",
    "foreign_name",
    "changed_name",
    "nfd_name",
    "single_word_name",
    "very_long_name",
    "born_when_clocks_changed",
    "old_unit_codes",
    "certificate_of_identity",
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("citizens"), with_papers=True)
    house.admit(EVERYTHING, frozenset({POPULATION, RECORDS, PERSONAL_PAPERS}))
    house.admit(WITHOUT_DATABASE, frozenset({RECORDS, PERSONAL_PAPERS}))
    for name in (*ODD, "ordinary", "hospital_birth_parents"):
        for record in records_of(house.population, PERSONAS[name]):
            for tenant in (EVERYTHING, WITHOUT_DATABASE):
                assert house.post("/v1/records", record, tenant).is_success
    house.clock.forward(days=2)
    yield house
    house.close()


@pytest.fixture(autouse=True)
def quiet(office: House) -> Iterator[None]:
    yield
    office.database.state.faults.clear()


def ask(office: House, persona: str, form: str, tenant: str = EVERYTHING, **data: str) -> Json:
    return office.filled(office.question(form, persona, data=data), tenant=tenant)


def of(office: House, form: str, answer: Json, attribute: str) -> set[str]:
    """What became of the visible fields of one of the applicant's attributes."""
    bound = office.form(form).bindings.bindings
    paths = {b.field for b in bound if b.attribute == attribute and b.role == "applicant"}
    shown = {f["path"] for f in answer["fields"] if f["visible"] is True}
    return {why for path, why in reasons(answer).items() if path in paths & shown}


@pytest.mark.parametrize("persona", ODD)
def test_odd_citizen_is_filled_from_register(office: House, persona: str) -> None:
    answer = ask(office, persona, PENSION, nguoiKhai="ban_than")
    seen = {why for name in REGISTERED for why in of(office, PENSION, answer, name)}
    assert seen == {"filled"}
    assert {s["outcome"] for s in answer["sources"] if s["source"] == "population"} == {"found"}
    conflicts = [path for path, why in reasons(answer).items() if why == "conflict"]
    assert conflicts == []


@pytest.mark.parametrize("persona", [name for name in ODD if name != "certificate_of_identity"])
def test_odd_citizen_is_filled_from_papers(office: House, persona: str) -> None:
    held = {record["kind"] for record in records_of(office.population, PERSONAS[persona])}
    assert "identity_card" in held
    answer = ask(office, persona, LICENCE)
    paper = [f for f in answer["fields"] if f.get("record")]
    assert paper or not of(office, LICENCE, answer, "identity_card.issue_date")


def test_newborn_is_filled_from_hospital_notice(office: House) -> None:
    """The child has no number and stands in no register: the notice speaks for itself."""
    answer = ask(office, "hospital_birth_parents", BIRTH, quanHe="me")
    notice = {
        b.field
        for b in office.form(BIRTH).bindings.bindings
        if b.attribute.startswith("birth_notice.")
    }
    filled = {path for path, why in reasons(answer).items() if why == "filled"}
    assert len(notice & filled) >= 4


def test_father_reaches_notice_by_mother(office: House) -> None:
    """The mother is named by the database as spouse; the notice that she holds answers."""
    for record in records_of(office.population, PERSONAS["hospital_birth_parents"]):
        office.post("/v1/records", record, EVERYTHING)
    answer = ask(office, "hospital_birth_father", BIRTH, quanHe="cha")
    by_path = reasons(answer)
    mother = {
        b.field
        for b in office.form(BIRTH).bindings.bindings
        if b.role == "mother" and b.attribute in ("person.full_name", "person.personal_id")
    }
    assert {by_path[path] for path in mother} == {"filled"}


@pytest.mark.parametrize("how", ["down", "not granted"])
def test_without_database_dated_papers_answer(office: House, how: str) -> None:
    """The year-only citizen's papers hold the year, or no date; none disagrees."""
    tenant = EVERYTHING if how == "down" else WITHOUT_DATABASE
    if how == "down":
        office.database.state.faults.add(status=503)
    for persona in ("ordinary", "year_only_birth", "foreign_name"):
        answer = ask(office, persona, PENSION, tenant, nguoiKhai="ban_than")
        filled = {f["source"] for f in answer["fields"] if f["state"] == "filled"}
        assert filled & {"records", "personal_papers"}, persona
        assert "conflict" not in reasons(answer).values()


def test_relatives_birth_dates_come_from_register(office: House) -> None:
    """The applicant's record names them without a date: their own records are read, not confirmed."""
    answer = ask(office, "ordinary", "tk01-passport")
    bound = office.form("tk01-passport").bindings.bindings
    dates = {
        b.role: b.field
        for b in bound
        if b.attribute == "person.birth_date" and b.role != "applicant"
    }
    person = office.population.persona("ordinary")
    by_path = reasons(answer)
    assert dates.keys() == {"father", "mother", "spouse"}
    assert {role: by_path[path] for role, path in dates.items()} == dict.fromkeys(dates, "filled")
    assert person.father is not None and person.father.birth_date is not None
    assert person.father.birth_date[:4] in answer["data"][dates["father"]]
