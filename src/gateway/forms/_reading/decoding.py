"""Decode bytes into one JSON document that every reader understands alike.

A byte order mark of UTF-8 is passed over. Refused are bytes that are not UTF-8, duplicate members, NaN
and infinities, numbers beyond a double, lone surrogates and nesting deeper than `DEEPEST`. Numbers
arrive as int or Decimal.
"""

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import NoReturn

from gateway.domain.errors import FormProblem, FormRefused
from gateway.domain.json_texts import BYTE_ORDER_MARK

DEEPEST = 100
"""How many lists and objects may stand within each other."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A string, up to the end where it is not closed: no text is gone through twice."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode_strictly(raw: bytes) -> object:
    """The document; raises FormRefused with code `too_deep` or `not_json` and no path.

    Both say at which line and column, and `not_json` in `about` what is wrong there: `UTF-8`, `empty`,
    `twice` (a member of the object stands there again), `constant` (NaN, Infinity), `number` (beyond a
    double) or `surrogate` (half a pair); nothing where the text breaks off from JSON.
    """
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    # JSON begins with two ASCII characters in UTF-16 and UTF-32 too
    if b"\0" in raw[:4] or raw.startswith(_WIDE_MARKS):
        raise FormRefused((FormProblem("", "not_json", about="UTF-8"),))
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        raise _refused("not_json", "UTF-8", before, len(before)) from error
    if not text.strip():
        raise FormRefused((FormProblem("", "not_json", about="empty"),))
    if _depth(raw) > DEEPEST:
        _refuse_at_fault("too_deep", text)
    try:
        document = json.loads(
            text,
            object_pairs_hook=_members,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_constant,
        )
        if _SURROGATE.search(raw):
            json.dumps(document, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        raise _refused("not_json", "", text, error.pos) from error
    except (ValueError, InvalidOperation):
        _refuse_at_fault("not_json", text)
    return document


def _refused(code: str, about: str, text: str, at: int) -> FormRefused:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return FormRefused((FormProblem("", code, None, about, line, column),))


def _refuse_at_fault(code: str, text: str) -> NoReturn:
    """Go through a refused text again, for the place of its first fault of that code."""
    for about, at in _faults(text):
        if (about == "deep") == (code == "too_deep"):
            raise _refused(code, about, text, at)
    raise FormRefused((FormProblem("", code),))


def _faults(text: str) -> Iterator[tuple[str, int]]:
    """What well-formed JSON holds that this is not to be read from, each with its place."""
    names: list[set[str] | None] = []  # of each object or list around, innermost last
    expects_name = False
    for token in _TOKEN.finditer(text):
        said, at = token[0], token.start()
        if said in "{[":
            names.append(set() if said == "{" else None)
            if len(names) > DEEPEST:
                yield "deep", at
                return
        elif said in "}]":
            del names[-1:]
        elif said[0] == '"':
            decoded = _well_formed(said)
            if decoded is None:
                yield "surrogate", at
            elif expects_name and (known := names[-1]) is not None:
                if decoded in known:
                    yield "twice", at
                known.add(decoded)
        elif said not in (",", ":", "true", "false", "null") and (about := _odd_number(said)):
            yield about, at
        expects_name = said == "{" or (said == "," and bool(names) and names[-1] is not None)


def _well_formed(string: str) -> str | None:
    """The decoded string; None where it holds half of a surrogate pair or is malformed."""
    try:
        said: str = json.loads(string)
        said.encode()
    except ValueError:
        return None
    return said


def _odd_number(token: str) -> str:
    if token in ("NaN", "Infinity", "-Infinity"):
        return "constant"
    try:
        _number(token)
    except (ValueError, InvalidOperation):
        return "number"
    return ""


def _depth(raw: bytes) -> int:
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(1 if sign in b"[{" else -1 for sign in brackets), default=0)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _integer(text: str) -> int:
    if math.isinf(float(text)):
        raise ValueError("a number beyond a double")
    return int(text)


def _number(text: str) -> Decimal:
    if math.isinf(float(text)):
        raise ValueError("a number beyond a double")
    return Decimal(text)


def _constant(name: str) -> object:
    raise ValueError("JSON has no such number")
