"""The two commands as programs use them: what they print, and with which status they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.forms.checking import forms_app

from .building import part, text, when

GRID = part("datagrid", "g", components=[text("t"), text("a", conditional=when("g.t", "1"))])
FORM = {
    "title": "Đơn",
    "components": [
        text("ten", label="Họ và tên", validate={"required": True}),
        text("to", label="Kính gửi", properties={"addressee": True}),
        part("file", "tep", label="Tệp", hidden=True),
        GRID,
    ],
}
REFUSED = {"components": [text("a", customConditional="show = true")]}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(name: str, content: Any) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    return write


def run(*arguments: str, given: str | None = None) -> Any:
    return CliRunner().invoke(forms_app, list(arguments), input=given, catch_exceptions=False)


def test_check_ends_by_the_worst_that_it_met(written: Any, tmp_path: Path) -> None:
    good, bad = written("good.json", FORM), written("bad.json", REFUSED)
    broken, missing = written("broken.json", b"{"), str(tmp_path / "missing.json")
    assert run("check", good).exit_code == 0
    assert run("check", good, bad).exit_code == 1
    assert run("check", bad, broken).exit_code == 2
    assert run("check", missing).exit_code == 2


def test_check_names_the_place_and_the_code(written: Any) -> None:
    good, bad = written("good.json", FORM), written("bad.json", REFUSED)
    plain = run("check", good, bad).stdout.splitlines()
    assert plain == [f"{good}: accepted", f"{bad}: a: script_condition"]
    assert json.loads(run("check", "--json", good, bad).stdout) == [
        {"form": good, "accepted": True, "problems": []},
        {"form": bad, "accepted": False, "problems": [{"path": "a", "code": "script_condition"}]},
    ]


def test_fields_lists_every_instance_in_form_order(written: Any) -> None:
    form = written("form.json", FORM)
    data = written("data.json", {"g": [{"t": "1"}, {"t": 2.5}]})
    without = json.loads(run("fields", form, "--json").stdout)
    assert without == [
        {"path": "ten", "type": "textfield", "label": "Họ và tên", "required": True, "visible": True},
        {"path": "tep", "type": "file", "label": "Tệp", "required": False, "visible": False},
    ]  # fmt: skip
    rows = json.loads(run("fields", form, data, "--json").stdout)[2:]
    assert [(row["path"], row["visible"]) for row in rows] == [
        ("g[0].t", True), ("g[0].a", True), ("g[1].t", True), ("g[1].a", False),
    ]  # fmt: skip


def test_fields_shows_people_a_table(written: Any) -> None:
    answer = run("fields", written("form.json", FORM))
    assert "Đơn: 2 fields, 1 visible" in answer.stdout
    assert "Họ và tên" in answer.stdout


def test_nothing_in_a_form_steers_the_terminal(written: Any) -> None:
    bad = written("bad.json", {"components": [text("a\x1b[31m"), text("b\n")]})
    assert run("check", bad).stdout == f"{bad}: a?[31m: bad_key\n{bad}: b?: bad_key\n"
    good = written("good.json", {"components": [text("a", label="[red]đỏ[/red]")]})
    assert "[red]đỏ[/red]" in run("fields", good).stdout


def test_fields_says_why_a_form_is_refused(written: Any) -> None:
    bad = written("bad.json", REFUSED)
    answer = run("fields", bad, "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == {
        "error": "form_refused", "problems": [{"path": "a", "code": "script_condition"}],
    }  # fmt: skip
    assert "a: script_condition" in run("fields", bad).stderr
    assert run("fields", written("form.json", FORM), written("list.json", [])).exit_code == 1


def test_lines_are_answered_one_by_one_and_a_bad_one_stops_nothing() -> None:
    lines = [
        {"form": FORM, "data": {"g": [{}]}},
        {"form": REFUSED, "data": {}},
        {"form": FORM, "data": []},
        {"data": {}},
        {"form": FORM},
    ]
    given = "\n".join([*map(json.dumps, lines), "{", "[" * 200_000, "", json.dumps(lines[0])])
    answer = run("fields", "--stdin", given=given)
    assert answer.exit_code == 0
    answers = [json.loads(line) for line in answer.stdout.splitlines()]
    codes = [
        each["problems"][0]["code"] if isinstance(each, dict) else len(each) for each in answers
    ]
    assert codes == [4, "script_condition", "bad_data", "bad_line", 2, "not_json", "too_deep", 4]


def test_no_form_and_no_lines_is_a_mistake_of_the_caller() -> None:
    assert run("fields").exit_code == 2
