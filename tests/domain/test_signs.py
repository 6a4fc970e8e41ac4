"""Normalisation takes no longer for marks than for letters."""

import re
import time
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from gateway.domain.signs import normalized

SOURCE = Path(__file__).parents[2] / "src" / "gateway"
FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
HOSTILE = {
    "two classes by turns": "a" + "\u0300\u0316" * 16_384,
    "one class, then one below it": "a" + "\u0300" * 16_384 + "\u0316" * 16_384,
    "letters that are marks": "\u0f73" * 21_845,
    "marks that fall into two": "\u0344\u0316" * 16_384,
    "Vietnamese marks": "e" + "\u0302\u0323" * 16_384,
}


@pytest.mark.threat(80)
@pytest.mark.parametrize("case", HOSTILE)
def test_combining_marks_are_ordered_in_time(case: str) -> None:
    begun = time.thread_time()
    for form in FORMS:
        normalized(form, HOSTILE[case])
    assert time.thread_time() - begun < 0.4


def test_ordinary_texts_are_normalized_unchanged() -> None:
    written = [
        "Nguyễn Thị Ánh",
        "Nguye\u0302\u0303n",
        "각" * 100,
        "漢字" * 100,
        "\u0300\u0316" * 15,
    ]
    for text in written:
        for form in FORMS:
            assert normalized(form, text) == unicodedata.normalize(form, text)
    below = "\u0316"
    long = normalized("NFC", "a" + below * 70)
    assert long == "a" + below * 30 + "\u034f" + below * 30 + "\u034f" + below * 10
    assert normalized("NFC", long) == long


def test_nothing_else_normalises_text() -> None:
    calls = {
        path.name
        for path in SOURCE.rglob("*.py")
        if re.search(r'\bnormalize\((?:"NF|form)', path.read_text())
    }
    assert calls == {"signs.py"}
