"""What do many bodies have in common, so that it is read once?

A **pattern** is what counts of a body (COUNTED), without what belongs to its case alone. Patterns are
kept in a file and known by where they stand there, so that memory stays flat however many there are.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from gateway_verify._count.dossiers import Submission, Sums, submission_of
from gateway_verify._count.forms import BASE_CODE, Form, Misspelt
from gateway_verify.text import canonical

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
INSTANT, CONFIRMED, OUTSIDE = 16, 32, 64
"""Bits of a pattern's number: this submission was instant; it counts only once it is confirmed; the hour
of this body lies outside the months of its close."""
CONNECTED = tuple(1 << bit for bit in range(7, 20))
"""Further ones: a source was connected and granted when this submission came, one bit for each source that
can have two letters beside the session."""
GRANTED = sum(CONNECTED)
BITS = INSTANT | CONFIRMED | OUTSIDE | GRANTED
_SHIFT = 20
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
_MOST_KNOWN = 20_000


def _check_numbers(value: Any) -> None:
    """Raise Misspelt for true or false anywhere in a body: 1 and 0 stand for them, and they for none."""
    if isinstance(value, bool | float):
        raise Misspelt("a body holds whole numbers, texts and null, nothing else")
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            _check_numbers(one)


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
        _check_numbers(said)
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
            self.reads = _reads(self.form, said["q"])
            self.chain_sums = _chain_sums(self.form, said)
        elif self.kind == SUBMISSION and self.form:
            self.submission = submission_of(self.form, said)
        elif self.kind == REFUSAL:
            self.refused = frozenset(path for path, code in said["f"] if code != "row_added")

    def cell(self, edition: int) -> tuple[str | None, str, str, str]:
        """Procedure, form, series and channel of a prefill or a submission."""
        assert self.form is not None  # noqa: S101 - asked of these two kinds alone
        return known_by(self.procedure, edition), self.form.form, self.form.series, self.channel


def known_by(procedure: str | None, edition: int) -> str | None:
    """The code that a procedure has in the figures: since the second edition without a unit's suffix."""
    return procedure if procedure is None or edition == 1 else procedure[:BASE_CODE]


def _reads(form: Form, answers: list[list[Any]]) -> Sums:
    sums: Sums = Counter()
    known = set(form.source_of.values())
    for source, outcome, attempts, surplus in answers:
        if source not in known or min(attempts, surplus) < 0:
            raise Misspelt("a read of a source that its form version does not declare")
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
    """All patterns of a log, in a file; `number` stands for one: place in the file, BITS, kind.

    `granted` are the tenants whose grant stands above; None lets every tenant pass.
    """

    def __init__(self, forms: Mapping[int, Form]) -> None:
        self.granted: Collection[str] | None = None
        self._forms = forms
        self._numbers: dict[bytes, tuple[int, int, str]] = {}
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the patterns
        self._end = 0
        self.read: Callable[[int], Pattern] = lru_cache(_MOST_KNOWN)(self._read)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def number(self, text: bytes, kind: int) -> tuple[int, int, str]:
        """The number of a pattern, how many fields are declared in it, and its tenant.

        Raises Misspelt for a new one that says what cannot be.
        """
        known = self._numbers.get(text)
        if known is not None:
            return known
        if len(self._numbers) >= _MOST_KNOWN:
            self._numbers.clear()
        read = self._check(text)
        submission = read.submission
        if kind < OF_A_CASE and self.granted is not None and read.tenant not in self.granted:
            raise Misspelt("no grant of its tenant stands before it")
        self._file.seek(self._end)
        self._file.write(len(text).to_bytes(4, "big") + text)
        number = self._end << _SHIFT | kind
        self._end += 4 + len(text)
        declared = submission.declared if submission else 0
        self._numbers[text] = number, declared, read.tenant
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
        self._file.seek(number >> _SHIFT)
        length = int.from_bytes(self._file.read(4), "big")
        return Pattern(json.loads(self._file.read(length)), self._forms)
