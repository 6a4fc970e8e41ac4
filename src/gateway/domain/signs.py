"""Characters of texts that are compared: normalisation, case, what is refused, what a name may hold.

Receipts and the log outlive the interpreter, so a decision about a text rests on one version of
Unicode: the one that `schemas/measure.json` names. Format characters (Cf), private-use ones (Co) and
code points that this version does not assign (Cn) are refused in names and in locked values, and so
are letters that NFC replaces by another one (U+212A KELVIN SIGN, U+F900): none of them comes from
re-formatting a text, each makes one that looks the same.

Normalising takes linear time, whatever text comes in. Putting combining marks into their canonical
order costs the square of how many follow each other: 32,000 of them take seconds. A longer run than
any language writes is parted first, as the Stream-Safe Text Format parts it (UAX #15, section 13):
U+034F after every 30 marks.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from gateway.domain._unicode_14 import CF, CN, CO

UNICODE_VERSION = "14.0"
"""The version that decides."""

REPLACED = "replaced by NFC"
"""The category that stands for a letter of which NFC makes another one."""

_EVERYDAY = re.compile(
    "[\t\n\r -~\u00a0-\u00ac\u00ae-\u0373\u1e00-\u1eff\u2010-\u2027\u2030-\u205e]*"
)
"""Texts that need no look at the table: Latin letters, their marks, common punctuation."""

_LOOK_ALIKES = frozenset("\u00d0\u00f0\u0189\u0256")
"""Eth and African D look like Đ and are other letters."""

_SURROGATES = range(0xD800, 0xE000)

MOST_MARKS: Final = 30
"""Combining marks that may follow each other (UAX15-D4)."""

_JOINER: Final = "\u034f"
_DENSE = re.compile("[^\\x00-\u02ff\u1e00-\u1eff]" + f"{{{MOST_MARKS + 1}}}")
"""Without this many signs in a row that are no Latin letters, no run of marks is too long."""


def normalized(form: Literal["NFC", "NFD"], text: str) -> str:
    """The text in a normalisation form; runs of more than `MOST_MARKS` marks are parted."""
    if text.isascii():
        return text
    return unicodedata.normalize(form, _parted(text) if _DENSE.search(text) else text)


def _parted(text: str) -> str:
    signs: list[str] = []
    run = 0
    for sign in text:
        run = run + 1 if _is_mark(sign) else 0
        if run > MOST_MARKS:
            signs.append(_JOINER)
            run = 1
        signs.append(sign)
    return "".join(signs)


def _is_mark(sign: str) -> bool:
    # a few letters of class 0 are made of marks alone: U+0F73
    return unicodedata.combining(unicodedata.normalize("NFD", sign)[0]) != 0


class RefusedSign(NamedTuple):
    """One character that may not stand in a compared text; never printed itself."""

    code_point: str
    category: str


def refused_sign(text: str) -> RefusedSign | None:
    """The first character of a text that is Cf, Co, Cn, Cs, or that NFC replaces by another letter."""
    if _EVERYDAY.fullmatch(text):
        return None
    for sign in text:
        category = category_of(sign)
        if category is None and _is_replaced(sign):
            category = REPLACED
        if category is not None:
            return RefusedSign(code_point(sign), category)
    return None


def category_of(sign: str) -> str | None:
    """Cf, Co, Cn or Cs by Unicode 14.0; None for every other character."""
    number = ord(sign)
    if number in _SURROGATES:
        return "Cs"
    place = bisect_right(_STARTS, number) - 1
    return _CATEGORIES[place] if place >= 0 and number <= _ENDS[place] else None


def code_point(sign: str) -> str:
    """How a character is named in an answer: `U+200B`."""
    return f"U+{ord(sign):04X}"


def is_everyday(text: str) -> bool:
    """Whether every character is assigned and printable by a glance, without the table."""
    return _EVERYDAY.fullmatch(text) is not None


def composed(text: str) -> str:
    """The text in NFC, as Unicode 14.0 has it: what that version does not assign stays as it is.

    Normalisation of assigned characters never changes (UAX #15), and an unassigned one composes
    with nothing.
    """
    if text.isascii():
        return text
    if _EVERYDAY.fullmatch(text) or not any(category_of(sign) == "Cn" for sign in text):
        return normalized("NFC", text)
    pieces = re.split(f"([{re.escape(''.join(filter(_unassigned, text)))}]+)", text)
    return "".join(
        piece if number % 2 else normalized("NFC", piece) for number, piece in enumerate(pieces)
    )


def name_mistake(text: str) -> str | None:
    """Why a text is no person's name, in one word, or None.

    Letters are Latin, `Đ` is U+0110, and every mark composes with its letter under NFC: what does
    not was typed in the wrong order and would never match (Unicode, UAX #15).
    """
    if refused_sign(text) is not None:
        return "sign_of_no_name"
    name = composed(text)
    if not name.strip():
        return "blank"
    for letter in name:
        category = unicodedata.category(letter)
        if category == "Mn":
            return "marks_out_of_order"
        if letter in _LOOK_ALIKES:
            return "look_alike_letter"
        if category.startswith("L") and not unicodedata.name(letter, "").startswith("LATIN"):
            return "not_latin"
    return None


def lower_case(text: str) -> str:
    """The text in lower case, not case-folded: `ſ` stays another letter than `s`."""
    return _in_case(text, str.lower)


def upper_case(text: str) -> str:
    """The text in upper case."""
    return _in_case(text, str.upper)


def _in_case(text: str, change: Callable[[str], str]) -> str:
    if _EVERYDAY.fullmatch(text) and _EVERYDAY.fullmatch(changed := change(text)):
        return composed(changed)
    return composed("".join(_sign_in_case(sign, change) for sign in text))


def _sign_in_case(sign: str, change: Callable[[str], str]) -> str:
    """One character in the other case, where both cases are assigned in this version."""
    changed = change(sign)
    return sign if _unassigned(sign) or any(map(_unassigned, changed)) else changed


def _unassigned(sign: str) -> bool:
    return category_of(sign) == "Cn"


def _is_replaced(sign: str) -> bool:
    other = normalized("NFC", sign)
    return other != sign and len(other) == 1 and unicodedata.category(sign)[0] == "L"


def _table() -> list[tuple[int, int, str]]:
    ranges = []
    for category, listed in (("Cf", CF), ("Co", CO), ("Cn", CN)):
        for one in listed.split():
            first, _, last = one.partition("-")
            ranges.append((int(first, 16), int(last or first, 16), category))
    return sorted(ranges)


_STARTS, _ENDS, _CATEGORIES = (tuple(column) for column in zip(*_table(), strict=True))
