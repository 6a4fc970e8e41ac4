"""A read of a person's data opens with the officer, the case and the purpose that it needs, and else not.

Threats T-11, T-12, T-42, T-75: every call that gives a person's data, by every channel.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import update

from gateway.reads.gate import MEMBERS_FOR
from gateway.storage.schema import dossiers
from mocks.igate.filing import opening_of
from tests.conftest import House, Json
from tests.log.test_schemas import _schema

OFFICER, STRANGER, TENANT = "H99.01.cb001", "H99.01.cb002", "one-officer"
FORM = "tk01-passport"
CALLS = ("/v1/prefills", "/v1/identity/confirm", "/v1/records/search")
UNHEARD_OF = "H99.01-20261122-9999999"


@pytest.fixture(scope="module")
def house(house: House) -> House:
    house.admit(TENANT, officers=frozenset({OFFICER}))
    return house


def body_of(house: House, path: str, **how: Any) -> Json:
    """A call about an ordinary person; a member of `how` that is None is left out."""
    question = house.question(FORM, "ordinary")
    if path == "/v1/records/search":
        owner = {name: question["subject"][name] for name in ("personal_id", "full_name")}
        body = {"owner": owner, "purpose": "reuse"}
    elif path == "/v1/identity/confirm":
        body = {name: question[name] for name in ("subject", "legal_basis")}
    else:
        body = question
    return {name: value for name, value in {**body, **how}.items() if value is not None}


def refusal(house: House, path: str, body: Json) -> str:
    """The code of a refusal that handed out nothing, asked nobody and left a leaf of its own."""
    before, asked = len(house.bodies("access")), len(house.asked())
    answer = house.post(path, body, TENANT)
    foreign = answer.json()["code"] == "dossier_not_granted"  # as in every other call (T-74)
    assert answer.status_code == (422 if foreign else 403), answer.text
    assert len(house.asked()) == asked
    leaf = house.bodies("access")[before:]
    assert [one["rf"] for one in leaf] == [answer.json()["code"]]
    Draft202012Validator(_schema("access")).validate(leaf[0])
    person = house.population.persona("ordinary")
    for value in (person.personal_id, person.full_name, OFFICER, STRANGER, UNHEARD_OF):
        assert value not in json.dumps(leaf[0], ensure_ascii=False) + answer.text
    code: str = answer.json()["code"]
    return code


WRONG_READS: Mapping[str, tuple[Json, str]] = {
    "other officer": ({"officer": STRANGER}, "officer_not_granted"),
    "no dossier": ({"dossier": None}, "dossier_missing"),
    "dossier of nobody": ({"dossier": UNHEARD_OF}, "case_not_open"),
    "dossier of another agency": ({"dossier": "H98.01-20261122-0000001"}, "dossier_not_granted"),
}


@pytest.mark.threat(75)
@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("name", WRONG_READS)
def test_officer_without_lock_reads_nothing(house: House, path: str, name: str) -> None:
    changed, code = WRONG_READS[name]
    right = {"officer": OFFICER, "dossier": house.open_dossier(TENANT)}
    assert refusal(house, path, body_of(house, path, **{**right, **changed})) == code
    assert house.post(path, body_of(house, path, **right), TENANT).status_code == 200


@pytest.mark.threat(75)
@pytest.mark.parametrize("channel", ["desk", "post"])
def test_desk_and_post_name_their_officer(house: House, channel: str) -> None:
    body = body_of(house, CALLS[0], channel=channel, dossier=house.open_dossier(TENANT))
    assert refusal(house, CALLS[0], body) == "officer_required"


@pytest.mark.threat(75)
def test_search_needs_officer_and_purpose(house: House) -> None:
    right = {"officer": OFFICER, "dossier": house.open_dossier(TENANT)}
    nameless = body_of(house, CALLS[2], **right, purpose=None)
    assert refusal(house, CALLS[2], nameless) == "purpose_required"
    assert refusal(house, CALLS[2], body_of(house, CALLS[2])) == "officer_required"


@pytest.mark.threat(12)
def test_ended_dossier_opens_nothing(house: House) -> None:
    story = house.story(FORM)
    code = house.dossier()
    opened = house.post("/v1/dossiers", opening_of(story, code, house.clock()), TENANT)
    assert opened.status_code == 201, opened.text
    right = {"officer": OFFICER, "dossier": code}
    assert house.post(CALLS[0], body_of(house, CALLS[0], **right), TENANT).status_code == 200
    ended = update(dossiers).where(dossiers.c.code == code).values(ended_at=1)
    house.run(house.services.database.write(lambda c: c.execute(ended)))
    for path in CALLS:
        assert refusal(house, path, body_of(house, path, **right)) == "case_not_open"


@pytest.mark.threat(12)
def test_case_opens_its_applicant_alone(house: House) -> None:
    """A neighbour is not read in the dossier of somebody else."""
    right = {"officer": OFFICER, "dossier": house.open_dossier(TENANT)}
    assert house.post(CALLS[0], body_of(house, CALLS[0], **right), TENANT).status_code == 200
    neighbour = house.question(FORM, "changed_name", **right)
    answer = house.post(CALLS[0], neighbour, TENANT)
    assert (answer.status_code, answer.json()["code"]) == (403, "case_of_another_person")


@pytest.mark.threat(12)
def test_citizens_first_prefill_opens_case(house: House) -> None:
    code = house.dossier()
    officers = body_of(house, CALLS[0], officer=OFFICER, dossier=code)
    assert refusal(house, CALLS[0], officers) == "case_not_open"
    assert house.post(CALLS[0], body_of(house, CALLS[0], dossier=code), TENANT).status_code == 200
    assert house.post(CALLS[0], officers, TENANT).status_code == 200


@pytest.mark.threat(12)
def test_search_leaves_access_leaf(house: House) -> None:
    right = {"officer": OFFICER, "dossier": house.open_dossier(TENANT)}
    before = len(house.bodies("access"))
    first = house.post(CALLS[2], body_of(house, CALLS[2], **right), TENANT)
    second = house.post(CALLS[2], body_of(house, CALLS[2], **right), TENANT)
    assert (first.status_code, second.status_code) == (200, 200)
    one, other = house.bodies("access")[before:]
    assert one["case"] == other["case"] and one["ofc"] == other["ofc"]
    assert (one["of"], one["pu"], "rf" in one) == ("records", "reuse", False)


@pytest.mark.threat(42)
@pytest.mark.parametrize("purpose", MEMBERS_FOR)
def test_purpose_decides_what_is_shown(house: House, purpose: str) -> None:
    person = house.population.persona("ordinary")
    house.file_records_of(person.n)
    owner = {"personal_id": person.personal_id, "full_name": person.full_name}
    found = house.search(owner, purpose=purpose).json()["records"]
    assert found and all(one["record"].keys() <= MEMBERS_FOR[purpose] for one in found)
    assert ("content" in found[0]["record"]) == (purpose == "reuse")
