"""Are the figures the ones that a stranger gets, who reads the letters by himself?"""

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.domain.verdicts import FieldClass, Verdict
from gateway.reduction._measure import Measurement
from gateway.reduction.report import Counted, Evidence, Question, report
from tests.log.writing import decoded
from tests.reduction.bodies import (
    BLANK,
    FIRST,
    HOUR,
    MANUAL,
    MISSING,
    SECOND,
    TENANT,
    TEST_TENANT,
    Filling,
    abandoned,
    by_case,
    definitions,
    filled,
    paths_of,
    prefill,
    public_leaves,
    refusal,
    submission,
    typed,
)
from tests.reduction.recount import key_of, pair, recount, same_names

SEEDS = range(8)
CASES = 100
BEGIN = 1000

_FILLINGS: tuple[Filling, ...] = (
    *(filled(Verdict.AUTO, kind.value, "population") for kind in FieldClass),
    *(filled(Verdict.AUTO, "fact", source) for source in ("population", "records") * 4),
    *(filled(Verdict.AUTO, "known", "session") for _ in range(3)),
    *(filled(verdict) for verdict in (Verdict.CONTESTED, Verdict.OVERRIDE, Verdict.OFFICER)),
    filled(Verdict.OVERRIDE, "suggested", "records"),
    filled(Verdict.OFFICER, "same_case", "records"),
    *(filled(verdict) for verdict in (Verdict.HIDDEN, Verdict.WITHDRAWN)),
    *(MANUAL, MISSING, BLANK, typed(Verdict.OFFICER)),
)


def _fields(chance: random.Random, version: int) -> dict[str, Filling]:
    rows = range(chance.randrange(4))
    paths = [path for path in paths_of(version) if "[]" not in path] + [
        path.replace("[]", f"[{row}]") for row in rows for path in paths_of(version) if "[]" in path
    ]
    calm = chance.random() < 0.5
    choices = _FILLINGS[8:16] if calm else _FILLINGS
    return {path: chance.choice(choices) for path in paths if chance.random() < 0.9}


def case_of(chance: random.Random, name: str) -> Iterator[dict[str, Any]]:
    """What one case leaves in the log: chains, some of them refused, submitted or abandoned."""
    tenant = TEST_TENANT if chance.random() < 0.05 else TENANT
    for number in range(chance.choice((1, 1, 1, 2, 3))):
        chain, hour = f"{name}.{number}", HOUR + chance.randrange(100)
        version = chance.choice((FIRST, SECOND))
        where: dict[str, Any] = {"ten": tenant, "h": hour}
        asked = {
            "proc": chance.choice(("1.004222", "1.004222", None)),
            "ch": chance.choice(("online", "online", "desk", "post")),
        }
        for _ in range(chance.choice((1, 1, 2))):
            outcome = chance.choice(("found", "no_record", "not_permitted", "unavailable"))
            reads = [["population", outcome, chance.choice((0, 1, 2)), chance.randrange(3)]]
            states = {path: chance.choice("FKGnubch") for path in ("hoTen", "thanhVien[0].so")}
            n = [9, chance.randrange(9)]
            yield prefill(name, chain, fv=version, states=states, q=reads, n=n, **where, **asked)
        if chance.random() < 0.1:
            for _ in range(chance.choice((1, 5))):
                yield refusal(name, "hoTen", chain=chain, **where)
        if (end := chance.random()) < 0.7:
            fields, sec = _fields(chance, version), chance.choice((5, 22, 24, 27, 900))
            att = {"reused": chance.randrange(2), "uploaded": chance.randrange(3), "blank": 1}
            yield submission(name, fields, chain, fv=version, sec=sec, att=att, **where, **asked)
        elif end < 0.9:
            yield abandoned(name, chain, **where)


def _bodies(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [body for number in range(CASES) for body in case_of(chance, f"case {number}")]


def _document(seed: int) -> dict[str, Any]:
    found = definitions()
    measurement = Measurement(found, Question().scope)
    for case in by_case(enumerate(_bodies(seed), start=BEGIN)):
        measurement.add_case(decoded(case))
    counted = Counted(measurement.sums(), measurement.forms())
    return report(Question(), counted, Evidence(9000, bytes(32), found))


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_match_an_independent_count(seed: int) -> None:
    expected = recount(public_leaves(), _bodies(seed), TEST_TENANT)
    rows = [row for row in _document(seed)["forms"] if row["dossiers"]]

    assert len(expected) > 4
    assert {key_of(row): same_names(row) for row in rows} == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_chains_reads_and_endings_match_independently(seed: int) -> None:
    bodies = [body for body in _bodies(seed) if body["ten"] != TEST_TENANT]
    document = _document(seed)
    figures = [*document["total"].values()]
    of = defaultdict(list)
    for body in bodies:
        of[body["k"]].append(body)
    last = {body["chain"]: body for body in of["prefill"]}

    assert sum(f["chains"] for f in figures) == len(last)
    offered = (sum(b["n"][1] for b in last.values()), sum(b["n"][0] for b in last.values()))
    assert tuple(map(sum, zip(*(pair(f["offered"]) for f in figures), strict=True))) == offered
    letters = "".join(b["st"] + "".join(b.get("sr", {}).values()) for b in last.values())
    for letter, reason in {"n": "not_held", "u": "source_unavailable", "h": "hidden"}.items():
        assert sum(f["empties"][reason] for f in figures) == letters.count(letter)
    assert sum(f["refusals"] for f in figures) == len(of["refusal"])
    reads = [read for body in of["prefill"] for read in body["q"]]
    failed = sum(n if out == "unavailable" else max(0, n - 1) for _, out, n, _ in reads)
    rates = [pair(f["source_failures"]["population"]["failed_attempts"]) for f in figures]
    assert tuple(map(sum, zip(*rates, strict=True))) == (failed, sum(n for *_, n, _ in reads))

    done = {body["case"] for body in of["submission"]}
    ended = {body["chain"] for body in of["abandoned"]}
    refused = [body["chain"] for body in of["refusal"]]
    ended |= {chain for chain in refused if refused.count(chain) == 5}
    still_open = {body["case"] for body in last.values() if body["chain"] not in ended}
    gone = {body["case"] for body in last.values()} - done - still_open
    assert sum(f["abandoned"]["numerator"] for f in figures) == len(gone)
    assert sum(f["dossiers"] for f in figures) == len(done)


@pytest.mark.parametrize("by", ["form", "procedure"])
def test_coarser_rows_sum_the_finer(by: str) -> None:
    found = definitions()
    measurement = Measurement(found, Question().scope)
    for case in by_case(enumerate(_bodies(0), start=BEGIN)):
        measurement.add_case(decoded(case))
    counted = Counted(measurement.sums(), measurement.forms())
    fine = report(Question(), counted, Evidence(9000, bytes(32), found))
    coarse = report(Question(by=by), counted, Evidence(9000, bytes(32), found))

    assert len(coarse["forms"]) < len(fine["forms"])
    assert coarse["total"] == fine["total"]
    for channel, total in fine["total"].items():
        for name in ("core", "reduction", "ceiling"):
            for rows in (fine["forms"], coarse["forms"]):
                pairs = [pair(row[name]) for row in rows if row["channel"] == channel]
                assert tuple(map(sum, zip(*pairs, strict=True))) == pair(total[name])
