"""Many dossiers, a portal that fails, forgets to answer and is down for a day: each is there once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.dossiers.dossier import ENDS
from gateway.storage.schema import bodies, dossiers

from .crowd import file_crowd, states_wanted
from .world import World, open_world

MANY = 105


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path, seed=39)
    yield world
    world.close()


@pytest.mark.threat(38, 39)
async def test_every_dossier_arrives_once_after_outage(
    world: World,
) -> None:
    await file_crowd(world, MANY)
    world.faults.add(status=502, probability=0.3, seed=1)
    world.faults.add(lost_answer=True, probability=0.05, seed=2)
    await world.settle(timedelta(minutes=2))
    world.faults.add(status=503, seconds=86_400.0)
    await world.settle(timedelta(days=1))
    await world.settle()

    assert len(world.held) == MANY
    assert {code: held.state for code, held in world.held.items()} == states_wanted(MANY)
    for held in world.held.values():
        assert held.flags == [] and len({r["ThoiDiemXuLy"] for r in held.progress}) == len(
            held.progress
        )
        assert [r["ThoiDiemXuLy"] for r in held.progress] == sorted(
            r["ThoiDiemXuLy"] for r in held.progress
        )
    ended = dossiers.c.stated.in_(ENDS)
    left = world.database.read(
        lambda c: c.execute(
            select(func.count())
            .select_from(dossiers)
            .where((dossiers.c.sync != "delivered") | ended & dossiers.c.sealed.is_not(None))
        ).scalar_one()
    )
    confirmed = world.database.read(
        lambda c: c.execute(
            select(func.count()).select_from(bodies).where(bodies.c.kind == "sync")
        ).scalar_one()
    )
    ends = [state for state in states_wanted(MANY).values() if state in ("7", "8", "9", "10")]
    returned = [state for state in ends if state == "10"]  # those were done before
    assert (left, confirmed) == (0, MANY + len(ends) + len(returned))
