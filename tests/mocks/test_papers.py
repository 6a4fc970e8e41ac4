"""What the province's store holds: one story told by every paper, in the shape that is handed in."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.records.kinds import read_kinds
from gateway.records.record import read_record
from mocks.people import PERSONAS, Population
from mocks.people.knowledge import records_of, truth_of
from mocks.people.personas import FORMER_NAMES

SCHEMAS = Path(__file__).parents[2] / "schemas"
KINDS = json.loads((SCHEMAS / "record-kinds.json").read_text())["kinds"]
LISTS = json.loads((SCHEMAS / "code-lists.json").read_text())["lists"]
TAKEN = read_kinds(SCHEMAS / "record-kinds.json")
ENVELOPE = {
    "kind",
    "owner",
    "number",
    "issuer",
    "issued_on",
    "valid_until",
    "dossier",
    "content",
    "file",
}


@pytest.fixture(scope="module")
def records(people: Population) -> dict[int, list[dict[str, Any]]]:
    return {n: records_of(people, n) for n in range(900)}


def of_kind(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record["content"] for record in records if record["kind"] == kind]


def test_records_have_members_of_their_kind(
    records: dict[int, list[dict[str, Any]]],
) -> None:
    for held in records.values():
        for record in held:
            assert set(record) == ENVELOPE
            assert set(record["file"]) == {"name", "sha256", "media_type"}
            assert len(record["file"]["sha256"]) == 64
            kind = KINDS[record["kind"]]
            if not kind.get("open"):
                optional = {"old_number"} if record["kind"] == "identity_card" else set()
                assert set(record["content"]) | optional == set(kind["members"])
            assert json.loads(json.dumps(record)) == record


def test_every_kind_is_held_by_somebody(records: dict[int, list[dict[str, Any]]]) -> None:
    assert {record["kind"] for held in records.values() for record in held} == set(KINDS)


def test_the_vault_takes_every_record(records: dict[int, list[dict[str, Any]]]) -> None:
    for held in records.values():
        for record in held:
            assert read_record(record, TAKEN).document() == record


def test_paper_codes_are_listed_with_labels(
    records: dict[int, list[dict[str, Any]]],
) -> None:
    seen = set()
    for held in records.values():
        for record in held:
            for name, member in KINDS[record["kind"]]["members"].items():
                value = record["content"].get(name)
                if member["type"].startswith("code:") and isinstance(value, dict):
                    list_name = member["type"].removeprefix("code:")
                    assert LISTS[list_name][value["code"]] == value["label"]
                    seen.add(list_name)
    assert len(seen) > 7


def test_records_belong_to_their_owner(
    people: Population, records: dict[int, list[dict[str, Any]]]
) -> None:
    for n, held in records.items():
        for record in held:
            assert record["owner"]["personal_id"] == people.number_of(n)


def test_both_spouses_hold_the_same_marriage(records: dict[int, list[dict[str, Any]]]) -> None:
    married = 0
    for n, held in records.items():
        for content in of_kind(held, "marriage_certificate"):
            sides = {content["husband"]["personal_id"], content["wife"]["personal_id"]}
            if None in sides:
                continue
            assert of_kind(records[n ^ 1], "marriage_certificate") == [content]
            married += 1
    assert married > 200


def test_survivors_share_one_death_certificate(
    people: Population, records: dict[int, list[dict[str, Any]]]
) -> None:
    by_dead: dict[str, set[str]] = {}
    for held in records.values():
        for content in of_kind(held, "death_certificate"):
            number = content["deceased"]["personal_id"]
            by_dead.setdefault(number, set()).add(json.dumps(content, sort_keys=True))
            dead = people.by_number(number)
            assert dead is not None
            assert dead.died_on == content["died_on"]
    assert len(by_dead) > 50
    assert all(len(contents) == 1 for contents in by_dead.values())


def test_residence_papers_of_one_household_agree(
    records: dict[int, list[dict[str, Any]]],
) -> None:
    by_code: dict[str, list[dict[str, Any]]] = {}
    for held in records.values():
        for content in of_kind(held, "residence_confirmation"):
            by_code.setdefault(content["household_code"], []).append(content)
    for contents in by_code.values():
        assert all(c["members"] == contents[0]["members"] for c in contents)
        assert all(c["head"] == contents[0]["head"] for c in contents)
    shared = [contents for contents in by_code.values() if len(contents) > 2]
    assert len(shared) > 100


def test_papers_say_what_the_register_says(
    people: Population, records: dict[int, list[dict[str, Any]]]
) -> None:
    for n, held in records.items():
        person = people.person(n)
        for birth in of_kind(held, "birth_certificate"):
            assert birth["full_name"] == FORMER_NAMES.get(n, person.full_name)
            assert birth["birth_date"] == person.birth_date
            assert birth["hometown"]["commune"]["code"] == person.hometown.commune.code
            assert birth["registered_on"] >= birth["birth_date"]
        for card in of_kind(held, "identity_card"):
            assert card["card_number"] == person.personal_id


def test_truth_names_family_and_papers(people: Population) -> None:
    truth = truth_of(people, PERSONAS["ordinary"])
    person = people.persona("ordinary")
    assert person.father is not None
    assert truth["father"]["personal_id"] == person.father.personal_id
    assert [child["personal_id"] for child in truth["children"]] == [
        people.number_of(child) for child in person.children
    ]
    assert truth["person"]["current_address"]["country"] == "VN"
    assert truth["papers"]["identity_card"]["card_number"] == person.personal_id
    assert json.loads(json.dumps(truth)) == truth


def test_oldest_people_name_parents_without_numbers(people: Population) -> None:
    father = truth_of(people, 240)["father"]
    assert father["personal_id"] is None
    assert father["full_name"]
