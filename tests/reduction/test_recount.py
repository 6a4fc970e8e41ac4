"""Are the figures the ones that a stranger gets, who reads the letters by himself?

The second count below shares no line with the room: it works on the letters as they stand, from
the words of schemas/measure.json alone.
"""

import random
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

from gateway.domain.verdicts import FieldClass, Verdict
from gateway.reduction.measure import Measurement
from gateway.reduction.report import Counted, Evidence, Question, report
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
    definitions,
    filled,
    paths_of,
    prefill,
    public_leaves,
    refusal,
    submission,
    typed,
)

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


def _case(chance: random.Random, name: str) -> Iterator[dict[str, Any]]:
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
    return [body for number in range(CASES) for body in _case(chance, f"case {number}")]


# the second count ---------------------------------------------------------------------------------


def _spread(body: Mapping[str, Any], base: str, rows: str) -> dict[str, str]:
    """Letters by path, read anew: the n-th letter is the n-th field, or column of the group."""
    paths = [field[0] for field in public_leaves()[body["fv"]]["fields"]]
    letters = dict(zip(paths, body[base], strict=True))
    for row, text in body.get(rows, {}).items():
        columns = [p for p in paths if p.startswith(re.sub(r"\[\d+\]", "[]", row))]
        letters |= {p.replace("[]", row[-3:]): x for p, x in zip(columns, text, strict=True)}
    return {path: letter for path, letter in letters.items() if letter not in "-."}


def _recount(bodies: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    cases: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for body in bodies:
        if body["k"] == "submission" and body["ten"] != TEST_TENANT:
            cases[body["case"]].append(body)
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for given in cases.values():
        last = given[-1]
        series = public_leaves()[last["fv"]]["series"]
        channel = "online" if last["ch"] == "online" else "paper"
        rows[series, last["proc"] or "", channel].append(_dossier(given))
    return {key: _figures(dossiers) for key, dossiers in rows.items()}


def _dossier(given: list[dict[str, Any]]) -> dict[str, Any]:
    """One dossier: (template, verdict, class, source) of each visible field, and whether it is instant."""
    read = [(_spread(b, "vd", "vr"), _spread(b, "cl", "cr"), _spread(b, "so", "sr")) for b in given]
    verdicts, _, sources = read[-1]
    fields = []
    for path, verdict in verdicts.items():
        said = [v.get(path, "") for v, _, _ in read]
        if verdict in "WH":
            continue
        if set(said) == {"A"}:
            kind = min((c[path] for _, c, _ in read), key="SXCDRKGF".index)
            fields.append((path, "A", kind, sources[path]))
        elif declared := [i for i, one in enumerate(said) if one and one in "CFOXM"]:
            verdict, kind, source = (part.get(path, "-") for part in read[declared[-1]])
            fields.append((path, verdict, kind, source))
        else:
            fields.append((path, "B", "-", "-"))
    instant = any(
        b["sec"] < 20 + sum(x in "CFOXM" for x in _spread(b, "vd", "vr").values()) for b in given
    )
    leaf = public_leaves()[given[-1]["fv"]]
    return {
        "fields": [(re.sub(r"\[\d+\]", "[]", path), *rest) for path, *rest in fields],
        "instant": instant,
        "form": {path: (required, item) for path, _, required, item, *_ in leaf["fields"]},
        "dropped": 1 if given[-1]["fv"] == SECOND else 0,
        "att": given[-1]["att"],
    }


def _figures(dossiers: list[dict[str, Any]]) -> dict[str, Any]:
    lefts, core, instant = [], 0, 0
    auto: dict[str, int] = defaultdict(int)
    sources: dict[str, int] = defaultdict(int)
    given_up: dict[tuple[str, str], int] = defaultdict(int)
    required = {"A": 0, "D": 0}
    for one in dossiers:
        declared = [f for f in one["fields"] if f[1] in "CFOXM"]
        saved = [] if one["instant"] else [f for f in one["fields"] if f[1] == "A"]
        lefts.append(len(declared) + one["dropped"])
        instant += one["instant"]
        required["D"] += one["dropped"] + sum(one["form"][path][0] for path, *_ in declared)
        required["A"] += sum(one["form"][path][0] for path, *_ in saved)
        for _, _, kind, source in saved:
            auto[kind] += 1
            sources[source] += kind in "FKG"
        for _, verdict, kind, source in declared:
            given_up[source, verdict] += kind in "FKG"
        for item in {item for _, item in one["form"].values() if item}:
            its = [f for f in one["fields"] if one["form"][f[0]][1] == item]
            if its and not one["instant"] and all(f[1:3] == ("A", "F") for f in its):
                core += any(one["form"][f[0]][0] for f in its)
    left = sum(lefts)
    reduction = auto["F"] + auto["K"] + auto["G"]
    kept = sum(d["att"]["reused"] for d in dossiers)
    return {
        "reduction": (reduction, reduction + left),
        "beyond_login": (auto["F"] + auto["G"], auto["F"] + auto["G"] + left),
        "core": (core, core + left),
        "required_only": (required["A"], required["A"] + required["D"]),
        "mean": (left, len(dossiers)),
        "median": Fraction(statistics.median(map(Fraction, lefts))),
        "instant": (instant, len(dossiers)),
        "T": (kept, kept + sum(d["att"]["uploaded"] for d in dossiers)),
        "acceptance": {
            source: (
                sources[letter],
                sources[letter] + given_up[letter, "O"] + given_up[letter, "C"],
            )
            for letter, source in {"p": "population", "r": "records", "s": "session"}.items()
        },
    }


# both counts, side by side ------------------------------------------------------------------------


def _document(seed: int) -> dict[str, Any]:
    found = definitions()
    measurement = Measurement(found, Question().scope)
    for leaf, body in enumerate(_bodies(seed), start=BEGIN):
        measurement.add(leaf, body)
    counted = Counted(measurement.sums(), measurement.forms())
    return report(Question(), counted, Evidence(9000, bytes(32), found))


def _pair(figure: Mapping[str, int]) -> tuple[int, int]:
    return figure["numerator"], figure["denominator"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_figures_are_those_of_an_independent_count_to_the_last_digit(seed: int) -> None:
    expected = _recount(_bodies(seed))
    rows = [row for row in _document(seed)["forms"] if row["dossiers"]]

    assert len(expected) > 4
    got = {}
    for row in rows:
        median = _pair(row["left_to_declare"]["median"])
        accepted = dict.fromkeys(("population", "records", "session"), (0, 0))
        accepted |= {s: _pair(one["acceptance"]) for s, one in row["by_source"].items()}
        got[row["series"], row["procedure"] or "", row["channel"]] = {
            **{
                name: _pair(row[name])
                for name in ("reduction", "beyond_login", "core", "required_only", "instant")
            },
            "mean": _pair(row["left_to_declare"]["mean"]),
            "median": Fraction(*median),
            "T": _pair(row["attachments"]["saved"]),
            "acceptance": accepted,
        }
    assert got == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_chains_reads_refusals_and_endings_are_those_of_an_independent_count(seed: int) -> None:
    bodies = [body for body in _bodies(seed) if body["ten"] != TEST_TENANT]
    document = _document(seed)
    figures = [*document["total"].values()]
    of = defaultdict(list)
    for body in bodies:
        of[body["k"]].append(body)
    last = {body["chain"]: body for body in of["prefill"]}

    assert sum(f["chains"] for f in figures) == len(last)
    offered = (sum(b["n"][1] for b in last.values()), sum(b["n"][0] for b in last.values()))
    assert tuple(map(sum, zip(*(_pair(f["offered"]) for f in figures), strict=True))) == offered
    letters = "".join(b["st"] + "".join(b.get("sr", {}).values()) for b in last.values())
    for letter, reason in {"n": "not_held", "u": "source_unavailable", "h": "hidden"}.items():
        assert sum(f["empties"][reason] for f in figures) == letters.count(letter)
    assert sum(f["refusals"] for f in figures) == len(of["refusal"])
    reads = [read for body in of["prefill"] for read in body["q"]]
    failed = sum(n if out == "unavailable" else max(0, n - 1) for _, out, n, _ in reads)
    rates = [_pair(f["source_failures"]["population"]["failed_attempts"]) for f in figures]
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
def test_coarser_rows_and_totals_are_sums_of_the_finer_ones(by: str) -> None:
    found = definitions()
    measurement = Measurement(found, Question().scope)
    for leaf, body in enumerate(_bodies(0), start=BEGIN):
        measurement.add(leaf, body)
    counted = Counted(measurement.sums(), measurement.forms())
    fine = report(Question(), counted, Evidence(9000, bytes(32), found))
    coarse = report(Question(by=by), counted, Evidence(9000, bytes(32), found))

    assert len(coarse["forms"]) < len(fine["forms"])
    assert coarse["total"] == fine["total"]
    for channel, total in fine["total"].items():
        for name in ("core", "reduction", "ceiling"):
            for rows in (fine["forms"], coarse["forms"]):
                pairs = [_pair(row[name]) for row in rows if row["channel"] == channel]
                assert tuple(map(sum, zip(*pairs, strict=True))) == _pair(total[name])
