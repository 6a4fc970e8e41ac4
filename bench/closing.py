"""What does it cost to close a month, and does its memory grow with the month?

    python -m bench.closing [DOSSIERS]

The database is made first and not counted: dossiers of invented persons over every registered form,
a prefill and a submission each. A process of its own then closes the month, release included; peak
memory and processor time are that process's. The same with a sixth of the dossiers is the peer.
"""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from sqlalchemy import Connection, insert

from bench.made_log import (
    ORIGIN,
    TENANT,
    TEST_TENANT,
    Json,
    definition,
    fill,
    form_leaves,
    grant,
    prefill,
    submission,
)
from bench.results import Figure, table_of
from gateway.domain.clock import hour_of
from gateway.log.append import append_case, append_public
from gateway.log.entries import leaf_of, payload_of
from gateway.reduction.months import Month
from gateway.reduction.releases import ClosingContext, ReleaseSigner, close_month
from gateway.storage.database import Database
from gateway.storage.schema import case_persons, form_versions, metric_definitions, tenants
from gateway.storage.url import DatabaseUrl

MANY = 60_000
SHARE = 6
MONTH = Month(2026, 11)
_WHEN = datetime(2026, 11, 10, 9, tzinfo=UTC)
_AFTERWARDS = datetime(2026, 12, 1, 9, tzinfo=UTC)
_CASES_AT_ONCE = 1_000
_WAYS_PER_FORM = 12
_KILOBYTES_A_MEGABYTE = 1024


def month_closed(dossiers: int = MANY) -> list[Figure]:
    """Processor time and peak memory of closing a month of so many dossiers, and of a sixth."""
    with tempfile.TemporaryDirectory(prefix="bench-closing-") as root:
        runs = []
        for number in (dossiers // SHARE, dossiers):
            path = Path(root) / f"{number}.db"
            asyncio.run(_fill(path, number))
            runs.append(_run(path))
    (small, large), name = runs, f"close_month_{dossiers / 1000:g}k"
    says = f"{dossiers:,} dossiers, {large['cells']:.0f} cells; peer: a sixth of them"
    return [
        Figure(f"{name}_cpu_seconds", "s", [large["cpu"]], [small["cpu"]], says=says),
        Figure(f"{name}_peak_rss_mb", "MB", [large["rss"]], [small["rss"]], says=says),
    ]


async def _fill(path: Path, dossiers: int) -> None:
    chance = random.Random(dossiers)
    with closing(Database(DatabaseUrl(path))) as database:
        first = [definition(), grant(TENANT, False), grant(TEST_TENANT, True), *form_leaves()]
        indices = await database.write(lambda c: [_publish(c, one) for one in first])
        ways = list(_ways(list(zip(first, indices, strict=True)), chance))
        for begin in range(0, dossiers, _CASES_AT_ONCE):
            cases = range(begin, min(dossiers, begin + _CASES_AT_ONCE))
            chosen = [(f"case{number:07}", chance.choice(ways)) for number in cases]
            await database.write(lambda c, these=chosen: _append(c, these))


def _publish(connection: Connection, leaf: Json) -> int:
    """A public leaf with the row that leads to it; gives its index."""
    added = append_public(connection, leaf_of(leaf))
    row: Json = {"leaf": added.index}
    table = metric_definitions
    if leaf["kind"] == "metric-definition":
        row |= {"hash": added.hash}
    elif leaf["kind"] == "form-version":
        table, row = form_versions, row | {"registered_at": 0}
        row |= {name: leaf[name] for name in ("version", "form", "series")}
    else:
        table, row = tenants, {"grant_leaf": added.index, "created_at": 0}
        row |= {name: leaf[name] for name in ("tenant", "agency", "is_test")}
        row |= {"name": "", "grant_json": ""}
    connection.execute(insert(table), row)
    return added.index


def _ways(leaves: Sequence[tuple[Json, int]], chance: random.Random) -> Iterator[tuple[Json, Json]]:
    for leaf, index in leaves:
        if leaf["kind"] == "form-version":
            for _ in range(_WAYS_PER_FORM):
                filled = fill(index, leaf, chance)
                begun = prefill(filled, chance)
                yield begun, submission(filled, chance, ch=begun["ch"])


def _append(connection: Connection, cases: Sequence[tuple[str, tuple[Json, Json]]]) -> None:
    persons = []
    for case, (begun, ended) in cases:
        own: Json = {"case": case, "chain": f"{case}.1"}
        own["h"] = hour_of(_WHEN)
        leaf = append_case(connection, payload_of(begun | own)).index
        append_case(connection, payload_of(ended | own | {"pf": leaf}))
        index = sha256(case.encode()).digest()
        persons.append({"person_index": index, "case_ref": case, "applicant": True})
    connection.execute(insert(case_persons), persons)


def _run(path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.closing", "--close", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    said: dict[str, float] = json.loads(done.stdout)
    return said


async def _close(path: Path) -> dict[str, float]:
    async def publish() -> None:
        """Publishing has figures of its own."""

    signer = ReleaseSigner(Ed25519PrivateKey.generate(), "bench")
    with closing(Database(DatabaseUrl(path))) as database:
        folder = path.parent / f"{path.stem}-releases"
        office = ClosingContext(
            database, ORIGIN, False, signer, folder, lambda: _AFTERWARDS, publish
        )
        closed, _ = await close_month(office, MONTH, lambda done, total: None)
    cells = len(json.loads(closed.document or b"{}")["cells"])
    return {"cpu": time.process_time(), "rss": _peak_megabytes(), "cells": cells}


def _peak_megabytes() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM"))
    return int(peak.split()[1]) / _KILOBYTES_A_MEGABYTE


if __name__ == "__main__":
    if sys.argv[1:2] == ["--close"]:
        print(json.dumps(asyncio.run(_close(Path(sys.argv[2])))))
    else:
        found = month_closed(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
        Console(width=180).print(table_of(found))
