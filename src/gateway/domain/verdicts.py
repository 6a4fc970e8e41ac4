"""Classes, reasons and verdicts of a field (design of the measure, 3.2, 3.3, 5.1), and their letters.

A case payload says of every field what became of it, in one letter, in the order of the field list of
the form's `form-version` leaf. A field outside repeating groups has its letter at its place in one
string; a column of a group has `.` there, and each row of the group has a string of its own, keyed by
the row's path (`thanhVien[0]`), with one letter per column in the order of the field list. `-` stands
for nothing to say.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum


class FieldClass(StrEnum):
    """How a filled value came about (phân loại giá trị); first that fits, in this order."""

    SAME_CASE = "same_case"
    EXTRA = "extra"
    CONSTANT = "constant"
    DERIVED = "derived"
    REPEAT = "repeat"
    KNOWN = "known"
    SUGGESTED = "suggested"
    FACT = "fact"


class EditPolicy(StrEnum):
    """Whether a filled value may be changed (quyền sửa giá trị)."""

    LOCKED = "locked"
    CORRECTABLE = "correctable"
    FREE = "free"


class Reason(StrEnum):
    """Why a field was left empty (lý do để trống)."""

    HIDDEN = "hidden"
    NOT_BOUND = "not_bound"
    NOT_HELD = "not_held"
    NO_RECORD = "no_record"
    SOURCE_UNAVAILABLE = "source_unavailable"
    NOT_PERMITTED = "not_permitted"
    CONFLICT = "conflict"
    STALE = "stale"
    NOT_CONVERTIBLE = "not_convertible"
    ALREADY_GIVEN = "already_given"
    WITHHELD = "withheld"
    DECLINED = "declined"
    DEFERRED = "deferred"


class Verdict(StrEnum):
    """What became of a field at submission (kết quả đối chiếu khi nộp); total and exclusive."""

    CONTESTED = "contested"
    OFFICER = "officer"
    AUTO = "auto"
    OVERRIDE = "override"
    MISSING = "missing"
    MANUAL = "manual"
    BLANK = "blank"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"


DECLARED = frozenset(
    {Verdict.CONTESTED, Verdict.OFFICER, Verdict.OVERRIDE, Verdict.MISSING, Verdict.MANUAL}
)

CLASS_LETTERS: Mapping[FieldClass, str] = {
    FieldClass.SAME_CASE: "S",
    FieldClass.EXTRA: "X",
    FieldClass.CONSTANT: "C",
    FieldClass.DERIVED: "D",
    FieldClass.REPEAT: "R",
    FieldClass.KNOWN: "K",
    FieldClass.SUGGESTED: "G",
    FieldClass.FACT: "F",
}
REASON_LETTERS: Mapping[Reason, str] = {
    Reason.HIDDEN: "h",
    Reason.NOT_BOUND: "b",
    Reason.NOT_HELD: "n",
    Reason.NO_RECORD: "r",
    Reason.SOURCE_UNAVAILABLE: "u",
    Reason.NOT_PERMITTED: "p",
    Reason.CONFLICT: "c",
    Reason.STALE: "s",
    Reason.NOT_CONVERTIBLE: "v",
    Reason.ALREADY_GIVEN: "g",
    Reason.WITHHELD: "w",
    Reason.DECLINED: "d",
    Reason.DEFERRED: "e",
}
VERDICT_LETTERS: Mapping[Verdict, str] = {
    Verdict.CONTESTED: "C",
    Verdict.OFFICER: "F",
    Verdict.AUTO: "A",
    Verdict.OVERRIDE: "O",
    Verdict.MISSING: "X",
    Verdict.MANUAL: "M",
    Verdict.BLANK: "B",
    Verdict.WITHDRAWN: "W",
    Verdict.HIDDEN: "H",
}
RECORD_LETTERS = "bcdfghjklmnpqrstvwxz"
"""An unvouched record of a submission, in the order in which they filled its fields; `*` beyond these.

Without vowels and digits, so that no letters of a payload spell a name or a number.
"""

UNNUMBERED = "*"
NOTHING = "-"
_COLUMN = "."
_NUMBER = re.compile(r"\[[0-9]+\]")


def encode_letters(fields: Sequence[str], letters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Encode letters by instance path as one string and one string per row."""
    base = "".join(_COLUMN if "[]" in path else letters.get(path, NOTHING) for path in fields)
    rows: dict[str, str] = {}
    for row in dict.fromkeys(p.rpartition("]")[0] + "]" for p in letters if "]" in p):
        rows[row] = "".join(letters.get(path, NOTHING) for path in _columns(fields, row))
    return base, rows


def decode_letters(fields: Sequence[str], base: str, rows: Mapping[str, str]) -> dict[str, str]:
    """Decode such strings into letters by instance path; `-` is left out."""
    letters = {
        path: letter
        for path, letter in zip(fields, base, strict=True)
        if letter not in (NOTHING, _COLUMN)
    }
    for row, text in rows.items():
        columns = zip(_columns(fields, row), text, strict=True)
        letters |= {path: letter for path, letter in columns if letter != NOTHING}
    return letters


def _columns(fields: Sequence[str], row: str) -> list[str]:
    """The instance paths of one row, in the order of the field list."""
    template = _NUMBER.sub("[]", row)
    return [
        row + path.removeprefix(template)
        for path in fields
        if path.startswith(template + ".") and "[]" not in path.removeprefix(template)
    ]
