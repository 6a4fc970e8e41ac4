import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from gateway.domain.errors import Conflict
from gateway.domain.identifiers import ChainId
from gateway.keys import Keys
from gateway.receipts.chains import (
    NewReceipt,
    abandon,
    add_receipt,
    enter_chain,
    leaves_of,
    open_chain,
)
from gateway.retention.sweep import KEPT_DAYS, erase_days, sweep
from gateway.storage.database import Database
from gateway.storage.schema import bodies, chains, replays

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
INDEX_KEY = bytes(32)


def _opening(number: int, hours: int = 72) -> NewReceipt:
    return NewReceipt(
        tenant="h99",
        chain=ChainId(f"chain-{number}"),
        jti=f"receipt-{number}",
        version="sha256:v",
        wrapped_key=b"locked",
        at=START,
        expires_at=int((START + timedelta(hours=hours)).timestamp()),
        dossier=None,
        applicant="001090000001",
        persons=(),
    )


async def _open(database: Database, *openings: NewReceipt) -> None:
    def enter(connection: Any) -> None:
        for leaf, opening in enumerate(openings, start=10_000):
            enter_chain(connection, opening, INDEX_KEY)
            add_receipt(connection, opening, leaf)

    await database.write(enter)


def _at(hours: float) -> Any:
    return lambda: START + timedelta(hours=hours)


def _row(database: Database, chain: str) -> Any:
    return database.read(lambda c: c.execute(select(chains).where(chains.c.chain == chain)).one())


def _bodies(database: Database) -> list[dict[str, Any]]:
    rows = database.read(lambda c: c.execute(select(bodies).order_by(bodies.c.idx)).fetchall())
    return [json.loads(row.body) for row in rows]


@pytest.mark.threat(17)
async def test_expired_chain_is_abandoned_without_key(
    database: Database,
) -> None:
    await _open(database, _opening(1))

    assert await sweep(database, _at(72)) == 1

    ended = _row(database, "chain-1")
    assert (ended.state, ended.wrapped_key) == ("abandoned", None)
    assert _bodies(database) == [
        {
            "k": "abandoned",
            "case": ended.case_ref,
            "chain": "chain-1",
            "ten": "h99",
            "h": int(_at(72)().timestamp()) // 3600,
        }
    ]
    assert len(database.read(lambda c: leaves_of(c, "chain-1"))) == 2
    with pytest.raises(Conflict, match="chain_closed"):
        database.read(lambda c: open_chain(c, "chain-1", "receipt-1"))


async def test_submittable_chain_is_left_alone(database: Database) -> None:
    await _open(database, _opening(1), _opening(2, hours=73))

    assert await sweep(database, _at(72)) == 1

    assert _row(database, "chain-2").state == "open"
    assert _row(database, "chain-2").wrapped_key == b"locked"
    assert [body["chain"] for body in _bodies(database)] == ["chain-1"]


async def test_second_sweep_finds_nothing(database: Database) -> None:
    await _open(database, _opening(1))
    await sweep(database, _at(80))

    assert await sweep(database, _at(81)) == 0
    assert len(_bodies(database)) == 1


async def test_one_sweep_ends_many_groups(database: Database) -> None:
    await _open(database, *(_opening(number) for number in range(450)))

    assert await sweep(database, _at(100)) == 450
    assert len({body["chain"] for body in _bodies(database)}) == 450


async def test_sweep_removes_replays_after_ten_minutes(
    database: Database,
) -> None:
    ages = {b"old": 600, b"young": 599}
    rows = [
        {"key_mac": mac, "fingerprint": b"", "created_at": int(START.timestamp()) - age}
        for mac, age in ages.items()
    ]
    await database.write(lambda c: c.execute(insert(replays), rows))

    await sweep(database, _at(0))

    kept = database.read(lambda c: c.execute(select(replays.c.key_mac)).scalars().all())
    assert kept == [b"young"]


async def test_day_key_goes_with_its_chains(database: Database, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    wrapped = {
        number: keys.wrap(f"chain-{number}", bytes(32), _at(24 * number)()) for number in (1, 2)
    }
    await _open(
        database,
        *(replace(_opening(n), wrapped_key=locked) for n, locked in wrapped.items()),
    )

    assert await erase_days(database, keys, _at(24 * 100)()) == 0
    await database.write(lambda c: abandon(c, "chain-1", 10_001))
    assert await erase_days(database, keys, _at(24 * (1 + KEPT_DAYS))()) == 0
    assert await erase_days(database, keys, _at(24 * (2 + KEPT_DAYS))()) == 1

    with pytest.raises(Conflict, match="chain_key_gone"):
        keys.unwrap("chain-1", wrapped[1])
    assert keys.unwrap("chain-2", wrapped[2]) == bytes(32)


async def test_without_chains_recent_day_keys_stay(database: Database, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    for day in range(40):
        keys.wrap("chain", bytes(32), _at(24 * day)())

    assert await erase_days(database, keys, _at(24 * 39)()) == 39 - KEPT_DAYS
    assert len(list(keys.days())) == KEPT_DAYS + 1
