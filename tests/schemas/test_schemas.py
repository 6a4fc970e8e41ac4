"""Do the files of `schemas/` keep to their own JSON Schemas, and do those refuse what is wrong?"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "schemas"
PAIRS = {
    "attributes.json": "attributes.schema.json",
    "record-kinds.json": "record-kinds.schema.json",
    **{
        str(path.relative_to(SCHEMAS)): "bindings.schema.json"
        for path in sorted((SCHEMAS / "forms").glob("*/bindings.json"))
    },
    **{
        str(path.relative_to(SCHEMAS)): "reach.schema.json"
        for path in sorted((SCHEMAS / "forms").glob("*/reach.json"))
    },
}


def load(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


def refuses(schema: str, document: Any) -> bool:
    return not Draft202012Validator(load(schema)).is_valid(document)


@pytest.mark.parametrize("schema", sorted(set(PAIRS.values())))
def test_a_schema_is_itself_sound(schema: str) -> None:
    Draft202012Validator.check_schema(load(schema))


@pytest.mark.parametrize("name", PAIRS)
def test_a_file_keeps_to_its_schema(name: str) -> None:
    errors = Draft202012Validator(load(PAIRS[name])).iter_errors(load(name))
    assert [f"{error.json_path}: {error.validator}" for error in errors] == []


def change(document: Any, path: str, value: object) -> Any:
    changed = copy.deepcopy(document)
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = changed
    for part in above:
        place = place[part]
    place[last] = value
    return changed


WRONG_BINDINGS = {
    "a member nobody knows": ("rolls", {}),
    "a role reached in two ways at once": ("roles/mother/0/from", "applicant"),
    "a role reached from somewhere by nothing": ("roles/mother/1", {"from": "applicant"}),
    "a role given without a number": ("roles/mother/3/given", {"full_name": "hoTenMe"}),
    "an edit policy that does not exist": ("bindings/0/edit", "open"),
    "a field written as an instance": ("bindings/0/field", "thanhVien[0].hoTen"),
    "a derived value of nothing": ("bindings/0/attribute", "derived.copy"),
    "a procedure with its province suffix": ("procedures", ["1.001193.000.00.00.H99"]),
    "a ceiling below nothing": ("ceiling", -1),
    "a reason left blank": ("not_supplied", {"danTocMe": ""}),
}


@pytest.mark.parametrize("mistake", WRONG_BINDINGS)
def test_bindings_are_refused_for(mistake: str) -> None:
    sound = load("forms/birth-registration/bindings.json")
    assert refuses("bindings.schema.json", change(sound, *WRONG_BINDINGS[mistake]))


WRONG_REACH = {
    "an item on no list": ("unreached/0/items", []),
    "a rule left blank": ("unreached/0/why", ""),
    "a source that was down": ("unreached/0/reason", "source_unavailable"),
    "a source that was not granted": ("unreached/0/reason", "not_permitted"),
    "a member nobody knows": ("unreached/0/share", 0.5),
}


@pytest.mark.parametrize("mistake", WRONG_REACH)
def test_written_reason_is_refused_for(mistake: str) -> None:
    sound = load("forms/marriage-registration/reach.json")
    assert refuses("reach.schema.json", change(sound, *WRONG_REACH[mistake]))


WRONG_ATTRIBUTES = {
    "a source that no name can be of": ("attributes/person.sex/sources", ["hear say"]),
    "no source at all": ("attributes/person.sex/sources", []),
    "a type nobody reads": ("attributes/person.sex/type", "gender"),
    "a mark that says no": ("attributes/person.sex/sensitive", False),
    "a conflict settled by a word": ("attributes/licence.number/conflict", "newest"),
    "a name without its family": ("attributes/sex", {"term": "a", "type": "text", "sources": []}),
}


@pytest.mark.parametrize("mistake", WRONG_ATTRIBUTES)
def test_an_attribute_is_refused_for(mistake: str) -> None:
    sound = load("attributes.json")
    assert refuses("attributes.schema.json", change(sound, *WRONG_ATTRIBUTES[mistake]))


WRONG_KINDS = {
    "a member of an unknown type": ("kinds/passport/members/number/type", "blob"),
    "an implied value without its list": (
        "kinds/identity_card/implies/identity_card.paper_type",
        {"code": "can_cuoc", "label": "Thẻ căn cước"},
    ),
    "no members": ("kinds/passport/members", {}),
    "no title": ("kinds/passport", {"members": {"number": {"type": "text"}}}),
}


@pytest.mark.parametrize("mistake", WRONG_KINDS)
def test_a_record_kind_is_refused_for(mistake: str) -> None:
    sound = load("record-kinds.json")
    assert refuses("record-kinds.schema.json", change(sound, *WRONG_KINDS[mistake]))


def test_every_record_attribute_is_in_dictionary() -> None:
    attributes = load("attributes.json")["attributes"]
    for kind in load("record-kinds.json")["kinds"].values():
        named = [m["attribute"] for m in kind["members"].values() if "attribute" in m]
        for name in [*named, *kind.get("implies", {})]:
            assert "records" in attributes[name]["sources"], name


def test_own_papers_follow_records_without_spouse() -> None:
    """A marriage may have ended by a paper that lies elsewhere."""
    kinds = load("record-kinds.json")["kinds"].values()
    spouses = {kind["spouse"] for kind in kinds if "spouse" in kind}
    for name, attribute in load("attributes.json")["attributes"].items():
        if "personal_papers" in attribute["sources"]:
            assert attribute["sources"][-2:] == ["records", "personal_papers"], name
            assert name not in spouses


def test_every_coded_type_has_a_list() -> None:
    lists = {*load("code-lists.json")["lists"], "province", "commune", "country"}
    for name, attribute in load("attributes.json")["attributes"].items():
        if attribute["type"].startswith("code:"):
            assert attribute["type"].removeprefix("code:") in lists, name


def test_attribute_parts_and_sources_are_attributes() -> None:
    attributes = load("attributes.json")["attributes"]
    for name, attribute in attributes.items():
        whole = [attribute["part_of"]] if "part_of" in attribute else []
        assert set(whole) | set(attribute.get("derived_from", [])) <= set(attributes), name
