"""A source from outside has the letters that a form version declares, and no others."""

from pathlib import Path
from typing import Any

import pytest

from gateway_verify.command import PROVED, REFUTED, run_recompute, run_verify
from gateway_verify.findings import Kind
from tests.verify.building import BuiltLog, Json
from tests.verify.closing import (
    CASES,
    FORM,
    FORM_LEAF,
    GRANT,
    GRANT_LEAF,
    closed_log,
    outside,
    prefill,
    submission,
    tally,
)

PENSIONS = ["pension_register", "e", "f"]
OWN_FIELDS = [
    ["hoTen", "textfield", 1, "name", "person.full_name", ["population"]],
    ["gioiTinh", "radio", 1, "sex", "person.sex", ["pension_register", "population"]],
    *FORM_LEAF["fields"][2:],
]


def log_of(letters: list[list[str]] | None, so: str, read: str, **sums: int) -> BuiltLog:
    """The closed log, one of its two filled fields by another source."""
    right = tally()["sums"] | {"source/population/A": CASES} | sums
    log = closed_log(tally(sums=right), outside())
    declared: Json = {} if letters is None else {"letters": letters}
    fields = FORM_LEAF["fields"] if letters is None else OWN_FIELDS
    both = GRANT_LEAF | {"sources": ["pension_register", "population"]}
    replace(log, FORM, FORM_LEAF | {"fields": fields} | declared)
    replace(log, GRANT, both)
    for number in range(CASES):
        asked = [["population", "found", 1, 0], [read, "found", 1, 0]]
        reseal(log, 4 + 2 * number, prefill(f"c{number}", so=so, q=asked))
        reseal(log, 5 + 2 * number, submission(f"c{number}", so=so))
    return log


def replace(log: BuiltLog, index: int, leaf: Json) -> None:
    log.public(leaf)
    log.entries[index] = log.entries.pop()


def reseal(log: BuiltLog, index: int, body: Json) -> None:
    last = log.case(body)
    log.entries[index], log.opened[index] = log.entries.pop(), log.opened.pop(last)


OWN: Any = {
    "source/pension_register/A": CASES,
    "read/pension_register/reads": CASES,
    "read/pension_register/attempts": CASES,
}


@pytest.mark.parametrize("letter", ["e", "f"])
def test_declared_letters_are_counted_under_their_source(letter: str, tmp_path: Path) -> None:
    folder = log_of([PENSIONS], f"p{letter}--", "pension_register", **OWN).write(tmp_path)
    assert run_verify(str(folder), None).status == PROVED
    answer = run_recompute(str(folder), None)
    assert (answer.status, answer.finding) == (PROVED, None)


DECLARATIONS: dict[str, tuple[list[list[str]], str]] = {
    "a letter of population": ([["pension_register", "p", "f"]], "`p` of pension_register stands for"),
    "a young letter of records": ([["pension_register", "e", "y"]], "`y` of pension_register stands for"),
    "one letter for both": ([["pension_register", "e", "e"]], "`e` of pension_register stands for"),
    "a letter of two sources": ([PENSIONS, ["tax_register", "g", "e"]], "`e` of tax_register stands for"),
    "a source twice": ([PENSIONS, PENSIONS], "declares a source twice"),
    "other letters for a source": ([PENSIONS, ["pension_register", "g", "h"]], "has other letters"),
    "letters for population": ([PENSIONS, ["population", "g", "h"]], "has other letters"),
    "letters for the session": ([PENSIONS, ["session", "s", "t"]], "has other letters"),
    "another source": ([["tax_register", "e", "f"]], "declares letters of the source pension_register"),
    "a capital": ([["pension_register", "E", "f"]], "`letters` is not what it should be"),
    "two signs": ([["pension_register", "ee", "f"]], "`letters` is not what it should be"),
    "one letter alone": ([["pension_register", "e"]], "`letters` is not what it should be"),
    "no name": ([["", "e", "f"]], "`letters` is not what it should be"),
}  # fmt: skip


@pytest.mark.threat(71)
@pytest.mark.parametrize("name", DECLARATIONS)
def test_letters_are_refuted_that_are(name: str, tmp_path: Path) -> None:
    letters, says = DECLARATIONS[name]
    folder = log_of(letters, "pe--", "pension_register", **OWN).write(tmp_path)
    answer = run_verify(str(folder), None)
    assert answer.finding is not None and says in answer.finding.says
    assert (answer.status, answer.finding.kind, answer.finding.index) == (
        REFUTED,
        Kind.ENTRY,
        FORM,
    )


@pytest.mark.threat(71)
def test_a_later_version_changes_no_letter(tmp_path: Path) -> None:
    log = log_of([PENSIONS], "pe--", "pension_register", **OWN)
    log.public(FORM_LEAF | {"fields": OWN_FIELDS, "letters": [["pension_register", "e", "g"]]})
    answer = run_verify(str(log.write(tmp_path)), None)
    assert answer.finding is not None and "has other letters" in answer.finding.says
    assert (answer.status, answer.finding.index) == (REFUTED, len(log.entries) - 1)


@pytest.mark.threat(71)
@pytest.mark.parametrize("key", ["source/pension_register/A", "read/pension_register/reads"])
def test_sum_of_undeclared_source_is_refuted(key: str, tmp_path: Path) -> None:
    folder = log_of(None, "pp--", "population", **{key: CASES}).write(tmp_path)
    answer = run_verify(str(folder), None)
    assert answer.finding is not None and answer.finding.says.endswith("source pension_register")
    assert (answer.status, answer.finding.kind) == (REFUTED, Kind.ENTRY)


@pytest.mark.threat(71)
@pytest.mark.parametrize(
    ("so", "read", "says"),
    [
        ("pe--", "population", "a letter of a source that its form version does not declare"),
        ("pp--", "pension_register", "a read of a source that its form version does not declare"),
    ],
)
def test_undeclared_letter_in_payload_is_refuted(
    so: str, read: str, says: str, tmp_path: Path
) -> None:
    folder = log_of(None, so, read).write(tmp_path)
    answer = run_recompute(str(folder), None)
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind, answer.finding.says) == (REFUTED, Kind.BODY, says)


def test_grants_of_too_many_sources_are_refuted(tmp_path: Path) -> None:
    log = closed_log()
    many = [f"register_{one}" for one in "abcdefghijklmn"]
    replace(log, GRANT, GRANT_LEAF | {"v": 2, "sources": many, "connected": many, "first": None})
    answer = run_recompute(str(log.write(tmp_path)), None)
    assert answer.finding is not None and "more sources than can have letters" in str(
        answer.finding
    )
    assert answer.status == REFUTED
