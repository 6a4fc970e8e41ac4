"""Do the linked declarations say for every procedure which of their items serve it?"""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.bundles import bundles_of
from gateway.cli.main import app
from gateway.domain.errors import FormRefused
from gateway.forms.catalogue import read_catalogue

SCHEMAS = Path(__file__).parents[2] / "schemas"
LINKED = {"bundle-birth": 3, "bundle-death": 3}


def changed(tmp_path: Path, change: Any) -> Path:
    """The schemas with the births bundle's `serves` changed."""
    schemas = Path(copytree(SCHEMAS, tmp_path / "schemas"))
    path = schemas / "forms" / "bundle-birth" / "bindings.json"
    bindings = json.loads(path.read_text())
    change(bindings["serves"])
    path.write_text(json.dumps(bindings))
    return schemas


def test_linked_declaration_asks_less_than_separate_forms() -> None:
    read = bundles_of(read_catalogue(SCHEMAS))
    assert {one["form"]: len(one["procedures"]) for one in read} == LINKED
    for one in read:
        assert one["alone"] == sum(row["alone"] for row in one["procedures"])
        assert one["items"] < one["alone"]
        assert one["saved"]["numerator"] == one["alone"] - one["items"]


def test_item_of_two_procedures_is_shared() -> None:
    birth = next(b for b in bundles_of(read_catalogue(SCHEMAS)) if b["form"] == "bundle-birth")
    rows = {row["procedure"]: row for row in birth["procedures"]}
    assert all(0 < row["shared"] <= row["within"] <= birth["items"] for row in rows.values())
    # the child's name, birth date and sex are asked once for all three
    assert sum(row["within"] for row in rows.values()) > birth["items"] * 0.9


def test_only_codes_unknown_to_portal_are_ours() -> None:
    for form in read_catalogue(SCHEMAS).forms():
        for served in form.bindings.serves:
            assert served.ours == served.procedure.startswith("9.")


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        (lambda s: s[0].update(form="no-such"), "serves[0].form", "no_such_form"),
        (lambda s: s[1]["items"].update(no_item=["child_dob"]), "serves[1].items", "no_such_item"),
        (lambda s: s[2]["items"].update(name=["no_item"]), "serves[2].items", "no_such_item"),
        (lambda s: s.append(s[0]), "serves[3].procedure", "served_twice"),
    ],
    ids=["a form that is not there", "an item of theirs", "an item of ours", "a procedure twice"],
)
def test_bundle_with_unknown_reference_is_refused(
    tmp_path: Path, change: Any, place: str, code: str
) -> None:
    with pytest.raises(FormRefused) as refused:
        read_catalogue(changed(tmp_path, change))
    told = [(p.path, p.code) for p in refused.value.problems]
    assert told == [(f"bundle-birth: {place}", code)]


def test_command_prints_both_numbers_per_procedure() -> None:
    printed = json.loads(CliRunner().invoke(app, ["forms", "bundles", "--json"]).stdout)
    assert printed == bundles_of(read_catalogue(SCHEMAS))
    table = CliRunner().invoke(app, ["forms", "bundles"]).stdout
    assert all(row["procedure"] in table for one in printed for row in one["procedures"])
