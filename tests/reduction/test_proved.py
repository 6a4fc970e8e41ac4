"""Does the verifier, which shares no line with us, prove what we publish of months?"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.reduction.months import Month
from gateway.reduction.supplying import Supply, read_supply
from tests.reduction.bodies import TENANT
from tests.reduction.closed_months import lay_bodies_open, publish_two_months, run
from tests.reduction.releases.conftest import DECEMBER, NOVEMBER, hour_of
from tests.reduction.test_recount import case_of

COUNTS = b"procedure,channel,dossiers\n1.004222,online,200\n"


def two_months(chance: random.Random, cases: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """Bodies of cases that change form, procedure and channel on their way, and whether later.

    Some cases go on in the second month, with further submissions, or abandoned once more.
    """
    for number in range(cases):
        after = chance.choice((0, 0, 1, 2, 9))
        for place, body in enumerate(case_of(chance, f"case {number}")):
            later = place >= after > 0 or number % 3 == 0
            yield {**body, "h": hour_of(DECEMBER if later else NOVEMBER)}, later
        if number % 7 == 0:
            yield _alarm(number), False
        if after == 9 and number % 3:
            yield _told_to_the_portal(f"case {number}"), True


def _told_to_the_portal(case: str) -> dict[str, Any]:
    """A leaf that no figure counts and that belongs to its case nevertheless."""
    named = {"k": "sync", "case": case, "ten": TENANT, "proc": "1.004222"}
    return {**named, "h": hour_of(DECEMBER), "st": 2, "pre": None, "fl": []}


def _alarm(number: int) -> dict[str, Any]:
    """A leaf that stands in no cell, though it is of a tenant that counts."""
    named = {"k": "alarm", "case": f"alarm {number}", "ten": TENANT, "h": hour_of(NOVEMBER)}
    return {**named, "why": "misses_of_tenant", "of": "prefill", "n": 600}


def supply() -> Supply:
    """A count of iGate's for the first month."""
    return read_supply(COUNTS, Month(2026, 11), "igate", as_csv=True)


@pytest.mark.threat(54)
@pytest.mark.parametrize(("seed", "cases"), [(0, 60), (1, 60), (2, 150), (3, 500)])
def test_closed_months_are_proved_and_recounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, cases: int
) -> None:
    told = two_months(random.Random(seed), cases)
    tallies = publish_two_months(tmp_path, monkeypatch, told, supply())
    where = str(tmp_path / "log" / "public")
    lay_bodies_open(tmp_path)

    status, proved = run("audit", "verify", where)
    again, counted = run("audit", "recompute", where)

    assert (status, again) == (0, 0), (proved["finding"], counted["finding"])
    assert proved["proved"]["releases"] == ["2026-11", "2026-12"]
    assert counted["proved"]["recomputed"] == ["2026-11", "2026-12"]
    assert proved["proved"]["tallies"] == len(tallies)
    assert sum(leaf["sums"].get("late/submissions", 0) for leaf in tallies) > 0
    assert any(leaf["cell"]["level"] == "province" for leaf in tallies) or cases > 60


def test_overstated_release_is_refuted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_two_months(tmp_path, monkeypatch, two_months(random.Random(0), 60), supply())
    where = tmp_path / "log" / "public"
    release = where / "releases" / "2026-11.json"
    document = json.loads(release.read_text())
    document["total"]["online"]["core"]["numerator"] += 1
    release.write_text(json.dumps(document))

    status, said = run("audit", "verify", str(where))

    assert status == 1
    assert "2026-11" in json.dumps(said["finding"])
