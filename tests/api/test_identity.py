"""POST /v1/identity/confirm: yes, no, or that nobody could say; each recorded before it is said."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from gateway.domain.identifiers import POPULATION, RECORDS
from tests.conftest import TIMEOUT_SECONDS, House

PATH = "/v1/identity/confirm"
OFFICER = "H99.01.cb017"
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas/leaves/confirmation.schema.json").read_text()
)


def typed(house: House, **changed: str | None) -> dict[str, Any]:
    person = house.population.persona("ordinary")
    subject = {
        "personal_id": person.personal_id,
        "full_name": person.full_name,
        "birth_date": person.birth_date,
        **changed,
    }
    return {
        "subject": {name: text for name, text in subject.items() if text is not None},
        "legal_basis": {"kind": "consent", "reference": "phiếu 12"},
    }


def said(answer: httpx.Response) -> tuple[bool | None, str]:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.keys() == {"confirmed", "outcome", "leaf"}
    return told["confirmed"], told["outcome"]


TYPED: dict[str, tuple[dict[str, str | None], bool]] = {
    "everything right": ({}, True),
    "no birth date": ({"birth_date": None}, True),
    "the year alone": ({"birth_date": "1984"}, True),
    "the name without marks": ({"full_name": "Tran Duc Nam"}, True),
    "another name": ({"full_name": "Người Khác"}, False),
    "another day": ({"birth_date": "1984-03-18"}, False),
    "nobody's number": ({"personal_id": "003090999999"}, False),
}


@pytest.mark.parametrize("case", TYPED)
def test_typed_identity_is_confirmed_or_not(house: House, faults: Any, case: str) -> None:
    changed, confirmed = TYPED[case]
    answer = house.post(PATH, typed(house, **changed))

    assert said(answer) == (confirmed, "found" if confirmed else "no_record")
    (asked,) = house.database.state.journal
    assert (asked.service, asked.agency) == ("033", "H99.01")


NOBODY_COULD_SAY: dict[str, tuple[dict[str, Any], str, int]] = {
    "down": ({"status": 503}, "unavailable", 2),
    "a web page": ({"garbage": "html"}, "unavailable", 1),
    "the wrong kind of answer": ({"garbage": "json"}, "unavailable", 1),
    "too slow": ({"delay_ms": 1000 * TIMEOUT_SECONDS + 900}, "unavailable", 1),
    "procedure refused": ({"error_code": "004"}, "not_permitted", 1),
    "officer refused": ({"error_code": "005"}, "not_permitted", 1),
}


@pytest.mark.parametrize("trouble", NOBODY_COULD_SAY)
def test_unasked_identity_is_null_never_no(house: House, faults: Any, trouble: str) -> None:
    effects, outcome, attempts = NOBODY_COULD_SAY[trouble]
    faults.add(service="033", **effects)

    assert said(house.post(PATH, typed(house))) == (None, outcome)
    (told,) = house.bodies("confirmation")[-1]["q"]
    assert told[:2] == ["population", outcome] and told[2] >= attempts and told[3] == 0


def test_without_grant_nobody_is_asked(house: House, faults: Any) -> None:
    house.admit("no-population", frozenset({RECORDS}))
    house.admit("one-procedure", frozenset({POPULATION}), frozenset({"1.004222"}))
    asked = typed(house)

    assert said(house.post(PATH, asked, "no-population")) == (None, "not_permitted")
    assert said(house.post(PATH, asked, "one-procedure")) == (None, "not_permitted")
    assert house.asked() == []
    granted = {**asked, "procedure": "1.004222"}
    assert said(house.post(PATH, granted, "one-procedure")) == (True, "found")
    other = {**asked, "procedure": "1.001193"}
    assert said(house.post(PATH, other, "one-procedure")) == (None, "not_permitted")
    assert len(house.asked()) == 1
    assert house.bodies("confirmation")[-1]["q"] == [["population", "not_permitted", 0, 0]]


@pytest.mark.threat(24)
def test_every_question_leaves_one_nameless_leaf(house: House, faults: Any) -> None:
    dossier = house.open_dossier()
    before = house.leaf_count()
    asked = {**typed(house), "dossier": dossier, "officer": OFFICER, "procedure": "1.004222"}
    first, second = house.post(PATH, asked), house.post(PATH, asked)

    assert house.leaf_count() == before + 2
    assert first.json()["leaf"] != second.json()["leaf"]
    one, other = house.bodies("confirmation")[-2:]
    assert one["case"] == other["case"] and one["ref"] != other["ref"]
    assert (one["lb"], one["ch"], one["proc"]) == ("consent", "desk", "1.004222")
    Draft202012Validator(SCHEMA).validate(one)
    (_, told) = house.database.state.journal
    assert (told.request_id, told.officer, told.procedure) == (other["ref"], OFFICER, "1.004222")
    person, text = house.population.persona("ordinary"), json.dumps(one, ensure_ascii=False)
    for value in (person.personal_id, person.full_name, OFFICER, dossier, "phiếu 12"):
        assert value not in text


def test_wrong_number_and_name_look_alike(house: House) -> None:
    bodies = [
        house.post(PATH, typed(house, **changed)).json()
        for changed in ({"personal_id": "003090999999"}, {"full_name": "Người Khác"})
    ]
    assert [{**body, "leaf": ""} for body in bodies] == [
        {"confirmed": False, "outcome": "no_record", "leaf": ""}
    ] * 2


def test_repeated_call_asks_source_once(house: House, faults: Any) -> None:
    key, before = "confirm-once-and-never-twice", house.leaf_count()
    first = house.post(PATH, typed(house), key=key)
    second = house.post(PATH, typed(house), key=key)

    assert first.content == second.content
    assert (len(house.asked()), house.leaf_count()) == (1, before + 1)


def test_confirmation_is_in_no_figure(house: House) -> None:
    house.post(PATH, typed(house))
    headers = {"Authorization": f"Bearer {house.token()}"}
    answer = house.run(house._http.get("/v1/metrics/field-reduction", headers=headers))
    assert (answer.status_code, answer.json()["balances"]) == (200, "ok")


async def test_without_connected_database_answer_is_null(gateway: httpx.AsyncClient) -> None:
    body = {
        "subject": {"personal_id": "003090000123", "full_name": "Nguyễn Văn Mẫu"},
        "legal_basis": {"kind": "law", "reference": "59/2020"},
    }
    assert said(await gateway.post(PATH, json=body)) == (None, "unavailable")
