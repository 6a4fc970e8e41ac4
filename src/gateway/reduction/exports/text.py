"""How does a table become CSV in which nothing can pass for a formula?

RFC 4180, UTF-8; lines that begin with `#` carry the notice and what the table rests on. A text that a
spreadsheet might compute begins with an apostrophe: one whose first character, blanks and control
characters aside, is `=`, `+`, `-`, `@` or one of their full-width forms, and one that begins with a
tab, a line break or NUL (OWASP ASVS 1.2.10). Control characters become blanks.
"""

import csv
import io
import re

from gateway.reduction.exports.sheet import Cell, Sheet

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COMPUTED = "=+-@＝＋－＠﹢﹣﹦﹫"


def csv_of(sheet: Sheet) -> str:
    """The whole table as text."""
    written = io.StringIO()
    for line in (*sheet.notice, *(f"{name} {value}" for name, value in sheet.origin.items())):
        written.write(f"# {_CONTROL.sub(' ', line)}\r\n")
    writer = csv.writer(written)
    writer.writerow(column.name for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_cell(row[column.name]) for column in sheet.columns)
    return written.getvalue()


def _cell(value: Cell) -> Cell:
    return defused(value) if isinstance(value, str) else value


def defused(text: str) -> str:
    """The text as a spreadsheet will show it and never compute it."""
    plain = _CONTROL.sub(" ", text)
    # what is format or blank in any script may be skipped by a spreadsheet before it looks
    first = next((sign for sign in plain if sign.isprintable() and not sign.isspace()), "")
    risky = plain != text or first in _COMPUTED
    return f"'{plain}" if risky and text else plain
