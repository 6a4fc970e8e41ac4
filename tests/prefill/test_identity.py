"""Who is asked for, what a wrong name or date opens, and what is told of another's paper."""

import copy
from typing import Any

import pytest

from mocks.people import Person
from tests.conftest import House, Json, empties, filled

PASSPORT, LICENCE = "tk01-passport", "driving-licence-exchange"


@pytest.fixture(scope="module")
def office(house: House) -> House:
    population = house.population
    house.file_records_of(*(population.persona(n).n for n in ("ordinary", "driver")))
    return house


def wrong(question: Json, **said: str) -> Json:
    return {**question, "subject": {**question["subject"], **said}}


def shape(answer: Json) -> Any:
    fields = [(f["path"], f["state"], f.get("reason"), f.get("source")) for f in answer["fields"]]
    sources = [(s["source"], s["outcome"], s["attempts"]) for s in answer["sources"]]
    return answer["data"], fields, sources, answer["paper"], answer["summary"]


WRONG: dict[str, Json] = {
    "another name": {"full_name": "Nguyễn Văn Lạ"},
    "another day": {"birth_date": "1999-01-02"},
    "both": {"full_name": "Nguyễn Văn Lạ", "birth_date": "1999-01-01"},
}


@pytest.mark.threat(63)
@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("form", [PASSPORT, LICENCE])
def test_wrong_identity_is_answered_as_nobody(office: House, form: str, case: str) -> None:
    question = wrong(office.question(form, "driver", data={}), **WRONG[case])
    nobody = wrong(question, personal_id="003090999999")
    own = {"personal_id": question["subject"]["personal_id"]}
    expected = shape(office.filled(nobody))
    theirs = shape(office.filled(question))
    assert str(theirs).replace(own["personal_id"], "") == str(expected).replace("003090999999", "")


def journal(office: House) -> list[tuple[str, str | None]]:
    return [(entry.service, entry.number) for entry in office.database.state.journal]


@pytest.mark.parametrize("form", [PASSPORT, LICENCE])
def test_yes_or_no_replaces_unneeded_record(office: House, form: str) -> None:
    office.database.state.journal.clear()
    answer = office.filled(office.question(form, "driver", data={}))
    number = office.population.persona("driver").personal_id
    (service,) = {service for service, whom in journal(office) if whom == number}
    assert service == ("033" if form == LICENCE else "037")
    assert any(f["source"] == "records" for f in filled(answer).values())


def test_date_not_provided_needs_the_record(office: House) -> None:
    office.database.state.journal.clear()
    answer = office.filled(office.question(PASSPORT, "ordinary", data={}))
    assert filled(answer)["ngaySinhCha"]["source"] == "population"
    assert {service for service, _ in journal(office)} == {"037"}


@pytest.mark.threat(64)
def test_declining_register_fields_asks_yes_or_no(office: House) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    from_register = {
        path: said["attribute"]
        for path, said in filled(office.filled(question)).items()
        if "population" in (said["source"], said["confirmed_by"])
    }
    office.database.state.journal.clear()
    bound = office.form(PASSPORT)
    without = [
        b.field
        for b in bound.bindings.bindings
        if "population" in bound.dictionary[b.attribute].sources
    ]
    roles = {b.role for b in bound.bindings.bindings if b.field in from_register}
    answer = office.filled({**question, "without": without})
    number = question["subject"]["personal_id"]
    assert roles
    assert [service for service, whom in journal(office) if whom == number] != ["037", "037"]
    assert not from_register.keys() & answer["data"].keys()


@pytest.mark.threat(64)
def test_declined_register_rejects_wrong_date_paper(office: House) -> None:
    question = office.question(LICENCE, "driver", data={}, without=["population"])
    assert set(empties(office.filled(wrong(question, birth_date="1999-01-02"))).values()) <= {
        "no_record",
        "declined",
        "not_held",
        "not_bound",
        "hidden",
        "withheld",
    }


# what an earlier call found out


@pytest.mark.threat(63)
def test_extending_under_other_name_opens_nothing(office: House) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    first = office.filled({**question, "without": ["records"]})
    later = wrong({**question, "extends": first["receipt"]}, full_name="Nguyễn Văn Lạ")
    assert office.filled(later)["data"] == {}


def test_extending_with_the_right_name_fills(office: House) -> None:
    question = office.question(LICENCE, "driver", data={})
    first = office.filled(wrong(question, full_name="Nguyễn Văn Lạ"))
    later = office.filled({**question, "extends": first["receipt"]})
    alone = office.filled(question)
    official = {p for p, f in filled(alone).items() if f["source"] == "records"}
    assert official
    assert official <= set(filled(later))


def test_matched_person_is_not_asked_again(office: House, faults: Any) -> None:
    question = office.question(LICENCE, "driver", data={})
    whole = office.filled(question)
    (path, *_) = (p for p, f in filled(whole).items() if f["source"] == "records")
    first = office.filled({**question, "without": [path]})
    office.database.state.journal.clear()
    faults.add(status=503)
    later = office.filled({**question, "extends": first["receipt"]})
    assert journal(office) == []
    assert path in later["data"]


# what the session said


def test_more_precise_date_is_known_and_confirmed(office: House) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    answer = office.filled(wrong(question, birth_date=question["subject"]["birth_date"][:4]))
    said = filled(answer)["ngaySinh"]
    assert (said["class"], said["source"], said["confirmed_by"]) == (
        "known",
        "session",
        "population",
    )


# a paper of another holder


def kept_for(person: Person, **more: Any) -> Json:
    return {
        "kind": "driving_licence",
        "owner": {"personal_id": person.personal_id, "full_name": "Trần Thị Lạ"},
        "number": "L-1",
        "issuer": "Sở Xây dựng",
        "issued_on": "2024-01-31",
        "content": {"number": "L-1", "class": "B"},
        **more,
    }


def test_other_holders_paper_is_reported_to_keeper(office: House) -> None:
    person = office.population.person(900)
    assert office.post("/v1/records", kept_for(person)).status_code == 201
    office.clock.forward(minutes=1)
    dossier = office.dossier()
    answer = office.filled(office.question(LICENCE, person, data={}, dossier=dossier))
    conflicts = {path for path, reason in empties(answer).items() if reason == "conflict"}
    assert conflicts
    assert not conflicts & answer["data"].keys()
    found = office.post("/v1/corrections/search", {"dossier": dossier}).json()["tickets"]
    assert {(t["why"], t["source"], t["value"]) for t in found} == {("holder", "records", None)}
    assert {t["path"] for t in found} <= conflicts
    leaves = [body for body in office.bodies("correction") if body["why"] == "holder"]
    assert len(leaves) == len(found)


def test_wrong_birth_date_reveals_no_conflict(office: House) -> None:
    person = office.population.person(902)
    assert office.post("/v1/records", kept_for(person)).status_code == 201
    office.clock.forward(minutes=1)
    before = len(office.bodies("correction"))
    question = wrong(office.question(LICENCE, person, data={}), birth_date="1999-01-02")
    answer = office.filled(copy.deepcopy(question))
    assert "conflict" not in empties(answer).values()
    assert len(office.bodies("correction")) == before
