"""What is told of a changed form: every kind of change, what breaks, and what is kept of the old."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.domain.codelists import CodeLists, read_code_lists
from gateway.domain.errors import FormRefused
from gateway.forms.attributes import read_dictionary
from gateway.forms.catalogue import RegisteredForm, register
from gateway.forms.definition import read_countable
from gateway.forms.drift import Change, Drift, drift_of

Json = dict[str, Any]
SCHEMAS = Path(__file__).parents[2] / "schemas"
FORM = "ct01-permanent-residence"


@cache
def registered() -> RegisteredForm:
    return register(SCHEMAS / "forms" / FORM, read_dictionary(SCHEMAS / "attributes.json"))


@cache
def lists() -> CodeLists:
    return read_code_lists(SCHEMAS)


def definition() -> Json:
    read: Json = json.loads((SCHEMAS / "forms" / FORM / "form.json").read_bytes())
    return read


def bindings() -> Json:
    read: Json = json.loads((SCHEMAS / "forms" / FORM / "bindings.json").read_bytes())
    return read


def walk(components: list[Json]) -> Iterator[tuple[list[Json], Json]]:
    """Every component with the list it stands in."""
    for component in components:
        yield components, component
        yield from walk(component.get("components") or [])
        for column in component.get("columns") or []:
            yield from walk(column["components"])


def named(form: Json, key: str) -> Json:
    return next(c for _, c in walk(form["components"]) if c["key"] == key)


def without(form: Json, key: str) -> None:
    around, component = next((a, c) for a, c in walk(form["components"]) if c["key"] == key)
    around.remove(component)


def drift(form: Json, bound: Json | None = None) -> Drift:
    raw = (SCHEMAS / "forms" / FORM / "bindings.json").read_bytes()
    told = raw if bound is None else json.dumps(bound).encode()
    return drift_of(registered(), read_countable(json.dumps(form).encode()), told, lists())


def rename_a_bound_field(form: Json) -> None:
    named(form, "email")["key"] = "thuDienTu"


def rename_a_group(form: Json) -> None:
    named(form, "thanhVien")["key"] = "nguoiCungThayDoi"


def remove_a_bound_field(form: Json) -> None:
    without(form, "email")


def remove_an_unbound_field(form: Json) -> None:
    without(form, "diaChiNoiDangKy")


def ask_for_more(form: Json) -> None:
    form["components"].insert(
        -1,
        {
            "key": "ngheNghiep",
            "type": "textfield",
            "label": "Nghề nghiệp",
            "input": True,
            "validate": {"required": True},
        },
    )


def require_the_address_of_mail(form: Json) -> None:
    named(form, "email")["validate"] = {"required": True}


def ask_a_date_as_a_number(form: Json) -> None:
    named(form, "ngaySinh")["type"] = "number"


def word_a_sex_otherwise(form: Json) -> None:
    sexes = named(form, "gioiTinh")
    next(o for o in options(sexes) if o["label"] == "Nam")["label"] = "Đàn ông"


def options(component: Json) -> list[Json]:
    found: list[Json] = component.get("values") or component["data"]["json"]
    return found


def open_a_field_otherwise(form: Json) -> None:
    named(form, "email")["conditional"] = {"show": True, "when": "hoDangKy", "eq": "lap_ho"}


CHANGES: Mapping[Callable[[Json], None], list[tuple[str, str, str, str]]] = {
    rename_a_bound_field: [
        ("renamed", "email", "email", "thuDienTu"),
        ("binding_field_gone", "email", "email", "thuDienTu"),
    ],
    remove_a_bound_field: [
        ("removed", "email", "", ""),
        ("binding_field_gone", "email", "email", ""),
        ("item_dropped", "email", "applicant_email", ""),
    ],
    remove_an_unbound_field: [
        ("removed", "diaChiNoiDangKy", "", ""),
        ("binding_field_gone", "diaChiNoiDangKy", "diaChiNoiDangKy", ""),
        ("item_dropped", "diaChiNoiDangKy", "new_address", ""),
    ],
    ask_for_more: [("added", "ngheNghiep", "", "")],
    require_the_address_of_mail: [("now_required", "email", "", "")],
    ask_a_date_as_a_number: [
        ("type", "ngaySinh", "day", "number"),
        ("not_convertible", "ngaySinh", "date", "number"),
    ],
    word_a_sex_otherwise: [
        ("options", "gioiTinh", "Nam (1)", "Đàn ông (1)"),
        ("label_lost", "gioiTinh", "Nam", ""),
    ],
}


def told(change: Change) -> tuple[str, str, str, str]:
    return change.kind, change.path, change.before, change.after


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_form_change_is_reported_with_broken_bindings(change: Callable[[Json], None]) -> None:
    form = definition()
    change(form)
    found = drift(form)
    assert [told(one) for one in found.changes] == CHANGES[change]
    breaking = {"binding_field_gone", "not_convertible", "label_lost"}
    assert found.breaks is any(kind in breaking for kind, *_ in CHANGES[change])


def test_renamed_group_takes_columns_along() -> None:
    form = definition()
    rename_a_group(form)
    renamed = {c.path: c.after for c in drift(form).changes if c.kind == "renamed"}
    columns = {f.path for f in registered().definition.fields if f.path.startswith("thanhVien[]")}
    assert renamed == {p: p.replace("thanhVien", "nguoiCungThayDoi") for p in columns}
    refused = [c for c in drift(form).changes if c.kind == "bindings_refused"]
    assert [(c.path, c.after) for c in refused] == [("row_key.thanhVien", "no_such_group")]


def test_changed_condition_is_reported_in_words() -> None:
    form = definition()
    open_a_field_otherwise(form)
    (change,) = drift(form).changes
    assert (change.kind, change.path, change.before) == ("condition", "email", "")
    label = next(o["label"] for o in options(named(form, "hoDangKy")) if o["value"] == "lap_ho")
    assert change.after == f"«{named(form, 'hoDangKy')['label']}» là «{label}»"


def test_new_required_field_is_reported() -> None:
    form = definition()
    ask_for_more(form)
    assert [change.required for change in drift(form).changes] == [True]


def test_rewording_form_keeps_its_series() -> None:
    form = definition()
    named(form, "email")["label"] = "Thư điện tử"
    found = drift(form)
    assert (found.changes, found.new_series, found.breaks) == ((), False, False)


def test_rewording_bindings_keeps_series_rebinding_does_not() -> None:
    reworded, unbound = bindings(), bindings()
    reworded |= {"title": "Tờ khai", "not_supplied": {"email": "Không ai giữ."}}
    unbound["login_fills"] = []
    assert drift(definition(), dict(reversed(reworded.items()))).new_series is False
    assert drift(definition(), unbound).new_series is True


def test_newly_bound_fact_must_fit_field() -> None:
    bound = bindings()
    for binding in bound["bindings"]:
        if binding["attribute"] == "person.sex" and "[]" not in binding["field"]:
            binding["attribute"] = "person.birth_date"
    found = drift(definition(), bound)
    assert [told(one) for one in found.changes] == [
        ("not_convertible", "gioiTinh", "date", "select")
    ]


def test_bindings_of_another_form_are_refused() -> None:
    with pytest.raises(FormRefused, match="bindings:form: another_form"):
        drift(definition(), bindings() | {"form": "tk01-passport"})


def test_changed_counting_starts_series_unless_misfit() -> None:
    more, misfit = definition(), definition()
    ask_for_more(more)
    rename_a_bound_field(misfit)
    assert drift(more).new_series is True
    assert drift(misfit).new_series is None


def test_bindings_after_renaming_break_nothing() -> None:
    form, bound = definition(), bindings()
    rename_a_bound_field(form)
    for binding in bound["bindings"]:
        if binding["field"] == "email":
            binding["field"] = "thuDienTu"
    found = drift(form, bound)
    assert [told(one) for one in found.changes] == [("renamed", "email", "email", "thuDienTu")]
    assert (found.breaks, found.new_series) == (False, True)


def test_added_and_dropped_items_are_reported() -> None:
    bound = bindings()
    del bound["items"]["tinhNoiDangKy"]
    bound["items"]["hoDangKy"] = "kind_of_household"
    bound["bindings"] = [b for b in bound["bindings"] if b["field"] != "hoDangKy"]
    found = [told(one) for one in drift(definition(), bound).changes]
    assert found == [
        ("item_dropped", "tinhNoiDangKy", "new_province", ""),
        ("item_added", "", "", "kind_of_household"),
    ]


def test_unreadable_bindings_are_refused() -> None:
    with pytest.raises(FormRefused):
        drift(definition(), {"form": FORM})


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    for name in ("attributes.json", "code-lists.json", "units.json", "provinces-before-2025.json"):
        shutil.copy(SCHEMAS / name, tmp_path)
    shutil.copytree(SCHEMAS / "catalogue", tmp_path / "catalogue")
    shutil.copytree(SCHEMAS / "forms" / FORM, tmp_path / "forms" / FORM)
    return tmp_path


def run(schemas: Path, content: object, *options: str) -> Any:
    file = schemas / "new.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    arguments = ["forms", "import", str(file), "--form", FORM, *options]
    return CliRunner().invoke(
        app, arguments, env={"GATEWAY_SCHEMAS": str(schemas)}, catch_exceptions=False
    )


def test_harmless_form_is_written_keeping_earlier(schemas: Path) -> None:
    form, folder = definition(), schemas / "forms" / FORM
    earlier = (folder / "form.json").read_bytes()
    ask_for_more(form)
    assert run(schemas, form).exit_code == 0
    assert (folder / "form.json").read_bytes() == earlier
    answer = run(schemas, form, "--write", "--json")
    assert answer.exit_code == 0
    document = json.loads(answer.stdout)
    assert (document["written"], document["new_series"], document["breaks"]) == (True, True, False)
    assert json.loads((folder / "form.json").read_bytes()) == form
    kept = folder / "versions" / f"{hashlib.sha256(earlier).hexdigest()}.json"
    assert list((folder / "versions").iterdir()) == [kept]
    assert kept.read_bytes() == earlier
    now = register(folder, read_dictionary(schemas / "attributes.json"))
    assert now.series == document["series"] != document["earlier_series"]


def test_breaking_form_is_reported_and_not_written(schemas: Path) -> None:
    form, folder = definition(), schemas / "forms" / FORM
    earlier = (folder / "form.json").read_bytes()
    rename_a_bound_field(form)
    answer = run(schemas, form, "--write")
    assert answer.exit_code == 1
    assert "Đổi khóa" in answer.stdout and "thuDienTu" in answer.stdout
    assert (folder / "form.json").read_bytes() == earlier
    assert not (folder / "versions").exists()


def test_file_without_form_is_refused_with_reason(schemas: Path) -> None:
    loop = {"type": "textfield", "key": "a", "conditional": {"show": True, "when": "a", "eq": "1"}}
    for content, reason in (("{", "not_json"), ({"components": [loop]}, "cycle_of_conditions")):
        answer = run(schemas, content, "--json")
        assert answer.exit_code == 2
        assert json.loads(answer.stdout)["problems"][0]["code"] == reason


def test_form_under_unknown_code_is_refused(schemas: Path) -> None:
    answer = run(schemas, definition(), "--form", "../" + FORM)
    assert answer.exit_code == 2 and answer.stderr.startswith("--form: unknown_form: ")


@pytest.mark.parametrize(
    "folder", sorted(p.parent for p in SCHEMAS.glob("forms/*/form.json")), ids=lambda p: p.name
)
def test_unchanged_form_reports_nothing(folder: Path) -> None:
    same = register(folder, read_dictionary(SCHEMAS / "attributes.json"))
    found = drift_of(same, same.definition, (folder / "bindings.json").read_bytes(), lists())
    assert (found.changes, found.new_series) == ((), False)
