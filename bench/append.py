"""What does a durable leaf cost beside a bare database that commits the same bytes in equal groups?

Ours: `append_case` through the one writer, as a request does it, `GROUP` callers at a time: a body in
RFC 8785 order, its seal, its leaf hash, two rows, one commit per group. The peer: a `sqlite3` loop with
the same settings (WAL, synchronous FULL) and tables that inserts the same rows, entries and hashes made
beforehand, as many per commit as the writer took on average. Runs take turns in one folder.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, select

from bench.results import Figure
from gateway.log.append import append_case
from gateway.log.entries import Offered, PrefillPayload, Read
from gateway.storage.database import Database
from gateway.storage.schema import bodies, leaves
from gateway.storage.url import DatabaseUrl

GROUP = 32
FIELDS = 60
_LEAVES = "INSERT INTO leaves (idx, entry, hash) VALUES (?, ?, ?)"
_BODIES = (
    "INSERT INTO bodies (idx, kind, tenant, hour, case_ref, salt, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


async def append_cost(rounds: int, count: int) -> Figure:
    """Seconds per leaf of ours over the peer's, both on the clock; the ratio is the figure."""
    ours, theirs = [], []
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="eform-gateway-bench-") as folder:
            seconds, commits = await _ours(Path(folder), count, number)
            ours.append(seconds / count * 1e6)
            theirs.append(_bare(Path(folder), count, -(-count // commits)) / count * 1e6)
    says = f"leaf and body, {GROUP} at a time; peer: bare sqlite3 committing the same bytes"
    return Figure("log_append_cost_ratio", "us/leaf", ours, theirs, None, says)


async def _ours(folder: Path, count: int, seed: int) -> tuple[float, int]:
    """Seconds, and in how many groups the writer committed."""
    commits = 0

    def committed(_: object) -> None:
        nonlocal commits
        commits += 1

    with closing(Database(DatabaseUrl(folder / "ours.db"))) as database:
        event.listen(Engine, "commit", committed)
        payloads = [_payload(seed, one) for one in range(count)]
        began = time.perf_counter()
        for first in range(0, count, GROUP):
            await asyncio.gather(
                *(_append(database, payload) for payload in payloads[first : first + GROUP])
            )
        seconds = time.perf_counter() - began
    event.remove(Engine, "commit", committed)
    return seconds, commits


async def _append(database: Database, payload: PrefillPayload) -> None:
    await database.write(lambda c: append_case(c, payload))


def _bare(folder: Path, count: int, group: int) -> float:
    """The rows that ours wrote, in the same groups, into a database of the same tables."""
    with closing(Database(DatabaseUrl(folder / "ours.db"))) as database:
        entries = database.read(lambda c: c.execute(select(leaves).order_by(leaves.c.idx)).all())
        beside = database.read(lambda c: c.execute(select(bodies).order_by(bodies.c.idx)).all())
    Database(DatabaseUrl(folder / "bare.db")).close()
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as bare:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            bare.execute(f"PRAGMA {pragma}")
        began = time.perf_counter()
        for first in range(0, count, group):
            _commit(bare, entries[first : first + group], beside[first : first + group])
        return time.perf_counter() - began


def _commit(bare: sqlite3.Connection, entries: Sequence[Any], beside: Sequence[Any]) -> None:
    bare.execute("BEGIN IMMEDIATE")
    for entry, body in zip(entries, beside, strict=True):
        bare.execute(_LEAVES, tuple(entry))
        bare.execute(_BODIES, tuple(body))
    bare.execute("COMMIT")


def _payload(seed: int, number: int) -> PrefillPayload:
    """The payload of a prefill of so many fields."""
    return PrefillPayload(
        case=f"case-{seed}-{number:012d}",
        chain=f"chain-{seed}-{number:012d}",
        form_version=12,
        grant=40,
        tenant="h99",
        procedure="1.004222",
        channel="online",
        hour=490_000,
        previous=None,
        receipt_digest="R" * 43,
        key_commitment="K" * 43,
        verified_by="vneid",
        reads=(Read("population", "found", 1, 8),),
        states="F" * FIELDS,
        sources="",
        offered=Offered(FIELDS, FIELDS),
    )
