"""Compare texts, and tell which part of a submitted value carries information."""

import re
from collections.abc import Iterable, Mapping

from gateway.domain.signs import composed, refused_sign
from gateway.forms._reading.mistakes import NotOfType

_BLANKS = re.compile(r"[^\S\n]+")
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def same_text(text: str, *, exact: bool = True) -> str:
    """A text as it is compared: NFC, LF, blanks folded, trimmed.

    Raises NotOfType for half of a surrogate pair and, when `exact`, for every other character that
    looks like nothing or like something else and comes from no re-formatting (`domain/signs.py`).
    """
    if text.isascii() and text.isprintable():  # no refused character, and no blank but the space
        return (_BLANKS.sub(" ", text) if "  " in text else text).strip()
    refused = refused_sign(text)
    if refused is not None and (exact or _HALF_PAIR.search(text)):
        raise NotOfType(f"{refused.code_point} cannot be compared")
    text = composed(text)
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    return _BLANKS.sub(" ", text).strip()


def refused_in(value: object) -> str | None:
    """The code point (`U+200B`) of the first character of a value that no exact text holds."""
    if isinstance(value, str):
        refused = refused_sign(value)
        return None if refused is None else refused.code_point
    below: Iterable[object] = ()
    if isinstance(value, Mapping):
        below = value.values()
    elif isinstance(value, list):
        below = value
    return next((found for one in below if (found := refused_in(one)) is not None), None)


def is_empty(value: object) -> bool:
    """Whether a value is one of the empty ones: `""`, null, missing, `{}`, `[]`."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def parts_of(value: Mapping[str, object]) -> Mapping[str, object]:
    """The parts of a composite's value, also where they stand below `address` beside a `mode`."""
    inner = value.get("address")
    return inner if "mode" in value and isinstance(inner, Mapping) else value
