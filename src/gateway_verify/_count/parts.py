"""Which part of a body counts, and which belongs to its case alone?

A body in the one order of RFC 8785 is taken apart by an expression for its kind, any other letter by letter.
"""

import re
from functools import lru_cache
from typing import TypeAlias

from gateway_verify._count.forms import Misspelt
from gateway_verify._count.patterns import (
    ABANDONED,
    COUNTED,
    COUNTED_OF_OTHERS,
    KINDS,
    PREFILL,
    REFUSAL,
    SUBMISSION,
    SYNC,
)
from gateway_verify.text import canonical

_OF_NO_TENANT = frozenset({"access", "sample"})
_MOST_KNOWN = 20_000

_S, _ROWS = rb'"[^"]*+"', rb"\{[^}]*+\}"
_N = rb"(?:0|[1-9][0-9]{0,14}+)"
_PLAIN = bytes(range(0x20, 0x7F))
"""Characters that JSON writes in one way only; a body with any other is read letter by letter."""
_PREFILL = re.compile(
    rb'\{"case":(%(s)s),("ch":%(s)s,)"chain":(%(s)s),("fv":%(n)s,)"gr":%(n)s,"h":(%(n)s),'
    rb'("k":"prefill",)"kc":(%(s)s),("n":\[%(n)s,%(n)s\],)(?:"or":(%(rows)s),)?+"prev":(?:null|%(n)s),'
    rb'("proc":(?:null|%(s)s),"q":\[(?:\[[^]]*+\],?+)*+\],)"rd":(%(s)s),"so":(%(s)s),'
    rb'((?:"sr":%(rows)s,)?+"st":%(s)s,"ten":%(s)s),"vb":(null|%(s)s)(\})'
    % {b"s": _S, b"n": _N, b"rows": _ROWS}
)
_SUBMISSION = re.compile(
    rb'(\{"att":%(rows)s,(?:"bu":1,)?+)"case":(%(s)s),"cc":(%(s)s),("ch":%(s)s,)"chain":(%(s)s),'
    rb'("cl":%(s)s,(?:"cr":%(rows)s,)?+"fv":%(n)s,)"h":(%(n)s),("k":"submission","n":%(rows)s,)'
    rb'"pf":%(n)s,("proc":(?:null|%(s)s),)(?:"rc":(%(s)s),(?:"rr":(%(rows)s),)?+)?+"sec":(%(n)s),'
    rb'("so":%(s)s,(?:"sr":%(rows)s,)?+"ten":%(s)s,"vd":%(s)s(?:,"vr":%(rows)s)?+\})'
    % {b"s": _S, b"n": _N, b"rows": _ROWS}
)
_REFUSAL = re.compile(
    rb'\{"case":(%(s)s),"chain":(%(s)s),("f":\[(?:\[[^]]*+\],?+)*+\],)"fv":%(n)s,"h":(%(n)s),'
    rb'("k":"refusal",)"pf":%(n)s,("ten":%(s)s\})' % {b"s": _S, b"n": _N}
)
_ABANDONED = re.compile(
    rb'\{"case":(%(s)s),"chain":(%(s)s),"h":(%(n)s),("k":"abandoned","ten":%(s)s\})'
    % {b"s": _S, b"n": _N}
)
_SYNC = re.compile(
    rb'\{"case":(%(s)s),"fl":(\[(?:\[[^]]*+\],?+)*+\]),"h":(%(n)s),'
    rb'("k":"sync",(?:"part":1,)?+"pre":%(n)s,"proc":%(s)s,"st":%(n)s,"ten":%(s)s\})'
    % {b"s": _S, b"n": _N}
)
"""For bodies without any backslash. Possessive throughout: backtracking would take several times as long."""
Parts: TypeAlias = tuple[bytes, int, bytes, bytes, int, int]
"""Pattern, kind, case, chain, seconds and hour of a body."""


def take_apart(body: bytes, begin: int = 0) -> Parts:
    """The parts of a body; raises Misspelt for one of no known form.

    `begin` is where the body begins in the bytes.
    """
    if body.find(b"\\", begin) >= 0:
        return _take_apart_slowly(body[begin:])
    if found := _SUBMISSION.fullmatch(body, begin):
        case, commitment, chain, digest, rows = found.group(2, 3, 5, 10, 11)
        if digest:
            commitment += digest
            _check_spelling(rows or b"{}")
        if _is_plain(case + commitment + chain):
            text = b"".join(found.group(1, 4, 6, 8, 9, 13))
            return text, SUBMISSION, case, chain, int(found[12]), int(found[7])
    elif found := _PREFILL.fullmatch(body, begin):
        case, chain = found.group(1, 3)
        if found[9]:
            _check_spelling(found[9])
        if _is_plain(case + chain + b"".join(found.group(7, 11, 12, 14))):
            text = b"{" + b"".join(found.group(2, 4, 6, 8, 10, 13, 15))
            return text, PREFILL, case, chain, 0, int(found[5])
    elif found := _REFUSAL.fullmatch(body, begin):
        if _is_plain(found[1] + found[2]):
            text = b"{" + b"".join(found.group(3, 5, 6))
            return text, REFUSAL, found[1], found[2], 0, int(found[4])
    elif found := _ABANDONED.fullmatch(body, begin):
        if _is_plain(found[1] + found[2]):
            return b"{" + found[4], ABANDONED, found[1], found[2], 0, int(found[3])
    elif (found := _SYNC.fullmatch(body, begin)) and _is_plain(found[1]):
        _check_spelling(found[2])
        return b"{" + found[4], SYNC, found[1], b'""', 0, int(found[3])
    return _take_apart_slowly(body[begin:])


def _is_plain(text: bytes) -> bool:
    """Whether the parts that are in no pattern hold plain characters only; patterns are read whole."""
    return not text.translate(None, _PLAIN)


@lru_cache(_MOST_KNOWN)
def _check_spelling(text: bytes) -> None:
    """Raise Misspelt for a part of a body, of which nothing is counted, that is no RFC 8785 text."""
    try:
        canonical.read(text)
    except canonical.NotCanonical:
        raise Misspelt("no body of a known kind") from None


def _take_apart_slowly(body: bytes) -> Parts:
    try:
        said = canonical.read(body)
        kind = KINDS.index(said["k"])
        case, chain, seconds = said.get("case", ""), said.get("chain", ""), said.get("sec", 0)
        hour = said.get("h", 0)
        kept = said.keys() & COUNTED.get(kind, COUNTED_OF_OTHERS)
        text = canonical.write({name: said[name] for name in kept})
        tenant = said.get("ten", "") if KINDS[kind] in _OF_NO_TENANT else said["ten"]
        if type(seconds) is not int or seconds < 0 or not isinstance(tenant, str):
            raise Misspelt("a body states its tenant, and its seconds as a number")
        if type(hour) is not int or hour < 0:
            raise Misspelt("a body states its hour as a number")
        return text, kind, canonical.write(case), canonical.write(chain), seconds, hour
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Misspelt("no body of a known kind") from None
