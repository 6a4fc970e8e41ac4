"""Are these bytes one JSON document that every reader understands alike?

A byte order mark of UTF-8 is passed over. Refused are bytes that are not UTF-8, duplicate members, NaN and infinities, numbers beyond a
double, lone surrogates and nesting deeper than `DEEPEST`. Numbers arrive as int or Decimal.
"""

import json
import math
import re
from decimal import Decimal
from itertools import accumulate

from gateway.domain.errors import FieldProblem, FormProblem, FormRefused

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DEEPEST = 100
"""How many lists and objects may stand within each other."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A string, up to the end where it is not closed: no text is gone through twice."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def decode_strictly(raw: bytes) -> object:
    """The document; raises FormRefused with code `too_deep` or `not_json` and no path.

    `not_json` says at which line and column the text breaks off from JSON, as far as that is known.
    """
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    if b"\0" in raw[:4]:  # JSON begins with two ASCII characters in UTF-16 and UTF-32 too
        raise FormRefused((FormProblem("", "not_json", about="UTF-8"),))
    if _depth(raw) > DEEPEST:
        raise FormRefused((FieldProblem("", "too_deep"),))
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_members,
            parse_float=_number,
            parse_constant=_constant,
        )
        if _SURROGATE.search(raw):
            json.dumps(document, ensure_ascii=False, default=str).encode()
    except UnicodeDecodeError as error:
        raise FormRefused((FormProblem("", "not_json", about="UTF-8"),)) from error
    except json.JSONDecodeError as error:
        problem = FormProblem("", "not_json", line=error.lineno, column=error.colno)
        raise FormRefused((problem,)) from error
    except (ValueError, RecursionError) as error:
        raise FormRefused((FieldProblem("", "not_json"),)) from error
    return document


def _depth(raw: bytes) -> int:
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(1 if sign in b"[{" else -1 for sign in brackets), default=0)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _number(text: str) -> Decimal:
    if math.isinf(float(text)):
        raise ValueError("a number beyond a double")
    return Decimal(text)


def _constant(name: str) -> object:
    raise ValueError("JSON has no such number")
