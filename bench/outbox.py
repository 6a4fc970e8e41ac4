"""Does the portal end up with every dossier once, and how many calls does it take?

    python -m bench.outbox [DOSSIERS]

Dossiers with their progress are registered; the portal's mock fails 30 % of the calls, loses one
answer in twenty after it has done what was asked, and is down for a day of simulated time. What is
held there in the end is compared, dossier by dossier, with what it should be.
"""

import asyncio
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from bench.results import Budget, Figure, table_of
from tests.dossiers.crowd import file_crowd, states_wanted
from tests.dossiers.world import World, open_world

MANY = 10_000


async def outlived(many: int = MANY) -> list[Figure]:
    """The figures of one such day; raises AssertionError where the portal holds anything else."""
    with tempfile.TemporaryDirectory(prefix="bench-outbox-") as folder:
        world = open_world(Path(folder), seed=39)
        try:
            return await _outlived(world, many)
        finally:
            world.close()


async def _outlived(world: World, many: int) -> list[Figure]:
    began = time.process_time()
    await file_crowd(world, many)
    world.faults.add(status=502, probability=0.3, seed=1)
    world.faults.add(lost_answer=True, probability=0.05, seed=2)
    await world.settle(timedelta(minutes=10))
    before, held = world.mock.state.journal.total, len(world.held)
    world.faults.add(status=503, seconds=86_400.0)
    await world.settle(timedelta(days=1))
    while_down = world.mock.state.journal.total - before
    await world.settle()
    spent = time.process_time() - began
    states = {code: one.state for code, one in world.held.items()}
    assert states == states_wanted(many)
    for one in world.held.values():
        times = [row["ThoiDiemXuLy"] for row in one.progress]
        assert times == sorted(set(times)) and not one.flags
    needed = many + sum(bool(one.progress) for one in world.held.values())
    told = f"{many:,} dossiers, {held:,} told before the day of silence"
    return [
        Figure("outbox_dossiers_held_once", "dossiers", [len(states)], [many], says=told),
        Figure(
            "outbox_calls_while_down",
            "calls",
            [while_down],
            [needed],
            Budget(1.1, of_ratio=True),
            "24 simulated hours without the portal; peer: calls that the dossiers need at least",
        ),
        Figure("outbox_calls_in_all", "calls", [world.mock.state.journal.total], [needed]),
        Figure("outbox_ms_a_dossier", "ms of CPU", [1000 * spent / many], says="mock included"),
    ]


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    Console(width=180).print(table_of(asyncio.run(outlived(size))))
