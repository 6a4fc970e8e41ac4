"""A dossier says which papers must be asked for after all, and where its corrections stand."""

from typing import Any

import pytest

from gateway.domain.identifiers import POPULATION
from mocks.igate import FORMS
from tests.conftest import House, Json

from .conftest import dossier

FORM = "tk01-passport"


@pytest.fixture(scope="module")
def office(house: House) -> House:
    house.file_records_of(*house.story(FORM).owners)
    return house


def unvouched(office: House, code: str) -> Json:
    """What is said of a dossier once the province has registered it."""
    told = dossier(code=code, procedure=FORMS[FORM].procedure, form=FORM)
    assert office.post("/v1/dossiers", told).status_code in (200, 201)
    answer = office.get(f"/v1/dossiers/{code}", "h99")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()["unvouched"]
    return shown


def test_source_outage_names_papers_fields_and_reason(office: House, faults: Any) -> None:
    code = office.dossier()
    question = office.question(FORM, office.population.person(office.story(FORM).n), dossier=code)
    office.filled(question)
    assert unvouched(office, code) == {"papers": [], "corrections": []}

    code = office.dossier()
    faults.add(status=503)
    answer = office.filled(question | {"dossier": code})

    assert answer["paper"] and {one["why"] for one in answer["paper"]} == {"source_unavailable"}
    assert unvouched(office, code) == {"papers": answer["paper"], "corrections": []}


def test_contested_value_needs_paper_until_corrected(office: House) -> None:
    code = office.dossier()
    walk = office.walk(office.story(FORM), dossier=code)
    path = next(
        p
        for p, f in walk.filled.items()
        if f["edit"] == "locked" and f["source"] == POPULATION and isinstance(walk.data[p], str)
    )
    body = walk.submission(contested=[path])
    body["data"][path] = "Bản Không Có Trong Sổ"
    answer = office.accepted(body)
    ticket = answer["corrections"][0]["ticket"]
    correction = {"ticket": ticket, "state": "open", "path": path, "why": "contested"}

    assert unvouched(office, code) == {"papers": answer["paper"], "corrections": [correction]}
    office.post(f"/v1/corrections/{ticket}/state", {"becomes": "sent"})
    sent = unvouched(office, code)
    assert (sent["papers"], sent["corrections"][0]["state"]) == (answer["paper"], "sent")
    office.post(f"/v1/corrections/{ticket}/state", {"becomes": "resolved"})
    resolved = unvouched(office, code)
    assert (resolved["papers"], resolved["corrections"][0]["state"]) == ([], "resolved")
