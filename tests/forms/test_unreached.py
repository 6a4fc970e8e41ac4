"""What is written of the items that do not come must fit the form and explain something."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import FieldProblem, FormRefused
from gateway.domain.verdicts import Reason
from gateway.forms.catalogue import read_catalogue
from gateway.forms.unreached import FILE, Unreached, read_all_unreached, read_unreached

SCHEMAS = Path(__file__).parents[2] / "schemas"
CATALOGUE = read_catalogue(SCHEMAS)
FORM = CATALOGUE.form_for("marriage-registration")
OF_GROOM = {"reason": "not_held", "items": ["groom_name", "groom_id"], "why": "nobody knows him"}
OF_BRIDE = {"reason": "withheld", "items": ["bride_ethnicity"], "why": "she was typed"}


def written(folder: Path, *groups: dict[str, Any], form: str = FORM.code) -> Path:
    (folder / FILE).write_text(json.dumps({"form": form, "unreached": groups}))
    return folder


def refused(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(FormRefused) as refusal:
        read_unreached(folder, FORM)
    return [(problem.path, problem.code) for problem in refusal.value.problems]


def test_reasons_come_in_order_written(tmp_path: Path) -> None:
    assert read_unreached(written(tmp_path, OF_GROOM, OF_BRIDE), FORM) == (
        Unreached(Reason.NOT_HELD, ("groom_name", "groom_id"), "nobody knows him"),
        Unreached(Reason.WITHHELD, ("bride_ethnicity",), "she was typed"),
    )


def test_no_file_means_nothing_is_written(tmp_path: Path) -> None:
    assert read_unreached(tmp_path, FORM) == ()


def test_one_item_may_have_two_reasons(tmp_path: Path) -> None:
    both = read_unreached(written(tmp_path, OF_GROOM, OF_GROOM | {"reason": "stale"}), FORM)
    assert [one.reason for one in both] == [Reason.NOT_HELD, Reason.STALE]


def test_every_misfit_is_named(tmp_path: Path) -> None:
    no_source = {**OF_BRIDE, "items": ["copies_wanted", "no_such_item"]}
    folder = written(tmp_path, OF_GROOM, no_source, OF_GROOM, form="birth-registration")
    assert refused(folder) == [
        ("reach:form", "another_form"),
        ("reach:unreached.1.items.0", "no_such_item"),
        ("reach:unreached.1.items.1", "no_such_item"),
        ("reach:unreached.2.items.0", "item_claimed_twice"),
        ("reach:unreached.2.items.1", "item_claimed_twice"),
    ]


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        (
            OF_GROOM | {"reason": "source_unavailable"},
            ("reach:unreached.0.reason", "literal_error"),
        ),
        (OF_GROOM | {"reason": "not_permitted"}, ("reach:unreached.0.reason", "literal_error")),
        (OF_GROOM | {"items": []}, ("reach:unreached.0.items", "too_short")),
        (OF_GROOM | {"why": ""}, ("reach:unreached.0.why", "string_too_short")),
        (OF_GROOM | {"share": 1}, ("reach:unreached.0.share", "extra_forbidden")),
    ],
    ids=["a source was down", "a source was not granted", "no item", "no rule", "unknown member"],
)
def test_what_explains_nothing_is_refused(
    tmp_path: Path, group: dict[str, Any], problem: tuple[str, str]
) -> None:
    [(path, code)] = refused(written(tmp_path, group))
    assert path == problem[0] and problem[1] in code


def test_misfit_names_its_form(tmp_path: Path) -> None:
    folder = tmp_path / "forms" / FORM.code
    folder.mkdir(parents=True)
    written(folder, OF_GROOM | {"items": ["no_such_item"]})
    with pytest.raises(FormRefused) as refusal:
        read_all_unreached(tmp_path, CATALOGUE)
    place = f"{FORM.code}: reach:unreached.0.items.0"
    assert refusal.value.problems == (FieldProblem(place, "no_such_item"),)
