"""A number alone finds nothing by the other calls either: records, confirmations, citizens' views."""

from typing import Any

import pytest

from mocks.people import Person
from tests.identity.world import (
    EVERYTHING,
    STRANGE_NAME,
    Json,
    World,
    named,
    nobody_like,
    said_of,
    with_both,
)

SEARCH, CONFIRM = "/v1/records/search", "/v1/identity/confirm"


def search(world: World, owner: Json) -> Any:
    answer = world.house.search(owner, EVERYTHING)
    return answer.status_code, answer.json()


def test_search_takes_name_beside_number(world: World) -> None:
    person = world.somebody()
    record = world.store(with_both(person))
    status, found = search(world, named(person))
    assert status == 200
    assert [one["id"] for one in found["records"]] == [record]


@pytest.mark.threat(63)
def test_search_with_wrong_name_finds_nobody(world: World) -> None:
    person = world.somebody()
    world.store(with_both(person))
    announced = {"kind": "driving_licence", "owner": named(person)}
    ahead = {"expected_at": "2100-01-01T00:00:00+07:00"}
    world.house.post("/v1/records", {**announced, **ahead}, EVERYTHING)
    number = nobody_like(world.people, person.personal_id)
    wrong = search(world, {**named(person), "full_name": STRANGE_NAME})
    nobody = search(world, {"personal_id": number, "full_name": STRANGE_NAME})
    assert wrong == nobody == (200, {"records": [], "awaited": []})


@pytest.mark.threat(63)
def test_search_by_number_alone_lists_nothing(world: World) -> None:
    person = world.somebody()
    world.store(with_both(person))
    status, found = search(world, {"personal_id": person.personal_id})
    assert status in (400, 422) or found["records"] == []


def confirmed(world: World, person: Person, **changed: Any) -> Json:
    body = {
        "subject": said_of(person, **changed),
        "legal_basis": {"kind": "consent", "reference": "phiếu 12"},
    }
    answer = world.house.post(CONFIRM, body, EVERYTHING)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return {**told, "leaf": ""}


def test_confirmation_says_yes_to_right_identity(world: World) -> None:
    assert confirmed(world, world.somebody())["confirmed"] is True


@pytest.mark.threat(63)
@pytest.mark.parametrize(
    "changed",
    [
        {"full_name": STRANGE_NAME},
        {"birth_date": "1984-03-18"},
        {"birth_date": "1984-01-01"},
        {"birth_date": "1984-04"},
        {"birth_date": "1985"},
    ],
    ids=["name", "day", "first of January", "month", "year"],
)
def test_confirmation_of_mismatch_is_as_nobody(world: World, changed: Json) -> None:
    person = world.somebody()
    world.registers(person, birth_date="1984-03-17")
    later = world.house.database.population.person(person.n)
    number = nobody_like(world.people, person.personal_id)
    wrong = confirmed(world, later, **changed)
    assert wrong == confirmed(world, later, **{**changed, "personal_id": number})
    assert wrong["confirmed"] is False
