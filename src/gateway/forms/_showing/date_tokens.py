"""Split a date text into tokens, as V8's legacy date parser does (`legacy_dates.py`).

Numbers, words, blanks and the signs that mean something to a date; everything in parentheses, and
every other sign, is odd. A NUL ends the text.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.forms._showing.javascript import SPACE

SIGNIFICANT_DIGITS: Final = 9
"""Digits of a number that V8 takes into account."""


class DateToken(NamedTuple):
    """A number, a word (`text` in lower case, three letters at most), a blank or a sign."""

    kind: str
    text: str = ""
    number: int = 0
    length: int = 1


END: Final = DateToken("end")
_BLANK: Final = DateToken("blank")
_ODD: Final = DateToken("odd")
_SIGNS: Final = {sign: DateToken(sign) for sign in ":+.)-"}
_BRACKET = re.compile("[()]")


_TOKEN = re.compile(
    f"(?P<number>[0-9]+)|(?P<blank>[{SPACE}]+)|(?P<sign>[:+.)-])"
    f"|(?P<word>(?:(?![{SPACE}])[A-\U0010ffff])+)|(?P<open>[(])|(?P<odd>[^0-9A-\U0010ffff{SPACE}:+.)(-]+)",
    re.DOTALL,
)


def tokens_of(text: str) -> Iterator[DateToken]:
    """The tokens of a text, one after the other, read as they are asked for."""
    text, place = text.partition("\0")[0], 0
    while match := _TOKEN.match(text, place):
        kind, place, found = str(match.lastgroup), match.end(), match[0]
        match kind:
            case "number":
                number = int(found.lstrip("0")[:SIGNIFICANT_DIGITS] or 0)
                yield DateToken("number", "", number, len(found))
            case "word":
                prefix = "".join(chr(ord(letter) | 0x20) for letter in found[:3])
                yield DateToken("word", prefix, 0, len(found))
            case "sign":
                yield _SIGNS[found]
            case "open":
                place = _after_parentheses(text, match.start())
                yield _ODD
            case _:
                yield _BLANK if kind == "blank" else _ODD


def _after_parentheses(text: str, place: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(text, place):
        depth += 1 if bracket[0] == "(" else -1
        if not depth:
            return bracket.end()
    return len(text)
