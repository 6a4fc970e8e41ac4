"""Unicode normalisation in linear time, whatever text comes in.

Putting combining marks into their canonical order costs the square of how many follow each other:
32,000 of them take seconds. A longer run than any language writes is parted first, as the
Stream-Safe Text Format parts it (UAX #15, section 13): U+034F after every 30 marks.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal

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


@lru_cache(maxsize=2_000)
def _is_mark(sign: str) -> bool:
    # a few letters of class 0 are made of marks alone: U+0F73
    return unicodedata.combining(unicodedata.normalize("NFD", sign)[0]) != 0
