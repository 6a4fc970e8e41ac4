"""Does the verifier, which shares no line with us, prove what we publish of months?"""

import asyncio
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from gateway.cli.main import app as commands
from gateway.reduction.months import Month
from gateway.reduction.supplying import append_supply, read_supply
from gateway.storage.database import Database
from gateway.storage.schema import leaves
from tests.reduction.bodies import TENANT
from tests.reduction.releases.conftest import DECEMBER, NOVEMBER, ORIGIN, House, hour_of
from tests.reduction.test_recount import case_of

COUNTS = b"procedure,channel,dossiers\n1.004222,online,200\n"


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(commands, [*arguments, "--json"])
    return done.exit_code, json.loads(done.stdout)


def lay_bodies_open(data: Path) -> None:
    """What an accredited auditor gets: per entry its salt and body behind their length."""
    with closing(sqlite3.connect(data / "gateway.db")) as file:
        (size,) = file.execute("SELECT max(idx) + 1 FROM leaves").fetchone()
        rows = file.execute("SELECT idx, CAST(salt || body AS BLOB) FROM bodies")
        kept: dict[int, bytes] = dict(rows)
    for bundle in range(0, size, 256):
        held = [kept.get(index, b"") for index in range(bundle, min(size, bundle + 256))]
        path = data / "log" / "public" / "bodies" / f"{bundle // 256:03}"
        path = path if len(held) == 256 else path.with_name(path.name + ".p") / str(len(held))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(len(one).to_bytes(2) + one for one in held))


def two_months(chance: random.Random, cases: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """Bodies of cases that change form, procedure and channel on their way, and whether later.

    Some cases go on in the second month, with further submissions, or abandoned once more.
    """
    for number in range(cases):
        after = chance.choice((0, 0, 1, 2, 9))
        for place, body in enumerate(case_of(chance, f"case {number}")):
            later = place >= after > 0 or number % 3 == 0
            yield {**body, "h": hour_of(DECEMBER if later else NOVEMBER)}, later
        if after == 9 and number % 3:
            yield _told_to_the_portal(f"case {number}"), True


def _told_to_the_portal(case: str) -> dict[str, Any]:
    """A leaf that no figure counts and that belongs to its case nevertheless."""
    named = {"k": "sync", "case": case, "ten": TENANT, "proc": "1.004222"}
    return {**named, "h": hour_of(DECEMBER), "st": 2, "pre": None, "fl": []}


async def live(house: House, seed: int, cases: int) -> None:
    """Two months of a deployment, closed in order, with a count of iGate's in between."""
    told = list(two_months(random.Random(seed), cases))
    await house.open(seconds=20, per_field=1)
    await house.fill((body for body, later in told if not later), NOVEMBER)
    await house.fill((body for body, later in told if later), DECEMBER)
    supply = read_supply(COUNTS, Month(2026, 11), "igate", as_csv=True)
    await house.database.write(lambda c: append_supply(c, supply))
    await house.close("2026-11")
    house.now = DECEMBER + timedelta(days=31)
    await house.close("2026-12")


@pytest.mark.threat(54)
@pytest.mark.parametrize(("seed", "cases"), [(0, 60), (1, 60), (2, 150), (3, 500)])
def test_closed_months_are_proved_and_counted_again_to_the_last_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, cases: int
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "origin").write_text(f"{ORIGIN}\n")
    with closing(Database(tmp_path / "gateway.db")) as database:
        house = House(database, tmp_path / "log" / "public" / "releases")
        asyncio.run(live(house, seed, cases))
        entries = database.read(lambda c: c.execute(select(leaves.c.entry)).scalars().all())
    tallies = [leaf for leaf in map(json.loads, entries) if leaf["kind"] == "tally"]
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    where = str(tmp_path / "log" / "public")
    assert run("log", "publish")[0] == 0
    lay_bodies_open(tmp_path)

    status, proved = run("audit", "verify", where)
    again, counted = run("audit", "recompute", where)

    assert (status, again) == (0, 0), (proved["finding"], counted["finding"])
    assert proved["proved"]["releases"] == ["2026-11", "2026-12"]
    assert counted["proved"]["recomputed"] == ["2026-11", "2026-12"]
    assert proved["proved"]["tallies"] == len(tallies)
    assert sum(leaf["sums"].get("late/submissions", 0) for leaf in tallies) > 0
    assert any(leaf["cell"]["level"] == "province" for leaf in tallies) or cases > 60


def test_a_release_that_says_one_more_is_refuted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "origin").write_text(f"{ORIGIN}\n")
    with closing(Database(tmp_path / "gateway.db")) as database:
        house = House(database, tmp_path / "log" / "public" / "releases")
        asyncio.run(live(house, 0, 60))
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    where = tmp_path / "log" / "public"
    assert run("log", "publish")[0] == 0
    release = where / "releases" / "2026-11.json"
    document = json.loads(release.read_text())
    document["total"]["online"]["core"]["numerator"] += 1
    release.write_text(json.dumps(document))

    status, said = run("audit", "verify", str(where))

    assert status == 1
    assert "2026-11" in json.dumps(said["finding"])
