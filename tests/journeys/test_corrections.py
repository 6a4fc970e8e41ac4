"""What a citizen says is wrong reaches the province: a paper to ask for, and a ticket that goes on."""

from typing import Any

import pytest
from sqlalchemy import select

from gateway.domain.identifiers import POPULATION
from gateway.storage.schema import correction_tickets
from tests.conftest import House, Walk

FORM = "tk01-passport"
SAID = "Bản Không Có Trong Sổ"


@pytest.fixture(scope="module")
def office(house: House) -> House:
    house.file_records_of(*house.story(FORM).owners)
    house.admit("h11")
    return house


@pytest.fixture
def walk(office: House) -> Walk:
    return office.walk(office.story(FORM), dossier=office.dossier())


def contested(walk: Walk) -> tuple[str, dict[str, Any]]:
    """A locked value of the population database, marked as wrong with another in its place."""
    path = next(
        p
        for p, f in walk.filled.items()
        if f["edit"] == "locked" and f["source"] == POPULATION and isinstance(walk.data[p], str)
    )
    body = walk.submission(contested=[path])
    body["data"][path] = SAID
    return path, body


def test_contested_value_opens_ticket_and_paper_path(office: House, walk: Walk) -> None:
    path, body = contested(walk)
    answer = office.accepted(body)
    (correction,) = answer["corrections"]
    assert correction["path"] == path
    (paper,) = answer["paper"]
    assert (paper["why"], paper["fields"], paper["role"]) == ("contested", [path], "applicant")
    assert paper["title"]

    dossier = walk.questions[0]["dossier"]
    found = office.post("/v1/corrections/search", {"dossier": dossier}).json()["tickets"]
    assert [(one["id"], one["state"], one["value"]) for one in found] == [
        (correction["ticket"], "open", SAID)
    ]
    assert len(answer["evidence"]["leaves"]) == len(walk.questions) + 2


def test_repeated_submission_names_same_tickets(office: House, walk: Walk) -> None:
    _, body = contested(walk)
    first = office.accepted(body)
    office.clock.forward(minutes=11)
    assert office.accepted(body) == first | {"evidence": None}


def test_other_tenants_tickets_are_not_found(office: House, walk: Walk) -> None:
    _, body = contested(walk)
    ticket = office.accepted(body)["corrections"][0]["ticket"]
    asked = {"dossier": walk.questions[0]["dossier"]}
    assert office.post("/v1/corrections/search", asked, tenant="h11").json() == {"tickets": []}
    moved = office.post(f"/v1/corrections/{ticket}/state", {"becomes": "sent"}, tenant="h11")
    assert (moved.status_code, moved.json()["code"]) == (404, "unknown_ticket")


def test_ticket_ends_once_and_loses_value(office: House, walk: Walk) -> None:
    _, body = contested(walk)
    ticket = office.accepted(body)["corrections"][0]["ticket"]
    address = f"/v1/corrections/{ticket}/state"
    assert office.post(address, {"becomes": "sent"}).json()["value"] == SAID
    assert office.post(address, {"becomes": "resolved"}).json()["value"] is None
    again = office.post(address, {"becomes": "rejected"})
    assert (again.status_code, again.json()["code"]) == (409, "ticket_ended")
    assert office.post(address, {"becomes": "lost"}).status_code == 422


def test_refusal_over_field_opens_no_ticket(office: House, walk: Walk) -> None:
    path, body = contested(walk)
    office.refused(body | {"contested": []})
    accepted = office.accepted(walk.submission())
    verdicts = {field["path"]: field["verdict"] for field in accepted["fields"]}
    assert verdicts[path] == "contested"
    assert (accepted["corrections"], accepted["paper"]) == ([], [])


def test_suggestion_is_changed_without_ticket(office: House, walk: Walk) -> None:
    path = next(
        p
        for p, f in walk.filled.items()
        if f["edit"] == "free" and f["visible"] is True and isinstance(walk.data.get(p), str)
    )
    body = walk.submission()
    body["data"][path] = SAID
    answer = office.accepted(body)
    assert {f["path"]: f["verdict"] for f in answer["fields"]}[path] in ("override", "manual")
    assert answer["corrections"] == []


def test_register_outage_opens_paper_path_with_reason(office: House, faults: Any) -> None:
    story = office.story(FORM)
    question = office.question(FORM, office.population.person(story.n), dossier=office.dossier())
    assert office.filled(question)["paper"] == []
    faults.add(status=503)
    answer = office.filled(question)
    down = {f["path"] for f in answer["fields"] if f.get("reason") == "source_unavailable"}
    asked = {path for paper in answer["paper"] for path in paper["fields"]}
    assert {paper["why"] for paper in answer["paper"]} == {"source_unavailable"}
    assert asked <= down
    assert asked >= {
        p for p in down if next(f for f in office.form(FORM).declarable if f.path == p).required
    }


def test_ticket_keeps_no_value_in_clear(office: House, walk: Walk) -> None:
    _, body = contested(walk)
    office.accepted(body)
    rows = office.services.database.read(lambda c: list(c.execute(select(correction_tickets))))
    assert rows
    assert all(SAID not in str(value) for row in rows for value in row)
