"""A deployment that closed two months and published them, and the verifier to ask about it."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from gateway.cli.main import app as commands
from gateway.keys import Keys
from gateway.reduction.supplying import Supply, append_supply
from gateway.storage.schema import bodies, leaves
from tests.clock import Clock
from tests.databases import looking_into, open_database
from tests.reduction.releases.conftest import DECEMBER, NOVEMBER, ORIGIN, House

Json = dict[str, Any]
AFTERWARDS = DECEMBER + timedelta(days=31)


def run(*arguments: str) -> tuple[int, Json]:
    """One command of the gateway, told for programs."""
    done = CliRunner().invoke(commands, [*arguments, "--json"], obj=Clock(AFTERWARDS))
    return done.exit_code, json.loads(done.stdout)


def publish_two_months(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: Iterable[tuple[Json, bool]],
    supply: Supply | None = None,
    **measure: Any,
) -> list[Json]:
    """The tallies of what was told of each month, `later` meaning the second."""
    (folder / "log").mkdir()
    (folder / "log" / "origin").write_text(f"{ORIGIN}\n")
    with closing(open_database(folder)) as database:
        house = House(database, folder / "log" / "public" / "releases")
        house.key = Keys(folder / "keys").log.private
        asyncio.run(_live(house, list(told), supply, **measure))
        entries = database.read(lambda c: c.execute(select(leaves.c.entry)).scalars().all())
    monkeypatch.setenv("GATEWAY_DATA", str(folder))
    assert run("log", "publish")[0] == 0
    return [leaf for leaf in map(json.loads, entries) if leaf["kind"] == "tally"]


async def _live(
    house: House, told: list[tuple[Json, bool]], supply: Supply | None, **measure: Any
) -> None:
    await house.open(seconds=20, per_field=1, **measure)
    await house.fill((body for body, later in told if not later), NOVEMBER)
    await house.fill((body for body, later in told if later), DECEMBER)
    if supply:
        await house.database.write(lambda c: append_supply(c, supply))
    await house.close("2026-11")
    house.now = AFTERWARDS
    await house.close("2026-12")


def lay_bodies_open(data: Path) -> None:
    """What an accredited auditor gets: per entry its salt and body behind their length."""
    with looking_into(data) as connection:
        size = connection.execute(select(func.max(leaves.c.idx) + 1)).scalar_one()
        rows = connection.execute(select(bodies.c.idx, bodies.c.salt, bodies.c.body)).all()
    kept = {row.idx: row.salt + row.body for row in rows}
    for bundle in range(0, size, 256):
        held = [kept.get(index, b"") for index in range(bundle, min(size, bundle + 256))]
        path = data / "log" / "public" / "bodies" / f"{bundle // 256:03}"
        path = path if len(held) == 256 else path.with_name(path.name + ".p") / str(len(held))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(len(one).to_bytes(2) + one for one in held))
