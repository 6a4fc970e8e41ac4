"""Trying personal numbers until one answers: slowed, seen, and told nothing, by both ways to ask."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.conftest import House

CONFIRM = "/v1/identity/confirm"
ALLOWED, BY_ALL = 6, 8
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/leaves/alarm.schema.json").read_text())
FORM = "marital-status-certificate"

pytestmark = pytest.mark.threat(9)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway whose limits a test can reach."""
    house = House(
        tmp_path_factory.mktemp("guarded"),
        confirm_misses_of_tenant=ALLOWED,
        confirm_misses_of_all=BY_ALL,
        prefill_misses_of_tenant=ALLOWED,
        prefill_misses_of_all=BY_ALL,
    )
    house.admit("h98")
    yield house
    house.close()


@pytest.fixture(autouse=True)
def an_hour_later(guarded: House) -> None:
    guarded.clock.forward(hours=1)
    guarded.database.state.journal.clear()


def subject(house: House, **changed: str) -> dict[str, str]:
    person = house.population.persona("ordinary")
    names = ("personal_id", "full_name", "birth_date")
    return {name: getattr(person, name) for name in names} | changed


def guess(number: int) -> dict[str, str]:
    return {"personal_id": f"0030909{number:05d}"}


def question(who: dict[str, str]) -> dict[str, Any]:
    return {"subject": who, "legal_basis": {"kind": "consent", "reference": "phiếu 12"}}


async def from_somewhere(house: House, number: int, body: dict[str, Any]) -> httpx.Response:
    """The same client, said to come from another address each time."""
    headers = {
        "Authorization": f"Bearer {house.token()}",
        "X-Forwarded-For": f"203.0.{number // 250}.{number % 250}",
    }
    return await house._http.post(CONFIRM, json=body, headers=headers)


def alarms(house: House) -> list[dict[str, Any]]:
    told = house.bodies("alarm")
    for one in told:
        Draft202012Validator(SCHEMA).validate(one)
    return [{name: one[name] for name in ("ten", "why", "of", "n")} for one in told]


def test_guesser_is_refused_at_limit_whatever_address(
    guarded: House,
) -> None:
    before, right = len(alarms(guarded)), subject(guarded)
    tries = [right | guess(number) for number in range(400)]
    tries[ALLOWED + 50 :: 50] = [right] * len(tries[ALLOWED + 50 :: 50])
    answers = guarded.together(
        *(from_somewhere(guarded, number, question(who)) for number, who in enumerate(tries))
    )

    told = [answer.json() for answer in answers if answer.status_code == 200]
    assert {one["confirmed"] for one in told} == {False}
    assert len(guarded.asked()) == len(told) == ALLOWED
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(a.status_code, a.json()["code"]) for a in refused} == {(429, "too_many_tries")}
    assert {a.headers["retry-after"] for a in refused} <= {"1", "3600"}
    expected = {"ten": "h99", "why": "misses_of_tenant", "of": "confirmation", "n": ALLOWED}
    assert alarms(guarded)[before:] == [expected]


def test_right_number_is_refused_alike_and_unasked(guarded: House) -> None:
    right = subject(guarded)
    for number in range(ALLOWED):
        guarded.post(CONFIRM, question(right | guess(number)))
    guarded.database.state.journal.clear()
    leaves = guarded.leaf_count()

    known, unknown = (
        guarded.post(CONFIRM, question(who)) for who in (right, right | guess(ALLOWED))
    )
    assert (known.content, known.headers) == (unknown.content, unknown.headers)
    assert (known.status_code, guarded.asked(), guarded.leaf_count()) == (429, [], leaves)
    guarded.clock.forward(hours=1)
    assert guarded.post(CONFIRM, question(right)).json()["confirmed"] is True


def test_tenants_together_reach_common_limit(guarded: House) -> None:
    before, right = len(alarms(guarded)), subject(guarded)
    for number in range(BY_ALL):
        tenant = "h99" if number < ALLOWED - 1 else "h98"
        answer = guarded.post(CONFIRM, question(right | guess(number)), tenant)
        assert answer.status_code == 200
    assert alarms(guarded)[before:] == [
        {"ten": "h98", "why": "misses_of_all", "of": "confirmation", "n": BY_ALL}
    ]
    assert guarded.post(CONFIRM, question(right)).status_code == 429


def test_unanswered_question_is_no_failure(guarded: House) -> None:
    faults = guarded.database.state.faults
    faults.add(service="033", error_code="004")
    for _ in range(2 * ALLOWED):
        answer = guarded.post(CONFIRM, question(subject(guarded)))
        assert answer.json()["outcome"] == "not_permitted"
    faults.clear()
    assert guarded.post(CONFIRM, question(subject(guarded))).json()["confirmed"] is True


def test_prefill_continues_without_register_at_limit(
    guarded: House,
) -> None:
    before = len(alarms(guarded))
    ordinary = guarded.question(FORM, "ordinary")
    for number in range(ALLOWED):
        stranger = {**ordinary, "subject": ordinary["subject"] | guess(number)}
        (read,) = _reads(guarded.filled(stranger))
        assert read["outcome"] == "no_record"
    expected = {"ten": "h99", "why": "misses_of_tenant", "of": "prefill", "n": ALLOWED}
    assert alarms(guarded)[before:] == [expected]
    guarded.database.state.journal.clear()

    answer = guarded.filled(ordinary)
    (read,) = _reads(answer)
    assert (read["outcome"], read["attempts"], guarded.asked()) == ("unavailable", 0, [])
    empty = {f["reason"] for f in answer["fields"] if f["state"] == "empty"}
    assert "source_unavailable" in empty
    assert answer["summary"]["filled"] > 0, "what the login knows is filled all the same"
    (read,) = _reads(guarded.filled(ordinary, tenant="h98"))
    assert read["outcome"] == "found"
    guarded.clock.forward(hours=1)
    (read,) = _reads(guarded.filled(ordinary))
    assert read["outcome"] == "found"


def _reads(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [r for r in answer["sources"] if (r["source"], r["role"]) == ("population", "applicant")]
