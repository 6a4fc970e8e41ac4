"""Two submissions under two receipts of one chain, where both read before either writes."""

import asyncio
import threading
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from tests.conftest import House, Walk

FORM = "tk01-passport"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def office(house: House) -> House:
    house.file_records_of(*house.story(FORM).owners)
    return house


@pytest.fixture
def walk(office: House) -> Walk:
    return office.walk(office.story(FORM))


def raced(office: House, *submissions: Json) -> list[httpx.Response]:
    """The answers, in order, of submissions that all wait for a writer which is held up."""
    free = threading.Event()

    def hold(_: Connection) -> None:
        assert free.wait(20)

    async def race() -> list[httpx.Response]:
        held = asyncio.ensure_future(office.services.database.write(hold))
        await asyncio.sleep(0.05)
        calls = [asyncio.ensure_future(office.call("/v1/submissions", one)) for one in submissions]
        await asyncio.sleep(0.5)
        free.set()
        await held
        return list(await asyncio.gather(*calls))

    return office.run(race())


def extended(office: House, walk: Walk) -> Json:
    """The same data under a second receipt of the chain, which is usable beside the first."""
    question = {**walk.questions[-1], "data": walk.data, "extends": walk.receipt}
    return walk.submission(receipt=office.filled(question)["receipt"])


def test_late_refusal_writes_no_leaf(office: House, walk: Walk) -> None:
    altered = extended(office, walk)
    altered["data"][walk.locked[0]] = "khác"
    refusals = len(office.bodies("refusal"))
    accepted, refused = raced(office, walk.submission(), altered)

    assert accepted.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (409, "already_submitted")
    assert len(office.bodies("refusal")) == refusals


def test_second_acceptance_is_refused(office: House, walk: Walk) -> None:
    second = extended(office, walk)
    submissions = len(office.bodies("submission"))
    taken, refused = raced(office, walk.submission(), second)

    assert taken.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (409, "already_submitted")
    assert len(office.bodies("submission")) == submissions + 1
