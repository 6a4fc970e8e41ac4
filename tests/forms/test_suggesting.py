"""What is suggested for a form is held against what its authors bound, the form itself unknown."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.forms.catalogue import Catalogue, read_catalogue
from gateway.forms.suggesting import Experience, Suggestion

from .building import form_of, part, text

SCHEMAS = Path(__file__).parents[2] / "schemas"
FORMS = SCHEMAS / "forms"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue(SCHEMAS)


def experience_without(catalogue: Catalogue, code: str) -> Experience:
    others = [form for form in catalogue.forms() if form.code != code]
    return Experience(others, others[0].dictionary)


@pytest.mark.parametrize(
    ("code", "least", "too_many"),
    [
        ("ct01-permanent-residence", 1.0, 0),
        ("social-allowance-1d", 0.9, 0),
        ("civil-status-extract", 0.9, 4),
    ],
)
def test_most_facts_of_similar_form_are_found(
    catalogue: Catalogue, code: str, least: float, too_many: int
) -> None:
    form = catalogue.form_for(code)
    bound = {b.field: b.attribute for b in form.bindings.bindings}
    read = {f: a for f, a in bound.items() if not form.dictionary[a].computed}
    found = {s.field: s for s in experience_without(catalogue, code).suggest(form.definition)}
    right = sum(found[f].attribute == a for f, a in read.items() if f in found)
    assert right >= least * len(read)
    assert len(found.keys() - bound.keys()) <= too_many, "what only citizens know is left to them"


def test_suggestion_names_similar_field_and_heading(
    catalogue: Catalogue,
) -> None:
    form = form_of(
        part("panel", "p1", title="Thông tin người yêu cầu", components=[
            part("textfield", "a", label="Họ, chữ đệm, tên"),
        ]),
        part("panel", "p2", title="III. Thông tin người mẹ", components=[
            part("textfield", "b", label="Họ, chữ đệm, tên"),
        ]),
        text("c", label="Màu sơn yêu thích"),
        part("file", "d", label="Số định danh cá nhân"),
    )  # fmt: skip
    found = experience_without(catalogue, "").suggest(form)
    assert [(s.field, s.role, s.attribute) for s in found] == [
        ("a", "applicant", "person.full_name"),
        ("b", "mother", "person.full_name"),
    ]
    assert all("Họ, chữ đệm, tên" in s.reason and 0.6 <= s.score <= 1 for s in found)


def test_field_of_other_kind_is_less_similar(catalogue: Catalogue) -> None:
    def best(kind: str) -> list[Suggestion]:
        field = part(kind, "ngaySinh", label="Ngày, tháng, năm sinh")
        return list(experience_without(catalogue, "").suggest(form_of(field)))

    (as_date,), as_box = best("datetime"), best("checkbox")
    assert as_date.attribute == "person.birth_date"
    assert as_box == [] or as_box[0].score < as_date.score


def test_command_prints_agreed_members() -> None:
    done = CliRunner().invoke(
        app, ["forms", "suggest", str(FORMS / "tk01-passport" / "form.json"), "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {frozenset(one) for one in told} == {
        frozenset({"field", "label", "role", "attribute", "score", "reason"})
    }
    sex = next(one for one in told if one["field"] == "gioiTinh")
    assert (sex["role"], sex["attribute"], sex["score"]) == ("applicant", "person.sex", 1.0)


def test_uncountable_form_is_refused(tmp_path: Path) -> None:
    scripted = tmp_path / "form.json"
    scripted.write_text(json.dumps({"components": [text("a", customDefaultValue="value = 1")]}))
    done = CliRunner().invoke(app, ["forms", "suggest", str(scripted), "--json"])
    assert done.exit_code == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["path"], problem["code"]) == ("a", "script_value")
    missing = CliRunner().invoke(app, ["forms", "suggest", str(tmp_path / "none.json")])
    assert missing.exit_code == 2
