"""Are bindings that do not fit their form or the dictionary refused, with the place and the reason?"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import FieldProblem, FormRefused
from gateway.forms._reading.bindings import read_bindings
from gateway.forms.attributes import read_dictionary
from gateway.forms.definition import definition_of

from .building import text

SCHEMAS = Path(__file__).parents[2] / "schemas"
DICTIONARY = read_dictionary(SCHEMAS / "attributes.json")
DEFINITION = {"components": [text(key) for key in ("hoTen", "soDinhDanh", "hoTenCon", "soCon")]}
FORM = definition_of(DEFINITION, json.dumps(DEFINITION).encode())
FITTING: dict[str, Any] = {
    "form": "to-khai",
    "title": "Tờ khai",
    "procedures": [],
    "roles": {
        "applicant": {"is": "subject"},
        "child": {"given": {"personal_id": "soCon", "full_name": "hoTenCon"}},
    },
    "ceiling": 2,
    "items": {"soCon": "child_id"},
    "bindings": [
        {"field": "hoTen", "item": "name", "role": "applicant", "attribute": "person.full_name"},
        {"field": "hoTenCon", "item": "child", "role": "child", "attribute": "person.full_name"},
    ],
}

MISFITS: dict[str, tuple[dict[str, Any], FieldProblem]] = {
    "a fact that the dictionary has not": (
        {"bindings.0.attribute": "person.shoe_size"},
        FieldProblem("hoTen", "no_such_attribute"),
    ),
    "a field that the form has not": (
        {"bindings.1.field": "hoTenMe"},
        FieldProblem("hoTenMe", "no_such_field"),
    ),
    "a role that nobody states": (
        {"bindings.0.role": "witness"},
        FieldProblem("hoTen", "no_such_role"),
    ),
    "a role that starts from nobody": (
        {"roles.father": {"from": "grandfather", "by": "person.father"}},
        FieldProblem("roles.father", "cannot_be_reached"),
    ),
    "a role by a fact that leads nowhere": (
        {"roles.father": {"from": "applicant", "by": "person.godfather"}},
        FieldProblem("roles.father", "cannot_be_reached"),
    ),
    "a role by a fact that is no person": (
        {"roles.father": {"from": "applicant", "by": "person.sex"}},
        FieldProblem("roles.father", "cannot_be_reached"),
    ),
    "a person as the value of a field": (
        {"bindings.0.attribute": "person.father"},
        FieldProblem("hoTen", "person_is_no_value"),
    ),
    "an item that is asked and said to be absent": (
        {"absent_items": ["name"]},
        FieldProblem("absent_items.name", "item_claimed_twice"),
    ),
    "a procedure with another code than the portal's": (
        {"procedures": ["khai sinh"]},
        FieldProblem("bindings:procedures.0", "string_pattern_mismatch"),
    ),
    "a ceiling below nothing": (
        {"ceiling": -1},
        FieldProblem("bindings:ceiling", "greater_than_equal"),
    ),
    "two roles that wait for each other": (
        {
            "roles.father": {"from": "mother", "by": "person.spouse"},
            "roles.mother": {"from": "father", "by": "person.spouse"},
        },
        FieldProblem("roles.mother", "cannot_be_reached"),
    ),
    "a role found in two ways at once": (
        {"roles.child.is": "subject"},
        FieldProblem("roles.child", "one_way_each"),
    ),
    "a person given in a field that is not there": (
        {"roles.child.given.personal_id": "soChau"},
        FieldProblem("roles.child", "no_such_field"),
    ),
    "an item claimed by the binding and beside it": (
        {"items.hoTen": "name"},
        FieldProblem("hoTen", "item_claimed_twice"),
    ),
    "a field bound twice": (
        {"bindings.1.field": "hoTen"},
        FieldProblem("hoTen", "bound_twice"),
    ),
    "a value worked out from nothing": (
        {"bindings.0.attribute": "derived.copy"},
        FieldProblem("hoTen", "derived_needs_of"),
    ),
    "a row key of a group that is none": (
        {"row_key": {"thanhVien": "soDinhDanh"}},
        FieldProblem("row_key.thanhVien", "no_such_group"),
    ),
}


def misfitting(changes: dict[str, Any]) -> bytes:
    document = deepcopy(FITTING)
    for place, value in changes.items():
        *way, last = place.split(".")
        inner: Any = document
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[last] = value
    return json.dumps(document).encode()


def test_bindings_that_fit_are_taken() -> None:
    read = read_bindings(misfitting({}), FORM, DICTIONARY)
    assert read.item_of("soCon") == "child_id"


@pytest.mark.parametrize("case", MISFITS)
def test_misfit_bindings_are_refused_with_place(case: str) -> None:
    changes, problem = MISFITS[case]
    with pytest.raises(FormRefused) as refusal:
        read_bindings(misfitting(changes), FORM, DICTIONARY)
    assert problem in refusal.value.problems
    assert "shoe" not in str(refusal.value)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"form": "to-khai"}', misfitting({"shoe_size": 42})]
)
def test_file_without_bindings_is_refused(raw: bytes) -> None:
    with pytest.raises(FormRefused):
        read_bindings(raw, FORM, DICTIONARY)
