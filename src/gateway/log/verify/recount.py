"""Do the sealed bodies open their entries, and do they add up to the tallies?

1. What `evidence.py` proves. 2. Every body, with its salt, is what its entry's seal commits to:
SHA-256("eform-gateway/case/v1" || 32-byte salt || body). 3. Every body balances and names a form version
above it. 4. Counted anew, by code of its own, the cases give every member of every tally.

    bodies/<N>      per entry its 16-bit big-endian length, then salt and body; length 0 for a public
                    entry and for a body that is not there; `bodies/<N>.p/<W>` as for tiles

A body that is not there is a gap. A close can be counted when there is no gap up to its end: a dossier
counts by its first submission, wherever that stands. Bodies that a `shred` leaf names were destroyed
rightly, single ones that no leaf names were not.
"""

from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from gateway.log.verify.claims.comparing import compare
from gateway.log.verify.claims.story import Story
from gateway.log.verify.claims.tallies import Close
from gateway.log.verify.count.cases import Totals, count_cases
from gateway.log.verify.count.forms import Form, form_of
from gateway.log.verify.count.one_case import Rules
from gateway.log.verify.count.records import Limit, Records
from gateway.log.verify.evidence import Proved, Way, open_checkpoint, verify_log
from gateway.log.verify.findings import Finding, Kind, Refuted, Unchecked
from gateway.log.verify.text.policy import Policy
from gateway.log.verify.tree.places import Place
from gateway.log.verify.tree.tiles import WIDTH, read_bundle, split_bundle
from gateway.log.verify.tree.walk import Bundle

_DOMAIN = b"eform-gateway/case/v1"


@dataclass(slots=True)
class Recounted:
    """A log whose bodies open its entries, and in which tallies another count differs."""

    proved: Proved
    opened: int
    counted: list[Close]
    differences: dict[int, Finding]
    """By the index of the close's first entry, the first difference of each tally that differs."""


@dataclass(slots=True)
class _Opened:
    """The bodies of a log, one bundle after the other."""

    place: Place
    records: Records
    forms: dict[int, Form]
    limit: Limit = (0, 0, False)
    opened: int = 0
    first_gap: int | None = None
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Bodies that are not there in a file that is, as first and last index."""

    def visit(self, bundle: Bundle, story: Story) -> None:
        """Open a bundle's seals; raises Refuted for a body that is not the sealed one."""
        try:
            number, width = bundle.first // WIDTH, bundle.count
            path, raw = read_bundle(self.place, number, width, "bodies")
        except Unchecked as missing:
            if missing.finding.kind is not Kind.MISSING:
                raise
            self._skip(bundle, story)
            return
        bodies, kept = split_bundle(path, raw, bundle.first, width), []
        for index, (seal, body) in enumerate(zip(bundle.seals, bodies, strict=True), bundle.first):
            if b2a_base64(sha256(_DOMAIN + body).digest(), newline=False) == seal:
                kept.append((index, body))
            elif seal is None:
                self._take(kept)
                kept = []
                self._public(index, body, path, story)
            else:
                self._missing(index, body, path)
        self._take(kept)

    def _take(self, kept: list[tuple[int, bytes]]) -> None:
        self.records.take(kept, self.limit)
        self.opened += len(kept)

    def _skip(self, bundle: Bundle, story: Story) -> None:
        for index, _ in bundle.public:
            self._public(index, b"", "", story)
        if self.first_gap is None and any(bundle.seals):
            self.first_gap = bundle.first

    def _missing(self, index: int, body: bytes, path: str) -> None:
        if body:
            raise Refuted(Kind.BODY, "the body is not the one that was sealed", path, index)
        if self.gaps and self.gaps[-1][1] == index - 1:
            self.gaps[-1] = self.gaps[-1][0], index
        else:
            self.gaps.append((index, index))

    def _public(self, index: int, body: bytes, path: str, story: Story) -> None:
        leaf = story.leaves[index]
        if body:
            raise Refuted(Kind.BODY, "a public entry has no body", path, index)
        if leaf["kind"] == "form-version":
            self.forms[index] = form_of(index, leaf)
        elif leaf["kind"] == "metric-definition":
            confirmed = leaf["definition"].endswith("/confirmed")
            self.limit = leaf["instant_seconds"], leaf["instant_seconds_per_field"], confirmed

    def first_gap_of(self, story: Story) -> int | None:
        """Where bodies are first not there; raises Refuted for one that nobody says was destroyed."""
        shreds = [(leaf["first"], leaf["last"]) for _, leaf in story.of_kind("shred")]
        for first, last in self.gaps:
            alone = next((i for i in range(first, last + 1) if not _within(i, shreds)), None)
            if alone is not None:
                says = "its body is missing, and no shred leaf says why"
                raise Refuted(Kind.BODY, says, index=alone)
        gaps = [self.first_gap, *(first for first, _ in self.gaps[:1])]
        return min((gap for gap in gaps if gap is not None), default=None)


def _within(index: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= index <= last for first, last in ranges)


def recount(place: Place, policy: Policy | None, way: Way, month: str | None = None) -> Recounted:
    """All four steps, for one month or all; raises Refuted, or Unchecked when a body is missing."""
    entries = open_checkpoint(place, policy).checkpoint.size
    forms: dict[int, Form] = {}
    records = Records(entries, forms)
    try:
        opened = _Opened(place, records, forms)
        proved = verify_log(place, policy, replace(way, visit=opened.visit, state=None))
        closes = _asked(proved.story, month, opened.first_gap_of(proved.story))
        rules = _rules(proved.story, closes, forms)
        totals = count_cases(records, rules, way.progress) if closes else Totals()
    finally:
        records.close()
    counted = [close for close in closes if month in (None, close.month)]
    differences: dict[int, Finding] = {}
    for number, close in enumerate(closes):
        if close in counted:
            differences |= compare(close, number, totals)
    return Recounted(proved, opened.opened, counted, differences)


def _asked(story: Story, month: str | None, gap: int | None) -> list[Close]:
    """The closes to be counted, and those before them."""
    closes = [close for close in story.closes() if month is None or close.month <= month]
    if month is not None and month not in {close.month for close in closes}:
        raise Unchecked(Kind.TALLY, "the log has no tally of this month")
    if gap is not None and closes and gap <= closes[-1].last:
        late = next(close for close in closes if gap <= close.last)
        says = (
            f"{late.month} cannot be counted: bodies are not there, or were destroyed, from here on"
        )
        raise Unchecked(Kind.BODY, says, index=gap)
    return closes


def _rules(story: Story, closes: list[Close], forms: Mapping[int, Form]) -> Rules:
    tests = frozenset(leaf["tenant"] for _, leaf in story.of_kind("grant") if leaf["is_test"])
    return Rules([close.last for close in closes], tests, forms)
