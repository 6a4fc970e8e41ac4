"""Do the sealed bodies open their entries, and do they add up to the tallies?

1. What `evidence.py` proves. 2. Every body, with its salt, is what its entry's seal commits to:
SHA-256("eform-gateway/case/v1" || 32-byte salt || body). 3. Every body balances and names a form version
above it. 4. Counted anew, by code of its own, the cases give every member of every tally.

    bodies/<N>      per entry its 16-bit big-endian length, then salt and body; length 0 for a public
                    entry and for a body that is not there; `bodies/<N>.p/<W>` as for tiles

A body that is not there is a gap. Bodies that a `shred` leaf names were destroyed rightly, single ones that
no leaf names were not; a file that is not there holds bodies that were not given.

A close can be counted when all bodies of its range are there, and before it no more are missing than were
destroyed: a dossier counts by its first submission, wherever that stands, and a case is destroyed as a
whole, once it has ended. The tallies of a close that cannot be counted are taken as given, and it is named.
"""

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from gateway_verify._claims.baselines import OneLog, baselines_of, check_inherited
from gateway_verify._claims.comparing import compare
from gateway_verify._claims.definitions import edition_of, hours_of, of_month
from gateway_verify._claims.leaf_order import Story
from gateway_verify._claims.tallies import Close
from gateway_verify._claims.test_marks import check_carried
from gateway_verify._claims.witnessed import seen_before
from gateway_verify._count.cases import Totals, count_cases
from gateway_verify._count.forms import Form, form_of
from gateway_verify._count.hours import Hours
from gateway_verify._count.one_case import Rules
from gateway_verify._count.records import Limit, Records
from gateway_verify._tree.tiles import read_bundle, split_bundle
from gateway_verify._tree.walk import Bundle
from gateway_verify.evidence import Proved, Way, open_checkpoint, verify_log
from gateway_verify.findings import Finding, Kind, Refuted, Unchecked
from gateway_verify.locations import WIDTH, Place
from gateway_verify.text.policy import Policy

_DOMAIN = b"eform-gateway/case/v1"


@dataclass(slots=True)
class Recounted:
    """A log whose bodies open its entries, and in which tallies another count differs."""

    proved: Proved
    opened: int
    counted: list[Close]
    taken_as_given: dict[str, Finding]
    """By month, why a close up to the last one that was counted could not be."""
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
    absent: list[tuple[int, int]] = field(default_factory=list)
    """Bodies whose file is not there, as first and last index."""
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
        for index, seal in enumerate(bundle.seals, bundle.first):
            if seal is not None:
                _lengthen(self.absent, index)

    def _missing(self, index: int, body: bytes, path: str) -> None:
        if body:
            raise Refuted(Kind.BODY, "the body is not the one that was sealed", path, index)
        _lengthen(self.gaps, index)

    def _public(self, index: int, body: bytes, path: str, story: Story) -> None:
        leaf = story.leaves[index]
        if body:
            raise Refuted(Kind.BODY, "a public entry has no body", path, index)
        if leaf["kind"] == "form-version":
            self.forms[index] = form_of(index, leaf)
        elif leaf["kind"] == "grant":
            sources = set(leaf.get("connected", ())) & set(leaf["sources"])
            self.records.grant(leaf["tenant"], sources, leaf["v"] > 1)
        elif leaf["kind"] == "metric-definition":
            confirmed = leaf["definition"].endswith("/confirmed")
            self.limit = leaf["instant_seconds"], leaf["instant_seconds_per_field"], confirmed

    def why_not(self, shreds: list[tuple[int, int]]) -> Callable[[Close], Finding | None]:
        """Why a close cannot be counted, if it cannot; `shreds` are the ranges of what was destroyed.

        Raises Refuted for a body that nobody says was destroyed.
        """
        for gap in self.gaps:
            if (alone := _first_outside(gap, shreds)) is not None:
                says = "its body is missing, and no shred leaf says why"
                raise Refuted(Kind.BODY, says, index=alone)
        outside = (_first_outside(gap, shreds) for gap in self.absent)
        not_given = next((index for index in outside if index is not None), None)

        def why(close: Close) -> Finding | None:
            missing = [
                max(first, close.first)
                for first, last in (*self.gaps, *self.absent)
                if first <= close.last and last >= close.first
            ]
            if not_given is not None and not_given <= close.last:
                missing.append(not_given)
            return _uncountable(close, min(missing)) if missing else None

        return why


def _lengthen(ranges: list[tuple[int, int]], index: int) -> None:
    if ranges and ranges[-1][1] == index - 1:
        ranges[-1] = ranges[-1][0], index
    else:
        ranges.append((index, index))


def _first_outside(gap: tuple[int, int], ranges: list[tuple[int, int]]) -> int | None:
    """The first index of a gap that lies in none of the ranges."""
    index, last = gap
    for begin, end in sorted(ranges):
        if begin <= index <= end:
            index = end + 1
    return index if index <= last else None


def _uncountable(close: Close, index: int) -> Finding:
    says = f"{close.month} cannot be counted: bodies are not there, or were destroyed, from here on"
    return Finding(Kind.BODY, says, None, index)


def recount(
    place: Place,
    policy: Policy | None,
    way: Way,
    month: str | None = None,
    later: Place | None = None,
) -> Recounted:
    """All four steps, for one month or all that can be counted.

    `later` is the log that followed this one, whose `shred` leaves may be about this one's bodies.

    Raises Refuted, or Unchecked where nothing that was asked for can be counted.
    """
    entries = open_checkpoint(place, policy).checkpoint.size
    forms: dict[int, Form] = {}
    records = Records(entries, forms)
    try:
        opened = _Opened(place, records, forms)
        proved = verify_log(place, policy, replace(way, visit=opened.visit, state=None))
        shreds = proved.story.shreds()
        if later is not None:
            shreds += _later_shreds(proved, later, policy)
        closes, given = _asked(proved.story, month, opened.why_not(shreds))
        rules = _rules(proved.story, closes, forms, records.bits)
        totals = count_cases(records, rules, way.progress) if closes else Totals()
    finally:
        records.close()
    asked = [close for close in closes if month in (None, close.month)]
    counted = [close for close in asked if close.month not in given]
    differences: dict[int, Finding] = {}
    for number, close in enumerate(closes):
        if close in counted:
            differences |= compare(close, number, totals)
    return Recounted(proved, opened.opened, counted, given, differences)


def _asked(
    story: Story, month: str | None, why_not: Callable[[Close], Finding | None]
) -> tuple[list[Close], dict[str, Finding]]:
    """The closes to be counted and those before them, and why some of them cannot be."""
    closes = [close for close in story.closes() if month is None or close.month <= month]
    if month is not None and month not in {close.month for close in closes}:
        raise Unchecked(Kind.TALLY, "the log has no tally of this month")
    given = {close.month: why for close in closes if (why := why_not(close)) is not None}
    asked = [close.month for close in closes if month in (None, close.month)]
    if asked and all(one in given for one in asked):
        first = given[asked[0]]
        raise Unchecked(first.kind, first.says, index=first.index)
    return closes, given


def _later_shreds(proved: Proved, later: Place, policy: Policy | None) -> list[tuple[int, int]]:
    """What a later log says was destroyed of this one; it names this one's last checkpoint."""
    found, ours = verify_log(later, policy, Way()), proved.checkpoint
    before = [leaf["previous"] for _, leaf in found.story.of_kind("key") if leaf["previous"]]
    root = b2a_base64(ours.root, newline=False).decode()
    if {"origin": ours.origin, "size": ours.size, "root": root} not in before:
        raise Refuted(Kind.FORK, "the later log does not go on from this checkpoint", "checkpoint")
    grants = proved.story.of_kind("grant"), found.story.of_kind("grant")
    check_carried(*grants, ours.origin, found.story.origin)
    check_inherited(_forms_of(proved.story), _forms_of(found.story))
    return found.story.shreds(ours.origin)


def _forms_of(story: Story) -> OneLog:
    return OneLog([*story.of_kind("form-version")], story.origin, story.previous)


def _rules(
    story: Story, closes: list[Close], forms: Mapping[int, Form], bits: Mapping[str, int]
) -> Rules:
    tests = frozenset(leaf["tenant"] for _, leaf in story.of_kind("grant") if leaf["is_test"])
    definitions = [*story.of_kind("metric-definition")]
    editions, hours, before = [], [], None
    for close in closes:
        found = of_month(definitions, close.last, close.month)
        measure = found[1] if found else definitions[0][1]
        editions.append(edition_of(measure))
        first, last = hours_of(measure, close.month, before, definitions[0][1])
        seen = seen_before(story.of_kind("witnessed"), close.at) if editions[-1] > 1 else []
        hours.append(Hours(first, last, seen, [one.size for one in seen]))
        before = close.month
    baselines = baselines_of(story.of_kind("form-version"), story.origin, story.previous)
    ends = [close.last for close in closes]
    return Rules(ends, tests, forms, editions, hours, baselines, bits)
