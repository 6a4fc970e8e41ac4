"""The same visits come to the same figures, on whatever day they are paid."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.domain.identifiers import TenantId
from gateway.receipts.cases import register_dossier
from mocks.igate import FORMS, Holdings, appointments, file_records, receive
from mocks.igate.crowd import held_here
from tests.clock import NOON
from tests.journeys.conftest import TENANT, province_in

SEED = 2026
VISITS = len(FORMS) + 4
DAYS = [
    datetime(2026, 12, 31, 16, 59, tzinfo=UTC),  # a minute to the new year in Vietnam
    datetime(2027, 3, 3, 18, tzinfo=UTC),  # another day in Vietnam than in UTC
    datetime(2028, 2, 29, 5, tzinfo=UTC),
    datetime(2034, 6, 15, 5, tzinfo=UTC),
]


async def figures_of(folder: Path, now: datetime) -> dict[str, Any]:
    """What a small day at the counter comes to: per form its counts, and why fields were empty."""
    async with province_in(folder, now) as province:
        today = province.population.calendar.today
        officer = next(iter(province.database.state.settings.officers))
        turns = appointments(province.population, VISITS, SEED, officer, today)
        people = [n for turn in turns for n in turn.story.owners]
        kept, refused = await file_records(
            province.igate, province.population, people, 16, held_here
        )
        assert refused == []
        province.clock.forward(60)
        key, at = province.services.keys.index, province.clock()
        await province.services.database.write(
            lambda c: [
                register_dossier(c, TenantId(TENANT), turn.dossier, at, key) for turn in turns
            ]
        )
        transport = httpx.ASGITransport(app=province.database)
        async with httpx.AsyncClient(transport=transport, base_url="http://dancu.test") as mock:
            outcomes = await receive(
                province.igate,
                mock,
                turns,
                Holdings(province.population, people, today.isoformat()),
                at_once=1,
                seed=SEED,
                done=lambda _: None,
            )
        counted = (await province.igate.figures()).body
    assert [what for one in outcomes for what in one.unexpected] == []
    held = Counter(item.fact for one in outcomes for item in one.held)
    return {
        "records": kept,
        "visits": [(one.form, one.submitted, one.counts, one.reasons) for one in outcomes],
        "held": held,
        "forms": [
            {name: value for name, value in row.items() if isinstance(value, int)} | row["core"]
            for row in counted["forms"]
        ],
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("days")


@pytest.fixture(scope="module")
def usual(folders: Path) -> dict[str, Any]:
    return asyncio.run(figures_of(folders / "usual", NOON))


@pytest.mark.parametrize("now", DAYS, ids=lambda day: f"{day:%Y-%m-%d}")
async def test_figures_are_equal_on_any_day(
    usual: dict[str, Any], folders: Path, now: datetime
) -> None:
    there = await figures_of(folders / f"{now:%Y%m%d}", now)

    assert there["forms"], "something was counted"
    assert there == usual
