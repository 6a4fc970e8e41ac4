"""T-60: does the log tell a neighbour, who noted who came when, what somebody declared?

The commune registers births. When a father is named his record is read too, and the form shows more
fields. The neighbour knows everybody's arrivals and therefore which leaves are whose; he has every
public leaf, all tallies, and the truth about one half of the people to learn from.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Any

import pytest
from sqlalchemy import select

from gateway.log.entries import Cell, TallyLeaf, decode_leaf, decode_payload, is_case_entry
from gateway.reduction._cases import Row
from gateway.reduction.releases._cells import SERIES, Closing, Tally, read_tally, tally_leaf
from gateway.reduction.releases._counting import RangeCount
from gateway.storage.schema import bodies, leaves
from tests.reduction.bodies import AUTO, MANUAL, definitions, prefill, submission
from tests.reduction.releases.conftest import NOVEMBER, House, hour_of

CASES = 1000
HOUR = hour_of(NOVEMBER)
PROCEDURES = ("1.001001", "1.001002", "1.001003", "1.001004")


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of the diary: who came, for which procedure, and so which leaves are his."""

    case: str
    procedure: str
    leaves: tuple[int, ...]


@dataclass(slots=True)
class Log:
    """What the neighbour holds: entries and tallies; bodies only where somebody published them."""

    entries: Mapping[int, bytes]
    tallies: Sequence[Tally]
    bodies: Mapping[int, bytes] = field(default_factory=dict)


def day(named: Mapping[str, bool], procedures: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Everybody's prefill and submission, one after the other."""
    for case, father in named.items():
        reads = [["population", "found", 1, 0]] * (2 if father else 1)
        told: dict[str, Any] = {"proc": procedures[case], "h": HOUR}
        states = {"hoTen": "F", "thanhVien[0].so": "F"} if father else {"hoTen": "F"}
        yield prefill(case, q=reads, states=states, n=[9 if father else 7, 5], **told)
        fields = {"hoTen": AUTO, "lyDo": MANUAL}
        yield submission(case, fields | ({"thanhVien[0].so": AUTO} if father else {}), **told)


def guesses(
    log: Log, diary: Sequence[Seen], known: Mapping[str, bool]
) -> dict[str, tuple[bool, bool]]:
    """Whether a father was named, and whether that is certain, for everybody in the diary.

    FailureLimiter what there is to try: bodies that lie open; a tally that says the same of all whom it
    counts; whatever in the entries goes with the truth that is known of others; else the side to
    which the tally leans.
    """
    learnt = _learn(log, diary, known)
    answer = {}
    for seen in diary:
        if (body := log.bodies.get(seen.leaves[0])) is not None:
            answer[seen.case] = len(json.loads(body)["q"]) == 2, True
            continue
        named, cases = _told(log, seen)
        if named in (0, cases):
            answer[seen.case] = named > 0, True
        else:
            lean = (named - cases / 2) / cases
            answer[seen.case] = lean + _score(learnt, log, seen) > 0, False
    return answer


def _told(log: Log, seen: Seen) -> tuple[int, int]:
    """Of how many cases its tally says that a father was named, and of how many it is."""
    for tally in log.tallies:
        if tally.cell.procedure == seen.procedure and (
            tally.closing.first <= seen.leaves[0] <= tally.closing.last
        ):
            return tally.sums["read", "population", "reads"] - tally.cases, tally.cases
    raise AssertionError("a case without a tally")


def _signs(log: Log, seen: Seen) -> Iterator[str]:
    """Everything about somebody's entries that might go with what they stand for."""
    yield f"{len(seen.leaves)} leaves"
    for place, leaf in enumerate(seen.leaves):
        entry = log.entries[leaf]
        yield f"{place} is {len(entry)} long"
        yield f"{place} at {leaf % 16}"
        for at in range(24, len(entry) - 8, 4):
            yield f"{place} has {entry[at]} at {at}"


def _learn(log: Log, diary: Sequence[Seen], known: Mapping[str, bool]) -> dict[str, float]:
    """How much each sign leans to a named father among those of whom it is known."""
    counted: defaultdict[str, list[int]] = defaultdict(lambda: [1, 1])
    for seen in diary:
        if seen.case in known:
            for sign in _signs(log, seen):
                counted[sign][known[seen.case]] += 1
    return {sign: (yes - no) / (yes + no) for sign, (no, yes) in counted.items()}


def _score(learnt: Mapping[str, float], log: Log, seen: Seen) -> float:
    scores = [learnt.get(sign, 0.0) for sign in _signs(log, seen)]
    return sum(scores) / len(scores)


def unlikely(right: int, of: int, chance: float) -> float:
    """How probable it is to be right at least so often by chance."""
    return sum(comb(of, n) * chance**n * (1 - chance) ** (of - n) for n in range(right, of + 1))


@dataclass(slots=True)
class Commune:
    """A closed month of the commune, and what the neighbour knows of it."""

    named: Mapping[str, bool]
    diary: Sequence[Seen]
    known: Mapping[str, bool]
    log: Log
    bodies: Mapping[int, bytes]


@pytest.fixture
async def commune(house: House) -> Commune:
    chance = random.Random(60)
    cases = [f"person {number}" for number in range(2 * CASES)]
    named = {case: chance.random() < 0.5 for case in cases}
    procedures = {case: chance.choice(PROCEDURES) for case in cases}
    await house.open()
    await house.fill(day(named, procedures))
    await house.close("2026-11")
    rows = house.database.read(lambda c: c.execute(select(leaves.c.idx, leaves.c.entry)).all())
    kept = house.database.read(
        lambda c: c.execute(select(bodies.c.idx, bodies.c.case_ref, bodies.c.body)).all()
    )
    theirs: defaultdict[str, list[int]] = defaultdict(list)
    for row in kept:
        theirs[row.case_ref].append(row.idx)
    diary = [Seen(case, procedures[case], tuple(sorted(theirs[case]))) for case in cases]
    entries = {row.idx: row.entry for row in rows}
    public = {at: entry for at, entry in entries.items() if not is_case_entry(entry)}
    read = [(index, decode_leaf(entry)) for index, entry in public.items()]
    tallies = [read_tally(index, leaf) for index, leaf in read if isinstance(leaf, TallyLeaf)]
    known = {case: named[case] for case in cases[CASES:]}
    return Commune(named, diary, known, Log(entries, tallies), {row.idx: row.body for row in kept})


def right(commune: Commune, log: Log) -> tuple[int, int]:
    """Of the people of whom nothing was known: how many guesses are right, how many certain."""
    told = guesses(log, commune.diary, commune.known)
    asked = [case for case in commune.named if case not in commune.known]
    assert len(asked) == CASES
    hits = sum(told[case][0] == commune.named[case] for case in asked)
    return hits, sum(told[case][1] for case in asked)


@pytest.mark.threat(60)
async def test_diary_and_public_log_reveal_nobody(commune: Commune) -> None:
    assert len({tally.cell.procedure for tally in commune.log.tallies}) == len(PROCEDURES)

    hits, certain = right(commune, commune.log)

    assert certain == 0
    # who knows a tally of hundreds may guess the side to which it leans, of everybody alike
    leaning = max(max(_told(commune.log, seen)) for seen in commune.diary)
    assert leaning < CASES
    shares = [_told(commune.log, seen) for seen in commune.diary]
    chance = sum(max(named, cases - named) / cases for named, cases in shares) / len(shares)
    assert chance < 0.55
    assert unlikely(hits, CASES, chance) > 1e-6


@pytest.mark.threat(60)
async def test_attack_succeeds_on_single_case_tallies(commune: Commune) -> None:
    counted_by = definitions(seconds=0, per_field=0, mock=True)
    tallies = []
    for seen in commune.diary:
        count = RangeCount(counted_by, seen.leaves[0], seen.leaves[-1])
        count.add_case([(n, decode_payload(commune.bodies[n])) for n in seen.leaves], [])
        ((row, counts),) = count.cells.items()
        closing = Closing("2026-11", False, seen.leaves[0], seen.leaves[-1], 0)
        tallies.append(read_tally(0, tally_leaf(closing, _cell(row), counts)))

    log = Log(commune.log.entries, tallies)

    assert right(commune, log) == (CASES, CASES)


@pytest.mark.threat(60)
async def test_attack_succeeds_on_open_payloads(commune: Commune) -> None:
    log = Log(commune.log.entries, commune.log.tallies, commune.bodies)

    assert right(commune, log) == (CASES, CASES)


@pytest.mark.threat(60)
async def test_attack_succeeds_on_length_revealing_entries(
    commune: Commune,
) -> None:
    padded = {
        index: entry + b" " * len(commune.bodies.get(index, b""))
        for index, entry in commune.log.entries.items()
    }

    hits, _ = right(commune, Log(padded, commune.log.tallies))

    assert hits > 0.9 * CASES


def _cell(row: Row) -> Cell:
    return Cell(SERIES, row.procedure, row.form, row.series, row.channel)
