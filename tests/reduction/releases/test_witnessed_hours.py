"""A gateway whose clock runs away from its witnesses' saves nothing with what it writes then."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from gateway.log.notes import SignedCheckpoint
from gateway.log.publishing._times import enter_times
from gateway.reduction.months import Month
from gateway.reduction.releases._closing import ClosingContext, close_month
from gateway.reduction.releases._release import ReleaseSigner
from gateway.storage.schema import leaves
from gateway_verify.command import run_recompute
from gateway_verify.text.notes import read_key
from mocks.igate import stories
from tests.conftest import House
from tests.few_forms import ONE_FORM
from tests.reduction.closed_months import lay_bodies_open
from tests.verify.second import WITNESS

pytestmark = pytest.mark.threat(72)
PEOPLE = 12


@pytest.fixture
def office(tmp_path: Path, schemas: Path) -> Iterator[House]:
    office = House(tmp_path, schemas=schemas)
    yield office
    office.close()


def dossiers(house: House) -> None:
    """So many people fill the form and hand it in."""
    people = dict.fromkeys(one.n for one in stories(house.population, ONE_FORM, 60, 5))
    for n in [*people][:PEOPLE]:
        answer = house.filled(house.question(ONE_FORM, house.population.person(n)))
        house.accepted({"receipt": answer["receipt"], "data": answer["data"]})


def seen(house: House, time: float) -> None:
    """Let the witness see the log at a time, and the log repeat it."""
    signed = house.run(house.services.log.publisher.publish())
    assert signed is not None
    line = WITNESS.line(signed.checkpoint.text, int(time))
    cosigned = SignedCheckpoint(signed.checkpoint, (*signed.lines, line))
    said = [(read_key(WITNESS.vkey), int(time))]
    house.run(house.services.database.write(lambda c: enter_times(c, cosigned, said)))


def closed(house: House, progress: Any = lambda done, total: None) -> dict[str, int]:
    """Close the running month; gives all its sums."""
    services, key = house.services, house.services.keys.log

    async def publish() -> None:
        await services.log.publisher.publish()

    office = ClosingContext(
        services.database,
        services.log.publisher.published.checkpoint.origin
        if services.log.publisher.published
        else "",
        True,
        ReleaseSigner(key.private, key.kid),
        house.folder / "log/public/releases",
        house.clock,
        publish,
    )
    house.run(close_month(office, Month.at(house.clock()), progress))
    entries = services.database.read(lambda c: c.execute(select(leaves.c.entry)).scalars().all())
    tallies = [leaf for leaf in map(json.loads, entries) if leaf["kind"] == "tally"]
    sums: dict[str, int] = {}
    for leaf in tallies:
        for name, number in leaf["sums"].items():
            sums[name] = sums.get(name, 0) + number
    return sums


def counted_again(house: House) -> str:
    house.run(house.services.log.publisher.publish())
    lay_bodies_open(house.folder)
    return run_recompute(str(house.folder / "log/public"), None).verdict


def test_t72_fast_clock_saves_nothing(office: House) -> None:
    dossiers(office)
    seen(office, office.clock.seconds())
    honest = office.clock.seconds() + 6 * 3600
    office.clock.forward(days=3)
    dossiers(office)
    seen(office, honest)
    sums = closed(office)
    assert (sums["dossiers"], sums["instant"]) == (2 * PEOPLE, PEOPLE)
    assert sums["outside_hours"] == 2 * PEOPLE
    assert counted_again(office) == "proved"


def test_t72_times_during_counting_count(office: House) -> None:
    dossiers(office)
    office.run(office.services.log.publisher.publish())
    rounds: list[int] = []

    def progress(done: int, total: int) -> None:
        rounds.append(done)
        if len(rounds) == 1:
            other = Thread(target=lambda: asyncio.run(_meanwhile(office)))
            other.start()
            other.join()

    sums = closed(office, progress)
    assert rounds == [*range(1, PEOPLE + 1)] * 2
    assert sums["outside_hours"] == 2 * PEOPLE
    assert counted_again(office) == "proved"


async def _meanwhile(house: House) -> None:
    """Four hours ago by the clock of the witness, which has seen every case."""
    shown = house.services.log.publisher.published
    assert shown is not None
    time = int(house.clock.seconds()) - 4 * 3600
    cosigned = SignedCheckpoint(
        shown.checkpoint, (*shown.lines, WITNESS.line(shown.checkpoint.text, time))
    )
    said = [(read_key(WITNESS.vkey), time)]
    await house.services.database.write(lambda c: enter_times(c, cosigned, said))
