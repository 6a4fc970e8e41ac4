"""Does another count of what others supplied say what the gateway publishes?"""

import random
from collections import Counter
from typing import Any

from gateway.log.entries import leaf_of
from gateway.reduction._reconciliation import Measured, read_supplied, reconcile
from gateway_verify._claims.supplied import reconciliation_of

MONTHS = ("2026-10", "2026-11")
PROCEDURES = ("1.004222", "1.001193", "1.000656")


def tally(rng: random.Random) -> dict[str, Any]:
    level = rng.choice(("series", "series", "procedure", "province", "outside"))
    channel = rng.choice(
        ("online", "paper", "mixed") if level == "province" else ("online", "paper")
    )
    named = rng.choice((*PROCEDURES, None)) if level in ("series", "procedure") else None
    dossiers = 0 if level == "outside" else rng.choice((0, 37, 120, 400))
    sums = {
        "dossiers": dossiers,
        "core": rng.randrange(3 * dossiers + 1),
        "D": rng.randrange(7 * dossiers + 1),
        "verdict/auto": rng.randrange(9 * dossiers + 1),
        "read/population/reads": dossiers,
    }
    if dossiers and rng.random() < 0.4:
        sums["bundle"] = rng.randrange(1, dossiers + 1)
        for part in rng.sample((*PROCEDURES, "9.900001"), 2):
            sums[f"part/{part}"] = rng.randrange(1, sums["bundle"] + 1)
    cell = {"level": level, "procedure": named, "channel": None if level == "outside" else channel}
    return {"cell": cell, "sums": {key: number for key, number in sums.items() if number}}


def leaf(rng: random.Random) -> dict[str, Any]:
    source = rng.choice(("igate", "portal", "population"))
    keys = [(p, c) for p in (*PROCEDURES, None) for c in ("online", "paper", None)]
    counts = [
        {"procedure": procedure, "channel": channel, "dossiers": rng.choice((10, 20, 150))}
        for procedure, channel in rng.sample(keys, rng.randrange(1, 6))
    ]
    return {
        "source": source,
        "month": rng.choice(MONTHS),
        "digest": rng.choice("ab"),
        "counts": None if source == "population" else counts,
        "reads": rng.randrange(1000) if source == "population" else None,
    }


def measured(tally: dict[str, Any]) -> Measured:
    cell, sums = tally["cell"], tally["sums"]
    procedure = None if cell["level"] == "province" else cell["procedure"] or ""
    keyed = {tuple(key.split("/")): number for key, number in sums.items()}
    return Measured(procedure, cell["channel"], Counter(keyed))


def plain(said: Any) -> Any:
    """Numbers by their value, whether they are decimals or floats."""
    if isinstance(said, dict):
        return {name: plain(one) for name, one in said.items()}
    if isinstance(said, list):
        return [plain(one) for one in said]
    return said if said is None or isinstance(said, str) else float(said)


def test_both_counts_give_one_reconciliation() -> None:
    rng, headlines = random.Random(2026), Counter[str]()
    for _ in range(500):
        tallies = [tally(rng) for _ in range(rng.randrange(1, 6))]
        supplied = [(at, leaf(rng)) for at in range(rng.randrange(8))]
        months = MONTHS[rng.randrange(2) :]
        edition = rng.choice((1, 2))
        ours = reconciliation_of(tallies, supplied, months, edition)
        read = [
            read_supplied(at, leaf_of({"kind": "reconcile", "v": 1} | one)) for at, one in supplied
        ]
        theirs = reconcile(read, months, [measured(one) for one in tallies], edition)
        assert plain(ours) == plain(theirs)
        headlines[ours["headline"] if ours["counts"] else "none"] += 1
    assert min(headlines[name] for name in ("core", "floor", "none")) > 20
