"""Reads JSON that comes from outside as every reader understands it, and JSON that the gateway wrote.

Refused is what two readers may read in two ways: an object that names a member twice (RFC 8259,
section 4), NaN and infinities, a number beyond a double, half of a surrogate pair, bytes that are
not UTF-8, nesting beyond Python's. Two kinds of document have a reader of their own that names the
place of a fault: callers' bodies (`api/strict_json.py`) and forms (`forms/_reading/decoding.py`).
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import orjson

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class AmbiguousJson(ValueError):
    """A text that is no JSON, or JSON that two readers may understand in two ways; repeats none of it."""


def read_json(text: bytes, fraction: Callable[[str], Any] = float) -> Any:
    """The value of a text, its fractions read by `fraction`; raises AmbiguousJson."""

    def finite(token: str) -> Any:
        if math.isinf(float(token)):
            raise AmbiguousJson("a number lies outside the range of a double")
        return fraction(token)

    try:
        value = json.loads(
            text.decode(),
            object_pairs_hook=_members,
            parse_float=finite,
            parse_constant=_refuse_constant,
        )
        if b"\\u" in text:  # only an escape can hold half of a pair
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except AmbiguousJson:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise AmbiguousJson(f"it breaks off from JSON at {place}") from None
    except (ValueError, RecursionError):
        raise AmbiguousJson("it is no JSON in UTF-8") from None
    return value


def read_json_file(path: Path) -> Any:
    """The value of a file, a byte order mark passed over; raises OSError, AmbiguousJson with its name."""
    try:
        return read_json(path.read_bytes().removeprefix(BYTE_ORDER_MARK))
    except AmbiguousJson as refused:
        raise AmbiguousJson(f"{path.name}: {refused}") from None


def own_json(text: bytes | str) -> Any:
    """The value of a text that the gateway itself wrote, into its database say; raises ValueError."""
    return orjson.loads(text)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise AmbiguousJson("an object names a member twice")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise AmbiguousJson("it holds NaN or an infinity")
