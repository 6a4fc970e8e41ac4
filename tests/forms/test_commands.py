"""The two commands as programs use them: what they print, and with which status they end."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli._forms.checking import forms_app
from gateway.domain.errors import FormRefused
from gateway.forms._reading.reasons import REASONS, reason_of
from gateway.forms._reading.tree import WITH_ADVICE

from .building import form_of, part, text, when

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
SCRIPT = REASONS["script_condition"]._asdict()
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


def test_check_exits_by_worst_result(written: Any, tmp_path: Path) -> None:
    good, bad = written("good.json", FORM), written("bad.json", REFUSED)
    broken, missing = written("broken.json", b"{"), str(tmp_path / "missing.json")
    assert run("check", good).exit_code == 0
    assert run("check", good, bad).exit_code == 1
    assert run("check", bad, broken).exit_code == 2
    assert run("check", missing).exit_code == 2


def test_check_names_place_and_code(written: Any) -> None:
    good, bad = written("good.json", FORM), written("bad.json", REFUSED)
    plain = run("check", good, bad).stdout.splitlines()
    assert plain == [
        f"{good}: accepted",
        f"{bad}: a: script_condition: {SCRIPT['vi']} / {SCRIPT['en']}",
    ]
    assert json.loads(run("check", "--json", good, bad).stdout) == [
        {"form": good, "accepted": True, "problems": []},
        {
            "form": bad,
            "accepted": False,
            "problems": [{"path": "a", "code": "script_condition", "reason": SCRIPT}],
        },
    ]


def test_fields_lists_instances_in_form_order(written: Any) -> None:
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


def test_fields_shows_people_table(written: Any) -> None:
    answer = run("fields", written("form.json", FORM))
    assert "Đơn: 2 fields, 1 visible" in answer.stdout
    assert "Họ và tên" in answer.stdout


def test_form_cannot_control_terminal(written: Any) -> None:
    bad = written("bad.json", {"components": [text("a\x1b[31m"), text("b\n")]})
    lines = run("check", bad).stdout.splitlines()
    assert lines[0].startswith(f"{bad}: a?[31m: bad_key: ")
    assert lines[1].startswith(f"{bad}: b?: bad_key: ") and len(lines) == 2
    good = written("good.json", {"components": [text("a", label="[red]đỏ[/red]")]})
    assert "[red]đỏ[/red]" in run("fields", good).stdout


def test_fields_states_why_form_is_refused(written: Any) -> None:
    bad = written("bad.json", REFUSED)
    answer = run("fields", bad, "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == {
        "error": "form_refused", "problems": [{"path": "a", "code": "script_condition", "reason": SCRIPT}],
    }  # fmt: skip
    assert "a: script_condition" in run("fields", bad).stderr
    assert run("fields", written("form.json", FORM), written("list.json", [])).exit_code == 1


def test_bad_line_does_not_stop_others() -> None:
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


def test_missing_form_and_lines_is_usage_error() -> None:
    assert run("fields").exit_code == 2


def test_broken_json_is_placed(written: Any) -> None:
    broken = written("broken.json", b'{"components": [\n  {"key" "a"}\n]}')
    problem = json.loads(run("check", "--json", broken).stdout)[0]["problems"][0]
    assert (problem["code"], problem["line"], problem["column"]) == ("not_json", 2, 10)
    assert "line 2, column 10" in run("check", broken).stdout
    for encoding in ("utf-16", "utf-16-le", "utf-32", "latin-1"):
        other = written(
            "wide.json", json.dumps(FORM, ensure_ascii=False).encode(encoding, "replace")
        )
        other = written("wide.json", b'"\xff"') if encoding == "latin-1" else other
        assert "UTF-8" in run("check", other).stdout and run("check", other).exit_code == 2


def test_byte_order_mark_is_skipped(written: Any) -> None:
    marked = written("marked.json", b"\xef\xbb\xbf" + json.dumps(FORM).encode())
    assert run("check", marked).exit_code == 0
    assert len(json.loads(run("fields", marked, "--json").stdout)) == 2


def test_form_of_project_is_named(written: Any) -> None:
    project = written("project.json", {"title": "p", "forms": {"don": FORM, "xau": REFUSED}})
    assert "don, xau" in run("check", project).stdout and run("check", project).exit_code == 1
    assert run("check", f"{project}#don").exit_code == 0
    assert "script_condition" in run("check", f"{project}#xau").stdout
    assert "no_such_form" in run("check", f"{project}#x").stdout


@pytest.mark.parametrize("kind", sorted([*WITH_ADVICE, "phongChu"]))
def test_another_type_is_answered_by_advice(kind: str) -> None:
    with pytest.raises(FormRefused) as refused:
        form_of(part("panel", "p", components=[part(kind, "x")]))
    problem = refused.value.problems[0]
    assert (problem.path, problem.code) == ("p.x", "unknown_type")
    reason = reason_of(problem)
    assert reason.vi != reason.en and (kind == "phongChu") == (reason == REASONS["unknown_type"])


def test_every_code_has_sentences_in_both_languages() -> None:
    source = Path(__file__).parents[2] / "src" / "gateway" / "forms"
    written = "".join(path.read_text() for path in source.rglob("*.py"))
    codes = set(
        re.findall(r'(?:FieldProblem|FormProblem)\([^"\n]*(?:"[^"]*", )?"([a-z_]+)"', written)
    )
    codes |= set(
        re.findall(
            r'(?:yield|codes.append\() ?"([a-z_]+)"',
            (source / "_reading" / "refusals.py").read_text(),
        )
    )
    assert len(codes) > 25 and codes <= REASONS.keys()
    assert all(reason.vi and reason.en for reason in REASONS.values())
