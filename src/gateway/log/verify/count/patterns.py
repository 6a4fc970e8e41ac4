"""What do many bodies have in common, so that it is read once?

A **pattern** is what counts of a body (COUNTED), without what belongs to its case alone. Patterns are
kept in a file and known by where they stand there, so that memory stays flat however many there are.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from gateway.log.verify.count.dossiers import Submission, Sums, submission_of
from gateway.log.verify.count.forms import Form, Misspelt
from gateway.log.verify.text import canonical

KINDS = (
    "prefill",
    "submission",
    "refusal",
    "abandoned",
    "sync",
    "correction",
    "reuse",
    "confirmation",
    "access",
    "break-glass",
    "alarm",
    "sample",
    "consent",
)
PREFILL, SUBMISSION, REFUSAL, ABANDONED, SYNC = range(5)
INSTANT, CONFIRMED = 16, 32
"""Bits of a pattern's number: this submission was instant; it counts only once it is confirmed."""
BITS = INSTANT | CONFIRMED
OF_A_CASE = 6
"""So many kinds, the first ones, belong to the cell of their case; the others to no cell."""

COUNTED = {
    PREFILL: frozenset({"ch", "fv", "k", "n", "proc", "q", "sr", "st", "ten"}),
    SUBMISSION: frozenset(
        {"att", "bu", "ch", "cl", "cr", "fv", "k", "n", "proc", "so", "sr", "ten", "vd", "vr"}
    ),
    SYNC: frozenset({"k", "part", "pre", "proc", "st", "ten"}),
}
COUNTED_OF_OTHERS = frozenset({"f", "k", "ten"})
"""The members of a body on which a sum depends; seconds are kept beside the pattern."""

CHANNELS = {"online": "online", "desk": "paper", "post": "paper"}
REASONS = {
    "h": "hidden",
    "b": "not_bound",
    "n": "not_held",
    "r": "no_record",
    "u": "source_unavailable",
    "p": "not_permitted",
    "c": "conflict",
    "s": "stale",
    "v": "not_convertible",
    "g": "already_given",
    "w": "withheld",
    "d": "declined",
    "e": "deferred",
}
_OF_NO_TENANT = frozenset({"access", "sample"})
_READ_SOURCES = frozenset({"session", "population", "records", "personal_papers"})
_MOST_KNOWN = 20_000

_S, _ROWS = rb'"[ !#-\[\]-~]*+"', rb"\{[^}]*+\}"
_N = rb"(?:0|[1-9][0-9]{0,14}+)"
"""What is spelt in one way only; a body with anything else is read letter by letter."""
_PREFILL = re.compile(
    rb'\{"case":(%(s)s),("ch":%(s)s,)"chain":(%(s)s),("fv":%(n)s,)"gr":%(n)s,"h":%(n)s,'
    rb'("k":"prefill",)"kc":%(s)s,("n":\[%(n)s,%(n)s\],)(?:"or":(%(rows)s),)?+"prev":(?:null|%(n)s),'
    rb'("proc":(?:null|%(s)s),"q":\[(?:\[[^]]*+\],?+)*+\],)"rd":%(s)s,"so":%(s)s,'
    rb'((?:"sr":%(rows)s,)?+"st":%(s)s,"ten":%(s)s),"vb":(?:null|%(s)s)(\})'
    % {b"s": _S, b"n": _N, b"rows": _ROWS}
)
_SUBMISSION = re.compile(
    rb'(\{"att":%(rows)s,(?:"bu":1,)?+)"case":(%(s)s),"cc":%(s)s,("ch":%(s)s,)"chain":(%(s)s),'
    rb'("cl":%(s)s,(?:"cr":%(rows)s,)?+"fv":%(n)s,)"h":%(n)s,("k":"submission","n":%(rows)s,)'
    rb'"pf":%(n)s,("proc":(?:null|%(s)s),)(?:"rc":%(s)s,(?:"rr":%(rows)s,)?+)?+"sec":(%(n)s),'
    rb'("so":%(s)s,(?:"sr":%(rows)s,)?+"ten":%(s)s,"vd":%(s)s(?:,"vr":%(rows)s)?+\})'
    % {b"s": _S, b"n": _N, b"rows": _ROWS}
)
_REFUSAL = re.compile(
    rb'\{"case":(%(s)s),"chain":(%(s)s),("f":\[(?:\[[^]]*+\],?+)*+\],)"fv":%(n)s,"h":%(n)s,'
    rb'("k":"refusal",)"pf":%(n)s,("ten":%(s)s\})' % {b"s": _S, b"n": _N}
)
_ABANDONED = re.compile(
    rb'\{"case":(%(s)s),"chain":(%(s)s),"h":%(n)s,("k":"abandoned","ten":%(s)s\})'
    % {b"s": _S, b"n": _N}
)
_SYNC = re.compile(
    rb'\{"case":(%(s)s),"fl":(\[(?:\[[^]]*+\],?+)*+\]),"h":%(n)s,'
    rb'("k":"sync",(?:"part":1,)?+"pre":%(n)s,"proc":%(s)s,"st":%(n)s,"ten":%(s)s\})'
    % {b"s": _S, b"n": _N}
)
"""For bodies without any backslash. Possessive throughout: backtracking would take several times as long."""


def take_apart(body: bytes, begin: int = 0) -> tuple[bytes, int, bytes, bytes, int]:
    """Pattern, kind, case, chain and seconds of a body; raises Misspelt for one of no known form.

    `begin` is where the body begins in the bytes.
    """
    if body.find(b"\\", begin) >= 0:
        return _take_apart_slowly(body[begin:])
    if found := _SUBMISSION.fullmatch(body, begin):
        text = b"".join(found.group(1, 3, 5, 6, 7, 9))
        return text, SUBMISSION, found[2], found[4], int(found[8])
    if found := _PREFILL.fullmatch(body, begin):
        text = b"{" + b"".join(found.group(2, 4, 5, 6, 8, 9, 10))
        _check_spelling(found[7] or b"{}")
        return text, PREFILL, found[1], found[3], 0
    if found := _REFUSAL.fullmatch(body, begin):
        return b"{" + b"".join(found.group(3, 4, 5)), REFUSAL, found[1], found[2], 0
    if found := _ABANDONED.fullmatch(body, begin):
        return b"{" + found[3], ABANDONED, found[1], found[2], 0
    if found := _SYNC.fullmatch(body, begin):
        _check_spelling(found[2])
        return b"{" + found[3], SYNC, found[1], b'""', 0
    return _take_apart_slowly(body[begin:])


@lru_cache(_MOST_KNOWN)
def _check_spelling(text: bytes) -> None:
    """Raise Misspelt for a part of a body, of which nothing is counted, that is no RFC 8785 text."""
    try:
        canonical.read(text)
    except canonical.NotCanonical:
        raise Misspelt("no body of a known kind") from None


def _take_apart_slowly(body: bytes) -> tuple[bytes, int, bytes, bytes, int]:
    try:
        said = canonical.read(body)
        kind = KINDS.index(said["k"])
        case, chain, seconds = said.get("case", ""), said.get("chain", ""), said.get("sec", 0)
        kept = said.keys() & COUNTED.get(kind, COUNTED_OF_OTHERS)
        text = canonical.write({name: said[name] for name in kept})
        tenant = said.get("ten", "") if KINDS[kind] in _OF_NO_TENANT else said["ten"]
        if type(seconds) is not int or seconds < 0 or not isinstance(tenant, str):
            raise Misspelt("a body states its tenant, and its seconds as a number")
        return text, kind, canonical.write(case), canonical.write(chain), seconds
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Misspelt("no body of a known kind") from None


class Pattern:
    """What all bodies of one pattern say."""

    __slots__ = (
        "chain_sums",
        "form",
        "kind",
        "procedure",
        "channel",
        "reads",
        "refused",
        "state",
        "in_time",
        "part",
        "burst",
        "submission",
        "tenant",
    )

    def __init__(self, said: Mapping[str, Any], forms: Mapping[int, Form]) -> None:
        """Raises Misspelt, KeyError or TypeError for what is not as docs/log-leaves.md says."""
        self.kind = KINDS.index(said["k"])
        self.tenant: str = said.get("ten", "")
        self.form: Form | None = None
        self.reads: Sums = Counter()
        self.chain_sums: Sums = Counter()
        self.submission: Submission | None = None
        self.refused: frozenset[str] = frozenset()
        self.procedure: str | None = said.get("proc")
        if not isinstance(self.procedure, str | None):
            raise Misspelt("a procedure is named by its code")
        self.state: int | None = said["st"] if self.kind == SYNC else None
        self.in_time = bool(said["pre"]) if self.kind == SYNC else True
        self.burst = self.kind == SUBMISSION and said.get("bu") == 1
        self.part = self.kind == SYNC and said.get("part") == 1
        if self.kind in (PREFILL, SUBMISSION):
            self.channel = CHANNELS[said["ch"]]
            self.form = forms[said["fv"]]
        if self.kind == PREFILL and self.form:
            self.reads = _reads(said["q"])
            self.chain_sums = _chain_sums(self.form, said)
        elif self.kind == SUBMISSION and self.form:
            self.submission = submission_of(self.form, said)
        elif self.kind == REFUSAL:
            self.refused = frozenset(path for path, code in said["f"] if code != "row_added")

    @property
    def cell(self) -> tuple[str | None, str, str, str]:
        """Procedure, form, series and channel of a prefill or a submission."""
        assert self.form is not None  # noqa: S101 - asked of these two kinds alone
        return self.procedure, self.form.form, self.form.series, self.channel


def _reads(answers: list[list[Any]]) -> Sums:
    sums: Sums = Counter()
    for source, outcome, attempts, surplus in answers:
        if source not in _READ_SOURCES or min(attempts, surplus) < 0:
            raise Misspelt("a read of no known source")
        lost = outcome == "unavailable"
        sums[f"read/{source}/reads"] += 1
        sums[f"read/{source}/unavailable"] += lost
        sums[f"read/{source}/attempts"] += attempts
        sums[f"read/{source}/failed"] += attempts if lost else max(attempts - 1, 0)
        sums[f"read/{source}/surplus"] += surplus
    return sums


def _chain_sums(form: Form, said: Mapping[str, Any]) -> Sums:
    """What a chain adds where it ends, this being its last prefill."""
    visible, filled = said["n"]
    if type(visible) is not int or type(filled) is not int or min(visible, filled) < 0:
        raise Misspelt("a prefill counts what is visible and what it filled")
    sums: Sums = Counter({"chains": 1, "offered": filled, "offered/visible": visible})
    for _, number, letter in form.spread(said["st"], said.get("sr", {})):
        if letter in REASONS:
            sums[f"reason/{REASONS[letter]}"] += 1
        if letter == "c":
            if form.attributes[number] is None:
                raise Misspelt("two sources differ over a field that none fills")
            sums[f"conflict/{form.attributes[number]}"] += 1
    return sums


class Patterns:
    """All patterns of a log, in a file; `number` stands for one: place in the file, BITS, kind."""

    def __init__(self, forms: Mapping[int, Form]) -> None:
        self._forms = forms
        self._numbers: dict[bytes, tuple[int, int]] = {}
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the patterns
        self._end = 0
        self.read: Callable[[int], Pattern] = lru_cache(_MOST_KNOWN)(self._read)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def number(self, text: bytes, kind: int) -> tuple[int, int]:
        """The number of a pattern, and how many fields are declared in it.

        Raises Misspelt for a new one that says what cannot be.
        """
        known = self._numbers.get(text)
        if known is not None:
            return known
        if len(self._numbers) >= _MOST_KNOWN:
            self._numbers.clear()
        submission = self._check(text).submission
        self._file.seek(self._end)
        self._file.write(len(text).to_bytes(4, "big") + text)
        number = self._end << 6 | kind
        self._end += 4 + len(text)
        self._numbers[text] = number, submission.declared if submission else 0
        return self._numbers[text]

    def _check(self, text: bytes) -> Pattern:
        try:
            return Pattern(canonical.read(text), self._forms)
        except Misspelt:
            raise
        except KeyError:
            raise Misspelt("it names a form version that does not stand before it") from None
        except (ValueError, TypeError, AttributeError):
            raise Misspelt("no body of its kind") from None

    def _read(self, number: int) -> Pattern:
        self._file.seek(number >> 6)
        length = int.from_bytes(self._file.read(4), "big")
        return Pattern(json.loads(self._file.read(length)), self._forms)
