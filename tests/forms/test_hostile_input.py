"""Whatever somebody hands to `gateway forms …`: a sentence that names the place, never a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli._forms.checking import LARGEST_FILE_BYTES
from gateway.cli.main import app
from gateway.domain.codelists import read_code_lists
from gateway.domain.errors import FormRefused
from gateway.forms import reason_of
from gateway.forms.catalogue import RegisteredForm, read_catalogue
from gateway.forms.definition import read_countable, read_definition
from gateway.forms.drift import drift_of
from gateway.forms.fields import drop_invisible, instances_at_submission
from gateway.forms.outlook import instances_before_submission
from tests.conftest import SCHEMAS
from tests.hostile import HOSTILE, NO_JSON, UNREADABLE

from .building import form_of, part, text, typed

FORM = {"components": [text("a"), part("datagrid", "g", components=[text("b")])]}
GOOD = json.dumps({"form": FORM}).encode()
FORMS = ("birth-registration", "ct01-permanent-residence")


def run(*arguments: str | Path, given: bytes | None = None) -> Any:
    content = ["forms", *map(str, arguments)]
    return CliRunner().invoke(app, content, input=given, catch_exceptions=False)


def first_problem(raw: bytes) -> Any:
    with pytest.raises(FormRefused) as refused:
        read_definition(raw)
    return refused.value.problems[0]


PLACED = {
    "UTF-16": ("not_json", "not UTF-8", 0, 0),
    "Latin-1": ("not_json", "not UTF-8", 2, 3),
    "nothing": ("not_json", "empty", 0, 0),
    "a byte order mark alone": ("not_json", "empty", 0, 0),
    "lists without end": ("too_deep", "100 levels", 1, 101),
    "objects without end": ("too_deep", "100 levels", 1, 501),
    "a number of 100,000 digits": ("not_json", "double", 1, 7),
    "a number beyond a double": ("not_json", "double", 1, 7),
    "an exponent beyond every decimal": ("not_json", "double", 1, 7),
    "no number": ("not_json", "NaN", 1, 7),
    "a NUL": ("not_json", "no valid JSON", 1, 8),
    "half of a pair": ("not_json", "surrogate", 1, 7),
    "a name twice": ("not_json", "twice", 2, 2),
    "broken off": ("not_json", "no valid JSON", 1, 2),
    "something behind it": ("not_json", "no valid JSON", 1, 4),
}


@pytest.mark.parametrize("flaw", PLACED)
def test_non_json_text_is_placed(flaw: str) -> None:
    code, said, line, column = PLACED[flaw]
    problem = first_problem(NO_JSON[flaw])
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert said in reason_of(problem).en
    assert ("line" in reason_of(problem).en) is bool(line)


def test_exact_fault_is_named() -> None:
    """The same letters within a text, or as a name in another object, are no fault."""
    beside = b'{"NaN": "1e999", "a": {"a": [{"a": 1}, {"a": 2}]},\n  "\\u0061": 1}'
    problem = first_problem(beside)
    assert (problem.about, problem.line, problem.column) == ("twice", 2, 3)


@pytest.mark.parametrize("flaw", [*HOSTILE, *UNREADABLE])
def test_every_command_refuses_hostile_file(flaw: str, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    good.write_text(json.dumps(FORM))
    if flaw in UNREADABLE:
        UNREADABLE[flaw](bad)
    else:
        bad.write_bytes(HOSTILE[flaw])
    registered = ("--form", FORMS[0])
    for command in (
        ("check", bad),
        ("check", f"{bad}#don"),
        ("fields", bad),
        ("suggest", bad),
        ("import", bad, *registered),
        ("import", SCHEMAS / "forms" / FORMS[0] / "form.json", *registered, "--bindings", bad),
    ):
        answer = run(*command)
        assert answer.exit_code in (1, 2) and answer.output.strip(), command
        as_json = json.loads(run(*command, "--json").stdout)
        assert as_json if command[0] == "check" else as_json.get("error") or as_json["breaks"]
    if flaw in NO_JSON or flaw in UNREADABLE:
        data = run("fields", good, bad)
        assert data.exit_code in (1, 2) and data.stderr.startswith("bad.json: ")


def test_file_of_64_mb_is_too_large(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    answer = run("check", large)
    assert answer.exit_code == 2 and "too_many_bytes" in answer.stdout and "16 MB" in answer.stdout
    assert run("check", tmp_path / ("x" * 300 + "#don")).exit_code == 2


def test_lines_are_answered_despite_other_lines() -> None:
    """Each line has one answer, and a place in it is that of the line on standard input."""
    lines = [each.replace(b"\n", b" ") for each in HOSTILE.values()]
    lines = [line for line in lines if line.strip(b" \t")]
    given = b"\n".join([GOOD, *lines, b"x" * LARGEST_FILE_BYTES * 2, GOOD]) + b"\r\n"
    answer = run("fields", "--stdin", given=given)
    answers = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 0 and len(answers) == len(lines) + 3
    assert answers[0] == answers[-1] and [one["path"] for one in answers[0]] == ["a"]
    for number, one in enumerate(answers[1:-1], 2):
        problem = one["problems"][0]
        assert one["error"] == "form_refused" and problem["reason"]["en"]
        assert problem.get("line", number) == number
    assert answers[-2]["problems"][0]["code"] == "too_many_bytes"


def gateway(*arguments: str | Path, **streams: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", "from gateway.cli.main import app; app()"]
    return subprocess.Popen([*command, *map(str, arguments)], stderr=subprocess.PIPE, **streams)


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    """Its exit status and what it said on the other stream."""
    said = process.communicate()[1].decode()
    assert "Traceback" not in said
    return process.returncode, said


def test_closed_input_is_reported() -> None:
    process = gateway("forms", "fields", "--stdin", preexec_fn=lambda: os.close(0))  # noqa: PLW1509 - no thread beside
    status, said = ended(process)
    assert status == 2 and "closed" in said


def test_reader_closing_pipe_keeps_exit_status(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(FORM))
    bad.write_text("{")
    for command, status in (
        (("check", good, bad), 2),
        (("fields", good), 0),
    ):
        reading, writing = os.pipe()
        os.close(reading)
        assert ended(gateway("forms", *command, stdout=writing))[0] == status, command
        os.close(writing)
    reading, writing = os.pipe()
    process = gateway("forms", "fields", "--stdin", stdin=subprocess.PIPE, stdout=writing)
    os.close(writing)
    os.close(reading)
    assert process.stdin is not None
    process.stdin.write(GOOD + b"\n")
    process.stdin.flush()
    # it ends by itself: nobody has closed its input
    assert process.wait() == 0 and process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    process.stdin.close()


def test_full_disk_is_no_finding(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps(FORM))
    with Path("/dev/full").open("wb") as full:
        status, said = ended(gateway("forms", "check", good, stdout=full))
    assert status == 2 and "No space left" in said


ODD: list[Any] = [
    None, True, 0, 1e308, 10**300, "", "\x00", "1e-99999999999999999999", "9" * 5_000, [], [None],
    [[]], ["x"], [1], {}, {"a": 1}, [{}], [{"value": []}], {"x": {"y": []}}, "isEqual", "datagrid",
    {"conjunction": "all", "conditions": [{"component": "x", "operator": [], "value": {}}]},
    {"json": {"substr": [{"var": ["data.x", []]}]}},
]  # fmt: skip
MEMBERS = (
    "conditional", "values", "data", "validate", "properties", "columns", "rows", "components",
    "fields", "questions", "attrs", "logic", "name", "value", "calculateValue", "defaultValue",
)  # fmt: skip


@pytest.fixture(scope="module")
def registered() -> list[RegisteredForm]:
    return [form for form in read_catalogue(SCHEMAS).forms() if form.code in FORMS]


def objects_in(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
    for below in document.values() if isinstance(document, dict) else document:
        if isinstance(below, dict | list):
            yield from objects_in(below)


def made_odd(document: Any, chance: Random) -> Any:
    """The same document with one or two members that hold something else than they should."""
    copy = json.loads(json.dumps(document))
    for _ in range(chance.randint(1, 2)):
        place = chance.choice(list(objects_in(copy)))
        name = (
            chance.choice([*place, *MEMBERS]) if chance.random() < 0.7 else chance.choice(MEMBERS)
        )
        place[name] = chance.choice(ODD)
    return copy


def test_odd_members_are_read_or_refused(registered: list[RegisteredForm]) -> None:
    chance, lists, accepted = Random(20261122), read_code_lists(SCHEMAS), 0
    for number in range(400):
        form = chance.choice(registered)
        folder = SCHEMAS / "forms" / form.code
        bindings = json.loads((folder / "bindings.json").read_bytes())
        odd = made_odd(json.loads(form.definition.raw), chance)
        data = {
            field.path.partition("[")[0]: chance.choice(ODD) for field in form.definition.fields
        }
        try:
            made = read_countable(json.dumps(odd).encode())
            instances_at_submission(made, data)
            instances_before_submission(made, data)
            drop_invisible(made, data)
            accepted += 1
            if number % 8 == 0:
                content = json.dumps(made_odd(bindings, chance) if number % 16 else bindings)
                drift_of(form, made, content.encode(), lists)
        except FormRefused as refused:
            assert all(reason_of(problem).vi for problem in refused.problems)
    assert 50 < accepted < 400


def test_odd_shape_gives_no_traceback(registered: list[RegisteredForm]) -> None:
    """What once did: of each, the smallest form that shows it."""
    lists, form = read_code_lists(SCHEMAS), registered[0]
    content = (SCHEMAS / "forms" / form.code / "bindings.json").read_bytes()
    rule = {"json": {"==": [{"var": "data.a"}, {"+": [1.5]}]}}
    for odd in (
        text("x", validate=[{}]),
        text("x", columns={"var": 1}),
        text("x", components="abc"),
        part("panel", "x", rows=[None], input=False),
        part("select", "x", dataSrc="json", data={"json": [{"value": "1"}, 10**30]}),
        text("x", conditional=rule),
    ):
        drift_of(form, form_of(text("a"), odd), content, lists)
    for refused, code in (
        (text("x", conditional=typed(("a", ["isDateEqual"], []))), "unsupported_date"),
        (
            part("select", "x", dataSrc="json", data={"json": "[1e-99999999999999999999]"}),
            "bad_options",
        ),
    ):
        with pytest.raises(FormRefused) as found:
            form_of(text("a"), refused)
        assert [problem.code for problem in found.value.problems] == [code]
    compared = typed(("a", "isEqual", "1e-99999999999999999999"))
    assert form_of(text("a"), text("x", conditional=compared)).fields
