"""An officer who reads ten times as much as the others is stopped and seen; an honest one never is."""

import random
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.reads.quotas import OUTLIER, QUOTA, Allowance, Quotas
from gateway.storage.database import Database
from gateway.storage.url import DatabaseUrl
from tests.conftest import House, Json

TENANT, PATH = "h99", "/v1/prefills"
MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)
LIMIT = 300


@pytest.fixture
def database(tmp_path: Path) -> Database:
    tmp_path.chmod(0o700)
    return Database(DatabaseUrl.in_folder(tmp_path))


async def reads(database: Database, officer: str, count: int, at: datetime) -> list[Allowance]:
    quotas = Quotas(LIMIT, {}, b"k" * 32)
    return [
        await database.write(lambda c: quotas.take(c, TENANT, officer, at)) for _ in range(count)
    ]


@pytest.mark.threat(11)
async def test_harvester_is_stopped_and_honest_are_not(database: Database) -> None:
    """Sixty officers of a lognormal day, and one who reads ten times their median, then on."""
    chance = random.Random(2026)
    usual = [max(1, round(chance.lognormvariate(3.0, 0.6))) for _ in range(60)]
    assert statistics.quantiles(usual, n=100)[98] < LIMIT
    for number, count in enumerate(usual):
        taken = await reads(database, f"cb{number:03}", count, MORNING)
        assert not any(one.reached or one.alarm for one in taken)
    greedy = await reads(database, "greedy", LIMIT + 20, MORNING)
    assert [one.alarm for one in greedy if one.alarm] == [OUTLIER, QUOTA]
    first = next(n for n, one in enumerate(greedy) if one.alarm)
    assert first <= 10 * statistics.median(usual) + 1
    assert [one.reached for one in greedy] == [False] * LIMIT + [True] * 20


@pytest.mark.threat(11)
async def test_quota_ends_at_midnight_in_vietnam(database: Database) -> None:
    evening = datetime(2026, 11, 23, 16, 59, 30, tzinfo=UTC)
    *_, last = await reads(database, "cb001", LIMIT + 1, evening)
    assert (last.reached, last.remaining, last.seconds) == (True, 0, 30)
    (next_day,) = await reads(database, "cb001", 1, evening + timedelta(seconds=30))
    assert (next_day.reached, next_day.remaining) == (False, LIMIT - 1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("quotas"), officer_reads_per_day=2)
    yield house
    house.close()


def officers(house: House, officer: str) -> Json:
    return house.question(
        "tk01-passport", "ordinary", officer=officer, dossier=house.open_dossier()
    )


@pytest.mark.threat(11)
def test_call_beyond_quota_is_429(house: House) -> None:
    answers = [house.post(PATH, officers(house, "H99.01.cb001")) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"officer";q=2;w=86400'
    assert answers[0].headers["RateLimit"].startswith('"officer";r=1;t=')
    refused = answers[2]
    assert refused.json()["code"] == "officer_quota_reached"
    assert int(refused.headers["Retry-After"]) == int(refused.headers["RateLimit"].split("t=")[1])
    assert [one["why"] for one in house.bodies("alarm")] == [QUOTA]
    assert [one["rf"] for one in house.bodies("access")] == ["officer_quota_reached"] * 2
    assert house.post(PATH, officers(house, "H99.01.cb002")).status_code == 200


@pytest.mark.threat(11)
def test_every_read_counts_towards_quota(house: House) -> None:
    """A confirmation and a search leave nothing for a prefill."""
    body = officers(house, "H99.01.cb004")
    asked = {name: body[name] for name in ("subject", "legal_basis", "dossier", "officer")}
    assert house.post("/v1/identity/confirm", asked).status_code == 200
    owner = {name: body["subject"][name] for name in ("personal_id", "full_name")}
    found = house.search(owner, officer="H99.01.cb004")
    assert (found.status_code, found.headers["RateLimit"][:13]) == (200, '"officer";r=0')
    assert house.post(PATH, body).status_code == 429


def test_repeated_call_counts_once(house: House) -> None:
    body, key = officers(house, "H99.01.cb005"), "quota-once-and-never-twice"
    first, again = (house.post(PATH, body, key=key) for _ in range(2))
    assert first.content == again.content
    assert house.post(PATH, body).status_code == 200
    assert house.post(PATH, body).status_code == 429
