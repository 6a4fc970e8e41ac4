"""Which texts can be a person's name?"""

import unicodedata

from gateway.domain.signs import composed as composed_text
from gateway.domain.signs import refused_sign

_LOOK_ALIKES = frozenset("\u00d0\u00f0\u0189\u0256")
"""Eth and African D look like Đ and are other letters."""


def name_mistake(text: str) -> str | None:
    """Why a text is no person's name, in one word, or None.

    Letters are Latin, `Đ` is U+0110, and every mark composes with its letter under NFC: what does
    not was typed in the wrong order and would never match (Unicode, UAX #15).
    """
    if refused_sign(text) is not None:
        return "sign_of_no_name"
    composed = composed_text(text)
    if not composed.strip():
        return "blank"
    for letter in composed:
        category = unicodedata.category(letter)
        if category == "Mn":
            return "marks_out_of_order"
        if letter in _LOOK_ALIKES:
            return "look_alike_letter"
        if category.startswith("L") and not unicodedata.name(letter, "").startswith("LATIN"):
            return "not_latin"
    return None
