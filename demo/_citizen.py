"""One citizen's day: what a result on record saves in the next procedure.

papers           how many papers were on record in the morning
before, after    what the licence's fields were counted as, without and with the card on record
asked            how many of its visible fields were left to the citizen, before and after
portal           the three dossiers as `_portal.py` reports them
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from rich.progress import Progress

from demo._portal import Portal, wait_for_the_portal
from gateway.cli.clock import next_second
from mocks.igate import IGate
from mocks.igate.counter import CounterIGate
from mocks.igate.life import RESULT, Life
from mocks.igate.services import IGateServices
from mocks.people import Population

PAUSE_SECONDS = 1.1


@dataclass(frozen=True, slots=True)
class Citizen:
    """What the day came to; `document` stands at the top of this file."""

    document: Mapping[str, Any]
    unexpected: tuple[str, ...]


async def day_in_the_life(
    igate: IGate,
    portal: Portal,
    population: Population,
    seed: int,
    officer: str,
    progress: Progress,
    store_earlier: Callable[[], Awaitable[None]],
) -> Citizen:
    """Live it, wait until the portal knows, and see that the last procedure asked for less."""

    async def pause() -> None:
        await store_earlier()
        await asyncio.sleep(PAUSE_SECONDS)

    clock = partial(next_second, portal.clock)  # what is handed in now is in by the next second
    transport = httpx.ASGITransport(IGateServices(clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://igate.test") as services:
        counter = CounterIGate(igate.http, igate.token, services, clock)
        lived = await Life(counter, population, seed, officer, clock, pause).live()
        told = await wait_for_the_portal(igate, portal, lived.codes, progress)
    before, after = lived.asked
    unexpected = [*lived.unexpected, *told.unexpected]
    if after >= before:
        unexpected.append("the result on record spared nothing")
    document = {
        "papers": lived.papers,
        "before": lived.before,
        "after": lived.after,
        "asked": [before, after],
        "portal": told.document,
    }
    return Citizen(document, tuple(f"a citizen's day: {what}" for what in unexpected))


def lines_of_the_day(document: Mapping[str, Any]) -> list[str]:
    """The day as five steps."""
    portal, (before, after) = document["portal"], document["asked"]
    done = portal["states"].get("10", 0)
    stands_in = {row["flag"]: row["raised"] for row in portal["flags"]}.get("MaKetQuaThayThe", 0)
    return [
        "Một ngày của một công dân / a day in the life of one citizen",
        f"  1. {document['papers']} giấy tờ trong kho, chưa có thẻ căn cước / papers on record, no "
        "identity card",
        f"  2. Đổi giấy phép lái xe: điền sẵn {document['before'].get('auto', 0)}, để lại {before} "
        f"trường / licence: filled, and {before} fields left to ask",
        f"  3. Cấp thẻ căn cước: nộp, xử lý, trả kết quả / card applied for, handed over; at state 10 "
        f"on the portal: {done} / {portal['dossiers']} hồ sơ / dossiers",
        f"  4. Kết quả số hóa vào kho / result digitised, on record: {RESULT}",
        f"  5. Lại đổi giấy phép: điền sẵn {document['after'].get('auto', 0)}, để lại {after} trường "
        f"/ licence again: {before} → {after} fields; MaKetQuaThayThe: {stands_in}",
    ]
